"""Memberships as rows: members of groups, and the groups of a user, direct and through other groups.

Adding or removing some members costs as much as their number, whatever the size of the group. Nested groups may form
circles; following them ends where nothing new is found.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provisor.ports.resources import JsonObject
from provisor.store.prepared import Prepared
from provisor.store.scim_tables import GROUP, members, resources

VALUES_PER_STATEMENT = 500

T = TypeVar("T")

Types = Mapping[str, str | None]
"""Ids of members, with the type that the client gave them, in order."""

_ADD = Prepared(sa.insert(members), ("group_number", "tenant", "member_id", "type"))
_IS_MEMBER = Prepared(
    sa.select(members.c.member_id).where(
        members.c.group_number == sa.bindparam("group_number"), members.c.member_id == sa.bindparam("member_id")
    )
)
_MINE = (members.c.tenant == sa.bindparam("of_tenant")) & (members.c.member_id == sa.bindparam("member"))
_GROUPS_OF = Prepared(sa.select(members.c.group_number).where(_MINE))
_LEAVE = Prepared(sa.delete(members).where(_MINE))
_OF_GROUPS = (
    sa.select(members.c.group_number, members.c.member_id, members.c.type, resources.c.kind, resources.c.label)
    .select_from(
        members.outerjoin(resources, (resources.c.tenant == members.c.tenant) & (resources.c.id == members.c.member_id))
    )
    .where(members.c.group_number.in_(sa.bindparam("numbers", expanding=True)))
    .order_by(members.c.number)
)


def _groups_above() -> sa.Select[Any]:
    """Every group above some members: (member, group id, label, whether directly)."""
    first = (
        sa.select(members.c.member_id.label("origin"), members.c.group_number, sa.literal(1).label("is_direct"))
        .where(members.c.tenant == sa.bindparam("tenant"))
        .where(members.c.member_id.in_(sa.bindparam("ids", expanding=True)))
        .cte("above", recursive=True)
    )
    inner = resources.alias("inner_group")
    outer = members.alias("outer_member")
    step = (
        sa.select(first.c.origin, outer.c.group_number, sa.literal(0))
        .join_from(first, inner, inner.c.number == first.c.group_number)
        .join(outer, (outer.c.tenant == sa.bindparam("tenant")) & (outer.c.member_id == inner.c.id))
    )
    above = first.union(step)
    return (
        sa.select(above.c.origin, resources.c.id, resources.c.label, sa.func.max(above.c.is_direct).label("is_direct"))
        .join_from(above, resources, resources.c.number == above.c.group_number)
        .where(resources.c.kind == GROUP)
        .group_by(above.c.origin, resources.c.number, resources.c.id, resources.c.label)
        .order_by(resources.c.number)
    )


_GROUPS_ABOVE = _groups_above()


def members_of(connection: Connection, numbers: Collection[int]) -> dict[int, list[JsonObject]]:
    """The members of some groups, by the groups' numbers, in the order in which they were added."""
    found: dict[int, list[JsonObject]] = defaultdict(list)
    for row in connection.execute(_OF_GROUPS, {"numbers": list(numbers)}):
        found[row.group_number].append(member_of(row))
    return found


def member_of(row: Any) -> JsonObject:
    """One element of a group's `members`: of a row with `member_id` and `type`, and its `kind` and `label` if any."""
    member: JsonObject = {"value": row.member_id}
    if row.label is not None:
        member["display"] = row.label
    if row.kind or row.type:
        member["type"] = row.kind or row.type
    return member


def groups_of(connection: Connection, tenant: str, ids: Iterable[str]) -> dict[str, list[JsonObject]]:
    """The groups of some users, by the users' ids."""
    found: dict[str, list[JsonObject]] = defaultdict(list)
    for row in connection.execute(_GROUPS_ABOVE, {"tenant": tenant, "ids": list(ids)}):
        found[row.origin].append(group_reference(row.id, row.label, is_direct=bool(row.is_direct)))
    return found


def group_reference(group_id: str, label: str | None, *, is_direct: bool) -> JsonObject:
    """One element of a user's `groups`."""
    reference: JsonObject = {"value": group_id}
    if label is not None:
        reference["display"] = label
    reference["type"] = "direct" if is_direct else "indirect"
    return reference


def add_members(connection: Connection, tenant: str, group_number: int, added: Types) -> bool:
    """Add those that are not members yet; whether there were any."""
    changed = False
    for ids in chunks(list(added)):
        known = _present(connection, group_number, ids)
        rows = [
            {"group_number": group_number, "tenant": tenant, "member_id": each, "type": added[each]}
            for each in ids
            if each not in known
        ]
        if rows:
            _ADD.run_all(connection, rows)
            changed = True
    return changed


def remove_members(connection: Connection, group_number: int, removed: Collection[str]) -> bool:
    """Remove those that are members; whether there were any."""
    changed = False
    for ids in chunks(list(removed)):
        statement = sa.delete(members).where(members.c.group_number == group_number, members.c.member_id.in_(ids))
        changed |= connection.execute(statement).rowcount > 0
    return changed


def clear_members(connection: Connection, group_number: int) -> bool:
    """Remove everybody; whether there was anybody."""
    return connection.execute(sa.delete(members).where(members.c.group_number == group_number)).rowcount > 0


def replace_members(connection: Connection, tenant: str, group_number: int, wanted: Types) -> bool:
    """Make these the members; whether anything changed. Those who stay are not touched."""
    present = set(connection.scalars(sa.select(members.c.member_id).where(members.c.group_number == group_number)))
    is_removed = remove_members(connection, group_number, present.difference(wanted))
    missing = {each: wanted[each] for each in wanted if each not in present}
    return add_members(connection, tenant, group_number, missing) or is_removed


def leave_all_groups(connection: Connection, tenant: str, member_id: str) -> Sequence[int]:
    """Take a resource out of every group; the numbers of the groups that it left."""
    mine = {"of_tenant": tenant, "member": member_id}
    numbers = [row[0] for row in _GROUPS_OF.run(connection, mine).fetchall()]
    if numbers:
        _LEAVE.run(connection, mine)
    return numbers


def chunks(ids: list[T]) -> Iterable[list[T]]:
    """Ids or numbers in lists short enough for one statement."""
    return (ids[start : start + VALUES_PER_STATEMENT] for start in range(0, len(ids), VALUES_PER_STATEMENT))


def _present(connection: Connection, group_number: int, ids: list[str]) -> set[str]:
    if len(ids) == 1:  # what clients do all the time
        found = _IS_MEMBER.run(connection, {"group_number": group_number, "member_id": ids[0]}).fetchone()
        return set() if found is None else {ids[0]}
    statement = sa.select(members.c.member_id).where(
        members.c.group_number == group_number, members.c.member_id.in_(ids)
    )
    return set(connection.scalars(statement))
