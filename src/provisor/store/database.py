"""One database: many readers, one writer that commits in groups.

SQLAlchemy Core runs synchronously inside threads, and everybody else awaits it (decision 0003). All writes of a
process go through one writer thread. It takes whatever is waiting, runs each piece of work inside its own savepoint,
and commits once: with `synchronous=FULL` a commit costs a disk flush, so sharing it is worth a factor of twenty,
and nobody is answered before the commit. A piece of work that raises is rolled back alone. Rows of one kind that many
pieces of work leave behind, such as those of a log, are gathered and stored together just before the commit.
"""

import asyncio
import contextlib
import queue
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError

from provisor.model.errors import Reject
from provisor.store.database_faults import explain_fault, faults_explained
from provisor.store.prepared import driver_of, wrapped

T = TypeVar("T")
Work = Callable[[Connection], T]

READERS_MAX = 4
GROUP_COMMIT_MAX = 256
BUSY_TIMEOUT_SECONDS = 30


_SILENT = {"hide_parameters": True}
"""What was to be stored is people's data, and has no place in the text of an error."""
_GATHERED = "provisor_gathered"
_HAS_BEGUN = "provisor_has_begun"

Store = Callable[[Connection, Sequence[Any]], None]


@dataclass(slots=True)
class _Job:
    work: Work[Any]
    done: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop


_Outcome = tuple[_Job, Any, BaseException | None]


