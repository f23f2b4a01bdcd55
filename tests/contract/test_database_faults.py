"""A database that cannot be used: one sentence with the remedy, no password in it, and nothing harmed."""

import re
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from provisor.config import read_settings
from provisor.model.errors import Damaged, ProvisorError, Reject, Transient
from provisor.store import database as database_module
from provisor.store.database import Database, make_engine, sqlite_url
from provisor.store.migrating import is_current, upgrade, upgrade_if_needed

PASSWORD = "geheim-1234"


def open_file(file: Path) -> None:
    """Open it as the program does."""
    engine = make_engine(sqlite_url(file))
    try:
        upgrade_if_needed(engine, "engine")
    finally:
        engine.dispose()


def open_server(url: str) -> ProvisorError:
    """The fault of opening it."""
    engine = make_engine(url)
    try:
        with pytest.raises(ProvisorError) as caught:
            upgrade_if_needed(engine, "engine")
    finally:
        engine.dispose()
    assert PASSWORD not in str(caught.value)
    return caught.value


# ---------------------------------------------------------------- files


@pytest.mark.parametrize("damage", ["noise", "cut off"])
def test_a_damaged_file(tmp_path: Path, damage: str) -> None:
    """What is no database, or only its first half, is named and left as it is."""
    file = tmp_path / "provisor.db"
    if damage == "noise":
        file.write_bytes(bytes(range(256)) * 80)
    else:
        open_file(file)
        with sqlite3.connect(file) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        file.write_bytes(file.read_bytes()[:9000])
    content = file.read_bytes()
    with pytest.raises(Damaged, match=re.escape(str(file))) as caught:
        open_file(file)
    assert "backup" in caught.value.remedy
    assert file.read_bytes() == content


def test_a_file_of_another_program(tmp_path: Path) -> None:
    """A database with other tables gets none of ours, whatever its tables are called."""
    file = tmp_path / "provisor.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE applications (title TEXT)")
    with pytest.raises(Reject, match=r"holds other tables \(applications\)"):
        open_file(file)
    with sqlite3.connect(file) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (1,)


async def test_tables_of_a_newer_version(database: Database) -> None:
    """Tables that a later version has written are not touched, on both databases."""
    await database.write(lambda c: c.execute(sa.text("UPDATE provisor_version_engine SET version_num='engine_9999'")))
    for attempt in (is_current, upgrade):
        with pytest.raises(Reject, match="newer version of Provisor") as caught:
            attempt(database.engine, "engine")
        assert "engine_9999" in str(caught.value)


def test_a_file_that_another_program_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the patience is over it is said who is to stop; then it works again."""
    monkeypatch.setattr(database_module, "BUSY_TIMEOUT_SECONDS", 0.05)
    file = tmp_path / "provisor.db"
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(Transient, match="held by another program"):
        open_file(file)
    other.execute("ROLLBACK")
    other.close()
    open_file(file)


def test_a_file_that_may_not_be_written(tmp_path: Path) -> None:
    """A folder in the file's place cannot be opened, and the sentence says what is needed."""
    file = tmp_path / "provisor.db"
    file.mkdir()
    with pytest.raises(Reject, match="cannot be opened") as caught:
        open_file(file)
    assert "right to read and write" in caught.value.remedy


def test_many_opening_a_new_database_at_once(database_url: str) -> None:
    """Processes that start together on a new database make its tables once, on both databases."""

    def open_new(_: int) -> bool:
        engine = make_engine(database_url)
        try:
            upgrade_if_needed(engine, "engine")
            return is_current(engine, "engine")
        finally:
            engine.dispose()

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(open_new, range(8)))


# ---------------------------------------------------------------- PostgreSQL


@pytest.mark.parametrize(
    ("url", "kind", "words"),
    [
        (f"postgresql://ada:{PASSWORD}@127.0.0.1:1/desk", Transient, "at 127.0.0.1:1: "),
        (f"postgresql://ada:{PASSWORD}@127.0.0.1:1/desk?pasword=x", Reject, "pasword"),
        (f"postgresql://ada:{PASSWORD}@127.0.0.1:1/desk?sslmode={PASSWORD}", Transient, "sslmode"),
    ],
    ids=["nobody listens", "an unknown setting", "a wrong setting"],
)
def test_a_server_that_cannot_be_reached(url: str, kind: type[ProvisorError], words: str) -> None:
    """The server is named, and the cause, and never the password."""
    fault = open_server(url)
    assert isinstance(fault, kind)
    assert words in str(fault)
    assert "PROVISOR_DATABASE_URL" in str(fault)


