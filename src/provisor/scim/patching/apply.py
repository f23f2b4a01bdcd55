"""Applying PATCH operations to one resource (RFC 7644 §3.5.2), in order and all or none.

The resource given is never changed: what an operation touches is copied first. This module reads operations and
decides where they go; writing.py sets values and elements.py deals with the elements of lists.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from provisor.model.errors import Reject
from provisor.scim.characteristics import check_required, schemas_of
from provisor.scim.checking.conforming import JsonObject, invalid_value
from provisor.scim.grammar.tokens import excerpt
from provisor.scim.patching.elements import write_filtered, write_sub_of_all
from provisor.scim.patching.operation import Op, PatchOperation
from provisor.scim.patching.targets import Target, find_target, invalid_path
from provisor.scim.patching.writing import refuse_change, write, write_sub
from provisor.scim.path import parse_path
from provisor.scim.schema import ResourceType


def apply_patch(
    resource: Mapping[str, Any],
    operations: Iterable[PatchOperation],
    type_: ResourceType,
    *,
    lenient: bool = True,
) -> JsonObject:
    """The resource as it is after all operations; equal to the one given when they change nothing.

    `lenient` (see checking/conforming.py) also makes `add` and `replace` create the element that a filter describes,
    and ignores unknown and readOnly attributes in operations without a path. Raises Reject with the scimTypes of §3.12.
    """
    draft = dict(resource)
    for operation in operations:
        if operation.path is None:
            _apply_whole(draft, operation, type_, lenient)
        else:
            target = find_target(operation.path, type_, strict=not lenient)
            if target.is_read_only:
                raise refuse_change(str(operation.path), "is set by the service provider")
            _apply_target(draft, operation.op, target, operation.value, lenient)
    before, after = schemas_of(resource, type_), schemas_of(draft, type_)
    if before != after or "schemas" not in draft:
        draft["schemas"] = after
    check_required(draft, type_)
    return draft


def _apply_whole(draft: JsonObject, operation: PatchOperation, type_: ResourceType, lenient: bool) -> None:
    """An operation without a path: each member of its value is an operation of its own."""
    if operation.op is Op.REMOVE:
        raise Reject("A `remove` needs a path that says what to remove.", code="noTarget")
    if not isinstance(operation.value, Mapping):
        raise invalid_value(f"A PATCH operation `{operation.op}` without a path takes an object as its value.")
    for key, value in _members(operation.value, type_):
        target = _find_member(key, type_, lenient)
        if target is None:
            continue
        if target.is_read_only:
            if not lenient and draft.get(target.attribute.name) != value:
                raise refuse_change(key, "is set by the service provider")
            continue
        _apply_target(draft, operation.op, target, value, lenient)


def _members(value: Mapping[Any, Any], type_: ResourceType) -> Iterable[tuple[str, Any]]:
    """The members of a value; an object under the main schema's own id counts as if it were not there."""
    for key, each in value.items():
        if str(key).lower() == type_.schema.id.lower() and isinstance(each, Mapping):
            yield from ((str(inner), value) for inner, value in each.items())
        else:
            yield str(key), each


def _find_member(key: str, type_: ResourceType, lenient: bool) -> Target | None:
    """Where a key leads: a name, a dotted name, a URN, a qualified name. None when it is to be ignored."""
    attribute = type_.attribute(key)
    if attribute is not None:
        return Target(None, attribute)
    try:
        return find_target(parse_path(key, schemas=type_.schema_ids), type_, strict=not lenient)
    except Reject:
        if lenient:
            return None
        raise invalid_path(f"{type_.name} has no attribute '{excerpt(key)}'.") from None


def _apply_target(draft: JsonObject, op: Op, target: Target, value: Any, lenient: bool) -> None:
    attribute, sub = target.attribute, target.sub_attribute
    if attribute.name == "schemas" and target.container is None:
        return  # computed from what the resource holds
    holder = draft
    if target.container is not None:
        holder = dict(draft.get(target.container) or {})
    if target.matcher is not None:
        write_filtered(holder, op, target, value, lenient)
    elif sub is None:
        write(holder, op, attribute, value, lenient)
    elif attribute.is_multivalued:
        if not lenient:
            raise invalid_path(f"'{attribute.name}.{sub.name}' needs a filter that says which elements are meant.")
        write_sub_of_all(holder, op, attribute, sub, value)
    else:
        write_sub(holder, op, attribute, sub, value, lenient)
    if target.container is not None:
        if holder:
            draft[target.container] = holder
        else:
            draft.pop(target.container, None)
