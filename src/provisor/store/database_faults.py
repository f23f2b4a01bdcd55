"""Faults of a database in sentences: what is wrong with the file or the server, and what to do about it.

SQLite's result codes and PostgreSQL's SQLSTATE decide; the words of a message are only shown. A fault of a statement
is ours, and stays as it is.
"""

import contextlib
import sqlite3
from collections.abc import Iterator

from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, ProgrammingError

from provisor.model.errors import Damaged, ProvisorError, Reject, Transient

PRIMARY_CODE = 0xFF
"""SQLite's extended result codes carry the primary one in their lowest byte."""
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_CLOSED = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH})
_DISK = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})
_AGAIN = ("08", "40", "53", "55", "57", "58")
"""SQLSTATE classes: connection, rolled back, resources, in use, operator, system."""
_REFUSED = ("28", "3D", "25", "42501")
"""SQLSTATE of a wrong sign-in, no such database, read only, no right to do this."""
_BROKEN = "XX"


def explain_fault(fault: DBAPIError, url: URL) -> ProvisorError | None:
    """The sentence for a fault of the database at this URL; None where it is no fault of the database."""
    if url.get_backend_name() == "sqlite":
        return _explain_file(fault, url.database or "")
    return _explain_server(fault, url)


@contextlib.contextmanager
def faults_explained(url: URL) -> Iterator[None]:
    """A fault of the database inside is raised as `Transient`, `Reject` or `Damaged`."""
    try:
        yield
    except DBAPIError as fault:
        explained = explain_fault(fault, url)
        if explained is None:
            raise
        raise explained from fault


def say_place(url: URL) -> str:
    """Which database, in words that hold no secret."""
    if url.get_backend_name() == "sqlite":
        return f"the database {url.database}"
    host = url.host or url.query.get("host") or "this machine"
    return f"the PostgreSQL database {url.database or '(its user name)'} at {host}{f':{url.port}' if url.port else ''}"


def _explain_file(fault: DBAPIError, file: str) -> ProvisorError | None:
    code = getattr(fault.orig, "sqlite_errorcode", -1) & PRIMARY_CODE
    cause = str(fault.orig)
    if code in _DAMAGED:
        return Damaged(
            f"The database {file} cannot be read: {cause}.",
            remedy="Restore the file from a backup, or name another data folder with --data or PROVISOR_DATA.",
        )
    if code in _BUSY:
        return Transient(
            f"The database {file} is held by another program.",
            remedy="Stop what holds it, such as a backup or a database browser, and try again.",
        )
    if code in _CLOSED:
        return Reject(
            f"The database {file} cannot be opened for writing: {cause}.",
            remedy="Give this user the right to read and write the data folder and every file in it.",
        )
    if code in _DISK:
        return Transient(
            f"The database {file} cannot be written: {cause}.", remedy="Make room on its disk, and try again."
        )
    return None


def _explain_server(fault: DBAPIError, url: URL) -> ProvisorError | None:
    state = getattr(fault.orig, "sqlstate", None)
    lines = str(fault.orig).strip().splitlines() or [type(fault.orig).__name__]
    cause = lines[0].strip().rstrip(".")
    if url.password:
        cause = cause.replace(str(url.password), "…")
    if state is None and isinstance(fault, ProgrammingError):  # the driver refuses its own settings
        return Reject(
            f"PROVISOR_DATABASE_URL has a setting that the driver refuses: {cause}.",
            remedy="Mend the part of the URL behind the question mark.",
        )
    if state is None or state.startswith(_AGAIN):
        return Transient(
            f"Not reached: {say_place(url)}: {cause}.",
            remedy="See that the server runs and takes connections, and check PROVISOR_DATABASE_URL.",
        )
    if state.startswith(_REFUSED):
        return Reject(
            f"Refused by {say_place(url)}: {cause}.",
            remedy="Give the user of PROVISOR_DATABASE_URL the right to make and write tables there.",
        )
    if state.startswith(_BROKEN):
        return Damaged(f"Damaged: {say_place(url)}: {cause}.", remedy="Restore it from a backup.")
    return None
