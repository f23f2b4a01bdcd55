"""Statements that are compiled once and, on SQLite, given straight to its driver.

Composing and wrapping a statement costs SQLAlchemy ten times what SQLite needs to run it (DESIGN §4). The hottest
statements are still written once, in SQLAlchemy's language, for both databases; only their way is shorter. Columns
must hold what the driver gives: text, numbers, bytes.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Connection

_DIALECT = sqlite.dialect(paramstyle="qmark")
DRIVERS_REMEMBERED_MAX = 16
"""Asking SQLAlchemy takes as long as a short statement."""
Parameters = Mapping[str, Any]


class Rows(Protocol):
    """What a statement gave: tuples."""

    @property
    def rowcount(self) -> int:
        """How many rows a write touched."""
        ...

    def fetchone(self) -> Any:
        """The next row, or None."""
        ...

    def fetchall(self) -> Sequence[Any]:
        """The rows that are left."""
        ...


class Prepared:
    """A statement with named parameters. `columns` are those that an insert fills."""

    def __init__(self, statement: sa.Executable, columns: Iterable[str] | None = None) -> None:
        self.statement = statement
        self._columns = None if columns is None else list(columns)
        compiled = statement.compile(dialect=_DIALECT, column_keys=self._columns)  # type: ignore[attr-defined]
        self._sql = str(compiled)
        self._names: tuple[str, ...] = tuple(compiled.positiontup or ())
        self._fixed = {
            name: value for name, value in compiled.params.items() if isinstance(value, str | int | float | bytes)
        }

    def run(self, connection: Connection, parameters: Parameters) -> Rows:
        """Run it once. Raises what SQLAlchemy raises."""
        driver = driver_of(connection)
        if driver is None:
            return connection.execute(self.statement, self._given(parameters))
        values = self._values(parameters)
        try:
            return driver.execute(self._sql, values)
        except sqlite3.Error as error:
            raise wrapped(self._sql, values, error) from error

    def run_all(self, connection: Connection, rows: Sequence[Parameters]) -> None:
        """Run it for each set of parameters."""
        if not rows:
            return
        driver = driver_of(connection)
        if driver is None:
            connection.execute(self.statement, [self._given(row) for row in rows])
            return
        try:
            driver.executemany(self._sql, [self._values(row) for row in rows])
        except sqlite3.Error as error:
            raise wrapped(self._sql, (), error) from error

    def run_tuples(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """Run it for each row of values in the order of `columns`: the cheapest way for many rows."""
        if not rows:
            return
        columns = tuple(self._columns or self._names)
        if columns != self._names:
            rows = list(map(itemgetter(*map(columns.index, self._names)), rows))
        driver = driver_of(connection)
        if driver is None:
            connection.execute(self.statement, [dict(zip(self._names, row, strict=True)) for row in rows])
            return
        try:
            driver.executemany(self._sql, rows)
        except sqlite3.Error as error:
            raise wrapped(self._sql, (), error) from error

    def insert(self, connection: Connection, parameters: Parameters) -> int:
        """Run an insert into a table whose key counts by itself; the new key."""
        driver = driver_of(connection)
        if driver is None:
            key = connection.execute(self.statement, self._given(parameters)).inserted_primary_key
            assert key is not None
            return int(key[0])
        values = self._values(parameters)
        try:
            number = driver.execute(self._sql, values).lastrowid
        except sqlite3.Error as error:
            raise wrapped(self._sql, values, error) from error
        assert number is not None
        return number

    def _given(self, parameters: Parameters) -> dict[str, Any]:
        return {name: parameters[name] for name in self._names if name in parameters}

    def _values(self, parameters: Parameters) -> tuple[Any, ...]:
        fixed = self._fixed
        if not fixed:
            return tuple(map(parameters.__getitem__, self._names))
        return tuple([parameters[name] if name in parameters else fixed[name] for name in self._names])


@lru_cache(maxsize=DRIVERS_REMEMBERED_MAX)
def driver_of(connection: Connection) -> sqlite3.Connection | None:
    """SQLite's own connection, if it is one. Whoever uses it has begun a transaction through SQLAlchemy."""
    driver = connection.connection.driver_connection
    return driver if isinstance(driver, sqlite3.Connection) else None


def wrapped(sql: str, values: tuple[Any, ...], error: sqlite3.Error) -> BaseException:
    """The error as SQLAlchemy would have raised it."""
    return sa.exc.DBAPIError.instance(sql, values, error, sqlite3.Error, dialect=_DIALECT)
