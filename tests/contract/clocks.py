"""A clock that tests turn by hand."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)


class TurnedClock:
    """Stands still until somebody turns it; sleeping turns it."""

    def __init__(self, now: datetime = START) -> None:
        self._start = now
        self._passed = 0.0

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._passed)

    def monotonic(self) -> float:
        return self._passed

    async def sleep(self, seconds: float) -> None:
        self._passed += seconds

    def turn(self, seconds: float) -> None:
        self._passed += seconds
