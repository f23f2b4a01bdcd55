"""Checks one attribute mapping: its target, its source, its default value, and when it applies."""

from provisor.expressions.compiler import Compiled, ExpressionFault, compile_expression
from provisor.expressions.faults import suggest
from provisor.expressions.parser import parse_or_none
from provisor.model.errors import Reject, ResourceFailed
from provisor.model.rules import (
    AttributeDefinition,
    AttributeMapping,
    AttributeType,
    Definitions,
    FlowType,
    Mutability,
    SourceKind,
)
from provisor.stages.rules.conforming import converter
from provisor.stages.rules.findings import Notes
from provisor.stages.rules.sources import check_attribute, check_expression, unknown_attributes
from provisor.stages.rules.targets import OBJECT_FILTER, explain_custom, explain_extension, explain_path, is_extension

UNIQUE = "SelectUniqueValue"
_LISTED_MAX = 8


def check_definition(definition: AttributeDefinition, notes: Notes) -> None:
    """Note what is wrong with an attribute that an administrator added to the list (mapping spec §4.6)."""
    if definition.is_custom:
        for problem in explain_custom(definition):
            notes.fault(definition.name, problem)


def check_mapping(mapping: AttributeMapping, source: Definitions, target: Definitions, notes: Notes) -> None:
    """Note everything about one mapping."""
    definition = _check_target(mapping, target, notes)
    match mapping.kind:
        case SourceKind.ATTRIBUTE:
            check_attribute(mapping, source, definition, notes)
        case SourceKind.CONSTANT:
            _check_text(mapping.text, "The constant", mapping.target, definition, notes)
        case SourceKind.NONE:
            if not mapping.default_value:
                notes.warn(mapping.target, "It has neither a source nor a default value, so it does nothing.")
        case SourceKind.EXPRESSION:
            _check_expression(mapping, source, definition, notes)
    if mapping.default_value is not None:
        _check_text(mapping.default_value, "The default value", mapping.target, definition, notes)
    _check_matching(mapping, definition, notes)
    _check_flow(mapping, definition, notes)


def _check_target(mapping: AttributeMapping, target: Definitions, notes: Notes) -> AttributeDefinition | None:
    """The definition of the target; None where it is not known, and said so."""
    name = mapping.target
    if name == OBJECT_FILTER:
        if mapping.kind is not SourceKind.EXPRESSION or "IgnoreObjectFlow" not in mapping.text:
            notes.fault(name, f"{OBJECT_FILTER} takes an expression that can give IgnoreObjectFlow, and nothing else.")
        return None
    definition = target.get(name)
    if definition is None:
        notes.fault(name, _explain_unknown(name, target))
        return None
    if problem := explain_path(name):
        notes.fault(name, f"The path cannot be read: {problem}")
    if definition.is_anchor:
        notes.fault(name, "It is the primary key, which the target gives; no mapping can lead to it.")
    elif definition.mutability is Mutability.READ_ONLY:
        notes.fault(name, "The target does not let it be written (it is read-only).")
    elif definition.mutability is Mutability.IMMUTABLE and mapping.flow_type is not FlowType.OBJECT_ADD_ONLY:
        notes.warn(name, "The target lets it be written once; apply this mapping only during object creation.")
    return definition


def _explain_unknown(name: str, target: Definitions) -> str:
    if not name:
        return "A mapping has no target attribute."
    if meant := suggest(name, target):
        wrong_case = meant.lower() == name.lower()
        why = " Names are case-sensitive." if wrong_case else ""
        return f"The target has no such attribute; did you mean {meant}?{why}"
    if is_extension(name):
        problem = explain_extension(name)
        return f"The target has no such attribute; {problem or 'add it to the list of target attributes first.'}"
    if not target:
        return "The target has no such attribute: the list of its attributes is empty."
    listed = ", ".join(list(target)[:_LISTED_MAX])
    return f"The target has no such attribute. It has {listed}{', ...' if len(target) > _LISTED_MAX else ''}."


