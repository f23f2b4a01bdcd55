"""The system's clock: the one place besides the shell from which time comes into the product."""

import asyncio
import time
from datetime import UTC, datetime


class SystemClock:
    """Real time (ports/clock.py)."""

    def now(self) -> datetime:
        """The time of day, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never go back, whatever happens to the time of day."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait; nothing or a negative number only lets others run."""
        await asyncio.sleep(max(0.0, seconds))
