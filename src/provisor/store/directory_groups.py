"""Groups, members and app role assignments: statements behind `store/directory.py`.

What changes who is assigned to an application changes the people concerned in the feed.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provisor.model.errors import NotFound
from provisor.ports.directory import AppRole, AppRoleAssignment, DirectoryGroup, PrincipalType, fold
from provisor.store.directory_feed import record_changes, record_members
from provisor.store.directory_tables import assignments, group_members, groups, users
from provisor.store.encoding import text_time, time_text
from provisor.store.upserting import in_chunks, upsert


def upsert_group(connection: Connection, group: DirectoryGroup) -> bool:
    """Store one group; whether anything changed."""
    known = find_group(connection, group.id)
    if known and replace(group, created=known.created, modified=known.modified) == known:
        return False
    row = {
        "id": group.id,
        "display_name": group.display_name,
        "display_name_key": fold(group.display_name),
        "description": group.description,
        "mail": group.mail,
        "mail_nickname": group.mail_nickname,
        "security_enabled": group.security_enabled,
        "created": time_text(group.created),
        "modified": time_text(group.modified),
    }
    upsert(connection, groups, [row], keep=frozenset({"created"}))
    record_changes(connection, PrincipalType.GROUP, [group.id], group.modified)
    # Members' assignments depend on the one, filters by membership on the other.
    if known and (known.security_enabled, known.display_name) != (group.security_enabled, group.display_name):
        record_members(connection, group.id, group.modified)
    return True


def delete_group(connection: Connection, group_id: str, now: datetime) -> None:
    """Delete a group; its members change, because they may lose an assignment."""
    require_group(connection, group_id)
    record_members(connection, group_id, now)
    connection.execute(assignments.delete().where(assignments.c.principal_id == group_id))
    either_end = sa.or_(group_members.c.group_id == group_id, group_members.c.member_id == group_id)
    connection.execute(group_members.delete().where(either_end))
    connection.execute(groups.delete().where(groups.c.id == group_id))
    record_changes(connection, PrincipalType.GROUP, [group_id], now)


def find_group(connection: Connection, group_id: str) -> DirectoryGroup | None:
    """One group."""
    row = connection.execute(groups.select().where(groups.c.id == group_id)).one_or_none()
    return _group_of(row) if row else None


def require_group(connection: Connection, group_id: str) -> None:
    """Raise `NotFound` unless the group is there."""
    if not find_group(connection, group_id):
        raise NotFound(f"There is no group {group_id} in the directory.")


def find_groups(connection: Connection, reference: str) -> list[DirectoryGroup]:
    """By id, else by display name."""
    by_id = find_group(connection, reference)
    if by_id:
        return [by_id]
    query = groups.select().where(groups.c.display_name_key == fold(reference)).order_by(groups.c.id)
    return [_group_of(row) for row in connection.execute(query)]


def list_groups(connection: Connection, after: str, limit: int) -> list[DirectoryGroup]:
    """The next groups in the order of their ids."""
    query = groups.select().where(groups.c.id > after).order_by(groups.c.id).limit(limit)
    return [_group_of(row) for row in connection.execute(query)]


def add_members(
    connection: Connection, group_id: str, member_ids: Sequence[str], now: datetime, member_type: PrincipalType
) -> int:
    """Add those who are not members yet."""
    require_group(connection, group_id)
    wanted = list(dict.fromkeys(member_ids))
    _require_principals(connection, wanted, member_type)
    known = set(_present_members(connection, group_id, wanted))
    added = [one for one in wanted if one not in known]
    if added:
        rows = [{"group_id": group_id, "member_id": one, "member_type": member_type.value} for one in added]
        connection.execute(group_members.insert(), rows)
        _record_membership(connection, group_id, added, now)
    return len(added)


def remove_members(connection: Connection, group_id: str, member_ids: Sequence[str], now: datetime) -> int:
    """Remove those who are members."""
    require_group(connection, group_id)
    removed = _present_members(connection, group_id, member_ids)
    for some in in_chunks(removed):
        connection.execute(
            group_members.delete().where(group_members.c.group_id == group_id, group_members.c.member_id.in_(some))
        )
    if removed:
        _record_membership(connection, group_id, removed, now)
    return len(removed)


def list_members(connection: Connection, group_id: str, after: str, limit: int) -> list[tuple[str, PrincipalType]]:
    """The next members in the order of their ids."""
    query = (
        sa.select(group_members.c.member_id, group_members.c.member_type)
        .where(group_members.c.group_id == group_id, group_members.c.member_id > after)
        .order_by(group_members.c.member_id)
        .limit(limit)
    )
    return [(row.member_id, PrincipalType(row.member_type)) for row in connection.execute(query)]


def assign(connection: Connection, assignment: AppRoleAssignment, now: datetime) -> bool:
    """Assign; whether that is new."""
    _require_principals(connection, [assignment.principal_id], assignment.principal_type)
    known = sa.select(assignments.c.id).where(
        assignments.c.app_id == assignment.app_id,
        assignments.c.principal_id == assignment.principal_id,
        assignments.c.role_id == assignment.role.id,
    )
    if connection.scalar(known):
        return False
    connection.execute(
        assignments.insert().values(
            id=assignment.id,
            app_id=assignment.app_id,
            principal_type=assignment.principal_type.value,
            principal_id=assignment.principal_id,
            role_id=assignment.role.id,
            role_value=assignment.role.value,
            role_display_name=assignment.role.display_name,
            created=time_text(now),
        )
    )
    _record_principal(connection, assignment.principal_type, assignment.principal_id, now)
    return True


def remove_assignments(connection: Connection, condition: sa.ColumnElement[bool], now: datetime) -> int:
    """Remove the assignments that meet the condition; how many."""
    found = [_assignment_of(row) for row in connection.execute(assignments.select().where(condition))]
    for some in in_chunks(one.id for one in found):
        connection.execute(assignments.delete().where(assignments.c.id.in_(some)))
    for principal_type, principal_id in {(one.principal_type, one.principal_id) for one in found}:
        _record_principal(connection, principal_type, principal_id, now)
    return len(found)


def list_assignments(connection: Connection, app_id: str) -> list[AppRoleAssignment]:
    """Who is assigned to an application, oldest first."""
    query = assignments.select().where(assignments.c.app_id == app_id).order_by(assignments.c.created, assignments.c.id)
    return [_assignment_of(row) for row in connection.execute(query)]


def _record_principal(connection: Connection, principal_type: PrincipalType, principal_id: str, now: datetime) -> None:
    if principal_type is PrincipalType.GROUP:
        record_members(connection, principal_id, now)
    else:
        record_changes(connection, PrincipalType.USER, [principal_id], now)


def _record_membership(connection: Connection, group_id: str, member_ids: Sequence[str], now: datetime) -> None:
    """The group changed and so did its members; a member that is a group passes nothing on (engine spec §1.6)."""
    people: list[str] = []
    for some in in_chunks(member_ids):
        people.extend(connection.scalars(sa.select(users.c.id).where(users.c.id.in_(some))))
    record_changes(connection, PrincipalType.GROUP, [group_id], now)
    record_changes(connection, PrincipalType.USER, people, now)


def _present_members(connection: Connection, group_id: str, member_ids: Sequence[str]) -> list[str]:
    found: list[str] = []
    for some in in_chunks(member_ids):
        query = sa.select(group_members.c.member_id).where(
            group_members.c.group_id == group_id, group_members.c.member_id.in_(some)
        )
        found.extend(connection.scalars(query))
    return found


def _require_principals(connection: Connection, ids: Sequence[str], principal_type: PrincipalType) -> None:
    table = users if principal_type is PrincipalType.USER else groups
    found: set[str] = set()
    for some in in_chunks(ids):
        found.update(connection.scalars(sa.select(table.c.id).where(table.c.id.in_(some))))
    missing = [one for one in ids if one not in found]
    if missing:
        kind = principal_type.value.lower()
        raise NotFound(f"There is no {kind} with the id {missing[0]} in the directory.")


def _group_of(row: Any) -> DirectoryGroup:
    return DirectoryGroup(
        id=row.id,
        display_name=row.display_name,
        created=text_time(row.created),
        modified=text_time(row.modified),
        description=row.description,
        mail=row.mail,
        mail_nickname=row.mail_nickname,
        security_enabled=bool(row.security_enabled),
    )


def _assignment_of(row: Any) -> AppRoleAssignment:
    return AppRoleAssignment(
        id=row.id,
        app_id=row.app_id,
        principal_type=PrincipalType(row.principal_type),
        principal_id=row.principal_id,
        role=AppRole(row.role_id, row.role_value, row.role_display_name),
    )
