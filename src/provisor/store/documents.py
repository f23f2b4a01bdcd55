"""JSON documents in one table, for the emulator's state (`ports/documents.py`).

Bodies are encoded before the transaction begins, so that the writer thread spends its time on SQL alone.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from provisor.ports.documents import DocumentChange
from provisor.store.database import Database

metadata = sa.MetaData()

documents = sa.Table(
    "emulator_documents",
    metadata,
    sa.Column("collection", sa.Text, primary_key=True),
    sa.Column("document_id", sa.Text, primary_key=True),
    sa.Column("body", sa.Text, nullable=False),
)

_SELECT = sa.select(documents.c.document_id, documents.c.body).where(
    documents.c.collection == sa.bindparam("collection")
)
_DELETE = documents.delete().where(
    documents.c.collection == sa.bindparam("in_collection"),
    documents.c.document_id == sa.bindparam("with_id"),
)


class Documents:
    """A `DocumentStore` on SQLite or PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._put = _postgres_put() if database.is_postgres else _sqlite_put()

    async def load_all(self, collection: str) -> dict[str, dict[str, Any]]:
        """See the port."""

        def work(connection: Connection) -> list[tuple[str, str]]:
            rows = connection.execute(_SELECT, {"collection": collection})
            return [(row.document_id, row.body) for row in rows]

        return {key: msgspec.json.decode(body) for key, body in await self._database.read(work)}

    async def write(self, changes: Sequence[DocumentChange]) -> None:
        """See the port."""
        latest = {(change.collection, change.document_id): change.body for change in changes}
        puts = [
            {"collection": collection, "document_id": key, "body": msgspec.json.encode(body).decode()}
            for (collection, key), body in latest.items()
            if body is not None
        ]
        removals = [
            {"in_collection": collection, "with_id": key} for (collection, key), body in latest.items() if body is None
        ]
        if not latest:
            return

        def work(connection: Connection) -> None:
            if puts:
                connection.execute(self._put, puts)
            if removals:
                connection.execute(_DELETE, removals)

        await self._database.write(work)


def _sqlite_put() -> sa.Executable:
    statement = sqlite.insert(documents)
    return statement.on_conflict_do_update(
        index_elements=["collection", "document_id"], set_={"body": statement.excluded.body}
    )


def _postgres_put() -> sa.Executable:
    statement = postgresql.insert(documents)
    return statement.on_conflict_do_update(
        index_elements=["collection", "document_id"], set_={"body": statement.excluded.body}
    )
