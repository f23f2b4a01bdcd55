"""What the stores say now about every application, asked at most twice a second however many people look.

Nothing is asked while nobody looks. The rate of a running cycle comes from how it moved between looks.
"""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from provisor.model.job import Application, Cycle
from provisor.model.removal import Decision
from provisor.ports.applications import ApplicationStore
from provisor.ports.clock import Clock
from provisor.ports.records import LogQuery, RecordStore
from provisor.ports.work import WorkStore

LOOK_EVERY_SECONDS = 0.5
NUMBERS_EVERY_SECONDS = 2.0
"""Counting whole tables costs more than reading a cycle, and changes slower."""
RATE_WINDOW_SECONDS = 20.0
RATE_AFTER_SECONDS = 1.0
"""A rate over less time than this says nothing."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """How many people an application knows, has accounts for, fails with and holds removals of."""

    people: int = 0
    accounts: int = 0
    failing: int = 0
    held: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """One application. `current` is the running cycle, `last` the latest that has ended."""

    app: Application
    current: Cycle | None
    last: Cycle | None
    numbers: Numbers
    per_second: float | None = None
    seconds_left: float | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All applications by name, and the id of the newest log entry of each."""

    standings: tuple[Standing, ...] = ()
    newest_entries: tuple[str, ...] = ()


@dataclass(slots=True)
class _Meter:
    """How fast one cycle moves: points of time and people done within the window."""

    cycle_id: str
    points: deque[tuple[float, int]] = field(default_factory=deque)

    def rate(self, at: float, done: int) -> float | None:
        """People per second; None while unknown."""
        if self.points and done < self.points[-1][1]:
            self.points.clear()
        self.points.append((at, done))
        while at - self.points[0][0] > RATE_WINDOW_SECONDS:
            self.points.popleft()
        seconds, people = at - self.points[0][0], done - self.points[0][1]
        return people / seconds if seconds >= RATE_AFTER_SECONDS and people else None


class Watch:
    """Looks at the stores on behalf of everybody."""

    def __init__(self, applications: ApplicationStore, records: RecordStore, work: WorkStore, clock: Clock) -> None:
        self._applications = applications
        self._records = records
        self._work = work
        self._clock = clock
        self._lock = asyncio.Lock()
        self._snapshot = Snapshot()
        self._snapshot_until = float("-inf")
        self._numbers: dict[str, tuple[float, str, Numbers]] = {}
        self._meters: dict[str, _Meter] = {}

    async def look(self) -> Snapshot:
        """The state of things, at most half a second old."""
        async with self._lock:
            if self._clock.monotonic() >= self._snapshot_until:
                apps = await self._applications.list_all()
                standings = [await self._standing(app) for app in apps]
                newest = [await self._newest(app.id) for app in apps]
                self._forget_all_but({app.id for app in apps})
                self._snapshot = Snapshot(tuple(standings), tuple(newest))
                self._snapshot_until = self._clock.monotonic() + LOOK_EVERY_SECONDS
            return self._snapshot

    async def _standing(self, app: Application) -> Standing:
        cycles = await self._records.cycles(app.id, 2)
        current = cycles[0] if cycles and not cycles[0].is_finished else None
        last = next((cycle for cycle in cycles if cycle.is_finished), None)
        # The numbers are counted anew as soon as a cycle begins or ends, so that they agree with what is said of it.
        stage = cycles[0].id + cycles[0].state if cycles else ""
        numbers = await self._count(app.id, stage)
        if current is None:
            self._meters.pop(app.id, None)
            return Standing(app, None, last, numbers)
        per_second = self._rate(app.id, current)
        left = (current.total - current.done) / per_second if per_second else None
        return Standing(app, current, last, numbers, per_second, left)

    def _rate(self, app_id: str, current: Cycle) -> float | None:
        meter = self._meters.get(app_id)
        if meter is None or meter.cycle_id != current.id:
            meter = self._meters[app_id] = _Meter(current.id)
        measured = meter.rate(self._clock.monotonic(), current.done)
        if measured is not None or not current.done:
            return measured
        # Whoever comes in the middle of a cycle gets its mean until something has been measured.
        seconds = (self._clock.now() - current.began).total_seconds()
        return current.done / seconds if seconds >= RATE_AFTER_SECONDS else None

    async def _count(self, app_id: str, stage: str) -> Numbers:
        until, counted_stage, numbers = self._numbers.get(app_id, (float("-inf"), "", Numbers()))
        if stage == counted_stage and self._clock.monotonic() < until:
            return numbers
        summary: Mapping[str, Any] = await self._work.summary(app_id)
        held = await self._work.staged_removals(app_id, decision=Decision.PENDING) if summary["staged"] else ()
        numbers = Numbers(summary["people"], summary["links"], summary["escrows"], len(held))
        self._numbers[app_id] = (self._clock.monotonic() + NUMBERS_EVERY_SECONDS, stage, numbers)
        return numbers

    async def _newest(self, app_id: str) -> str:
        entries = await self._records.entries(LogQuery(app_id=app_id, limit=1))
        return entries[0].id if entries else ""

    def _forget_all_but(self, app_ids: set[str]) -> None:
        for known in (self._numbers, self._meters):
            for gone in known.keys() - app_ids:
                del known[gone]
