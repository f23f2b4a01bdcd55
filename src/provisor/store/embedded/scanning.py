"""Looking at resources one after another, for filters and orders that columns cannot answer.

Candidates are read in chunks, each a query of its own that begins where the last ended, so that neither a large
population nor a slow filter holds more than a chunk in memory.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provisor.model.errors import Reject
from provisor.ports.resources import JsonObject, Query
from provisor.scim.filter import named_attributes
from provisor.scim.filter_eval import Matcher, compile_filter
from provisor.scim.grammar.attribute_path import read_attribute_path
from provisor.scim.schema import ResourceType
from provisor.scim.sorting import sort_key
from provisor.store.embedded.reading import SHOWN, ResourceRow, Room, join, whole
from provisor.store.embedded.rows import JOINED
from provisor.store.scim_tables import resources

SCAN_CHUNK = 500
SORTED_MAX = 200_000
"""Matches that are sorted in memory, for want of a column."""


class Match(NamedTuple):
    """A resource that the filter lets through."""

    key: Any
    id: str
    number: int


def scan(
    connection: Connection, room: Room, kind: str, query: Query, where: sa.ColumnElement[bool], *, after: int = 0
) -> Iterator[Match]:
    """Matches in the order of their numbers, from behind one."""
    matcher = _matcher(query, room.types[kind])
    for resource, number in _candidates(connection, room, kind, query, where, after):
        if matcher(resource):
            yield Match(None, resource["id"], number)


def scan_sorted(
    connection: Connection, room: Room, kind: str, query: Query, where: sa.ColumnElement[bool]
) -> list[Match]:
    """All matches in the order that the query asks for. Raises Reject (`tooMany`) rather than fill the memory."""
    type_ = room.types[kind]
    matcher = _matcher(query, type_)
    key: Callable[[JsonObject], Any] = sort_key(query.sort_by or "id", type_)
    found: list[Match] = []
    for resource, number in _candidates(connection, room, kind, query, where, 0):
        if matcher(resource):
            found.append(Match(key(resource), resource["id"], number))
            if len(found) > SORTED_MAX:
                raise Reject(
                    f"More than {SORTED_MAX} resources would have to be sorted by '{query.sort_by}'.",
                    remedy="Narrow the filter, or sort by another attribute.",
                    code="tooMany",
                )
    found.sort(key=lambda match: match.id)
    found.sort(key=lambda match: match.key, reverse=query.descending)
    return found


def _matcher(query: Query, type_: ResourceType) -> Matcher:
    return compile_filter(query.filter, type_) if query.filter is not None else lambda _: True


def _candidates(
    connection: Connection, room: Room, kind: str, query: Query, where: sa.ColumnElement[bool], after: int
) -> Iterator[tuple[JsonObject, int]]:
    excluded = _not_needed(query, room.types[kind])
    ordered = sa.select(*SHOWN).where(where).order_by(resources.c.number).limit(SCAN_CHUNK)
    statement = ordered.where(resources.c.number > sa.bindparam("after"))
    while True:
        rows = [ResourceRow._make(row) for row in connection.execute(statement, {"after": after})]
        for row, joined in zip(rows, join(rows, connection, room, kind, excluded), strict=True):
            yield whole(row, joined, kind), row.number
        if len(rows) < SCAN_CHUNK:
            return
        after = rows[-1].number


def _not_needed(query: Query, type_: ResourceType) -> frozenset[str]:
    """The joined attribute, where neither the filter nor the order looks at it."""
    joined = JOINED.get(type_.name)
    if joined is None:
        return frozenset()
    named = named_attributes(query.filter) if query.filter is not None else set()
    sort_path = read_attribute_path(query.sort_by, type_.schema_ids) if query.sort_by else None
    if sort_path is not None:
        named.add(sort_path.attribute.lower())
    return frozenset() if joined in named else frozenset({joined})
