"""The hottest reads, straight through SQLite's driver on the thread that asks.

One indexed row costs the driver about 11 µs; through SQLAlchemy and another thread it is ten times that (DESIGN §4).
In WAL mode a reader never waits for the writer, and what is read here is at most a row and the groups above it, so
the event loop is held no longer than by encoding the answer. Whatever is larger goes through `Database.read`.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from provisor.ports.resources import JsonObject
from provisor.store.embedded.memberships import group_reference
from provisor.store.embedded.rows import resource_of
from provisor.store.scim_tables import GROUP, USER

BUSY_SECONDS = 1.0

_SHOWN = "SELECT number, kind, id, created, last_modified, version, body FROM scim_resources "
_BY_ID = _SHOWN + "WHERE tenant = ? AND id = ?"
_BY_VALUE = {
    column: _SHOWN + f"WHERE tenant = ? AND kind = ? AND {column} = ? ORDER BY number LIMIT ?"
    for column in ("user_name", "external_id", "display_name")
}
_GROUPS = f"""
WITH RECURSIVE above (group_number, is_direct) AS (
    SELECT group_number, 1 FROM scim_members WHERE tenant = ?1 AND member_id = ?2
    UNION
    SELECT outside.group_number, 0
    FROM above
    JOIN scim_resources AS inside ON inside.number = above.group_number
    JOIN scim_members AS outside ON outside.tenant = ?1 AND outside.member_id = inside.id
)
SELECT id, label, max(is_direct)
FROM above JOIN scim_resources ON number = group_number
WHERE kind = '{GROUP}'
GROUP BY number ORDER BY number
"""


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    kind: str
    id: str
    created: str
    last_modified: str
    version: int
    body: str


class DirectReads:
    """Reads from one SQLite file. Not for several threads at once."""

    def __init__(self, file: str) -> None:
        self._connection = sqlite3.connect(
            file, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=32
        )
        self._connection.execute("PRAGMA query_only=ON")

    def user(self, tenant: str, resource_id: str, *, with_groups: bool) -> JsonObject | None:
        """A user by id, None when there is none."""
        if "\0" in resource_id:
            return None
        found = self._connection.execute(_BY_ID, (tenant, resource_id)).fetchone()
        if found is None or found[1] != USER:
            return None
        return self._resource(tenant, _Row(*found), with_groups=with_groups)

    def users_equal(
        self, tenant: str, column: str, value: str, *, limit: int, with_groups: bool
    ) -> Sequence[JsonObject]:
        """Users whose column equals a value, at most `limit`."""
        rows = self._connection.execute(_BY_VALUE[column], (tenant, USER, value, limit)).fetchall()
        return [self._resource(tenant, _Row(*row), with_groups=with_groups) for row in rows]

    def groups(self, tenant: str, user_id: str) -> list[JsonObject]:
        """The groups of a user, direct and indirect."""
        rows: list[Any] = self._connection.execute(_GROUPS, (tenant, user_id)).fetchall()
        return [group_reference(group_id, label, is_direct=bool(direct)) for group_id, label, direct in rows]

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _resource(self, tenant: str, row: _Row, *, with_groups: bool) -> JsonObject:
        resource = resource_of(row, USER)
        groups = self.groups(tenant, row.id) if with_groups else []
        if groups:
            meta = resource.pop("meta")
            resource["groups"] = groups
            resource["meta"] = meta
        return resource
