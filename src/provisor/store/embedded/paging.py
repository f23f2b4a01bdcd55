"""Pages of resources by filter, order and position (RFC 7644 §3.4, RFC 9865).

What columns can answer is answered by SQL alone. For the rest, candidates are streamed past the filter in memory, a
few hundred at a time (scanning.py). Either way the answer is the same; only the time differs.
"""

import json
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provisor.model.errors import Reject
from provisor.ports.resources import Query
from provisor.scim.sorting import find_sort_place
from provisor.store.embedded.reading import SHOWN, Found, ResourceRow, Room, join
from provisor.store.embedded.scanning import Match, scan, scan_sorted
from provisor.store.filter_sql import Condition, SqlFilter, TextColumn, column_of, translate_filter
from provisor.store.scim_tables import resources, totals

_TOTAL = sa.select(totals.c.total).where(
    totals.c.tenant == sa.bindparam("tenant"), totals.c.kind == sa.bindparam("kind")
)
_BY_NUMBERS = sa.select(*SHOWN).where(resources.c.number.in_(sa.bindparam("numbers", expanding=True)))
_EVERYTHING = SqlFilter(None, is_exact=True)


class Position(NamedTuple):
    """Where a cursor stands: how many matches there were at its beginning, and the last resource shown."""

    total: int
    key: Any
    id: str
    number: int


def read_page(connection: Connection, room: Room, kind: str, query: Query) -> Found:
    """One page of the resources of a kind."""
    type_ = room.types[kind]
    sql = _EVERYTHING
    if query.filter is not None:
        sql = translate_filter(query.filter, type_, is_postgres=room.is_postgres)
    place = find_sort_place(query.sort_by, type_) if query.sort_by else None
    column = column_of(place, type_)
    if sql.is_exact and (place is None or column is not None):
        return _page_of_columns(connection, room, kind, query, sql, column)
    where = _mine(room, kind, sql)
    if place is None:
        return _page_of_scan(connection, room, kind, query, where)
    return _page_of_sorted_scan(connection, room, kind, query, where)


def _mine(room: Room, kind: str, sql: SqlFilter) -> Condition:
    mine = (resources.c.tenant == room.tenant) & (resources.c.kind == kind)
    return mine if sql.condition is None else mine & sql.condition


def _page_of_columns(
    connection: Connection, room: Room, kind: str, query: Query, sql: SqlFilter, column: TextColumn | None
) -> Found:
    """A page that SQL alone finds."""
    where = _mine(room, kind, sql)
    position = read_position(query.cursor)
    total = position.total if position else _count(connection, room, kind, where, sql)
    if query.count == 0:
        return Found((), (), total)
    statement = sa.select(*SHOWN, *([] if column is None else [column.label("sort_key")]))
    statement = _in_order(statement.where(where), column, query.descending)
    if position is not None:
        statement = statement.where(_after(position, column, query.descending))
    elif query.cursor is None:
        statement = statement.offset(query.start_index - 1)
    more = 0 if query.cursor is None else 1
    rows = connection.execute(statement.limit(query.count + more)).all()
    shown = rows[: query.count]
    next_cursor = None
    if len(rows) > query.count and shown:
        last = shown[-1]
        key = None if column is None else last.sort_key
        next_cursor = write_position(Position(total, key, last.id, last.number))
    found = [ResourceRow._make(row[: len(SHOWN)]) for row in shown]
    return Found(found, join(found, connection, room, kind, query.excluded), total, next_cursor)


def _count(connection: Connection, room: Room, kind: str, where: Condition, sql: SqlFilter) -> int:
    if sql.condition is None:  # everything: kept as a counter
        return connection.scalar(_TOTAL, {"tenant": room.tenant, "kind": kind}) or 0
    return connection.scalar(sa.select(sa.func.count()).select_from(resources).where(where)) or 0


def _in_order(statement: sa.Select[Any], column: TextColumn | None, descending: bool) -> sa.Select[Any]:
    """Absent values last when ascending, first when descending; ties by id (pure room: sorting.py)."""
    if column is None:
        return statement.order_by(resources.c.number)
    if descending:
        return statement.order_by(column.is_(None).desc(), column.desc(), resources.c.id)
    return statement.order_by(column.is_(None), column, resources.c.id)


def _after(position: Position, column: TextColumn | None, descending: bool) -> Condition:
    """Whatever stands behind a position, in the order of `_in_order`."""
    if column is None:
        return resources.c.number > position.number
    next_of_same = resources.c.id > position.id
    if position.key is None:
        rest = sa.and_(column.is_(None), next_of_same)
        return sa.or_(rest, column.is_not(None)) if descending else rest
    key = sa.literal(position.key, sa.Text)
    rest = sa.or_(column < key if descending else column > key, sa.and_(column == key, next_of_same))
    return sa.and_(column.is_not(None), rest) if descending else sa.or_(rest, column.is_(None))


def _page_of_scan(connection: Connection, room: Room, kind: str, query: Query, where: Condition) -> Found:
    """A page in the order of creation, found by looking at every candidate."""
    position = read_position(query.cursor)
    first = query.start_index - 1 if query.cursor is None else 0
    shown: list[Match] = []
    seen = 0
    for match in scan(connection, room, kind, query, where, after=position.number if position else 0):
        if first <= seen < first + query.count:
            shown.append(match)
        seen += 1
        if position is not None and seen > query.count:
            break
    total = position.total if position else seen
    has_more = query.cursor is not None and seen > query.count
    return _page(connection, room, kind, query, shown, total, has_more=has_more)


def _page_of_sorted_scan(connection: Connection, room: Room, kind: str, query: Query, where: Condition) -> Found:
    """A page in an order that no column has: every match's key is held and sorted."""
    matches = scan_sorted(connection, room, kind, query, where)
    total = len(matches)
    position = read_position(query.cursor)
    if position is not None:
        total = position.total
        matches = [match for match in matches if _is_behind(match, position, query.descending)]
    first = query.start_index - 1 if query.cursor is None else 0
    shown = matches[first : first + query.count]
    has_more = query.cursor is not None and len(matches) > query.count
    return _page(connection, room, kind, query, shown, total, has_more=has_more)


def _page(
    connection: Connection,
    room: Room,
    kind: str,
    query: Query,
    shown: list[Match],
    total: int,
    *,
    has_more: bool,
) -> Found:
    rows = []
    if shown:
        numbers = [match.number for match in shown]
        found = map(ResourceRow._make, connection.execute(_BY_NUMBERS, {"numbers": numbers}))
        by_number = {row.number: row for row in found}
        rows = [by_number[number] for number in numbers if number in by_number]
    next_cursor = None
    if has_more and shown:
        last = shown[-1]
        next_cursor = write_position(Position(total, last.key, last.id, last.number))
    return Found(rows, join(rows, connection, room, kind, query.excluded), total, next_cursor)


def _is_behind(match: Match, position: Position, descending: bool) -> bool:
    if match.key == position.key:
        return match.id > position.id
    return bool(match.key < position.key) is descending


def write_position(position: Position) -> str:
    """A cursor's text."""
    return json.dumps(position)


def read_position(cursor: str | None) -> Position | None:
    """What `write_position` wrote; None for the first page. The server has made sure that the cursor is one of ours."""
    if not cursor:
        return None
    try:
        total, key, resource_id, number = json.loads(cursor)
        return Position(int(total), tuple(key) if isinstance(key, list) else key, str(resource_id), int(number))
    except (ValueError, TypeError) as error:
        raise Reject("The cursor is not one of this list.", code="invalidCursor") from error
