"""A real process that serves an emulator; started by the tests with a database file, a port and a key."""

import asyncio
import sys
import time
from datetime import UTC, datetime

from granian.constants import Interfaces
from granian.server.embed import Server

from provisor.freshservice.emulator.knobs import Knobs, Plan
from provisor.freshservice.emulator.serving import open_emulator
from provisor.store.database import Database
from provisor.store.documents import Documents
from provisor.store.migrating import upgrade


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


async def main(url: str, port: int, key: str) -> None:
    database = Database(url)
    upgrade(database.engine, "emulator")
    emulator = await open_emulator(Documents(database), Knobs(plan=Plan.UNLIMITED), SystemClock())
    await emulator.ensure_key(key)
    server = Server(emulator.app, address="127.0.0.1", port=port, interface=Interfaces.ASGI, log_access=False)
    await server.serve()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
