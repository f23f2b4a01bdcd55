"""Evaluating one person: through the stages from scope to a decided operation. Nothing is sent from here."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from provisor.engine.person.candidates import Candidates
from provisor.engine.person.choosing import choose_unique_values
from provisor.engine.person.judging import judge, left_out, see_manager
from provisor.engine.run import Run
from provisor.expressions.compiler import Context
from provisor.model.errors import ResourceFailed
from provisor.model.operation import Operation
from provisor.model.resource import Presence, SourceResource
from provisor.ports.work import Marked
from provisor.stages.diffing import Subject, decide_operation, skip
from provisor.stages.mapping import Desired, map_attributes
from provisor.stages.matching import Ambiguous, Joined, Match, matching_keys
from provisor.stages.recording import Journey
from provisor.stages.resolving import named_references, resolve_references
from provisor.stages.scoping import ScopeVerdict

TargetIds = Callable[[Sequence[str]], Awaitable[Mapping[str, str]]]
"""Source ids to target ids, waiting for those whose account is being created right now."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was decided about one person, with what a repeated decision needs.

    `wanted` are the references that wait, `references` all of them: pairs of attribute and source id.
    """

    marked: Marked
    verdict: ScopeVerdict
    subject: Subject
    operation: Operation
    match: Match | None = None
    wanted: tuple[tuple[str, str], ...] = ()
    references: tuple[tuple[str, str], ...] = ()

    @property
    def journey(self) -> Journey:
        """The way so far, for the log."""
        return Journey(self.marked.resource.id, self.subject.person, self.verdict, self.match, operation=self.operation)


async def evaluate(run: Run, marked: Marked, candidates: Candidates, target_ids: TargetIds) -> Evaluation:
    """Decide about one person. Raises `ResourceFailed` for faults of this person's data."""
    marked = see_manager(run, marked)
    resource = marked.resource
    verdict = judge(run, resource)
    subject = Subject.of(resource, resource.person, marked.link)
    if reason := left_out(run, resource):
        return Evaluation(marked, verdict, subject, skip(subject, "NotInInputFilter", reason))
    if marked.link is None and not verdict.is_in:
        return Evaluation(marked, verdict, subject, skip(subject, "NotEffectivelyEntitled", verdict.reason))
    if resource.presence is Presence.GONE:
        return await _decide(run, marked, verdict, subject, None, target_ids)
    if marked.link is not None:
        return await _decide(run, marked, verdict, subject, None, target_ids)
    match = await find_account(run, resource, candidates)
    if match is None:
        reason = "has no value for any matching attribute"
        return Evaluation(marked, verdict, subject, skip(subject, "ImportSkipped", reason))
    return await _decide(run, marked, verdict, await _join(run, subject, match), match, target_ids)


async def find_account(
    run: Run, resource: SourceResource, candidates: Candidates, *, ask_target: bool = False
) -> Match | None:
    """Match one person against the target; None when there is nothing to look for."""
    keys = matching_keys(run.rules, run.context(resource, is_soft_deleted=False), run.breaker)
    if not keys:
        return None
    return await candidates.match(keys, ask_target=ask_target)


async def adopt(run: Run, evaluation: Evaluation, match: Match, target_ids: TargetIds) -> Evaluation:
    """Decide anew about somebody for whom an account turned out to exist."""
    subject = await _join(run, evaluation.subject, match)
    return await _decide(run, evaluation.marked, evaluation.verdict, subject, match, target_ids)


async def _join(run: Run, subject: Subject, match: Match) -> Subject:
    """The subject with the account that was found. Raises `ResourceFailed` where the account cannot be told."""
    if isinstance(match, Ambiguous):
        raise ResourceFailed(
            f"{len(match.target_ids)} accounts in the target have the {match.key.attribute} of {subject.person}.",
            code="DuplicateTargetEntries",
            remedy="Remove the duplicate, or match by another attribute.",
        )
    if not isinstance(match, Joined):
        return subject
    other = await run.work.source_of(run.app.id, match.target.id)
    if other is not None and other != subject.resource.id:
        raise ResourceFailed(
            f"The account {match.target.id} with the {match.key.attribute} of {subject.person} is already joined to "
            f"another person ({other}).",
            code="DuplicateSourceEntries",
            remedy="Give each person a value of their own in the matching attribute.",
        )
    return replace(subject, target_id=match.target.id, known=match.target.attributes)


async def _decide(
    run: Run,
    marked: Marked,
    verdict: ScopeVerdict,
    subject: Subject,
    match: Match | None,
    target_ids: TargetIds,
) -> Evaluation:
    context: Context = run.context(marked.resource, is_soft_deleted=not verdict.is_in)
    is_gone = marked.resource.presence is Presence.GONE
    is_new = subject.target_id is None
    desired = Desired()
    if not is_gone:
        is_to_choose = is_new and verdict.is_in and run.rules.unique and run.rules.object_mapping.creates
        chosen = await choose_unique_values(run, context, marked.resource.id) if is_to_choose else {}
        desired = map_attributes(
            run.rules, context, is_new=is_new, is_leaving=not verdict.is_in, chosen=chosen, breaker=run.breaker
        )
    if desired.is_ignored:
        ignored = skip(subject, "IgnoreObjectFlow", "is left out by a mapping")
        return Evaluation(marked, verdict, subject, ignored, match)
    references = named_references(desired.attributes)
    targets = await target_ids(sorted({source_id for _, source_id in references})) if references else {}
    resolved = resolve_references(desired.attributes, targets)
    operation = decide_operation(subject, verdict, resolved, run.rules)
    wanted = resolved.deferred if verdict.is_in else ()
    return Evaluation(marked, verdict, subject, operation, match, wanted, references)
