"""The tables that migrations build are the tables that the code declares, on both databases."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from provisor.store import engine_tables
from provisor.store.database import make_engine
from provisor.store.migrating import SERVICES, upgrade

MIGRATIONS = Path(engine_tables.__file__).parent / "migrations"


@pytest.mark.parametrize("service", SERVICES)
def test_migrations_of_a_service_stand_in_one_row(service: str) -> None:
    """Each has a number of its own and follows the one before, also when two people add one at the same time."""
    files = sorted((MIGRATIONS / service).glob("[0-9]*.py"))
    for number, file in enumerate(files, 1):
        assert file.name.startswith(f"{number:04d}_"), file.name
        text = file.read_text()
        before = f'"{service}_{number - 1:04d}"' if number > 1 else "None"
        assert f'revision = "{service}_{number:04d}"\ndown_revision = {before}\n' in text, file.name


@pytest.fixture
def built(tmp_path) -> sa.Inspector:
    """A database built by migrations alone."""
    engine = make_engine(f"sqlite:///{tmp_path / 'engine.db'}")
    upgrade(engine, "engine")
    yield sa.inspect(engine)
    engine.dispose()


def test_engine_tables_equal_their_migrations(built: sa.Inspector) -> None:
    """Every declared table has the same columns, nullability, keys and indexes."""
    for table in engine_tables.metadata.sorted_tables:
        columns = {column["name"]: column["nullable"] for column in built.get_columns(table.name)}
        assert columns == {column.name: column.nullable for column in table.columns}, table.name
        assert built.get_pk_constraint(table.name)["constrained_columns"] == [c.name for c in table.primary_key]
        indexes = {str(index["name"]): index["column_names"] for index in built.get_indexes(table.name)}
        declared = {str(index.name): [column.name for column in index.columns] for index in table.indexes}
        assert indexes == declared, table.name
