"""Writing one attribute in a resource, an extension or a complex value, as PATCH defines it (RFC 7644 §3.5.2).

`holder` is an object that the caller owns and this module changes; values within it are replaced, never changed.
"""

from collections.abc import Mapping
from typing import Any

from provisor.model.errors import Reject
from provisor.scim.checking.conforming import JsonObject, conform, invalid_value, names_own_schema, present_key
from provisor.scim.grammar.literals import is_unassigned
from provisor.scim.patching.elements import write_list
from provisor.scim.patching.operation import Op
from provisor.scim.patching.refusals import guard_immutable, refuse_change
from provisor.scim.schema import Attribute, Mutability

__all__ = ["refuse_change", "write", "write_sub"]


def write(holder: JsonObject, op: Op, attribute: Attribute, value: Any, lenient: bool) -> None:
    """Carry out one operation on an attribute of `holder`."""
    if attribute.is_multivalued:
        write_list(holder, op, attribute, value, lenient)
    elif op is Op.REMOVE:
        _remove(holder, attribute)
    elif attribute.is_complex:
        _write_complex(holder, op, attribute, value, lenient)
    else:
        _write_simple(holder, attribute, value, lenient)


def write_sub(holder: JsonObject, op: Op, attribute: Attribute, sub: Attribute, value: Any, lenient: bool) -> None:
    """Carry out one operation on a part of a single complex value: `name.givenName`."""
    present = holder.get(attribute.name) or {}
    inner = dict(present)
    write(inner, op, sub, value, lenient)
    _put_complex(holder, attribute, present, inner, {sub.name})


def _remove(holder: JsonObject, attribute: Attribute) -> None:
    key = present_key(holder, attribute)
    if attribute.is_required:
        raise refuse_change(attribute.name, "is required and cannot be removed")
    guard_immutable(attribute, holder.get(key), None)
    holder.pop(key, None)


def _write_simple(holder: JsonObject, attribute: Attribute, value: Any, lenient: bool) -> None:
    key = present_key(holder, attribute)
    conformed = conform(value, attribute, strict=not lenient)
    guard_immutable(attribute, holder.get(key), conformed)
    if conformed is not None:
        holder[key] = conformed
    elif attribute.is_required:
        raise invalid_value(f"'{attribute.name}' is required and needs a value.")
    else:
        holder.pop(key, None)


def _write_complex(holder: JsonObject, op: Op, attribute: Attribute, value: Any, lenient: bool) -> None:
    """Merge: parts that are given are set, the others stay."""
    if isinstance(value, list) and lenient and len(value) == 1:
        value = value[0]
    if is_unassigned(value) or (lenient and value == ""):
        if op is Op.REPLACE or value == "":
            _remove(holder, attribute)
        return
    if not isinstance(value, Mapping):
        value = conform(value, attribute, strict=not lenient)  # a bare id, or Reject
    present = holder.get(attribute.name) or {}
    inner = dict(present)
    given: set[str] = set()
    for key, each in value.items():
        sub = attribute.sub(str(key))
        if sub is None:
            if not lenient and not names_own_schema(str(key), attribute):
                raise Reject(f"'{attribute.name}' has no sub-attribute '{key}'.", code="invalidPath")
            continue
        if sub.mutability is Mutability.READ_ONLY:
            continue
        given.add(sub.name)
        write(inner, op, sub, each, lenient)
    _put_complex(holder, attribute, present, inner, given)


def _put_complex(
    holder: JsonObject, attribute: Attribute, present: Mapping[str, Any], inner: JsonObject, given: set[str]
) -> None:
    """Store a merged value. Another `value` makes a reference's address and name stale; none at all ends it."""
    if present.get("value") != inner.get("value") and attribute.sub("value") is not None and not attribute.is_open:
        if "value" not in inner:
            inner.clear()
        for sub in attribute.sub_attributes:
            if (sub.name == "$ref" or sub.mutability is Mutability.READ_ONLY) and sub.name not in given:
                inner.pop(sub.name, None)
    guard_immutable(attribute, present or None, inner or None)
    if inner:
        holder[attribute.name] = inner
    else:
        holder.pop(attribute.name, None)
