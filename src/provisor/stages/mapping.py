"""Map: source attributes become the attributes that the target should have (mapping spec §4).

Rules are compiled once per cycle (`rules/compiled.py`). A mapping that yields nothing leaves its target attribute
alone; only a mapping that says so clears it. References stay source ids here; `resolving` turns them into target ids.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from provisor.expressions.breaker import NO_BREAKER, Breaker
from provisor.expressions.compiler import Context
from provisor.expressions.faults import CODE_NO_UNIQUE_VALUE
from provisor.expressions.values import IGNORE_ATTRIBUTE, IGNORE_OBJECT, FlowSentinel, canonical_text
from provisor.model.errors import ResourceFailed
from provisor.model.rules import SourceKind
from provisor.stages.rules.compiled import CompiledMapping, CompiledRules
from provisor.stages.rules.conforming import is_empty
from provisor.stages.rules.targets import OBJECT_FILTER


@dataclass(frozen=True, slots=True)
class Desired:
    """What the target should hold. A key with None is to be cleared; a missing key is left alone."""

    attributes: Mapping[str, Any] = field(default_factory=dict)
    is_ignored: bool = False
    """A mapping said that this object is not to flow at all."""


_NOTHING: Mapping[str, Any] = {}


def map_attributes(
    rules: CompiledRules,
    context: Context,
    *,
    is_new: bool,
    is_leaving: bool = False,
    chosen: Mapping[str, Any] = _NOTHING,
    breaker: Breaker = NO_BREAKER,
) -> Desired:
    """Evaluate every mapping that applies. Raises `ResourceFailed` naming the attribute that cannot be had.

    Of somebody who leaves only what follows from leaving is evaluated: a fault elsewhere must not keep an account open.
    `chosen` holds the values of SelectUniqueValue, for which the target has been asked.
    """
    attributes: dict[str, Any] = {}
    for compiled in rules.following if is_leaving else rules.mappings if is_new else rules.on_update:
        target = compiled.target
        value = chosen[target] if target in chosen else map_one(compiled, context, breaker)
        if value.__class__ is str and value:
            attributes[target] = value
        elif value is IGNORE_OBJECT:
            return Desired(is_ignored=True)
        elif value is IGNORE_ATTRIBUTE:
            continue
        elif not is_empty(value):
            attributes[target] = value
        else:
            _take_default(compiled, attributes, is_new=is_new)
    attributes.pop(OBJECT_FILTER, None)
    if is_new and not is_leaving:
        _check_required(rules, attributes)
    return Desired(attributes)


def _take_default(compiled: CompiledMapping, attributes: dict[str, Any], *, is_new: bool) -> None:
    """A default is for a new account; without a source it also fills an attribute that has no value (§4.1, §4.4)."""
    mapping = compiled.mapping
    if mapping.default_value and (is_new or mapping.kind is SourceKind.NONE):
        attributes[compiled.target] = compiled.convert(mapping.default_value)
    elif mapping.clear_when_empty and not is_new:
        attributes[compiled.target] = None


def map_one(compiled: CompiledMapping, context: Context, breaker: Breaker = NO_BREAKER) -> Any:
    """The value of one mapping in the target's type, a flow sentinel, or None."""
    try:
        if compiled.has_pattern:
            breaker.check(compiled.target)
        value = compiled.evaluate(context)
        if value.__class__ is str and value:
            return compiled.convert(value)
        return value if is_empty(value) or isinstance(value, FlowSentinel) else compiled.convert(value)
    except ResourceFailed as fault:
        breaker.note(compiled.target, fault)
        raise _name(compiled, fault) from fault


def unique_candidates(compiled: CompiledMapping, context: Context) -> Iterator[str]:
    """The values of SelectUniqueValue in order; each rule is evaluated once, and only when its turn comes (§3.3)."""
    try:
        for evaluate in compiled.unique_rules:
            value = evaluate(context)
            if not is_empty(value) and not isinstance(value, FlowSentinel):
                yield canonical_text(value)
    except ResourceFailed as fault:
        raise _name(compiled, fault) from fault


def no_unique_value(compiled: CompiledMapping, tried: int) -> ResourceFailed:
    """All values are taken: the person is escrowed, not created."""
    return ResourceFailed(
        f"{compiled.target}: every rule of SelectUniqueValue gives a value that is taken ({tried} tried).",
        code=CODE_NO_UNIQUE_VALUE,
        remedy="Add a rule, or free one of the values in the target.",
    )


def _name(compiled: CompiledMapping, fault: ResourceFailed) -> ResourceFailed:
    """The fault with the attribute's name, and without a value that must not be shown."""
    message = fault.message
    if compiled.is_redacted:
        message = "the value does not suit the attribute; it is redacted, so no details are shown."
    prefix = "" if message.startswith(compiled.target) else f"{compiled.target}: "
    return ResourceFailed(f"{prefix}{message}", code=fault.code, remedy=fault.remedy)


def _check_required(rules: CompiledRules, attributes: Mapping[str, Any]) -> None:
    missing = [name for name in rules.required if name not in attributes]
    if missing:
        raise ResourceFailed(
            f"The target requires {', '.join(missing)}, and the source has no value for it.",
            code="MissingValues",
            remedy="Fill the value in the directory, or give the mapping a default value.",
        )
