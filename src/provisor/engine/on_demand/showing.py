"""What is shown of one person: every stage with its data, and what came of it."""

from dataclasses import dataclass

from provisor.engine.person.attempting import Turn
from provisor.engine.run import Run
from provisor.model.log import Step
from provisor.model.operation import Action, Outcome, OutcomeStatus
from provisor.stages.explaining import explain_steps
from provisor.stages.recording import Journey


@dataclass(frozen=True, slots=True)
class Shown:
    """One person on the way through the stages. `result` is a word for programs, `reason` the sentence for people."""

    source_id: str
    person: str
    steps: tuple[Step, ...]
    action: str
    result: str
    reason: str
    target_id: str | None = None
    removes_access: bool = False
    error_code: str = ""


SENT, FAILED, SKIPPED, TRIED, HELD, UNCONFIRMED = "sent", "failed", "skipped", "tried", "held", "unconfirmed"
"""Results: the target accepted it, it failed, nothing was to be sent, a trial, it is held, nobody has agreed to it."""


def show(
    run: Run, turn: Turn, *, outcome: Outcome | None = None, code: str = "", message: str = "", result: str = ""
) -> Shown:
    """Show a turn. `code` and `message` are those of a fault that ended it."""
    evaluation, marked = turn.evaluation, turn.marked
    journey = turn.journey
    if evaluation:
        marked = evaluation.marked
    journey = Journey(
        journey.source_id,
        journey.person,
        journey.verdict,
        journey.match,
        journey.operation,
        outcome,
        "" if outcome else code,
        message,
        is_held=result == HELD,
    )
    is_out = evaluation is not None and not evaluation.verdict.is_in
    context = run.context(marked.resource, is_soft_deleted=is_out)
    subject = evaluation.subject if evaluation else None
    operation = journey.operation
    steps = tuple(explain_steps(journey, run.rules, marked.resource, context, subject))
    return Shown(
        journey.source_id,
        journey.person,
        steps,
        operation.action.value if operation else Action.OTHER.value,
        result or _result(journey),
        message or (outcome.message if outcome else "") or (operation.reason if operation else ""),
        (outcome.target_id if outcome else None) or (subject.target_id if subject else None),
        removes_access=bool(operation and operation.removes_access),
        error_code=code or (outcome.error_code if outcome else ""),
    )


def _result(journey: Journey) -> str:
    if journey.error_code or (journey.outcome and journey.outcome.status is OutcomeStatus.FAILED):
        return FAILED
    if journey.operation is None or not journey.operation.is_write:
        return SKIPPED
    return SENT if journey.outcome else TRIED
