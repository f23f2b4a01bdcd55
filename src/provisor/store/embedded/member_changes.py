"""PATCH operations on `members`, read as set operations (RFC 7644 §3.5.2).

Adding somebody to a group of 100,000 must not read 100,000 rows. The forms that clients send become steps that cost
as much as the values they carry; anything more unusual is left to the general rules, over all members.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from provisor.model.errors import Reject
from provisor.scim.checking.conforming import conform
from provisor.scim.filter import Comparison, Filter, Operator, Or
from provisor.scim.patch import Op, PatchOperation
from provisor.scim.schema import Attribute, ResourceType
from provisor.store.embedded.rows import indexed

MEMBERS = "members"


class StepKind(Enum):
    """What a step does with its members."""

    ADD = "add"
    REMOVE = "remove"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True)
class MemberStep:
    """One change of a group's members: ids, with the types that the client gave."""

    kind: StepKind
    members: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class SplitPatch:
    """A patch taken apart. `steps` None says that some operation on members fits no step."""

    rest: tuple[PatchOperation, ...]
    steps: tuple[MemberStep, ...] | None


def split_patch(operations: Sequence[PatchOperation], type_: ResourceType, *, lenient: bool) -> SplitPatch:
    """Take the operations on members out of a patch. Raises Reject (`invalidValue`) for malformed members.

    The order among the rest, and among the steps, is kept; between the two it does not matter.
    """
    attribute = type_.attribute(MEMBERS)
    if attribute is None:
        return SplitPatch(tuple(operations), ())
    rest: list[PatchOperation] = []
    steps: list[MemberStep] = []
    for operation in operations:
        if operation.path is None:
            left, step = _split_whole(operation, type_, attribute, lenient)
            steps += [step] if step is not None else []
            rest += [left] if left is not None else []
        elif not _aims_at_members(operation, type_):
            rest.append(operation)
        else:
            step = _read_step(operation, attribute, lenient)
            if step is None:
                return SplitPatch(tuple(operations), None)
            steps.append(step)
    return SplitPatch(tuple(rest), tuple(steps))


def members_in(values: Iterable[Mapping[str, Any]]) -> dict[str, str | None]:
    """Ids and types of members in canonical form; a member may also be named by its `$ref` alone."""
    found: dict[str, str | None] = {}
    for each in values:
        member_id = each.get("value") or str(each.get("$ref", "")).rstrip("/").rpartition("/")[2]
        if not member_id:
            raise Reject("A member of a group needs a `value`, the id of a resource.", code="invalidValue")
        found[str(indexed("members.value", member_id))] = each.get("type")
    return found


def _aims_at_members(operation: PatchOperation, type_: ResourceType) -> bool:
    place = type_.find(operation.path.attribute) if operation.path is not None else None
    return place is not None and place.container is None and place.attribute.name == MEMBERS


def _split_whole(
    operation: PatchOperation, type_: ResourceType, attribute: Attribute, lenient: bool
) -> tuple[PatchOperation | None, MemberStep | None]:
    """An operation without a path: what remains of it without its members, and the step that these become."""
    value = operation.value
    if operation.op is Op.REMOVE or not isinstance(value, Mapping):
        return operation, None
    names = {MEMBERS, f"{type_.schema.id.lower()}:{MEMBERS}"}
    keys = [key for key in value if str(key).lower() in names]
    if not keys:
        return operation, None
    kind = StepKind.ADD if operation.op is Op.ADD else StepKind.REPLACE
    step = MemberStep(kind, _conformed(value[keys[-1]], attribute, lenient))
    left = {key: each for key, each in value.items() if key not in keys}
    return (replace(operation, value=left) if left else None), step


def _read_step(operation: PatchOperation, attribute: Attribute, lenient: bool) -> MemberStep | None:
    path = operation.path
    if path is None or path.sub_attribute is not None or path.attribute.sub_attribute is not None:
        return None
    if path.filter is not None:
        ids = _ids_of(path.filter)
        if operation.op is not Op.REMOVE or ids is None:
            return None
        return MemberStep(StepKind.REMOVE, dict.fromkeys(ids))
    if operation.op is Op.ADD:
        return MemberStep(StepKind.ADD, _conformed(operation.value, attribute, lenient))
    if operation.op is Op.REPLACE:
        return MemberStep(StepKind.REPLACE, _conformed(operation.value, attribute, lenient))
    if operation.value is None:
        return MemberStep(StepKind.REPLACE, {})
    ids = _ids_named(operation.value)
    return None if ids is None else MemberStep(StepKind.REMOVE, dict.fromkeys(ids))


def _conformed(value: Any, attribute: Attribute, lenient: bool) -> dict[str, str | None]:
    elements = conform(value, attribute, strict=not lenient) or []
    return members_in(elements)


def _ids_named(value: Any) -> list[str] | None:
    """The ids in the value of a `remove`, which the RFC does not know and clients send; None when it is faulty."""
    ids: list[str] = []
    for each in value if isinstance(value, list) else [value]:
        named = {str(key).lower(): inner for key, inner in each.items()} if isinstance(each, Mapping) else {}
        member_id = named.get("value", each)
        if not isinstance(member_id, str) or not member_id or "\0" in member_id:
            return None
        ids.append(member_id)
    return ids


def _ids_of(filter_: Filter) -> list[str] | None:
    """The ids in `value eq "a"`, or in several of these joined by `or`; None for any other filter."""
    terms = filter_.terms if isinstance(filter_, Or) else (filter_,)
    ids: list[str] = []
    for term in terms:
        match term:
            case Comparison(path, Operator.EQ, str() as value) if (
                path.schema is None and path.sub_attribute is None and path.attribute.lower() == "value"
            ) and "\0" not in value:
                ids.append(value)
            case _:
                return None
    return ids
