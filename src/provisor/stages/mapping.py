"""Map: source attributes become the attributes that the target should have (mapping spec §4).

Rules are compiled once per cycle. A mapping that yields nothing leaves its target attribute alone; only a mapping
that says so clears it. References stay source ids here; `resolving` turns them into target ids.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from provisor.expressions.compiler import Context, compile_expression
from provisor.expressions.values import IGNORE_ATTRIBUTE, IGNORE_OBJECT, canonical_text
from provisor.model.errors import Reject, ResourceFailed
from provisor.model.operation import Reference
from provisor.model.rules import (
    AttributeDefinition,
    AttributeMapping,
    AttributeType,
    FlowType,
    ObjectMapping,
    Rules,
    SourceKind,
)
from provisor.stages.scoping import CompiledScope, compile_scope

SOFT_DELETED = "IsSoftDeleted"
"""The computed source attribute: true when the person is out of scope for whatever reason (engine spec §1.4)."""


@dataclass(frozen=True, slots=True)
class CompiledMapping:
    """One attribute mapping, ready to be evaluated many times."""

    mapping: AttributeMapping
    definition: AttributeDefinition
    evaluate: Callable[[Context], Any]
    references: frozenset[str]
    is_redacted: bool = False

    @property
    def target(self) -> str:
        """The target path."""
        return self.mapping.target


@dataclass(frozen=True, slots=True)
class CompiledRules:
    """An object mapping with everything in it compiled. `matching` is in order of precedence."""

    object_mapping: ObjectMapping
    mappings: tuple[CompiledMapping, ...]
    matching: tuple[CompiledMapping, ...]
    scope: CompiledScope
    definitions: Mapping[str, AttributeDefinition]

    @property
    def paths(self) -> frozenset[str]:
        """The target paths that are mapped."""
        return frozenset(compiled.target for compiled in self.mappings)

    @property
    def source_attributes(self) -> frozenset[str]:
        """The source attributes that any mapping, filter or match reads."""
        read = frozenset[str]().union(*(compiled.references for compiled in self.mappings))
        return (read | self.scope.references) - {SOFT_DELETED}

    @property
    def redacted(self) -> frozenset[str]:
        """Target paths whose values must not be shown."""
        return frozenset(compiled.target for compiled in self.mappings if compiled.is_redacted)


@dataclass(frozen=True, slots=True)
class Desired:
    """What the target should hold. A key with None is to be cleared; a missing key is left alone."""

    attributes: Mapping[str, Any] = field(default_factory=dict)
    is_ignored: bool = False
    """A mapping said that this object is not to flow at all."""


def compile_rules(rules: Rules) -> CompiledRules:
    """Compile the mapping of users. Raises `Reject` with every fault at once."""
    object_mapping = rules.users
    definitions = rules.target_attributes(object_mapping)
    compiled: list[CompiledMapping] = []
    faults: list[str] = []
    for mapping in object_mapping.attribute_mappings:
        definition = definitions.get(mapping.target)
        if definition is None:
            faults.append(f"{mapping.target}: the target has no such attribute.")
            continue
        try:
            compiled.append(_compile(mapping, definition))
        except Reject as fault:
            faults.append(f"{mapping.target}: {fault}")
    matching = sorted(
        (item for item in compiled if item.mapping.matching_priority > 0),
        key=lambda item: item.mapping.matching_priority,
    )
    if not matching:
        faults.append("No mapping is a matching attribute: set a matching precedence on at least one.")
    if faults:
        raise Reject("The attribute mappings have faults.", reasons=faults)
    scope = compile_scope(object_mapping.scope)
    return CompiledRules(object_mapping, tuple(compiled), tuple(matching), scope, definitions)


def map_attributes(rules: CompiledRules, context: Context, *, is_new: bool) -> Desired:
    """Evaluate every mapping that applies. Raises `ResourceFailed` naming the attribute that cannot be had."""
    attributes: dict[str, Any] = {}
    for compiled in rules.mappings:
        if compiled.mapping.flow_type is FlowType.OBJECT_ADD_ONLY and not is_new:
            continue
        value = map_one(compiled, context)
        if value is IGNORE_OBJECT:
            return Desired(is_ignored=True)
        if value is IGNORE_ATTRIBUTE:
            continue
        if not is_empty(value):
            attributes[compiled.target] = value
        elif is_new and compiled.mapping.default_value:
            attributes[compiled.target] = conform(compiled.mapping.default_value, compiled.definition)
        elif compiled.mapping.clear_when_empty and not is_new:
            attributes[compiled.target] = None
    if is_new:
        _check_required(rules, attributes)
    return Desired(attributes)


def map_one(compiled: CompiledMapping, context: Context) -> Any:
    """The value of one mapping in the target's type, a flow sentinel, or None."""
    try:
        value = compiled.evaluate(context)
    except ResourceFailed as fault:
        raise ResourceFailed(f"{compiled.target}: {fault}", code=fault.code, remedy=fault.remedy) from fault
    if value is IGNORE_ATTRIBUTE or value is IGNORE_OBJECT or is_empty(value):
        return value
    return conform(value, compiled.definition)


