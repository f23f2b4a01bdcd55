"""Rules compiled: each mapping a function of what is known of a person, each filter a test. Once per cycle."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from provisor.expressions.calls.context import Context
from provisor.expressions.compiler import Compiled, compile_expression
from provisor.expressions.functions.roles import ROLE_TYPE
from provisor.expressions.nodes import Call
from provisor.model.resource import SOFT_DELETED
from provisor.model.rules import (
    AttributeDefinition,
    AttributeMapping,
    AttributeType,
    Definitions,
    FlowType,
    ObjectMapping,
    Rules,
    SourceKind,
)
from provisor.stages.clauses.operand import managers_attributes
from provisor.stages.rules.checking import validate_rules
from provisor.stages.rules.conforming import Convert, converter, is_empty
from provisor.stages.rules.targets import OBJECT_FILTER, is_role_part, role_type_path
from provisor.stages.scoping import CompiledScope, compile_scope

_ADDED_ROLES = "AppRoleAssignmentsComplex"
"""Its values are added to what the target has; those of the assertive one replace it (mapping spec §3.4)."""

_VARYING = frozenset({"Guid", "Now", "RandomString"})

Evaluate = Callable[[Context], Any]


@dataclass(frozen=True, slots=True)
class CompiledMapping:
    """One attribute mapping, ready to be evaluated many times.

    `flow` is when it applies, as the kind of the mapping and its function have it. `unique_rules` are those of
    SelectUniqueValue, in order; empty for every other mapping.
    """

    mapping: AttributeMapping
    definition: AttributeDefinition
    target: str
    evaluate: Evaluate
    convert: Convert
    flow: FlowType
    references: frozenset[str] = frozenset()
    is_redacted: bool = False
    has_pattern: bool = False
    depends_on_time: bool = False
    varies: bool = False
    """Evaluated again, it may give another value although nothing has changed."""
    adds_values: bool = False
    """Values are added to what the target holds, and nothing is taken away."""
    unique_rules: tuple[Evaluate, ...] = ()


@dataclass(frozen=True)
class CompiledRules:
    """An object mapping with everything in it compiled. `matching` is in order of precedence."""

    object_mapping: ObjectMapping
    mappings: tuple[CompiledMapping, ...]
    scope: CompiledScope
    input_scope: CompiledScope
    definitions: Definitions
    source_definitions: Definitions = field(default_factory=dict)

    @cached_property
    def matching(self) -> tuple[CompiledMapping, ...]:
        """The matching attributes, in order of precedence."""
        found = [compiled for compiled in self.mappings if compiled.mapping.matching_priority > 0]
        return tuple(sorted(found, key=lambda compiled: compiled.mapping.matching_priority))

    @cached_property
    def on_update(self) -> tuple[CompiledMapping, ...]:
        """The mappings that are evaluated for somebody who has an account."""
        return tuple(compiled for compiled in self.mappings if compiled.flow is not FlowType.OBJECT_ADD_ONLY)

    @cached_property
    def following(self) -> tuple[CompiledMapping, ...]:
        """The mappings that say what happens to the account of somebody who leaves, or that nothing is to happen."""
        return tuple(
            compiled
            for compiled in self.on_update
            if SOFT_DELETED in compiled.references or compiled.target == OBJECT_FILTER
        )

    @cached_property
    def unique(self) -> tuple[CompiledMapping, ...]:
        """The mappings that choose a value which nobody in the target has."""
        return tuple(compiled for compiled in self.mappings if compiled.unique_rules)

    @cached_property
    def paths(self) -> frozenset[str]:
        """The target paths that are mapped."""
        return frozenset(compiled.target for compiled in self.mappings) - {OBJECT_FILTER}

    @cached_property
    def _read(self) -> frozenset[str]:
        read = frozenset[str]().union(*(compiled.references for compiled in self.mappings))
        return (read | self.scope.references | self.input_scope.references) - {SOFT_DELETED}

    @cached_property
    def managers_attributes(self) -> frozenset[str]:
        """The attributes of a person's manager that a filter reads."""
        return managers_attributes(self._read, self.source_definitions)

    @cached_property
    def source_attributes(self) -> frozenset[str]:
        """The source attributes that any mapping, filter or match reads, of the person or of the manager."""
        own = {name for name in self._read if name.removeprefix("manager.") not in self.managers_attributes}
        return frozenset(own) | self.managers_attributes

    @cached_property
    def required(self) -> tuple[str, ...]:
        """The mapped paths without which the target takes nobody."""
        return tuple(compiled.target for compiled in self.mappings if compiled.definition.is_required)

    @cached_property
    def varying(self) -> frozenset[str]:
        """Target paths whose value may be another one each time."""
        return frozenset(compiled.target for compiled in self.mappings if compiled.varies)

    @cached_property
    def masked_sources(self) -> frozenset[str]:
        """Source attributes whose values must not be shown, because a redacted mapping reads them."""
        return frozenset[str]().union(*(one.references for one in self.mappings if one.is_redacted)) - {SOFT_DELETED}

    @cached_property
    def redacted(self) -> frozenset[str]:
        """Target paths whose values must not be shown."""
        return frozenset(compiled.target for compiled in self.mappings if compiled.is_redacted)

    @cached_property
    def follows_time(self) -> bool:
        """Whether time alone can change a decision."""
        return bool(self.time_dependent) or self.scope.follows_time or self.input_scope.follows_time

    @cached_property
    def time_dependent(self) -> tuple[CompiledMapping, ...]:
        """The mappings whose value can change although nobody changes anything."""
        return tuple(compiled for compiled in self.on_update if compiled.depends_on_time)


