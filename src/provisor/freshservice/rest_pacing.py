"""Staying within the account's rate by the headers of its answers (Freshservice spec §1.4).

The limits belong to the account and other integrations draw on them too, so only the account knows what is left:
`X-Ratelimit-Remaining` after each call, and `Retry-After` when nothing is. While more than half is left, calls go
freely; below that they are spread evenly; when the header says nothing is left, or nothing was said yet, one call
at a time asks. Whether the vendor's minute is fixed or sliding does not matter to this.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

from provisor.model.errors import Transient
from provisor.ports.clock import Clock

WINDOW_SECONDS: Final = 60.0
FREE_SHARE: Final = 0.5
"""The share of the limit below which calls are spread out."""
RETRY_AFTER_DEFAULT_SECONDS: Final = 30.0
RETRY_AFTER_MIN_SECONDS: Final = 1.0
RETRY_AFTER_MAX_SECONDS: Final = 3600.0


class Pacer:
    """One limit of one account. Every call passes `turn`; every answer's headers are given to `learn`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._total: int | None = None
        self._remaining: int | None = None
        self._in_flight = 0
        self._has_learnt = False
        self._closed_until = 0.0
        self._next_slot = 0.0
        self._freed = asyncio.Event()

    @asynccontextmanager
    async def turn(self, deadline: float) -> AsyncIterator[None]:
        """Wait until a call may go; raises `Transient` when that would be after `deadline` (monotonic)."""
        while (wait := self._wait()) != 0:
            if wait is None:
                self._freed.clear()
                await self._freed.wait()
            elif self._clock.monotonic() + wait > deadline:
                raise out_of_calls(wait)
            else:
                await self._clock.sleep(wait)
        self._in_flight += 1
        self._next_slot = max(self._next_slot, self._clock.monotonic()) + self._spacing()
        if self._remaining is not None:
            self._remaining -= 1
        try:
            yield
        finally:
            self._in_flight -= 1
            self._freed.set()

    def learn(self, headers: Mapping[str, str]) -> None:
        """Take in the headers of an answer, while its call still counts as in flight."""
        self._has_learnt = True
        total = _number(headers.get("x-ratelimit-total"))
        remaining = _number(headers.get("x-ratelimit-remaining"))
        if total is not None and total > 0:
            self._total = int(total)
        if remaining is not None:
            self._remaining = int(remaining) - (self._in_flight - 1)

    def close_for(self, seconds: float) -> None:
        """Let nothing go for so long: the account said so."""
        self._closed_until = max(self._closed_until, self._clock.monotonic() + seconds)
        self._remaining = None

    def _wait(self) -> float | None:
        """Seconds until the next call may go; None is until another call has come back."""
        now = self._clock.monotonic()
        if now < self._closed_until:
            return self._closed_until - now
        is_empty = self._remaining is not None and self._remaining <= 0
        if self._in_flight and (is_empty or not self._has_learnt):
            return None
        return max(0.0, self._next_slot - now) if self._spacing() else 0.0

    def _spacing(self) -> float:
        if self._total is None or self._remaining is None or self._remaining > self._total * FREE_SHARE:
            return 0.0
        return WINDOW_SECONDS / self._total


def out_of_calls(retry_after_seconds: float) -> Transient:
    """The account's limit is used up for longer than the caller can wait."""
    return Transient(
        "Freshservice's rate limit is used up.",
        remedy="Other integrations share it; work goes on when the minute is over.",
        retry_after_seconds=retry_after_seconds,
        code="TooManyRequests",
    )


def read_retry_after(headers: Mapping[str, str]) -> float:
    """The seconds of `Retry-After`; a middling wait where it is missing or not a number."""
    seconds = _number(headers.get("retry-after"))
    if seconds is None or seconds < 0:
        return RETRY_AFTER_DEFAULT_SECONDS
    return min(max(seconds, RETRY_AFTER_MIN_SECONDS), RETRY_AFTER_MAX_SECONDS)


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None
