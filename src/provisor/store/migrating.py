"""Bringing the tables of a service to the newest version with Alembic.

Each service (`engine`, `scim`, `emulator`) has its own tables, its own history under `migrations/`, and its own
version table, so that three SQLite files and one PostgreSQL database are served by the same code.
"""

from importlib.resources import as_file, files

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import Engine

SERVICES = ("engine", "scim", "emulator")


def upgrade(engine: Engine, service: str) -> None:
    """Create or bring up to date the tables of one service."""
    with as_file(files("provisor.store") / "migrations") as folder, engine.connect() as connection:
        config = _config(str(folder), service)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def upgrade_if_needed(engine: Engine, service: str) -> None:
    """The same, at the cost of one query when there is nothing to do."""
    if not is_current(engine, service):
        upgrade(engine, service)


def is_current(engine: Engine, service: str) -> bool:
    """Whether the tables are at the version that this program expects."""
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table(version_table(service)):
            return False
        version = connection.scalar(sa.text(f"SELECT version_num FROM {version_table(service)}"))
    return bool(version == newest_version(service))


def newest_version(service: str) -> str:
    """The revision that the newest migration file declares: `<service>_<number>`."""
    folder = files("provisor.store") / "migrations" / service
    numbers = [file.name[:4] for file in folder.iterdir() if file.name[:4].isdigit()]
    return f"{service}_{max(numbers)}"


def version_table(service: str) -> str:
    """The table in which Alembic notes the version of a service."""
    return f"provisor_version_{service}"


def _config(folder: str, service: str) -> Config:
    config = Config()
    config.set_main_option("script_location", folder)
    config.set_main_option("version_locations", f"{folder}/{service}")
    config.set_main_option("path_separator", "os")
    config.attributes["service"] = service
    return config