def test_a_database_that_is_not_there(postgres_server: str) -> None:
    """The server's own words say what is missing."""
    fault = open_server(postgres_server.replace("/postgres?", "/nowhere?"))
    assert '"nowhere" does not exist' in str(fault)


def test_a_user_without_the_right_to_make_tables(postgres_url: str) -> None:
    """Somebody who may sign in and do no more is told which right is missing; nothing is half made."""
    engine = make_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(sa.text("DROP ROLE IF EXISTS reader"))
        connection.execute(sa.text(f"CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}'"))
        connection.execute(sa.text("REVOKE CREATE ON SCHEMA public FROM PUBLIC"))
    fault = open_server(postgres_url.replace("postgres:@", f"reader:{PASSWORD}@"))
    assert isinstance(fault, Reject)
    assert "permission denied" in str(fault)
    assert not sa.inspect(engine).get_table_names()
    engine.dispose()


async def test_a_connection_lost_in_the_middle(postgres_url: str) -> None:
    """Whoever reads or writes while the server goes away may try again, and then it works."""
    database = Database(postgres_url)
    for ask in (database.read, database.write):
        with pytest.raises(Transient, match="check PROVISOR_DATABASE_URL"):
            await ask(lambda c: c.execute(sa.text("SELECT pg_terminate_backend(pg_backend_pid())")))
        assert await ask(lambda c: c.scalar(sa.text("SELECT 7"))) == 7
    await database.close()


async def test_a_faulty_statement_is_no_fault_of_the_database(database: Database) -> None:
    """A fault of ours is not told as one of the database."""
    with pytest.raises(sa.exc.DBAPIError):
        await database.read(lambda c: c.execute(sa.text("SELECT nothing FROM nowhere")))


def test_a_missing_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where psycopg is not installed it is said how to install it, for this very interpreter."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(Reject, match="psycopg is not installed") as caught:
        make_engine(f"postgresql://ada:{PASSWORD}@127.0.0.1/desk")
    assert "make postgres" in caught.value.remedy
    assert f"{sys.executable} -m pip install" in caught.value.remedy
    assert PASSWORD not in str(caught.value)


# ---------------------------------------------------------------- the setting


@pytest.mark.parametrize(
    "url",
    [
        f"mysql://ada:{PASSWORD}@localhost/desk",
        f"postgresql+asyncpg://ada:{PASSWORD}@localhost/desk",
        f"postgresql://ada:{PASSWORD}@localhost:desk/desk",
        f"postgresql://ada:p@{PASSWORD}@localhost/desk",
        f"postgresql://ada:{PASSWORD} @ localhost/desk",
        f"postgresql:ada:{PASSWORD}@localhost",
        PASSWORD,
    ],
)
def test_a_malformed_url_is_refused_without_showing_it(tmp_path: Path, url: str) -> None:
    """The form that is wanted is said, and no part of what was given."""
    with pytest.raises(Reject) as caught:
        read_settings(tmp_path, {"PROVISOR_DATABASE_URL": url})
    assert "postgresql://user:password@host:5432/database" in str(caught.value)
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://ada:{PASSWORD}@db.contoso.example:5432/desk?sslmode=require",
        f"postgres://ada:{PASSWORD}@[::1]/desk",
        "postgresql:///desk?host=/var/run/postgresql",
        "postgresql://ada:p%40ss@localhost/desk",
    ],
)
def test_a_good_url_is_taken_and_never_printed(tmp_path: Path, url: str) -> None:
    """Settings that end up in a message by accident say nothing of it."""
    settings = read_settings(tmp_path, {"PROVISOR_DATABASE_URL": url})
    assert settings.service_url("engine") == url
    assert PASSWORD not in repr(settings)


def test_make_installs_the_driver_where_the_tables_are_moved(tmp_path: Path) -> None:
    """`make run` with PROVISOR_DATABASE_URL installs the driver first, without it does not, and locks agree."""
    root = Path(__file__).parents[2]

    def steps(*variables: str) -> str:
        command = ["make", "--dry-run", f"VENV={tmp_path}/venv", *variables, "run"]
        return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout

    assert "requirements/postgres.txt" in steps("PROVISOR_DATABASE_URL=postgresql://localhost/desk")
    assert "requirements/postgres.txt" not in steps()
    pins = [
        set(re.findall(r"^([\w-]+==\S+)", (root / "requirements" / name).read_text(), re.MULTILINE))
        for name in ("postgres.txt", "dev.txt")
    ]
    assert pins[0] <= pins[1]
