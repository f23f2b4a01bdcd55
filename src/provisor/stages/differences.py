"""What differs between what the target should hold and what it is known to hold, and what of that flows.

Flow types and flow behaviours are those of mapping spec §4.2. The difference of a thing with itself is empty.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from provisor.expressions.choices import FLOW_ALWAYS_SENDS_BY_ITSELF
from provisor.expressions.values import canonical_text
from provisor.model.operation import AttributeChange
from provisor.model.rules import AttributeDefinition, FlowBehavior, FlowType
from provisor.stages.rules.compiled import CompiledMapping, CompiledRules


def derive_changes(
    desired: Mapping[str, Any], known: Mapping[str, Any], rules: CompiledRules
) -> tuple[AttributeChange, ...]:
    """The differences that flow. What flows always goes along with them, and causes no request by itself."""
    changes: list[AttributeChange] = []
    unchanged: list[AttributeChange] = []
    for compiled in rules.mappings:
        name = compiled.target
        if name not in desired:
            continue
        before, after = known.get(name), desired[name]
        change = _difference(compiled, before, after)
        if change is not None:
            changes.append(change)
        elif compiled.mapping.flow_behavior is FlowBehavior.FLOW_ALWAYS and after is not None:
            unchanged.append(AttributeChange(name, before, after))
    if not changes and not FLOW_ALWAYS_SENDS_BY_ITSELF:
        return ()
    return (*changes, *unchanged)


def are_equal(one: Any, other: Any, definition: AttributeDefinition) -> bool:
    """Whether the target would see no difference; letter case counts only where the attribute says so."""
    if one is None or other is None:
        return one is other
    if one.__class__ is str and other.__class__ is str:
        return one == other or (not definition.is_case_exact and one.casefold() == other.casefold())
    key = _key_of(one, other, definition)
    return {key(item) for item in _items(one)} == {key(item) for item in _items(other)}


def _difference(compiled: CompiledMapping, before: Any, after: Any) -> AttributeChange | None:
    """The change of one attribute, as far as its flow type lets it flow; None where nothing does."""
    name, definition, flow = compiled.target, compiled.definition, compiled.flow
    if are_equal(before, after, definition):
        return None
    if compiled.adds_values or (flow is FlowType.VALUE_ADD_ONLY and before is not None):
        return _addition(name, before, after, definition)
    match flow:
        case FlowType.ATTRIBUTE_ADD_ONLY:
            return None if before is not None else AttributeChange(name, before, after)
        case FlowType.MULTI_VALUE_ADD_ONLY:
            return AttributeChange(name, before, after) if _added(before, after, definition) else None
        case _:
            return AttributeChange(name, before, after)


def _addition(name: str, before: Any, after: Any, definition: AttributeDefinition) -> AttributeChange | None:
    """Only what the target does not hold yet is sent; what it holds stays."""
    added = _added(before, after, definition)
    if not added:
        return None
    return AttributeChange(name, before, [*_items(before), *added], added=tuple(added))


def _added(before: Any, after: Any, definition: AttributeDefinition) -> Sequence[Any]:
    """The values that are new. An attribute with one value has nothing to add to."""
    if not isinstance(after, list):
        return ()
    key = _key_of(before, after, definition)
    held = {key(item) for item in _items(before)}
    return [item for item in after if key(item) not in held]


def _items(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _key_of(one: Any, other: Any, definition: AttributeDefinition) -> Callable[[Any], str]:
    """The form in which two values are compared: whole objects, or where one side has no objects, their values."""
    are_objects = all(isinstance(item, dict) for item in (*_items(one), *_items(other)))

    def key(item: Any) -> str:
        if isinstance(item, dict):
            item = sorted(item.items()) if are_objects else item.get("value", item)
        text = canonical_text(item)
        return text if definition.is_case_exact else text.casefold()

    return key
