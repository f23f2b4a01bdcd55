"""What a command works with: the open data folder, and a way to run async work from it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import typer

from provisor.bootstrap.home import Home
from provisor.config import Settings, read_settings

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Shared:
    """Options that every command takes."""

    data: Path | None

    def settings(self) -> Settings:
        """The settings of this call. Raises `Reject`."""
        return read_settings(self.data)


def run_in_home(context: typer.Context, work: Callable[[Home], Awaitable[T]]) -> T:
    """Open the data folder, do the work, close it again."""
    settings: Settings = context.obj.settings()

    async def run() -> T:
        home = Home(settings)
        try:
            return await work(home)
        finally:
            await home.close()

    return asyncio.run(run())
