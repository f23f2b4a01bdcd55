"""One evaluated person as a row of a plan, with values that must not be shown masked."""

from typing import Any

from provisor.engine.person.attempting import Turn
from provisor.engine.person.evaluating import Evaluation
from provisor.engine.run import Run
from provisor.model.errors import ResourceFailed
from provisor.model.plan import FAILURE, PlannedChange, PlannedOperation
from provisor.stages.pledging import pledge_of
from provisor.stages.recording import REDACTED, mask_message

UNKNOWN = "unknown: create or adopt"


def planned(run: Run, evaluation: Evaluation, position: int, *, is_unknown: bool = False) -> PlannedOperation:
    """A write that is foreseen. `is_unknown`: nobody has looked whether there is an account."""
    operation = evaluation.operation
    changes = [
        PlannedChange(
            change.attribute, _shown(run, change.attribute, change.before), _shown(run, change.attribute, change.after)
        )
        for change in operation.changes
    ]
    reason = f"{UNKNOWN}. {operation.reason}" if is_unknown else operation.reason
    return PlannedOperation(
        position,
        operation.source_id,
        operation.person,
        operation.action.value,
        reason,
        operation.target_id,
        tuple(changes),
        tuple((name, source_id) for name, source_id in evaluation.wanted if name in operation.deferred),
        operation.removes_access,
        is_unknown,
        digest=pledge(run, evaluation),
    )


def pledge(run: Run, evaluation: Evaluation) -> bytes:
    """What stands for this decision."""
    return pledge_of(evaluation.operation, evaluation.references, evaluation.subject.known, run.rules)


def failed(run: Run, turn: Turn, fault: ResourceFailed, position: int) -> PlannedOperation:
    """Somebody about whom nothing can be decided."""
    journey = turn.journey
    reason = f"{fault.code}: {mask_message(str(fault), journey.operation, run.rules)}"
    return PlannedOperation(position, journey.source_id, journey.person, FAILURE, reason)


def _shown(run: Run, attribute: str, value: Any) -> Any:
    if value is not None and attribute in run.rules.redacted:
        return REDACTED
    return value