def make_engine(url: str) -> Engine:
    """An SQLAlchemy engine for `sqlite:///FILE` or a PostgreSQL URL, with our pragmas.

    Raises `Reject` when the driver for PostgreSQL is not installed.
    """
    if url.startswith("postgres"):
        url = "postgresql+psycopg://" + url.split("://", 1)[1]
        try:
            return sa.create_engine(url, pool_size=READERS_MAX + 1, max_overflow=2, pool_pre_ping=True, **_SILENT)
        except ModuleNotFoundError as error:
            raise Reject(
                "PROVISOR_DATABASE_URL names PostgreSQL, and its driver psycopg is not installed.",
                remedy="In a checkout, install it with: make postgres"
                f" - elsewhere with: {sys.executable} -m pip install 'psycopg[binary]'",
            ) from error
    engine = sa.create_engine(
        url, connect_args={"timeout": BUSY_TIMEOUT_SECONDS, "check_same_thread": False}, **_SILENT
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def gather(connection: Connection, store: Store, row: Any) -> None:
    """Have a row stored with others of its kind, just before this transaction commits; at once outside the writer.

    `store` gets the rows of every piece of work that succeeded, in order. When it fails, the whole commit does.
    """
    gathered: dict[Store, list[Any]] | None = connection.info.get(_GATHERED)
    if gathered is None:
        store(connection, (row,))
    else:
        gathered.setdefault(store, []).append(row)


def sqlite_url(file: Path) -> str:
    """The URL of a SQLite file."""
    return f"sqlite:///{file}"


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """WAL so that readers never wait; FULL so that an acknowledged write survives a power cut."""
    connection.isolation_level = None  # we say BEGIN ourselves, see _begin_sqlite
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes the lock at once: upgrading a read lock can fail without waiting."""
    options = connection.get_execution_options()
    if not options.get(_HAS_BEGUN, False):  # see _immediate
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("provisor_writer", False) else "BEGIN")


class Database:
    """The async face of one database. Open until `close`.

    A fault of the database itself is raised as `Transient`, `Reject` or `Damaged`; one of a statement as it is.
    """

    def __init__(self, url: str) -> None:
        self.engine = make_engine(url)
        self.is_postgres = self.engine.dialect.name == "postgresql"
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._writing: Connection | None = None
        self._readers = ThreadPoolExecutor(READERS_MAX, thread_name_prefix="reader")
        self._writer = threading.Thread(target=self._write_forever, name="writer", daemon=True)
        self._writer.start()
        self._closed = False

    async def read(self, work: Work[T]) -> T:
        """Run `work` on a connection that sees one consistent state."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)

    async def write(self, work: Work[T]) -> T:
        """Run `work` alone in a transaction; returns once it is durable."""
        loop = asyncio.get_running_loop()
        job = _Job(work, loop.create_future(), loop)
        self._jobs.put(job)
        return await job.done  # type: ignore[no-any-return]

    @property
    def is_writing(self) -> bool:
        """Whether writes are still carried out: the writer's thread lives."""
        return self._writer.is_alive() and not self._closed

    @property
    def waiting(self) -> int:
        """Pieces of work that wait for the writer."""
        return self._jobs.qsize()

    async def close(self) -> None:
        """Finish what was asked, then close every connection."""
        if self._closed:
            return
        self._closed = True
        self._jobs.put(None)
        await asyncio.to_thread(self._writer.join)
        self._readers.shutdown()
        if self._writing is not None:
            self._writing.close()
        self.engine.dispose()

    def _read(self, work: Work[T]) -> T:
        with faults_explained(self.engine.url), self.engine.connect() as connection, connection.begin():
            return work(connection)

    def _explained(self, fault: BaseException | None) -> BaseException | None:
        if isinstance(fault, DBAPIError):
            return explain_fault(fault, self.engine.url) or fault
        return fault

    def _write_forever(self) -> None:
        stopping = False
        while not stopping:
            batch = [self._jobs.get()]
            while len(batch) < GROUP_COMMIT_MAX:
                try:
                    batch.append(self._jobs.get_nowait())
                except queue.Empty:
                    break
            stopping = None in batch
            self._commit([job for job in batch if job is not None])

    def _commit(self, jobs: list[_Job]) -> None:
        if not jobs:
            return
        outcomes: list[_Outcome]
        try:
            with self._transaction() as connection, _gathering(connection) as gathered:
                if len(jobs) == 1:  # no savepoint needed: its failure is the transaction's
                    outcomes = [(jobs[0], jobs[0].work(connection), None)]
                else:
                    outcomes = [_attempt(connection, job, gathered) for job in jobs]
        except BaseException as fault:  # noqa: BLE001 - the commit itself failed: nobody's work is durable
            outcomes = [(job, None, fault) for job in jobs]
        told = [(job.loop, job.done, result, self._explained(error)) for job, result, error in outcomes]
        for loop, together in groupby(told, key=itemgetter(0)):  # nearly always one loop, and so one wake-up
            loop.call_soon_threadsafe(_resolve, list(together))

    def _transaction(self) -> contextlib.AbstractContextManager[Connection]:
        """A connection in a transaction of the writer's, which ends with the block: committed unless it raises."""
        if self.is_postgres:
            return self.engine.begin()
        if self._writing is None:  # one for all commits: fetching it anew each time costs as much as a write
            self._writing = self.engine.connect().execution_options(**{_HAS_BEGUN: True})
        return _immediate(self._writing)


@contextlib.contextmanager
def _immediate(connection: Connection) -> Iterator[Connection]:
    """A transaction of SQLite's own that has the lock from the beginning.

    SQLAlchemy believes that it begins with the first statement that goes through it.
    """
    driver = driver_of(connection)
    assert driver is not None
    try:
        driver.execute("BEGIN IMMEDIATE")
    except sqlite3.Error as error:
        raise wrapped("BEGIN IMMEDIATE", (), error) from error
    try:
        yield connection
        driver.commit()
    except sqlite3.Error as error:
        raise wrapped("COMMIT", (), error) from error
    finally:
        if driver.in_transaction:
            driver.rollback()
        if connection.in_transaction():
            connection.rollback()


@contextlib.contextmanager
def _gathering(connection: Connection) -> Iterator[dict[Store, list[Any]]]:
    """Store at the end what was gathered until then."""
    gathered: dict[Store, list[Any]] = {}
    info = connection.info  # asking a connection that was lost for it raises
    info[_GATHERED] = gathered
    try:
        yield gathered
        for store, rows in gathered.items():
            if rows:
                store(connection, rows)
    finally:
        info.pop(_GATHERED, None)


def _attempt(connection: Connection, job: _Job, gathered: dict[Store, list[Any]]) -> _Outcome:
    """Do a piece of work inside a savepoint. Raises only when the whole transaction is lost with it."""
    before = {store: len(rows) for store, rows in gathered.items()}
    driver = driver_of(connection)
    try:
        if driver is None:
            with connection.begin_nested():
                return job, job.work(connection), None
        driver.execute("SAVEPOINT piece_of_work")  # SQLAlchemy's cost ten times as much
        result = job.work(connection)
        driver.execute("RELEASE piece_of_work")
    except Exception as error:
        if driver is not None:
            if not driver.in_transaction:  # SQLite gave it up: the disk is full, or worse
                raise
            driver.execute("ROLLBACK TO piece_of_work")
            driver.execute("RELEASE piece_of_work")
        for store, rows in gathered.items():
            del rows[before.get(store, 0) :]
        return job, None, error
    return job, result, None


def _resolve(told: list[tuple[Any, asyncio.Future[Any], Any, BaseException | None]]) -> None:
    for _, future, result, error in told:
        if future.cancelled():
            continue
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
