"""The request log in the database (port: ports/request_log.py).

Rows of reads wait in memory as functions that render them, so that noting a read costs a list's append; rendering and
storing happen in the writer's thread, a bounded number per piece of work so that writes get between. Rows of writes
share one statement with those of all writes in the same commit.
"""

from collections import deque
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provisor.ports.request_log import LoggedRequest, RequestQuery
from provisor.store.database import Database, gather
from provisor.store.encoding import text_time, time_text
from provisor.store.prepared import Prepared
from provisor.store.request_tables import requests
from provisor.store.scim_tables import tokens

WAITING_MAX = 100_000
"""Rows in memory when the database does not keep up; beyond these they are counted and not kept."""
FLUSH_ROWS_MAX = 500
PRUNE_ROWS_MAX = 1_000

_COLUMNS = ("at", "request_id", *LoggedRequest._fields[2:-1])
"""In the order of `LoggedRequest`, so that its values are the row's."""
_INSERT = Prepared(requests.insert(), _COLUMNS)
_SEARCHED = ("path", "query", "body", "detail", "before", "after", "agent", "address")
_ESCAPE = "\\"
_UNFIT = (sa.exc.DataError, UnicodeError)
"""What a database, or its driver, says of text that it cannot keep."""
_ERASE = (
    requests.update()
    .where(requests.c.number == sa.bindparam("row_number"))
    .values(query="", body=None, before=None, after=None, detail="Erased on request.")
)


class SqlRequestLog:
    """A `RequestLog` on our tables."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: deque[Callable[[], LoggedRequest]] = deque()
        self.lost = 0
        """Rows that were not kept, since the process began."""

    @property
    def waiting(self) -> int:
        """Rows that are not stored yet."""
        return len(self._waiting)

    def append(self, render: Callable[[], LoggedRequest]) -> None:
        """Note a request; its row is rendered and stored later."""
        if len(self._waiting) >= WAITING_MAX:
            self.lost += 1
            return
        self._waiting.append(render)

    async def store(self, logged: LoggedRequest) -> None:
        """Store a row now."""
        await self._database.write(lambda connection: insert_request(connection, logged))

    async def flush(self) -> None:
        """Store what was appended until now. What cannot be stored now stays, and is tried again.

        A row that no database would keep is counted as lost, so that it does not hold up the others for ever. Once
        asked, the writer stores rows also when nobody waits for it any more.
        """
        for _ in range(-(-len(self._waiting) // FLUSH_ROWS_MAX)):
            taken = [self._waiting.popleft() for _ in range(min(FLUSH_ROWS_MAX, len(self._waiting)))]
            try:
                await self._database.write(partial(_insert_all, renders=taken))
            except _UNFIT:
                await self._store_each(taken)
            except Exception:
                self._waiting.extendleft(reversed(taken))
                raise

    async def _store_each(self, renders: Sequence[Callable[[], LoggedRequest]]) -> None:
        for render in renders:
            try:
                await self._database.write(partial(_insert_all, renders=(render,)))
            except _UNFIT:
                self.lost += 1

    async def entries(self, query: RequestQuery) -> Sequence[LoggedRequest]:
        """Rows, newest first."""
        statement = _select(query)
        rows = await self._database.read(lambda connection: connection.execute(statement).all())
        return [LoggedRequest(text_time(row[0]), *row[1:]) for row in rows]

    async def erase(self, texts: Collection[str]) -> int:
        """Blank what rows tell of people."""
        if not texts:
            return 0
        named = sa.or_(*(_contains(requests.c[name], text) for text in texts for name in _SEARCHED))
        found = sa.select(requests.c.number, requests.c.tenant, requests.c.resource_id).where(named)

        def look(connection: Connection) -> set[int]:
            rows = connection.execute(found).all()
            numbers = {row.number for row in rows}
            for tenant, resource_id in {(row.tenant, row.resource_id) for row in rows if row.resource_id is not None}:
                same = (requests.c.tenant.is_not_distinct_from(tenant), requests.c.resource_id == resource_id)
                numbers.update(connection.scalars(sa.select(requests.c.number).where(*same)))
            return numbers

        # Looking takes as long as the log is large, so it is done before the writer is needed.
        numbers = [{"row_number": number} for number in sorted(await self._database.read(look))]
        for start in range(0, len(numbers), PRUNE_ROWS_MAX):
            some = numbers[start : start + PRUNE_ROWS_MAX]
            await self._database.write(partial(_erase, rows=some))
        return len(numbers)

    async def prune(self, before: datetime) -> int:
        """Drop the oldest rows from before a moment, a bounded number at once."""
        old = (
            sa.select(requests.c.number)
            .where(requests.c.at < time_text(before))
            .order_by(requests.c.at)
            .limit(PRUNE_ROWS_MAX)
        )
        statement = requests.delete().where(requests.c.number.in_(old))
        return await self._database.write(lambda connection: connection.execute(statement).rowcount)


def insert_request(connection: Connection, logged: LoggedRequest) -> None:
    """Store one row in this transaction, together with those of other writes."""
    gather(connection, insert_requests, logged)


def insert_requests(connection: Connection, rows: Sequence[LoggedRequest]) -> None:
    """Store rows by the driver's own means: a row costs 2 µs so, and ten times that as a statement of its own."""
    _INSERT.run_tuples(connection, [(time_text(row[0]), *row[1:-1]) for row in rows])


def _insert_all(connection: Connection, renders: Sequence[Callable[[], LoggedRequest]]) -> None:
    insert_requests(connection, [render() for render in renders])


def _erase(connection: Connection, rows: Sequence[dict[str, int]]) -> None:
    connection.execute(_ERASE, rows)


def _select(query: RequestQuery) -> sa.Select[Any]:
    statement = (
        sa.select(*(requests.c[name] for name in _COLUMNS), sa.func.coalesce(tokens.c.name, ""))
        .select_from(requests.outerjoin(tokens, tokens.c.id == requests.c.token_id))
        .order_by(requests.c.at.desc(), requests.c.number.desc())
    )
    for column, wanted in (
        (requests.c.tenant, query.tenant),
        (requests.c.method, query.method),
        (requests.c.resource_id, query.resource_id),
        (requests.c.request_id, query.request_id),
    ):
        if wanted is not None:
            statement = statement.where(column == wanted)
    if query.token is not None:
        statement = statement.where(sa.or_(requests.c.token_id == query.token, tokens.c.name == query.token))
    if query.since is not None:
        statement = statement.where(requests.c.at >= time_text(query.since))
    if query.until is not None:
        statement = statement.where(requests.c.at < time_text(query.until))
    if query.status is not None:
        low, high = (query.status, query.status) if query.status > 9 else (query.status * 100, query.status * 100 + 99)
        statement = statement.where(requests.c.status.between(low, high))
    if query.text:
        statement = statement.where(sa.or_(*(_contains(requests.c[name], query.text) for name in _SEARCHED)))
    return statement.limit(query.limit) if query.limit else statement


def _contains(column: sa.ColumnElement[Any], text: str) -> sa.ColumnElement[bool]:
    return column.icontains(text, autoescape=True, escape=_ESCAPE)
