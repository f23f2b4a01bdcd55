"""The hottest reads, straight through SQLite's driver on the thread that asks.

One indexed row costs the driver about 10 µs; through SQLAlchemy and another thread it is ten times that (DESIGN §4).
In WAL mode a reader never waits for the writer, and what is read here is a bounded page and the groups above it, so
the event loop is held for about a millisecond at most. Whatever is larger goes through `Database.read`.
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from provisor.ports.resources import JsonObject
from provisor.store.embedded.memberships import group_reference
from provisor.store.embedded.paging import Position, read_position, write_position
from provisor.store.embedded.reading import Found, ResourceRow
from provisor.store.scim_tables import GROUP

BUSY_SECONDS = 1.0
PAGE_MAX = 200
OFFSET_MAX = 20_000
"""Resources that a page may skip: counting them off an index takes about a millisecond."""

_SHOWN = """
SELECT number, kind, id, created, last_modified, version, body, manager_id,
    EXISTS (SELECT 1 FROM scim_members AS m WHERE m.tenant = r.tenant AND m.member_id = r.id)
FROM scim_resources AS r """
_BY_ID = _SHOWN + "WHERE tenant = ? AND id = ?"
_BY_VALUE = {
    column: _SHOWN + f"WHERE tenant = ? AND kind = ? AND {column} = ? ORDER BY number LIMIT ?"
    for column in ("id", "user_name", "external_id", "display_name")
}
_PAGE = f"""{_SHOWN} WHERE number IN (
    SELECT number FROM scim_resources WHERE tenant = ? AND kind = ? ORDER BY number LIMIT ? OFFSET ?
) ORDER BY number"""
_AFTER = _SHOWN + "WHERE tenant = ? AND kind = ? AND number > ? ORDER BY number LIMIT ?"
_IS_MEMBER = "SELECT 1 FROM scim_members WHERE tenant = ? AND member_id = ? LIMIT 1"
_TOTAL = "SELECT total FROM scim_totals WHERE tenant = ? AND kind = ?"
_GROUPS = f"""
WITH RECURSIVE above (origin, group_number, is_direct) AS (
    SELECT member_id, group_number, 1 FROM scim_members
    WHERE tenant = ?1 AND member_id IN (SELECT value FROM json_each(?2))
    UNION
    SELECT above.origin, outside.group_number, 0
    FROM above
    JOIN scim_resources AS inside ON inside.number = above.group_number
    JOIN scim_members AS outside ON outside.tenant = ?1 AND outside.member_id = inside.id
)
SELECT origin, id, label, max(is_direct)
FROM above JOIN scim_resources ON number = group_number
WHERE kind = '{GROUP}'
GROUP BY origin, number ORDER BY number
"""


class DirectReads:
    """Reads from one SQLite file. Not for several threads at once."""

    def __init__(self, file: str) -> None:
        self._connection = sqlite3.connect(
            file, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=32
        )
        self._connection.execute("PRAGMA query_only=ON")
        self._run = self._connection.execute

    def by_id(self, tenant: str, kind: str, resource_id: str, *, with_groups: bool) -> Found | None:
        """A resource by id, None when there is none."""
        if "\0" in resource_id:
            return None
        found = self._run(_BY_ID, (tenant, resource_id)).fetchone()
        if found is None or found[1] != kind:
            return None
        groups = self._groups(tenant, (resource_id,))[resource_id] if found[-1] and with_groups else None
        return Found((ResourceRow._make(found[:-1]),), (groups,), 1)

    def by_value(
        self, tenant: str, kind: str, column: str, value: str, *, limit: int, with_groups: bool
    ) -> Found | None:
        """Resources whose column equals a value; None when there are more than `limit`, or no index serves."""
        statement = _BY_VALUE.get(column)
        if statement is None:
            return None
        rows = self._run(statement, (tenant, kind, value, limit + 1)).fetchall()
        return None if len(rows) > limit else self._found(tenant, rows, len(rows), with_groups=with_groups)

    def groups_of(self, tenant: str, user_id: str) -> list[JsonObject]:
        """The groups of a user, direct and indirect."""
        if self._run(_IS_MEMBER, (tenant, user_id)).fetchone() is None:
            return []
        return self._groups(tenant, [user_id])[user_id]

    def page(self, tenant: str, kind: str, start_index: int, count: int, *, with_groups: bool) -> Found:
        """A page of all resources of a kind by index."""
        self._run("BEGIN")
        try:
            total = self._total(tenant, kind)
            rows = self._run(_PAGE, (tenant, kind, count, start_index - 1)).fetchall()
            return self._found(tenant, rows, total, with_groups=with_groups)
        finally:
            self._run("COMMIT")

    def page_by_cursor(self, tenant: str, kind: str, cursor: str, count: int, *, with_groups: bool) -> Found:
        """A page of all resources of a kind behind a cursor, or the first. Raises `Reject` for a faulty one."""
        position = read_position(cursor)
        self._run("BEGIN")
        try:
            total = position.total if position else self._total(tenant, kind)
            after = position.number if position else 0
            rows = self._run(_AFTER, (tenant, kind, after, count + 1)).fetchall()
            found = self._found(tenant, rows[:count], total, with_groups=with_groups)
        finally:
            self._run("COMMIT")
        if len(rows) <= count or not found.rows:
            return found
        last = found.rows[-1]
        return found._replace(next_cursor=write_position(Position(total, None, last.id, last.number)))

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _found(self, tenant: str, rows: Sequence[tuple[Any, ...]], total: int, *, with_groups: bool) -> Found:
        shown = [ResourceRow._make(row[:-1]) for row in rows]
        members = [row[2] for row in rows if row[-1]] if with_groups else []
        if not members:
            return Found(shown, [None] * len(shown), total)
        groups = self._groups(tenant, members)
        return Found(shown, [groups.get(row.id) for row in shown], total)

    def _groups(self, tenant: str, ids: Sequence[str]) -> dict[str, list[JsonObject]]:
        """The groups of some users, direct and indirect."""
        groups: dict[str, list[JsonObject]] = defaultdict(list)
        for origin, group_id, label, direct in self._run(_GROUPS, (tenant, json.dumps(ids))):
            groups[origin].append(group_reference(group_id, label, is_direct=bool(direct)))
        return groups

    def _total(self, tenant: str, kind: str) -> int:
        found = self._run(_TOTAL, (tenant, kind)).fetchone()
        return 0 if found is None else int(found[0])
