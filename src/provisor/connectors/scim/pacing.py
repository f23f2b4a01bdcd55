"""How fast a target is asked: requests in flight, a permitted rate, and pauses that the target asked for.

The number in flight grows by one per round of good answers and halves when the target throttles (AIMD), at most
once per round. The rate, where one is known, is kept by spacing requests; after a lull at most `BURST_SECONDS`
worth of them may go at once. A pause (Retry-After) holds back everybody, with some jitter at its end.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from random import random

from provisor.ports.clock import Clock

IN_FLIGHT_MAX = 16
BURST_SECONDS = 0.2
"""CONTRACT allows up to one second's worth; less keeps us clear of targets that count per second."""
JITTER_MAX_SECONDS = 1.0


class Pacer:
    """Shared by all requests to one target.

    `in_flight_max` bounds concurrency; `rate` is requests per second, None for as fast as it answers.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        in_flight_max: int = IN_FLIGHT_MAX,
        rate: float | None = None,
        jitter: Callable[[], float] = random,
    ) -> None:
        self._clock = clock
        self._in_flight_max = max(1, in_flight_max)
        self._spacing = 1 / rate if rate else 0.0
        self._jitter = jitter
        self._limit = float(self._in_flight_max)
        self._in_flight = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._paused_until = 0.0
        self._next_slot = clock.monotonic()
        self._last_cut = 0.0

    @property
    def limit(self) -> int:
        """How many requests may be in flight now."""
        return int(self._limit)

    async def enter(self) -> float:
        """Wait until a request may be sent; returns the moment, to be given to `throttled`."""
        if self._in_flight >= self.limit or self._waiting:
            await self._queue()
        else:
            self._in_flight += 1
        try:
            return await self._wait_for_time()
        except BaseException:
            self.leave()
            raise

    def leave(self) -> None:
        """A request has ended, however it did."""
        self._in_flight -= 1
        self._wake()

    def succeeded(self) -> None:
        """A good answer: room for a little more."""
        if self._limit < self._in_flight_max:
            self._limit = min(self._in_flight_max, self._limit + 1 / self._limit)
            self._wake()

    def throttled(self, entered: float, pause_seconds: float = 0.0) -> None:
        """The target is overloaded, or asked for a pause; `entered` is when the request was let through.

        Requests that were under way when the limit was last cut do not cut it again.
        """
        now = self._clock.monotonic()
        self._paused_until = max(self._paused_until, now + pause_seconds)
        if entered >= self._last_cut:
            self._last_cut = now
            self._limit = max(1.0, self._limit / 2)

    async def _queue(self) -> None:
        """First come, first served. The place is counted as ours by whoever hands it over."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave()  # it was handed to us in the same moment: hand it on
            raise

    def _wake(self) -> None:
        while self._waiting and self._in_flight < self.limit:
            turn = self._waiting.popleft()
            if not turn.done():
                self._in_flight += 1
                turn.set_result(None)

    async def _wait_for_time(self) -> float:
        while True:
            now = self._clock.monotonic()
            pause = self._paused_until - now
            if pause > 0:
                await self._clock.sleep(pause + self._jitter() * min(JITTER_MAX_SECONDS, pause / 10))
                continue
            if not self._spacing:
                return now
            slot = max(self._next_slot, now - BURST_SECONDS)
            self._next_slot = slot + self._spacing
            if slot <= now:
                return now
            await self._clock.sleep(slot - now)
            if self._paused_until <= self._clock.monotonic():
                return self._clock.monotonic()
