"""The tables of the SCIM service, as the program sees them and as its migrations make them."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from provisor.store import request_tables, scim_tables
from provisor.store.database import Database


async def test_migrations_make_the_tables_that_the_program_uses(database: Database) -> None:
    """The hand-written migrations and the definitions agree on both databases."""
    ours = set(scim_tables.metadata.tables) | set(request_tables.metadata.tables)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_object": lambda item, name, kind, *_: (name if kind == "table" else item.table.name) in ours
            },
        )
        assert compare_metadata(context, scim_tables.metadata) == []
