"""The tables of the SCIM service, as the program sees them and as its migrations make them."""

import importlib

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.operations import Operations
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


async def test_names_from_before_are_folded_anew(database: Database) -> None:
    """Texts that an older version folded by case alone are found by their equivalents; two alike stay apart."""
    old = {"sha\u0308n": "composed of two", "\uff41da": "wide", "bo\u0308b": "clashes", "b\u00f6\u0062": "new already"}
    with database.engine.begin() as connection:
        for number, name in enumerate(old):
            row = {"tenant": "t", "kind": "User", "id": f"u{number}", "user_name": name, "display_name": name}
            more = {"created": "x", "last_modified": "x", "version": 1, "body": "{}"}
            made = connection.execute(scim_tables.resources.insert().values(**row, **more))
            key = made.inserted_primary_key[0]
            connection.execute(scim_tables.values.insert().values(resource_number=key, path="emails.value", value=name))
        with Operations.context(MigrationContext.configure(connection)):
            importlib.import_module("provisor.store.migrations.scim.0007_folding").upgrade()
    with database.engine.connect() as connection:
        rows = connection.execute(sa.select(scim_tables.resources).order_by(scim_tables.resources.c.number)).all()
        values = connection.scalars(
            sa.select(scim_tables.values.c.value).order_by(scim_tables.values.c.resource_number)
        ).all()
    assert [row.user_name for row in rows] == ["sh\u00e4n", "ada", "bo\u0308b", "b\u00f6b"]
    assert [row.display_name for row in rows] == ["sh\u00e4n", "ada", "b\u00f6b", "b\u00f6b"]
    assert list(values) == ["sh\u00e4n", "ada", "b\u00f6b", "b\u00f6b"]