def is_empty(value: Any) -> bool:
    """Null and the empty text do not flow (mapping spec §4.4)."""
    return value is None or value == "" or value == []


def conform(value: Any, definition: AttributeDefinition) -> Any:
    """The value in the type of the target attribute. Raises `ResourceFailed` when it cannot be."""
    if isinstance(value, list):
        if definition.is_multivalued:
            return [conform(item, _SINGLE.get(definition.type, definition)) for item in value]
        if len(value) != 1:
            raise ResourceFailed(
                f"{definition.name} takes one value, the mapping gives {len(value)}.",
                code="SchemaPropertyCanOnlyAcceptValue",
                remedy="Use a function that picks or joins, such as Item or Join.",
            )
        value = value[0]
    match definition.type:
        case AttributeType.BOOLEAN:
            return _conform_boolean(value, definition.name)
        case AttributeType.INTEGER:
            return _conform_integer(value, definition.name)
        case AttributeType.REFERENCE:
            return Reference(str(value))
        case _:
            return value if isinstance(value, str | dict) else canonical_text(value)


_SINGLE = {type_: AttributeDefinition(f"an element ({type_})", type_) for type_ in AttributeType}


def _conform_boolean(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text in ("true", "false"):
        return text == "true"
    raise ResourceFailed(
        f"{name} is a Boolean, the mapping gives {value!r}.",
        code="UnprocessableEntity",
        remedy="Map True or False.",
    )


def _conform_integer(value: Any, name: str) -> int:
    try:
        return int(value)
    except (TypeError, ValueError) as error:
        raise ResourceFailed(
            f"{name} is an Integer, the mapping gives {value!r}.",
            code="UnprocessableEntity",
            remedy="Map a number.",
        ) from error


def _compile(mapping: AttributeMapping, definition: AttributeDefinition) -> CompiledMapping:
    match mapping.kind:
        case SourceKind.ATTRIBUTE:
            name = mapping.text
            return CompiledMapping(mapping, definition, lambda context: context.source.get(name), frozenset({name}))
        case SourceKind.CONSTANT:
            text = mapping.text
            return CompiledMapping(mapping, definition, lambda _context: text, frozenset())
        case SourceKind.NONE:
            return CompiledMapping(mapping, definition, lambda _context: None, frozenset())
        case SourceKind.EXPRESSION:
            expression = compile_expression(mapping.text)
            return CompiledMapping(
                mapping, definition, expression.evaluate, expression.references, expression.is_redacted
            )


def _check_required(rules: CompiledRules, attributes: Mapping[str, Any]) -> None:
    missing = [
        compiled.target
        for compiled in rules.mappings
        if compiled.definition.is_required and compiled.target not in attributes
    ]
    if missing:
        raise ResourceFailed(
            f"The target requires {', '.join(missing)}, and the source has no value for it.",
            code="MissingValues",
            remedy="Fill the value in the directory, or give the mapping a default value.",
        )
