"""Explain: the stages that one person passed, one after the other, each with the data that it worked on.

A log entry keeps what a stage said; here is shown what it saw, too: source values, the values that were looked for,
and what every mapping made of them beside what the target is known to hold. Nothing of this is stored, and values
that must not be shown are masked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from provisor.expressions.compiler import Context
from provisor.expressions.values import IGNORE_ATTRIBUTE, IGNORE_OBJECT, canonical_text
from provisor.model.errors import ResourceFailed
from provisor.model.log import Step, StepStatus, StepType
from provisor.model.resource import SOFT_DELETED, Attributes, SourceResource
from provisor.stages.diffing import Subject
from provisor.stages.mapping import map_one
from provisor.stages.matching import Ambiguous, Joined, Match
from provisor.stages.recording import REDACTED, Journey, modified_properties, steps_of
from provisor.stages.rules.compiled import CompiledMapping, CompiledRules

NOT_SENT = "This is a trial: nothing was sent."
MAPPING = "EntryMapping"
"""The step whose details are the mapped attributes, by target path."""
_ALWAYS_SHOWN = ("accountEnabled", "appRoleAssignments")


def explain_steps(
    journey: Journey, rules: CompiledRules, resource: SourceResource, context: Context, subject: Subject | None
) -> list[Step]:
    """Every stage with its data; `subject` tells the account, None where the stages did not come so far."""
    steps = steps_of(journey, rules)
    shown = [replace(steps[0], details=_source_values(resource, rules))]
    shown += (step for step in steps if step.type is StepType.SCOPING)
    shown += _matching(journey, subject, [step for step in steps if step.type is StepType.MATCHING])
    if journey.verdict and subject:
        shown.append(_mapping(rules, context, subject))
    shown += (step for step in steps[1:] if step.type not in (StepType.SCOPING, StepType.MATCHING))
    operation = journey.operation
    if operation and operation.is_write and not (journey.outcome or journey.is_held or journey.error_code):
        details = {
            prop.name: {"before": prop.old_value, "after": prop.new_value}
            for prop in modified_properties(operation, rules)
        }
        text = f"{operation.action.value}: {operation.reason} {NOT_SENT}"
        shown.append(Step("EntryExport", StepType.EXPORT, StepStatus.SKIPPED, text, details))
    return shown


def _source_values(resource: SourceResource, rules: CompiledRules) -> Mapping[str, Any]:
    """What mappings and filters read of the person."""
    names = sorted({*rules.source_attributes, *_ALWAYS_SHOWN} & set(resource.attributes))
    masked = rules.masked_sources
    values = {name: REDACTED if name in masked else resource.attributes[name] for name in names}
    return {"presence": resource.presence.value, **values}


def _matching(journey: Journey, subject: Subject | None, searched: list[Step]) -> list[Step]:
    if journey.match is None:
        if subject is None or subject.target_id is None:
            return []
        text = f"{journey.person} is linked to the account {subject.target_id}; nothing is looked up."
        return [Step("EntryMatching", StepType.MATCHING, StepStatus.SUCCESS, text, {"targetId": subject.target_id})]
    return [replace(step, details=_match_details(journey.match)) for step in searched]


def _match_details(match: Match) -> Mapping[str, Any]:
    match match:
        case Joined(target, key):
            return {"attribute": key.attribute, "value": key.value, "targetId": target.id}
        case Ambiguous(target_ids, key):
            return {"attribute": key.attribute, "value": key.value, "targetIds": list(target_ids)}
        case _:
            return {"tried": {key.attribute: key.value for key in match.tried}}


def _mapping(rules: CompiledRules, context: Context, subject: Subject) -> Step:
    """What each mapping makes of the person now, beside what the target is known to hold."""
    known = subject.known or {}
    is_leaving = bool(context.source.get(SOFT_DELETED))
    is_new = subject.target_id is None
    applied = rules.following if is_leaving else rules.mappings if is_new else rules.on_update
    details = {one.target: _mapped(one, context, known) for one in applied}
    failed = [name for name, detail in details.items() if "error" in detail]
    text = f"{len(details)} mappings were evaluated."
    if failed:
        text = f"{len(failed)} of {len(details)} mappings cannot be evaluated: {', '.join(failed)}."
    status = StepStatus.FAILURE if failed else StepStatus.SUCCESS
    return Step(MAPPING, StepType.PROCESSING, status, text, details)


def _mapped(compiled: CompiledMapping, context: Context, known: Attributes) -> Mapping[str, Any]:
    detail: dict[str, Any] = {"source": compiled.mapping.text or compiled.mapping.default_value}
    if compiled.is_redacted:
        return {**detail, "value": REDACTED}
    try:
        value = None if compiled.unique_rules else map_one(compiled, context)
    except ResourceFailed as fault:
        return {**detail, "error": fault.message}
    if value is IGNORE_ATTRIBUTE:
        detail["flow"] = "is left alone"
    elif value is IGNORE_OBJECT:
        detail["flow"] = "leaves the person out"
    else:
        detail["value"] = _plain(value)
    if known:
        detail["known"] = _plain(known.get(compiled.target))
    return detail


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | int | bool | float):
        return value
    if isinstance(value, Sequence):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return getattr(value, "source_id", None) or canonical_text(value)
