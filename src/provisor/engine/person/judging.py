"""Whether somebody is to have an account, with what scoping needs to know of their manager."""

from dataclasses import replace

from provisor.engine.run import Run
from provisor.expressions.breaker import Breaker
from provisor.model.errors import ResourceFailed
from provisor.model.resource import Presence, SourceResource
from provisor.ports.work import Marked
from provisor.stages.importing import add_manager
from provisor.stages.scoping import ScopeVerdict, judge_filters, judge_scope


def see_manager(run: Run, marked: Marked) -> Marked:
    """The same person with the attributes of the manager that filters or mappings name."""
    if not run.needs_managers:
        return marked
    resource = add_manager(marked.resource, marked.manager, run.rules.managers_attributes)
    return replace(marked, resource=resource)


def judge(run: Run, resource: SourceResource) -> ScopeVerdict:
    """Every gate for one person. Raises `ResourceFailed` where a filter cannot be judged."""
    return judge_scope(resource, run.app.scope, run.rules.scope, run.now, run.breaker)


def left_out(run: Run, resource: SourceResource) -> str:
    """Why nobody looks at this person at all, so that nothing follows; empty for everybody else."""
    return _left_out(run, resource, run.breaker)


def is_wanted(run: Run, marked: Marked, breaker: Breaker) -> bool:
    """Whether this person is to have an account, as far as that can be told; asked ahead of their turn."""
    resource = see_manager(run, marked).resource
    try:
        verdict = judge_scope(resource, run.app.scope, run.rules.scope, run.now, breaker)
        return verdict.is_in and not _left_out(run, resource, breaker)
    except ResourceFailed:
        return False


def _left_out(run: Run, resource: SourceResource, breaker: Breaker) -> str:
    scope = run.rules.input_scope
    if resource.presence is not Presence.PRESENT or not scope.groups:
        return ""
    decision = judge_filters(resource.attributes, scope, run.now, breaker)
    return "" if decision.passed else decision.reason
