"""Fixtures of the emulated desk, as a plugin that test modules name."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from emulated_desk import Desk, TurnedClock, new_database, open_desk
from provisor.store.database import sqlite_url


@pytest.fixture
async def opened(tmp_path) -> AsyncIterator[Any]:
    """A function that opens, or opens again, the desk of one database."""
    database = new_database(sqlite_url(tmp_path / "emulator.db"))
    clock = TurnedClock()

    async def open_again(**knobs: Any) -> Desk:
        return await open_desk(database, clock, **knobs)

    yield open_again
    await database.close()


@pytest.fixture
async def desk(opened) -> Desk:
    """A desk as it is by default."""
    return await opened()
