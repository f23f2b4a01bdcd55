"""Insert-or-update on both databases, which spell it alike but belong to two dialects."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

IN_LIST_MAX = 500
"""Values in one IN list; SQLite bounds the variables of a statement."""


def upsert(
    connection: Connection,
    table: sa.Table,
    rows: Sequence[Mapping[str, Any]],
    keep: frozenset[str] = frozenset(),
) -> None:
    """Insert rows; where the primary key exists, replace every other column but those in `keep`."""
    if not rows:
        return
    keys = [column.name for column in table.primary_key]
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in keys and name not in keep}
    if changed:
        statement = statement.on_conflict_do_update(index_elements=keys, set_=changed)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=keys)
    connection.execute(statement, list(rows))


def in_chunks(values: Iterable[str]) -> Iterable[list[str]]:
    """The values in lists short enough for one statement."""
    every = list(values)
    for start in range(0, len(every), IN_LIST_MAX):
        yield every[start : start + IN_LIST_MAX]
