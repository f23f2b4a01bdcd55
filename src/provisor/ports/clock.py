"""Time, as the doing rooms see it. Pure rooms take `now` as an argument instead."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """A clock that tests can turn."""

    def now(self) -> datetime:
        """The time of day, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...
