"""Cycles and the provisioning log, for reading and for following."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from provisor.model.job import Cycle
from provisor.model.log import LogEntry


@dataclass(frozen=True, slots=True)
class LogQuery:
    """A filter of the log; None leaves a condition out. `person` is part of a name or an id."""

    app_id: str | None = None
    status: str | None = None
    action: str | None = None
    person: str | None = None
    cycle_id: str | None = None
    since: datetime | None = None
    hides_skipped: bool = False
    limit: int = 100
    offset: int = 0


class RecordStore(Protocol):
    """What has happened."""

    async def save_cycle(self, cycle: Cycle) -> None:
        """Insert or update one cycle."""
        ...

    async def cycle(self, cycle_id: str) -> Cycle:
        """One cycle. Raises `NotFound`."""
        ...

    async def cycles(self, app_id: str, limit: int) -> Sequence[Cycle]:
        """The latest cycles, newest first."""
        ...

    async def close_interrupted(self, app_id: str, now: datetime) -> None:
        """Cycles that still count as running although nobody runs them."""
        ...

    async def entries(self, query: LogQuery) -> Sequence[LogEntry]:
        """Log entries, newest first."""
        ...

    async def entry(self, entry_id: str) -> LogEntry:
        """One log entry. Raises `NotFound`."""
        ...

    async def count_entries(self, query: LogQuery) -> int:
        """How many entries there are, limit and offset aside."""
        ...

    async def prune(self, before: datetime) -> int:
        """Drop log entries and finished cycles older than that; how many entries."""
        ...

    async def forget_person(self, source_id: str) -> int:
        """Erase a person from every log, list and link, down to the bare id; how many entries were changed."""
        ...
