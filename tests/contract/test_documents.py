"""The document store, on both databases."""

import asyncio

import pytest
import sqlalchemy as sa

from provisor.ports.documents import DocumentChange
from provisor.store.database import Database, sqlite_url
from provisor.store.documents import Documents, metadata
from provisor.store.migrating import upgrade


@pytest.fixture
async def emulator_database(database_url: str):
    """A database whose tables come from the migrations of this service alone."""
    database = Database(database_url)
    upgrade(database.engine, "emulator")
    yield database
    await database.close()


@pytest.fixture
def documents(emulator_database: Database) -> Documents:
    """The store."""
    return Documents(emulator_database)


async def test_what_was_put_is_loaded(documents: Documents) -> None:
    """Documents come back whole, by collection."""
    body = {"id": 21000000001, "name": "Zoë", "tags": [1, None, {"a": True}]}
    await documents.write([DocumentChange("people", "1", body), DocumentChange("places", "1", {})])
    assert await documents.load_all("people") == {"1": body}
    assert await documents.load_all("places") == {"1": {}}
    assert await documents.load_all("nothing") == {}


async def test_a_put_replaces_and_a_removal_removes(documents: Documents) -> None:
    """A second put takes the first one's place; removing what is not there is no error."""
    await documents.write([DocumentChange("people", str(n), {"n": n}) for n in range(3)])
    await documents.write(
        [
            DocumentChange("people", "0", {"n": "new"}),
            DocumentChange("people", "1", None),
            DocumentChange("people", "9", None),
        ]
    )
    assert await documents.load_all("people") == {"0": {"n": "new"}, "2": {"n": 2}}


async def test_the_later_change_of_one_write_wins(documents: Documents) -> None:
    """Within one write the order of the changes decides."""
    changes = [
        DocumentChange("c", "1", {"n": 1}),
        DocumentChange("c", "1", None),
        DocumentChange("c", "1", {"n": 2}),
    ]
    await documents.write(changes)
    assert await documents.load_all("c") == {"1": {"n": 2}}
    await documents.write([*changes, DocumentChange("c", "1", None)])
    assert await documents.load_all("c") == {}


async def test_writes_become_durable_in_the_order_they_were_started(documents: Documents) -> None:
    """Many writes in flight to one document leave the value of the last."""
    await asyncio.gather(*(documents.write([DocumentChange("c", "1", {"n": n})]) for n in range(50)))
    assert await documents.load_all("c") == {"1": {"n": 49}}


async def test_a_write_that_cannot_be_encoded_changes_nothing(documents: Documents) -> None:
    """A write is all or none."""
    with pytest.raises(TypeError):
        await documents.write([DocumentChange("c", "1", {}), DocumentChange("c", "2", {"x": object()})])
    assert await documents.load_all("c") == {}


async def test_documents_survive_closing(tmp_path) -> None:
    """Another process that opens the same file finds them."""
    url = sqlite_url(tmp_path / "emulator.db")
    first = Database(url)
    upgrade(first.engine, "emulator")
    await Documents(first).write([DocumentChange("c", "1", {"n": 1})])
    await first.close()
    second = Database(url)
    assert await Documents(second).load_all("c") == {"1": {"n": 1}}
    await second.close()


async def test_the_migration_makes_the_table_the_code_expects(emulator_database: Database) -> None:
    """Columns made by the migration equal those that the code names."""
    inspector = sa.inspect(emulator_database.engine)
    for table in metadata.sorted_tables:
        columns = {column["name"]: column["nullable"] for column in inspector.get_columns(table.name)}
        assert columns == {column.name: column.nullable for column in table.columns}
