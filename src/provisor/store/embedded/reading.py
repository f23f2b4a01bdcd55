"""Reading resources from their rows, together with what is joined to them: members, and groups."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provisor.model.errors import NotFound
from provisor.ports.resources import JsonObject
from provisor.scim.schema import ResourceType
from provisor.store.embedded.memberships import groups_of, members_of
from provisor.store.embedded.rows import JOINED, resource_of
from provisor.store.prepared import Prepared
from provisor.store.scim_tables import USER, resources

SHOWN = (
    resources.c.number,
    resources.c.kind,
    resources.c.id,
    resources.c.created,
    resources.c.last_modified,
    resources.c.version,
    resources.c.body,
    resources.c.manager_id,
)
_BY_ID = sa.select(*SHOWN).where(
    resources.c.tenant == sa.bindparam("tenant"), resources.c.id == sa.bindparam("resource_id")
)
_GET = Prepared(_BY_ID)
_GET_LOCKED = Prepared(_BY_ID.with_for_update())


class ResourceRow(NamedTuple):
    """A row as far as it is shown: the columns of `SHOWN`."""

    number: int
    kind: str
    id: str
    created: str
    last_modified: str
    version: int
    body: str
    manager_id: str | None


class Found(NamedTuple):
    """What a page shows: rows, each with its members or groups (None: without), and what is known of the rest."""

    rows: Sequence[ResourceRow]
    joined: Sequence[Sequence[JsonObject] | None]
    total: int
    next_cursor: str | None = None

    @property
    def resources(self) -> tuple[JsonObject, ...]:
        """The resources of the rows, made anew each time."""
        return tuple(whole(row, joined, row.kind) for row, joined in zip(self.rows, self.joined, strict=True))


@dataclass(frozen=True, slots=True)
class Room:
    """Whose resources are read, and of which types."""

    tenant: str
    types: Mapping[str, ResourceType]
    is_postgres: bool
    rendered: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The types whose stored text can be completed without reading it, with the marks of what must not be shown."""


def find_row(
    connection: Connection, room: Room, kind: str, resource_id: str, *, for_update: bool = False
) -> ResourceRow:
    """The row of a resource. Raises `NotFound`."""
    found = None
    if "\0" not in resource_id:
        statement = _GET_LOCKED if for_update else _GET
        found = statement.run(connection, {"tenant": room.tenant, "resource_id": resource_id}).fetchone()
    if found is None or found[1] != kind:
        raise missing(kind, resource_id)
    return ResourceRow._make(found)


def missing(kind: str, resource_id: str) -> NotFound:
    """The error for a resource that is not there."""
    return NotFound(f"There is no {kind} with the id {resource_id[:100]}.")


def read_one(connection: Connection, room: Room, kind: str, resource_id: str, excluded: frozenset[str]) -> Found:
    """One resource with what is joined to it. Raises `NotFound`."""
    rows = [find_row(connection, room, kind, resource_id)]
    return Found(rows, join(rows, connection, room, kind, excluded), 1)


def join(
    rows: Sequence[ResourceRow], connection: Connection, room: Room, kind: str, excluded: frozenset[str]
) -> Sequence[Sequence[JsonObject] | None]:
    """The members or groups of some rows, unless those are excluded."""
    attribute = JOINED.get(kind)
    if attribute is None or attribute in excluded or not rows:
        return [None] * len(rows)
    if kind == USER:
        groups = groups_of(connection, room.tenant, [row.id for row in rows])
        return [groups.get(row.id) for row in rows]
    members = members_of(connection, [row.number for row in rows])
    return [members.get(row.number) for row in rows]


def whole(row: ResourceRow, joined: Sequence[JsonObject] | None, kind: str) -> JsonObject:
    """The resource of a row with its members or groups."""
    return with_joined(resource_of(row, kind), joined, kind)


def with_joined(resource: JsonObject, joined: Sequence[JsonObject] | None, kind: str) -> JsonObject:
    """The same resource with its members or groups, before its meta."""
    if joined:
        meta = resource.pop("meta")
        resource[JOINED[kind]] = joined
        resource["meta"] = meta
    return resource
