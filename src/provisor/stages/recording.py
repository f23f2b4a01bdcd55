"""Record: everything that was decided about one resource becomes one log entry (engine spec §7.1).

Steps carry Graph's types and Entra's names, so that an administrator who knows those logs reads ours. Redacted
values are masked here, before anything is stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from provisor.expressions.values import canonical_text
from provisor.model.log import LogEntry, ModifiedProperty, Step, StepStatus, StepType
from provisor.model.operation import Action, Operation, Outcome, OutcomeStatus
from provisor.stages.matching import Ambiguous, Joined, Match, Unmatched
from provisor.stages.rules.compiled import CompiledRules
from provisor.stages.scoping import ScopeVerdict

REDACTED = "[Redact]"
MASKED_MIN = 3
"""Characters from which on a redacted value is looked for in messages; shorter ones are in any text."""

_EXPORT_NAMES = {
    Action.CREATE: "EntryExportAdd",
    Action.UPDATE: "EntryExportUpdate",
    Action.DISABLE: "EntryExportUpdateSoftDelete",
    Action.DELETE: "EntryExportDelete",
    Action.OTHER: "EntrySynchronizationSkip",
}


@dataclass(frozen=True, slots=True)
class Journey:
    """What the stages found about one resource on its way; what was not reached is None."""

    source_id: str
    person: str
    verdict: ScopeVerdict | None = None
    match: Match | None = None
    operation: Operation | None = None
    outcome: Outcome | None = None
    error_code: str = ""
    message: str = ""
    is_held: bool = False


@dataclass(frozen=True, slots=True)
class Stamp:
    """Where and when an entry was made."""

    entry_id: str
    app_id: str
    cycle_id: str
    change_id: str
    at: datetime
    duration_milliseconds: int


def record(journey: Journey, rules: CompiledRules, stamp: Stamp) -> LogEntry:
    """The log entry of one journey."""
    journey = _masked(journey, rules)
    operation, outcome = journey.operation, journey.outcome
    failed = bool(journey.error_code) or (outcome is not None and outcome.status is OutcomeStatus.FAILED)
    return LogEntry(
        id=stamp.entry_id,
        app_id=stamp.app_id,
        cycle_id=stamp.cycle_id,
        change_id=stamp.change_id,
        at=stamp.at,
        action=_action(journey),
        status=_status(journey, failed=failed),
        source_id=journey.source_id,
        person=journey.person,
        target_id=(outcome.target_id if outcome else None) or (operation.target_id if operation else None),
        duration_milliseconds=stamp.duration_milliseconds,
        steps=tuple(steps_of(journey, rules)),
        modified=modified_properties(operation, rules) if operation and operation.is_write else (),
        error_code=journey.error_code or (outcome.error_code if outcome else ""),
        reason=journey.message or (outcome.message if outcome else "") or (operation.reason if operation else ""),
        removes_access=bool(operation and operation.removes_access and outcome and not failed),
    )


def steps_of(journey: Journey, rules: CompiledRules) -> list[Step]:
    """The steps in the order in which they happened."""
    steps = [Step("EntryImport", StepType.IMPORT, StepStatus.SUCCESS, f"{journey.person} was read from the source.")]
    if journey.verdict:
        steps.append(_scoping_step(journey))
    if journey.match:
        steps.append(_matching_step(journey.match))
    operation = journey.operation
    if journey.error_code and not journey.outcome:
        steps.append(Step("EntrySynchronization", StepType.PROCESSING, StepStatus.FAILURE, journey.message, {}))
    if operation:
        steps.extend(_operation_steps(journey, operation, rules))
    return steps


def modified_properties(operation: Operation, rules: CompiledRules) -> tuple[ModifiedProperty, ...]:
    """The attributes before and after, with redacted values masked."""
    return tuple(
        ModifiedProperty(
            change.attribute,
            _shown(change.before, change.attribute in rules.redacted),
            _shown(change.after, change.attribute in rules.redacted),
        )
        for change in operation.changes
    )


def mask_message(message: str, operation: Operation | None, rules: CompiledRules) -> str:
    """A message without redacted values: targets like to repeat what they refuse."""
    if operation is None or not rules.redacted:
        return message
    for change in operation.changes:
        if change.attribute in rules.redacted:
            for value in (change.before, change.after):
                text = _shown(value, False) or ""  # noqa: FBT003 - named in the signature
                message = message.replace(text, REDACTED) if len(text) >= MASKED_MIN else message
    return message


def _masked(journey: Journey, rules: CompiledRules) -> Journey:
    outcome = journey.outcome
    if outcome is not None:
        outcome = replace(outcome, message=mask_message(outcome.message, journey.operation, rules))
    return replace(journey, message=mask_message(journey.message, journey.operation, rules), outcome=outcome)


def _shown(value: Any, is_redacted: bool) -> str | None:
    if value is None:
        return None
    if is_redacted:
        return REDACTED
    return ", ".join(map(canonical_text, value)) if isinstance(value, list) else canonical_text(value)


def _action(journey: Journey) -> str:
    if journey.operation is None:
        return Action.OTHER.value
    if journey.is_held:
        return "stagedDelete"
    return journey.operation.action.value


def _status(journey: Journey, *, failed: bool) -> StepStatus:
    if failed:
        return StepStatus.FAILURE
    if journey.is_held or journey.operation is None or not journey.operation.is_write:
        return StepStatus.SKIPPED
    return StepStatus.WARNING if journey.operation.deferred else StepStatus.SUCCESS


def _scoping_step(journey: Journey) -> Step:
    verdict = journey.verdict
    assert verdict is not None
    status = StepStatus.SUCCESS if verdict.is_in else StepStatus.SKIPPED
    decided = f": {verdict.deciding_filter}" if verdict.deciding_filter else ""
    text = f"{journey.person} is in scope{decided}." if verdict.is_in else f"{journey.person} {verdict.reason}."
    details: Mapping[str, Any] = {gate.name: gate.passes for gate in verdict.gates}
    return Step("EntrySynchronizationScoping", StepType.SCOPING, status, text, details)


def _matching_step(match: Match) -> Step:
    match match:
        case Joined(target, key):
            text, status = f"Joined by {key.attribute} to the account {target.id}.", StepStatus.SUCCESS
        case Ambiguous(target_ids, key):
            text = f"{len(target_ids)} accounts have this {key.attribute}: {', '.join(target_ids[:10])}."
            status = StepStatus.FAILURE
        case Unmatched(tried):
            text = f"Nobody in the target has this {' or '.join(key.attribute for key in tried)}."
            status = StepStatus.SUCCESS
    return Step("EntryMatching", StepType.MATCHING, status, text)


def _operation_steps(journey: Journey, operation: Operation, rules: CompiledRules) -> list[Step]:
    steps = []
    if operation.deferred:
        text = f"{', '.join(operation.deferred)}: the other resource has no account yet; it is set once it has one."
        steps.append(Step("EntryReferences", StepType.REFERENCE_RESOLUTION, StepStatus.WARNING, text))
    name = _EXPORT_NAMES[operation.action]
    details = {prop.name: prop.new_value for prop in modified_properties(operation, rules)}
    outcome = journey.outcome
    if not operation.is_write:
        steps.append(Step(name, StepType.PROCESSING, StepStatus.SKIPPED, operation.reason))
    elif journey.is_held:
        steps.append(Step("EntryStaged", StepType.PROCESSING, StepStatus.SKIPPED, journey.message, details))
    elif outcome and outcome.status is OutcomeStatus.SUCCEEDED:
        text = f"{operation.reason} The target accepted: {operation.action.value}."
        steps.append(Step(name, StepType.EXPORT, StepStatus.SUCCESS, text, details))
    elif outcome:
        steps.append(Step(name, StepType.EXPORT, StepStatus.FAILURE, outcome.message, details))
    return steps
