"""When a job as a whole is slowed down, and when it is tried again (engine spec §3.3, §3.4)."""

from datetime import datetime, timedelta

from provisor.model.errors import JobFailed
from provisor.model.job import Quarantine

RETRY_DELAYS = (timedelta(hours=6), timedelta(hours=12), timedelta(hours=24))
"""From the first failure on; afterwards every 24 hours."""


def impose(current: Quarantine | None, fault: JobFailed, now: datetime) -> Quarantine:
    """The quarantine after a cycle that could not go at all; a series goes on until a cycle succeeds."""
    count = current.series_count + 1 if current else 0
    return Quarantine(
        reason=fault.quarantine_reason,
        error_code=fault.code,
        message=str(fault),
        series_began=current.series_began if current else now,
        series_count=count,
        next_attempt=now + RETRY_DELAYS[min(count, len(RETRY_DELAYS) - 1)],
    )


def is_due(quarantine: Quarantine | None, now: datetime) -> bool:
    """Whether the schedule may try a cycle; one asked for by hand always may."""
    return quarantine is None or now >= quarantine.next_attempt