def _check_text(text: str, what: str, place: str, definition: AttributeDefinition | None, notes: Notes) -> None:
    """A constant or a default value in the type of its target."""
    if definition is None or text == "":
        if text == "" and what == "The constant":
            notes.warn(place, "The constant is empty, and empty values do not flow.")
        return
    if definition.type is AttributeType.REFERENCE:
        notes.fault(place, f"{what} {text!r} is text; a reference needs an attribute that refers to somebody.")
        return
    try:
        converter(definition)(text)
    except ResourceFailed:
        notes.fault(place, f"{what} {text!r} is not of the type {definition.type.value}.")
    if definition.length_max is not None and len(text) > definition.length_max:
        notes.fault(place, f"{what} has {len(text)} characters, the target takes {definition.length_max}.")


def _check_expression(
    mapping: AttributeMapping, source: Definitions, definition: AttributeDefinition | None, notes: Notes
) -> None:
    try:
        compiled = compile_expression(mapping.text)
    except ExpressionFault as fault:
        node = parse_or_none(mapping.text)
        unknown = unknown_attributes(node, source) if node else ()
        for one in sorted({*fault.faults, *unknown}):
            notes.fault(mapping.target, fault.show(one), one.position)
        return
    except Reject as fault:
        notes.fault(mapping.target, str(fault))
        return
    for sentence in compiled.warnings:
        notes.warn(mapping.target, sentence)
    check_expression(mapping, compiled, source, definition, notes)
    if UNIQUE in compiled.functions:
        _check_unique(mapping, definition, notes)
    _check_chance(mapping, compiled, notes)


def _check_unique(mapping: AttributeMapping, definition: AttributeDefinition | None, notes: Notes) -> None:
    if mapping.flow_type is not FlowType.OBJECT_ADD_ONLY:
        notes.fault(mapping.target, f"{UNIQUE} needs a mapping that applies only during object creation.")
    if mapping.matching_priority > 0:
        notes.fault(mapping.target, f"{UNIQUE} cannot be used on a matching attribute.")
    if definition and not definition.is_filterable:
        notes.fault(
            mapping.target,
            f"{UNIQUE} has to ask the target who has a value, and this attribute is not supported for filtering.",
        )


def _check_chance(mapping: AttributeMapping, compiled: Compiled, notes: Notes) -> None:
    if mapping.flow_type is FlowType.OBJECT_ADD_ONLY:
        return
    if "Now" in compiled.functions and not compiled.functions & {"DateDiff", "IIF", "Switch"}:
        notes.warn(
            mapping.target, "It writes the present, so it differs in every cycle; apply it during creation only."
        )


def _check_matching(mapping: AttributeMapping, definition: AttributeDefinition | None, notes: Notes) -> None:
    if mapping.matching_priority <= 0 or definition is None:
        return
    if definition.type is AttributeType.REFERENCE or definition.is_multivalued:
        notes.fault(mapping.target, "A matching attribute has one value and is no reference.")
    if not definition.is_filterable:
        notes.warn(
            mapping.target,
            "It is a matching attribute that is not supported for filtering: the target may refuse to search by it.",
        )


def _check_flow(mapping: AttributeMapping, definition: AttributeDefinition | None, notes: Notes) -> None:
    if definition is None:
        return
    if mapping.clear_when_empty:
        if definition.is_required:
            notes.fault(mapping.target, "The target requires it, so it cannot be cleared when empty.")
        elif mapping.flow_type is not FlowType.ALWAYS:
            notes.warn(mapping.target, f"It is never cleared, because it applies as {mapping.flow_type.value}.")
    if mapping.flow_type is FlowType.MULTI_VALUE_ADD_ONLY and not definition.is_multivalued:
        notes.fault(mapping.target, f"{mapping.flow_type.value} is for attributes with several values; it has one.")