def compile_rules(rules: Rules) -> CompiledRules:
    """Compile the mapping of users. Raises `Reject` with every fault at once."""
    validate_rules(rules).require_usable()
    object_mapping = rules.users
    source, target = rules.source_attributes(object_mapping), rules.target_attributes(object_mapping)
    compiled = [_compile(mapping, _definition(mapping, target)) for mapping in object_mapping.attribute_mappings]
    masked = frozenset[str]().union(*(one.references for one in compiled if one.is_redacted))
    return CompiledRules(
        object_mapping,
        tuple(_with_role_types(compiled)),
        compile_scope(object_mapping.scope, source, masked),
        compile_scope(object_mapping.input_scope, source, masked),
        target,
        source,
    )


def _definition(mapping: AttributeMapping, definitions: Definitions) -> AttributeDefinition:
    return definitions.get(mapping.target) or AttributeDefinition(mapping.target)


def _compile(mapping: AttributeMapping, definition: AttributeDefinition) -> CompiledMapping:
    plain = CompiledMapping(
        mapping, definition, mapping.target, lambda _context: None, converter(definition), mapping.flow_type
    )
    match mapping.kind:
        case SourceKind.ATTRIBUTE:
            name = mapping.text
            return replace(plain, evaluate=lambda context: context.source.get(name), references=frozenset({name}))
        case SourceKind.CONSTANT:
            text = mapping.text
            return replace(plain, evaluate=lambda _context: text)
        case SourceKind.NONE:
            # It leaves the target alone; its default fills an attribute that has no value (mapping spec §4.1).
            return replace(plain, flow=FlowType.ATTRIBUTE_ADD_ONLY)
        case SourceKind.EXPRESSION:
            return _compile_expression(plain, compile_expression(mapping.text))


def _compile_expression(plain: CompiledMapping, expression: Compiled) -> CompiledMapping:
    node = expression.node
    is_unique = isinstance(node, Call) and node.name == "SelectUniqueValue"
    rules = [part for part in node.arguments if part is not None] if isinstance(node, Call) and is_unique else []
    return replace(
        plain,
        evaluate=expression.evaluate,
        references=expression.references,
        is_redacted=expression.is_redacted,
        has_pattern="Replace" in expression.functions,
        depends_on_time="Now" in expression.functions,
        varies=is_unique or bool(_VARYING & expression.functions),
        adds_values=_ADDED_ROLES in expression.functions,
        unique_rules=tuple(compile_expression(rule).evaluate for rule in rules),
    )


def _with_role_types(mappings: list[CompiledMapping]) -> list[CompiledMapping]:
    """A single role also says what type it has, and that is not for a mapping to choose (mapping spec §3.4)."""
    types: dict[str, CompiledMapping] = {}
    for compiled in mappings:
        if is_role_part(compiled.target) and _has_single_role(compiled):
            path = role_type_path(compiled.target)
            types.setdefault(path, _role_type(path, compiled))
    kept = [compiled for compiled in mappings if compiled.target not in types]
    return kept + list(types.values())


def _has_single_role(compiled: CompiledMapping) -> bool:
    return compiled.mapping.kind is SourceKind.EXPRESSION and "SingleAppRoleAssignment" in compiled.mapping.text


def _role_type(path: str, role: CompiledMapping) -> CompiledMapping:
    evaluate = role.evaluate
    definition = AttributeDefinition(path, AttributeType.STRING)
    mapping = AttributeMapping(path, SourceKind.CONSTANT, ROLE_TYPE, clear_when_empty=role.mapping.clear_when_empty)
    return CompiledMapping(
        mapping,
        definition,
        path,
        lambda context: None if is_empty(evaluate(context)) else ROLE_TYPE,
        converter(definition),
        role.flow,
        role.references,
    )
