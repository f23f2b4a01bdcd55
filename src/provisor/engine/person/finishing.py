"""What is stored about one person when all is said and done: link, log entry, escrow, staged removal."""

from dataclasses import replace
from datetime import datetime

from provisor.engine.person.evaluating import Evaluation
from provisor.engine.person.sending import Sent, is_success
from provisor.engine.run import Run
from provisor.model.escrow import Escrow
from provisor.model.link import Link
from provisor.model.operation import Action
from provisor.model.removal import StagedRemoval
from provisor.model.resource import Presence
from provisor.policy.escrow import decide_next_attempt
from provisor.policy.staging import basis_of
from provisor.ports.work import Finished, Marked
from provisor.stages.exporting import link_after
from provisor.stages.importing import fingerprint
from provisor.stages.instants import next_instant
from provisor.stages.recording import Journey, Stamp, mask_message, record

MESSAGE_MAX = 2000
"""Characters of an error kept in an escrow."""

COUNTED = {
    Action.CREATE: "created",
    Action.UPDATE: "updated",
    Action.DISABLE: "disabled",
    Action.DELETE: "deleted",
    Action.OTHER: "skipped",
}


def finish_sent(run: Run, sent: Sent, began: float) -> Finished:
    """The outcome of a write, or of a skip."""
    evaluation, outcome = sent.evaluation, sent.outcome
    marked, operation = evaluation.marked, evaluation.operation
    if outcome is not None and not is_success(outcome):
        journey = replace(evaluation.journey, outcome=outcome)
        return _failed(run, marked, journey, outcome.error_code, outcome.message, began)
    journey = replace(evaluation.journey, outcome=outcome)
    is_quiet = operation.reason.startswith("RedundantExport") and marked.link is not None
    return Finished(
        source_id=marked.resource.id,
        generation=marked.generation,
        link=_link(evaluation, sent),
        entry=None if is_quiet else record(journey, run.rules, stamp(run, began)),
        wanted=evaluation.wanted,
        due_again=_due_again(run, evaluation),
        forgets_source=marked.resource.presence is Presence.GONE,
    )


def finish_staged(run: Run, evaluation: Evaluation) -> Finished:
    """A removal that waits for the end of the cycle, or for a decision; one that failed before keeps its escrow."""
    marked, operation = evaluation.marked, evaluation.operation
    staged = StagedRemoval(
        id=run.new_id(),
        source_id=marked.resource.id,
        person=operation.person,
        action=operation.action.value,
        reason=operation.reason,
        staged_at=run.now,
        basis=basis_of(fingerprint(marked.resource), run.app),
    )
    before = marked.staged
    is_retry = before is not None and (before.action, before.basis) == (staged.action, staged.basis)
    return Finished(
        source_id=marked.resource.id,
        generation=marked.generation,
        link=marked.link or joined_link(evaluation),
        escrow=marked.escrow if is_retry else None,
        due_again=_due_again(run, evaluation),
        staged=staged,
    )


def finish_failed(run: Run, marked: Marked, journey: Journey, code: str, message: str, began: float) -> Finished:
    """A person who cannot be decided about, or whose write failed without an answer."""
    return _failed(run, marked, replace(journey, error_code=code, message=message), code, message, began)


def joined_link(evaluation: Evaluation) -> Link | None:
    """The link to an account that was found rather than made."""
    subject = evaluation.subject
    if subject.target_id is None:
        return None
    return Link(subject.resource.id, subject.target_id, subject.person, subject.resource.type, subject.known or {})


def stamp(run: Run, began: float) -> Stamp:
    """Where and when a log entry was made."""
    milliseconds = int((run.clock.monotonic() - began) * 1000)
    return Stamp(run.new_id(), run.app.id, run.cycle_id, run.new_id(), run.clock.now(), milliseconds)


def _due_again(run: Run, evaluation: Evaluation) -> datetime | None:
    """When to look at this person again although nothing changed."""
    resource = evaluation.marked.resource
    if not run.rules.follows_time or resource.presence is Presence.GONE:
        return None
    context = run.context(resource, is_soft_deleted=not evaluation.verdict.is_in)
    return next_instant(run.rules, resource.attributes, context, run.breaker)


def _link(evaluation: Evaluation, sent: Sent) -> Link | None:
    marked, operation = evaluation.marked, evaluation.operation
    before = marked.link or joined_link(evaluation)
    if sent.outcome is not None:
        return link_after(operation, sent.outcome, before, is_in_scope=evaluation.verdict.is_in)
    if before is None or marked.resource.presence is Presence.GONE:
        return None
    return replace(before, person=operation.person, is_managed=evaluation.verdict.is_in)


def _failed(run: Run, marked: Marked, journey: Journey, code: str, message: str, began: float) -> Finished:
    attempts = (marked.escrow.attempts if marked.escrow else 0) + 1
    escrow = Escrow(
        id=marked.escrow.id if marked.escrow else run.new_id(),
        source_id=marked.resource.id,
        person=journey.person,
        operation=journey.operation.action.value if journey.operation else "evaluate",
        error_code=code,
        message=mask_message(message, journey.operation, run.rules)[:MESSAGE_MAX],
        attempts=attempts,
        first_failed=marked.escrow.first_failed if marked.escrow else run.now,
        next_attempt=decide_next_attempt(attempts, run.now),
    )
    return Finished(
        source_id=marked.resource.id,
        generation=marked.generation,
        link=marked.link,
        entry=record(journey, run.rules, stamp(run, began)),
        escrow=escrow,
        # What failed may be the removal itself: nobody's decision about it is lost by that.
        keeps_staged=journey.operation is None or journey.operation.removes_access,
    )
