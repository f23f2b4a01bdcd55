"""The request log in the database (port: ports/request_log.py).

Rows of reads wait in memory as functions that render them, so that noting a read costs a list's append; rendering and
storing happen in the writer's thread, a bounded number per piece of work so that writes get between.
"""

from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from provisor.ports.request_log import LoggedRequest, RequestQuery
from provisor.store.database import Database
from provisor.store.encoding import text_time, time_text
from provisor.store.request_tables import requests

WAITING_MAX = 100_000
"""Rows in memory when the database does not keep up; beyond these they are counted and not kept."""
FLUSH_ROWS_MAX = 500
PRUNE_ROWS_MAX = 1_000

_INSERT = requests.insert()


class SqlRequestLog:
    """A `RequestLog` on our tables."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: deque[Callable[[], LoggedRequest]] = deque()
        self.lost = 0

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
        """Store what was appended until now. What cannot be stored stays, and is tried again."""
        for _ in range(-(-len(self._waiting) // FLUSH_ROWS_MAX)):
            taken = [self._waiting.popleft() for _ in range(min(FLUSH_ROWS_MAX, len(self._waiting)))]
            try:
                await self._database.write(partial(_insert_all, renders=taken))
            except BaseException:
                self._waiting.extendleft(reversed(taken))
                raise

    async def entries(self, query: RequestQuery) -> Sequence[LoggedRequest]:
        """Rows, newest first."""
        statement = _select(query)
        rows = await self._database.read(lambda connection: connection.execute(statement).mappings().all())
        return [_logged(row) for row in rows]

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
    """Store one row, in whatever transaction this is."""
    connection.execute(_INSERT, _row(logged))


def _insert_all(connection: Connection, renders: Sequence[Callable[[], LoggedRequest]]) -> None:
    connection.execute(_INSERT, [_row(render()) for render in renders])


def _row(logged: LoggedRequest) -> dict[str, Any]:
    values = {name: getattr(logged, name) for name in LoggedRequest.__slots__}
    values["at"] = time_text(logged.at)
    return values


def _logged(row: Any) -> LoggedRequest:
    values = {name: row[name] for name in LoggedRequest.__slots__}
    values["at"] = text_time(row["at"])
    return LoggedRequest(**values)


def _select(query: RequestQuery) -> sa.Select[Any]:
    statement = sa.select(requests).order_by(requests.c.number.desc())
    if query.tenant is not None:
        statement = statement.where(requests.c.tenant == query.tenant)
    if query.method is not None:
        statement = statement.where(requests.c.method == query.method)
    if query.resource_id is not None:
        statement = statement.where(requests.c.resource_id == query.resource_id)
    if query.since is not None:
        statement = statement.where(requests.c.at >= time_text(query.since))
    if query.status is not None:
        low, high = (query.status, query.status) if query.status > 9 else (query.status * 100, query.status * 100 + 99)
        statement = statement.where(requests.c.status.between(low, high))
    return statement.limit(query.limit) if query.limit else statement
