"""PATCH on the elements of multi-valued attributes (RFC 7644 §3.5.2).

Elements are told apart by `value` and, where both have one, `type`. A `remove` that carries a value removes just the
elements with that value: ignoring it would empty a group. At most one element stays primary: the one written last.
"""

from collections.abc import Sequence
from typing import Any

from provisor.model.errors import Reject
from provisor.scim.checking.conforming import (
    JsonObject,
    conform,
    identity_of,
    invalid_value,
    without_duplicates,
)
from provisor.scim.grammar.literals import fold, is_unassigned
from provisor.scim.patching.operation import Op
from provisor.scim.patching.refusals import guard_element, guard_immutable, refuse_change
from provisor.scim.patching.targets import Target
from provisor.scim.schema import Attribute

_LABELS = frozenset({"type", "primary"})
"""An element of which only these are left says nothing any more."""


def write_list(holder: JsonObject, op: Op, attribute: Attribute, value: Any, lenient: bool) -> None:
    """Carry out an operation on a whole list."""
    present: list[Any] = list(holder.get(attribute.name) or [])
    if op is Op.REMOVE:
        result = [] if value is None else _without_values(present, attribute, value)
        if attribute.is_required and not result:
            raise refuse_change(attribute.name, "is required and cannot be removed")
    else:
        incoming = conform(value, attribute, strict=not lenient) or []
        result = _add(present, attribute, incoming) if op is Op.ADD else incoming
    guard_immutable(attribute, holder.get(attribute.name), result or None)
    _put(holder, attribute, result)


def write_filtered(holder: JsonObject, op: Op, target: Target, value: Any, lenient: bool) -> None:
    """Carry out an operation on the elements that a filter chooses, or on a part of them."""
    attribute, sub, matcher = target.attribute, target.sub_attribute, target.matcher
    assert matcher is not None
    elements: list[Any] = list(holder.get(attribute.name) or [])
    chosen = [index for index, each in enumerate(elements) if isinstance(each, dict) and matcher(each)]
    if not chosen and not lenient:  # RFC 7644 table 9: a filter that yields no match
        raise _no_target(attribute)
    if not chosen and op is Op.REMOVE:
        return
    if op is Op.REMOVE and sub is None:
        chosen_set = set(chosen)
        result = [each for index, each in enumerate(elements) if index not in chosen_set]
    elif not chosen:
        result = _with_new(elements, target, value, lenient)
    elif sub is not None:
        wanted = None if op is Op.REMOVE else conform(value, sub, strict=not lenient)
        result = _set_sub(elements, chosen, attribute, sub, wanted)
    else:
        result = _set_elements(elements, chosen, op, target, value, lenient)
    _put(holder, attribute, result)


def write_sub_of_all(holder: JsonObject, op: Op, attribute: Attribute, sub: Attribute, value: Any) -> None:
    """Carry out an operation on a part of every element, as some clients write it: `emails.value`."""
    elements: list[Any] = list(holder.get(attribute.name) or [])
    wanted = None if op is Op.REMOVE else conform(value, sub, strict=False)
    if elements:
        _put(holder, attribute, _set_sub(elements, range(len(elements)), attribute, sub, wanted))
    elif wanted is not None:
        _put(holder, attribute, [{sub.name: wanted}])


def _no_target(attribute: Attribute) -> Reject:
    return Reject(f"No element of '{attribute.name}' matches the path's filter.", code="noTarget")


def _put(holder: JsonObject, attribute: Attribute, elements: list[Any]) -> None:
    if elements:
        holder[attribute.name] = elements
    elif attribute.is_required:
        raise refuse_change(attribute.name, "is required and needs a value")
    else:
        holder.pop(attribute.name, None)


def _without_values(present: list[Any], attribute: Attribute, value: Any) -> list[Any]:
    """What stays after removing the elements that the value names."""
    named = value if isinstance(value, list) else [value]
    unwanted: set[str] = set()
    whole: list[JsonObject] = []
    for each in named:
        if isinstance(each, dict):
            folded = {str(key).lower(): inner for key, inner in each.items()}
            inner = folded.get("value")
            if attribute.sub("value") is None:
                whole.append(_wanted_parts(each, attribute))
                continue
        else:
            inner = each
        if not isinstance(inner, str) or inner == "":
            raise invalid_value(f"A `remove` from '{attribute.name}' names elements without a text as `value`.")
        identity = identity_of({"value": inner} if attribute.is_complex else inner, attribute)
        unwanted.add(identity or "")
    return [
        each
        for each in present
        if identity_of(each, attribute) not in unwanted
        and not any(isinstance(each, dict) and wanted.items() <= each.items() for wanted in whole)
    ]


def _wanted_parts(value: JsonObject, attribute: Attribute) -> JsonObject:
    """The parts by which elements without a `value`, such as addresses, are named."""
    conformed = conform([value], attribute, strict=False)
    if not conformed:
        raise invalid_value(f"A `remove` from '{attribute.name}' does not say which elements it means.")
    return dict(conformed[0])


