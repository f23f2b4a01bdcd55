"""People in flight: many turns at once, never more than the bound, all of them ended when the block ends."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

PEOPLE_IN_FLIGHT = 64
"""People being worked at once; the target's own limits decide how many requests that makes."""

T = TypeVar("T")


class Flights(Generic[T]):
    """Use as a context. A turn that raises ends the others, and its exception is what the block raises."""

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(PEOPLE_IN_FLIGHT)
        self._flights: dict[str, asyncio.Task[T]] = {}
        self._group = asyncio.TaskGroup()

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._group.__aexit__(kind, fault, trace)
        except BaseExceptionGroup as faults:
            raise faults.exceptions[0] from None

    async def start(self, source_id: str, turn: Callable[[], Coroutine[Any, Any, T]]) -> None:
        """Begin a turn as soon as there is room."""
        await self._slots.acquire()
        task = self._group.create_task(turn())
        self._flights[source_id] = task
        task.add_done_callback(partial(self._land, source_id))

    @property
    def under_way(self) -> frozenset[str]:
        """Whose turn it is now."""
        return frozenset(self._flights)

    async def result(self, source_id: str) -> T | None:
        """What comes of a turn under way, waited for; None for somebody who is not."""
        flight = self._flights.get(source_id)
        return await asyncio.shield(flight) if flight is not None else None

    def _land(self, source_id: str, _: asyncio.Task[T]) -> None:
        self._flights.pop(source_id, None)
        self._slots.release()
