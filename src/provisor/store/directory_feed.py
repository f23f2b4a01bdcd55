"""The feed of the embedded directory and the roles people hold: statements behind `store/directory.py`.

Numbers rise in the order of commits: SQLite has one writer at a time, and on PostgreSQL every transaction that
changes the directory first takes one lock. Otherwise a reader could pass a number that is committed later.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provisor.ports.directory import DEFAULT_ACCESS, AppRole, AssignedUser, FeedPage, PrincipalType
from provisor.store.directory_people import load_users, user_of
from provisor.store.directory_tables import assignments, changes, group_members, groups, users
from provisor.store.encoding import time_text
from provisor.store.upserting import in_chunks

FEED_LOCK = 7_021_001
"""Key of the PostgreSQL advisory lock that orders writers of the directory."""

IS_USER = changes.c.object_type == PrincipalType.USER.value


def order_writers(connection: Connection) -> None:
    """Wait until no other process is changing the directory."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(FEED_LOCK)))


def record_changes(connection: Connection, object_type: PrincipalType, ids: Iterable[str], now: datetime) -> None:
    """Note that these objects have just changed."""
    every = list(ids)
    for some in in_chunks(every):
        connection.execute(changes.delete().where(changes.c.object_id.in_(some)))
    rows = [{"object_type": object_type.value, "object_id": one, "at": time_text(now)} for one in every]
    if rows:
        connection.execute(changes.insert(), rows)


def record_members(connection: Connection, group_id: str, now: datetime) -> None:
    """Note a change of everybody in a group, without holding them in memory."""
    members = sa.select(group_members.c.member_id).where(
        group_members.c.group_id == group_id, group_members.c.member_type == PrincipalType.USER.value
    )
    connection.execute(changes.delete().where(changes.c.object_id.in_(members)))
    kind = sa.literal(PrincipalType.USER.value)
    named = sa.select(kind, group_members.c.member_id, sa.literal(time_text(now))).where(
        group_members.c.group_id == group_id, group_members.c.member_type == PrincipalType.USER.value
    )
    connection.execute(changes.insert().from_select(["object_type", "object_id", "at"], named))


def last_change(connection: Connection) -> int:
    """The number of the latest change of a person."""
    return connection.scalar(sa.select(sa.func.max(changes.c.seq)).where(IS_USER)) or 0


def read_feed(connection: Connection, app_id: str, after: int, limit: int) -> FeedPage:
    """Whom the feed names after a number, with their present state."""
    query = (
        sa.select(changes.c.seq, changes.c.object_id)
        .where(IS_USER, changes.c.seq > after)
        .order_by(changes.c.seq)
        .limit(limit + 1)
    )
    rows = connection.execute(query).all()
    shown = rows[:limit]
    if not shown:
        return FeedPage(last=after)
    ids = [row.object_id for row in shown]
    found = {user.id: user for user in load_users(connection, users.c.id, ids)}
    roles = roles_of(connection, app_id, list(found))
    people = tuple(AssignedUser(found[one], roles.get(one, ())) for one in ids if one in found)
    gone = tuple(one for one in ids if one not in found)
    return FeedPage(people, gone, shown[-1].seq, is_last_page=len(rows) <= limit)


def read_people(connection: Connection, app_id: str, after: str, limit: int) -> Sequence[AssignedUser]:
    """The next people in the order of their ids, with their roles."""
    rows = connection.execute(users.select().where(users.c.id > after).order_by(users.c.id).limit(limit))
    people = [user_of(row) for row in rows]
    roles = roles_of(connection, app_id, [user.id for user in people])
    return [AssignedUser(user, roles.get(user.id, ())) for user in people]


def read_named(connection: Connection, app_id: str, user_ids: Sequence[str]) -> Sequence[AssignedUser]:
    """Those of these people who are there, with their roles."""
    people = load_users(connection, users.c.id, user_ids)
    roles = roles_of(connection, app_id, [user.id for user in people])
    return [AssignedUser(user, roles.get(user.id, ())) for user in people]


def groups_of(connection: Connection, user_ids: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """The groups that people are immediate members of, in the order of their names."""
    found: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for some in in_chunks(user_ids):
        query = (
            sa.select(group_members.c.member_id, groups.c.id, groups.c.display_name)
            .join(groups, groups.c.id == group_members.c.group_id)
            .where(group_members.c.member_id.in_(some))
            .order_by(groups.c.display_name_key, groups.c.id)
        )
        for row in connection.execute(query):
            found[row.member_id].append((row.id, row.display_name))
    return found


def roles_of(connection: Connection, app_id: str, user_ids: Sequence[str]) -> dict[str, tuple[AppRole, ...]]:
    """The roles of people in one application, each once: direct ones, those of groups, and Default Access last.

    The order matters where a mapping takes the first of several: whoever has a role of their own, or one by any
    group, is not taken for somebody without.
    """
    role = (assignments.c.role_id, assignments.c.role_value, assignments.c.role_display_name)
    held: defaultdict[str, dict[str, AppRole]] = defaultdict(dict)
    for some in in_chunks(user_ids):
        direct = sa.select(assignments.c.principal_id.label("user_id"), *role).where(
            assignments.c.app_id == app_id,
            assignments.c.principal_type == PrincipalType.USER.value,
            assignments.c.principal_id.in_(some),
        )
        inherited = (
            sa.select(group_members.c.member_id.label("user_id"), *role)
            .join(groups, groups.c.id == group_members.c.group_id)
            .join(assignments, assignments.c.principal_id == groups.c.id)
            .where(
                assignments.c.app_id == app_id,
                assignments.c.principal_type == PrincipalType.GROUP.value,
                groups.c.security_enabled,
                group_members.c.member_id.in_(some),
            )
        )
        for query in (direct, inherited):
            for row in connection.execute(query.order_by(assignments.c.role_value, assignments.c.role_id)):
                held[row.user_id].setdefault(row.role_id, AppRole(row.role_id, row.role_value, row.role_display_name))
    return {
        user_id: tuple(sorted(roles.values(), key=lambda role: role.id == DEFAULT_ACCESS.id))
        for user_id, roles in held.items()
    }