def _add(present: list[Any], attribute: Attribute, incoming: Sequence[Any]) -> list[Any]:
    """Append what is not there yet; an element that is there takes over what the new one adds to it."""
    result = list(present)
    identities = [identity_of(new, attribute) for new in incoming]
    positions = _positions(result, attribute, set(identities))
    for new, identity in zip(incoming, identities, strict=True):
        if identity is None:
            if new not in result:
                result.append(new)
            index = result.index(new)
        else:
            same = [at for at in positions.get(identity, ()) if _is_same(result[at], new)]
            index = same[0] if same else len(result)
            if not same:
                positions.setdefault(identity, []).append(index)
                result.append(new)
            elif isinstance(new, dict):
                merged = {**result[index], **new, "value": result[index]["value"]}
                guard_element(attribute, result[index], merged)
                result[index] = merged
        if isinstance(new, dict) and new.get("primary") is True:
            _make_primary(result, index)
    return result


def _positions(elements: list[Any], attribute: Attribute, wanted: set[str | None]) -> dict[str, list[int]]:
    """Where the elements with one of these identities are. A long list is walked once, and quickly."""
    value = attribute.sub("value")
    is_plain = value is not None and value.is_case_exact
    positions: dict[str, list[int]] = {}
    for index, each in enumerate(elements):
        if is_plain and isinstance(each, dict) and each.get("value") not in wanted:
            continue
        identity = identity_of(each, attribute)
        if identity is not None and identity in wanted:
            positions.setdefault(identity, []).append(index)
    return positions


def _is_same(present: Any, new: Any) -> bool:
    """Whether two elements with the same value are one: their types are equal, or one has none."""
    if not isinstance(present, dict) or not isinstance(new, dict):
        return True
    types = present.get("type"), new.get("type")
    return None in types or fold(str(types[0])) == fold(str(types[1]))


def _make_primary(elements: list[Any], index: int) -> None:
    """Take `primary` from every other element."""
    for other, each in enumerate(elements):
        if other != index and isinstance(each, dict) and each.get("primary") is True:
            elements[other] = {**each, "primary": False}


def _with_new(elements: list[Any], target: Target, value: Any, lenient: bool) -> list[Any]:
    """Append the element that the filter describes, when the value gives it content."""
    attribute, sub = target.attribute, target.sub_attribute
    if target.seed is None:
        raise _no_target(attribute)
    if sub is not None:
        wanted = conform(value, sub, strict=not lenient)
        content = {} if wanted is None else {sub.name: wanted}
    else:
        content = _element_value(value, attribute, lenient) or {}
    if not content:
        return elements
    result = [*elements, {**target.seed, **content}]
    if result[-1].get("primary") is True:
        _make_primary(result, len(result) - 1)
    return result


def _element_value(value: Any, attribute: Attribute, lenient: bool) -> JsonObject | None:
    """The value of an operation on chosen elements: one object."""
    if isinstance(value, list):
        if not lenient or len(value) > 1:
            raise invalid_value(f"An element of '{attribute.name}' takes one object, not a list.")
        value = value[0] if value else None
    if is_unassigned(value):
        return None
    conformed = conform([value], attribute, strict=not lenient)
    return conformed[0] if conformed else None


def _set_sub(
    elements: list[Any], chosen: Sequence[int], attribute: Attribute, sub: Attribute, wanted: Any
) -> list[Any]:
    """Set one part of the chosen elements; None unassigns it, and an element without content goes."""
    if sub.name == "primary" and wanted is True and len(chosen) > 1:
        raise invalid_value(f"The path chooses {len(chosen)} elements of '{attribute.name}'; one can be primary.")
    result = list(elements)
    emptied: set[int] = set()
    for index in chosen:
        present = result[index]
        if wanted is not None:
            changed = {**present, sub.name: wanted}
        else:
            if sub.is_required and sub.name in present:
                raise refuse_change(f"{attribute.name}.{sub.name}", "is required and cannot be removed")
            changed = {key: each for key, each in present.items() if key != sub.name}
            if sub.name in present and changed.keys() <= _LABELS:
                emptied.add(index)
        guard_element(attribute, present, changed)
        result[index] = changed
        if sub.name == "primary" and wanted is True:
            _make_primary(result, index)
    return [each for index, each in enumerate(result) if index not in emptied]


def _set_elements(
    elements: list[Any], chosen: Sequence[int], op: Op, target: Target, value: Any, lenient: bool
) -> list[Any]:
    """Put a value in the place of each chosen element, or add it to them. What the filter says of them stays true."""
    attribute = target.attribute
    content = _element_value(value, attribute, lenient)
    if content is None:
        gone = set(chosen) if op is Op.REPLACE else set()
        return [each for index, each in enumerate(elements) if index not in gone]
    if content.get("primary") is True and len(chosen) > 1:
        raise invalid_value(f"The path chooses {len(chosen)} elements of '{attribute.name}'; one can be primary.")
    result = list(elements)
    for index in chosen:
        kept = result[index] if op is Op.ADD else (target.seed or {})
        changed = {**kept, **content}
        if op is Op.ADD:
            guard_element(attribute, result[index], changed)
        result[index] = changed
        if content.get("primary") is True:
            _make_primary(result, index)
    return without_duplicates(result, attribute)
