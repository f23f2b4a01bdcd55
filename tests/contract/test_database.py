"""The database: group commit, isolation of failures, durability order."""

import asyncio
from collections.abc import Sequence

import pytest
import sqlalchemy as sa

from provisor.store.database import Database, Work, gather

TABLE = sa.Table("notes", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("text", sa.Text))


@pytest.fixture
async def notes(database: Database) -> Database:
    """A database with one table of notes."""
    await database.write(TABLE.create)
    return database


async def test_work_that_fails_is_rolled_back_alone(notes: Database) -> None:
    """Of many writes that share a commit, the one that raises changes nothing and the others are kept."""

    def insert(number: int) -> None:
        def work(connection: sa.Connection) -> None:
            connection.execute(TABLE.insert().values(id=number, text="x"))
            if number == 5:
                raise ValueError(number)

        return work

    outcomes = await asyncio.gather(*(notes.write(insert(n)) for n in range(20)), return_exceptions=True)
    assert [n for n, outcome in enumerate(outcomes) if outcome is not None] == [5]
    assert await notes.read(lambda c: c.scalar(sa.select(sa.func.count()).select_from(TABLE))) == 19


async def test_a_write_is_seen_by_the_next_read(notes: Database) -> None:
    """Whoever was told that a write is done can read it."""
    await notes.write(lambda c: c.execute(TABLE.insert().values(id=1, text="hello")))
    assert await notes.read(lambda c: c.scalar(sa.select(TABLE.c.text))) == "hello"


async def test_a_lone_failure_reaches_its_caller(notes: Database) -> None:
    """An error raised inside a write is raised to whoever asked for it, and nothing stays behind."""

    def work(connection: sa.Connection) -> None:
        connection.execute(TABLE.insert().values(id=1, text="x"))
        raise KeyError("lost")

    with pytest.raises(KeyError):
        await notes.write(work)
    assert await notes.read(lambda c: c.scalar(sa.select(sa.func.count()).select_from(TABLE))) == 0


async def test_gathered_rows_are_stored_together_and_only_those_of_work_that_succeeded(notes: Database) -> None:
    """One statement for the rows of a whole commit; those of a piece of work that failed are not among them."""
    stored: list[list[str]] = []

    def store(connection: sa.Connection, rows: Sequence[str]) -> None:
        stored.append(list(rows))
        connection.execute(TABLE.insert(), [{"id": 100 + int(row), "text": row} for row in rows])

    def leave(number: int) -> Work[None]:
        def work(connection: sa.Connection) -> None:
            gather(connection, store, str(number))
            if number == 5:
                raise ValueError(number)

        return work

    await asyncio.gather(*(notes.write(leave(number)) for number in range(20)), return_exceptions=True)
    texts = await notes.read(lambda c: c.scalars(sa.select(TABLE.c.text).order_by(TABLE.c.id)).all())
    assert texts == [str(number) for number in range(20) if number != 5]
    assert [text for rows in stored for text in rows] == texts
    assert len(stored) < 20


async def test_nobody_is_told_of_success_when_what_was_gathered_cannot_be_stored(notes: Database) -> None:
    """Work and what belongs to it are durable together, or not at all."""

    def store(_connection: sa.Connection, _rows: Sequence[str]) -> None:
        raise OSError("disk")

    def work(connection: sa.Connection) -> None:
        connection.execute(TABLE.insert().values(id=1, text="x"))
        gather(connection, store, "row")

    with pytest.raises(OSError, match="disk"):
        await notes.write(work)
    assert await notes.read(lambda c: c.scalar(sa.select(sa.func.count()).select_from(TABLE))) == 0


async def test_an_error_of_a_statement_tells_no_value(notes: Database) -> None:
    """What was to be stored is people's data, and errors end in logs."""
    with pytest.raises(sa.exc.StatementError) as caught:
        await notes.write(lambda c: c.execute(TABLE.insert(), [{"id": 1, "text": "ada@contoso.com"}] * 2))
    assert "ada@contoso.com" not in str(caught.value)
