"""When a failed resource is tried again (engine spec §4.1): next cycle, then 6, 12, 24 hours, then daily."""

from datetime import datetime, timedelta

RETRY_DELAYS = (timedelta(0), timedelta(hours=6), timedelta(hours=12), timedelta(hours=24))


def decide_next_attempt(attempts: int, now: datetime) -> datetime:
    """The earliest time of the next try, after `attempts` failures (at least one)."""
    return now + RETRY_DELAYS[min(attempts, len(RETRY_DELAYS)) - 1]
