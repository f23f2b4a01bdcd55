"""Bringing the tables of a service to the newest version with Alembic.

Each service (`engine`, `scim`, `emulator`) has its own tables, its own history under `migrations/`, and its own
version table, so that three SQLite files and one PostgreSQL database are served by the same code.
"""

from importlib.resources import as_file, files

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Engine

SERVICES = ("engine", "scim", "emulator")


def upgrade(engine: Engine, service: str) -> None:
    """Create or bring up to date the tables of one service."""
    with as_file(files("provisor.store") / "migrations") as folder, engine.connect() as connection:
        config = _config(str(folder), service)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def is_current(engine: Engine, service: str) -> bool:
    """Whether the tables are at the version that this program expects."""
    with as_file(files("provisor.store") / "migrations") as folder, engine.connect() as connection:
        script = ScriptDirectory.from_config(_config(str(folder), service))
        context = MigrationContext.configure(connection, opts={"version_table": version_table(service)})
        return context.get_current_revision() == script.get_current_head()


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
