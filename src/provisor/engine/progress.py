"""Progress of a cycle in people: who is done, of how many, how fast, and how long it will take.

Watchers in this process are told at once; the stored cycle, which other processes follow, at most twice a second.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from provisor.model.job import Cycle
from provisor.ports.clock import Clock
from provisor.ports.records import RecordStore

SAVE_EVERY_SECONDS = 0.5
RATE_AFTER_SECONDS = 0.5
"""A rate over less time than this says nothing."""

Watcher = Callable[["ProgressView"], None]


@dataclass(frozen=True, slots=True)
class ProgressView:
    """What a progress bar shows; `per_second` and `seconds_left` are None while unknown."""

    cycle: Cycle
    per_second: float | None
    seconds_left: float | None


class Progress:
    """Counts what a cycle does. The cycle in `cycle` is always the latest."""

    def __init__(self, cycle: Cycle, records: RecordStore, clock: Clock, watcher: Watcher | None) -> None:
        self.cycle = cycle
        self._records = records
        self._clock = clock
        self._watcher = watcher
        self._began = clock.monotonic()
        self._saved = -SAVE_EVERY_SECONDS

    async def enter(self, phase: str, total: int | None = None) -> None:
        """Begin a phase; `total` is the number of people to be worked in it, if that is known."""
        self.cycle = replace(self.cycle, phase=phase)
        if total is not None:
            self.cycle = replace(self.cycle, total=max(total, self.cycle.done))
            self._began = self._clock.monotonic()
        await self._tell(force=True)

    async def count(self, name: str | None, requests: int) -> None:
        """One more person is done; `name` is the field of `Counts` that it adds to."""
        counts = self.cycle.counts.plus(name) if name else self.cycle.counts
        done = self.cycle.done + 1
        self.cycle = replace(self.cycle, counts=counts, done=done, total=max(done, self.cycle.total), requests=requests)
        await self._tell()

    async def hold(self, number: int, requests: int) -> None:
        """So many removals wait for a decision."""
        counts = replace(self.cycle.counts, held=number)
        self.cycle = replace(self.cycle, counts=counts, requests=requests)
        await self._tell(force=True)

    def view(self) -> ProgressView:
        """Where the cycle stands."""
        seconds = self._clock.monotonic() - self._began
        if seconds < RATE_AFTER_SECONDS or not self.cycle.done:
            return ProgressView(self.cycle, None, None)
        rate = self.cycle.done / seconds
        return ProgressView(self.cycle, rate, (self.cycle.total - self.cycle.done) / rate)

    async def _tell(self, *, force: bool = False) -> None:
        if self._watcher:
            self._watcher(self.view())
        now = self._clock.monotonic()
        if force or now - self._saved >= SAVE_EVERY_SECONDS:
            self._saved = now
            await self._records.save_cycle(self.cycle)
