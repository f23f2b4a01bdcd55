"""When a failed resource is tried again, and when it is given up (engine spec §4.1).

Next cycle, then after 6, 12 and 24 hours, then daily, until 28 days have passed since the first failure.
"""

from datetime import datetime, timedelta

RETRY_DELAYS = (timedelta(0), timedelta(hours=6), timedelta(hours=12), timedelta(hours=24))
EXPIRES_AFTER = timedelta(days=28)


def decide_next_attempt(attempts: int, now: datetime) -> datetime:
    """The earliest time of the next try, after `attempts` failures (at least one)."""
    return now + RETRY_DELAYS[min(attempts, len(RETRY_DELAYS)) - 1]


def is_expired(first_failed: datetime, now: datetime) -> bool:
    """Whether it is no longer tried by itself; a change of the source or a retry by hand begins anew."""
    return now - first_failed >= EXPIRES_AFTER
