"""Storing outcomes in batches: whoever finishes while a transaction is being written shares the next one."""

import asyncio
from types import TracebackType
from typing import Self

from provisor.engine.run import Run
from provisor.ports.work import Finished

BATCH_MAX = 200


class Storing:
    """Use as a context; `store` returns once the outcome is durable."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._waiting: list[tuple[Finished, asyncio.Future[None]]] = []
        self._wake = asyncio.Event()
        self._is_closing = False
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._write_batches())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_closing = True
        self._wake.set()
        if self._task:
            await self._task

    async def store(self, finished: Finished) -> None:
        """Store one outcome with its mark cleared."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((finished, done))
        self._wake.set()
        await done

    async def _write_batches(self) -> None:
        while not (self._is_closing and not self._waiting):
            await self._wake.wait()
            batch, self._waiting = self._waiting[:BATCH_MAX], self._waiting[BATCH_MAX:]
            if not self._waiting and not self._is_closing:
                self._wake.clear()
            if not batch:
                continue
            try:
                await self._run.work.finish(self._run.app.id, [finished for finished, _ in batch])
            except Exception as fault:  # noqa: BLE001 - whoever waits for it is told
                for _, done in batch:
                    if not done.done():
                        done.set_exception(fault)
            else:
                for _, done in batch:
                    if not done.done():
                        done.set_result(None)
