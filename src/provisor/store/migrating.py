"""Bringing the tables of a service to the newest version with Alembic.

Each service (`engine`, `scim`, `emulator`) has its own tables, its own history under `migrations/`, and its own
version table, so that three SQLite files and one PostgreSQL database are served by the same code.
"""

from importlib.resources import as_file, files

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from provisor.model.errors import Reject
from provisor.store.database_faults import faults_explained, say_place

SERVICES = ("engine", "scim", "emulator")
VERSION_TABLES = "provisor_version_"
MIGRATION_LOCK = 0x70726F76
"""The key of PostgreSQL's advisory lock under which tables are changed."""


def upgrade(engine: Engine, service: str) -> None:
    """Create or bring up to date the tables of one service: all of it or nothing, and one process at a time.

    Raises `Reject` for a database that is not ours or that a newer version has written, and `Reject`, `Transient` or
    `Damaged` for one that cannot be used.
    """
    # A sixth of the time that a command takes to start, and most commands find their tables as they should be.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    writer = engine.execution_options(provisor_writer=True)
    with (
        faults_explained(engine.url),
        as_file(files("provisor.store") / "migrations") as folder,
        writer.begin() as ours,
    ):
        if engine.dialect.name == "postgresql":  # SQLite's writer is alone as it is
            ours.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        if _is_current(ours, service):
            return
        config = Config()
        config.set_main_option("script_location", str(folder))
        config.set_main_option("version_locations", f"{folder}/{service}")
        config.set_main_option("path_separator", "os")
        config.attributes.update(service=service, connection=ours)
        command.upgrade(config, "head")


def upgrade_if_needed(engine: Engine, service: str) -> None:
    """The same, at the cost of one query when there is nothing to do."""
    if not is_current(engine, service):
        upgrade(engine, service)


def is_current(engine: Engine, service: str) -> bool:
    """Whether the tables are at the version that this program expects. Raises as `upgrade` does."""
    with faults_explained(engine.url), engine.connect() as connection:
        return _is_current(connection, service)


def _is_current(connection: Connection, service: str) -> bool:
    tables = sa.inspect(connection).get_table_names()
    table = version_table(service)
    if table not in tables:
        _refuse_foreign(connection, tables)
        return False
    version = connection.scalar(sa.select(sa.column("version_num")).select_from(sa.table(table)))
    if version and version not in _versions(service):
        place = say_place(connection.engine.url)
        raise Reject(
            f"A newer version of Provisor has written {place} ({version}; this one knows {newest_version(service)}).",
            remedy="Run that version, or restore a backup from before it.",
        )
    return bool(version == newest_version(service))


def _refuse_foreign(connection: Connection, tables: list[str]) -> None:
    """A SQLite file holds our tables or none; a PostgreSQL database may be shared."""
    is_ours = not tables or any(table.startswith(VERSION_TABLES) for table in tables)
    if connection.dialect.name == "sqlite" and not is_ours:
        raise Reject(
            f"Not one of Provisor's: {say_place(connection.engine.url)} holds other tables ({', '.join(tables[:3])}).",
            remedy="Move that file away, or name another data folder with --data or PROVISOR_DATA.",
        )


def newest_version(service: str) -> str:
    """The revision that the newest migration file declares: `<service>_<number>`."""
    return max(_versions(service))


def version_table(service: str) -> str:
    """The table in which Alembic notes the version of a service."""
    return VERSION_TABLES + service


def _versions(service: str) -> list[str]:
    folder = files("provisor.store") / "migrations" / service
    return [f"{service}_{file.name[:4]}" for file in folder.iterdir() if file.name[:4].isdigit()]
