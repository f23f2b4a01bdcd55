"""When a job as a whole is slowed down, when it is tried again, and when it is given up (engine spec §3.2 to §3.4)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from provisor.model.errors import JobFailed
from provisor.model.job import Profile, Quarantine

FIRST_RETRIES = (timedelta(hours=6), timedelta(hours=12), timedelta(hours=24))
"""Counted from the beginning of the series."""
RETRY_EVERY = timedelta(hours=24)
"""After the first retries."""
EXPIRES_AFTER = timedelta(days=28)
"""A series that lasts so long ends with the job switched off and its escrows dropped."""
PROPORTION_MAX = 0.40
OBJECT_FAILURES_MAX = 40_000
"""Failures other than those of references."""
FAILURES_MAX = 60_000
"""All failures, references included."""
FLOORS = {Profile.DEFAULT: 20, Profile.STRICT_ENTRA: 5_000}
"""Below so many failures nothing is judged."""


@dataclass(frozen=True, slots=True)
class Failures:
    """What is open after a cycle: people who fail, references that fail, and the people who went through."""

    objects: int
    references: int = 0
    successes: int = 0

    @property
    def total(self) -> int:
        """Every open failure."""
        return self.objects + self.references


def judge_failures(failures: Failures, profile: Profile) -> JobFailed | None:
    """The fault of a job with too many failures, None for a healthy one. References never count in the proportion."""
    if failures.total < FLOORS[profile]:
        return None
    worked = failures.objects + failures.successes
    if worked and failures.objects / worked > PROPORTION_MAX:
        share = f"{failures.objects} of {worked} people failed ({failures.objects / worked:.0%})"
        return _too_many(f"{share}: more than {PROPORTION_MAX:.0%}", "EncounteredEscrowProportionThreshold")
    if failures.objects > OBJECT_FAILURES_MAX:
        text = f"{failures.objects} people failed: more than {OBJECT_FAILURES_MAX}"
        return _too_many(text, "EncounteredBaseEscrowThreshold")
    if failures.total > FAILURES_MAX:
        text = f"{failures.total} failures are open, references included: more than {FAILURES_MAX}"
        return _too_many(text, "EncounteredTotalEscrowThreshold")
    return None


def impose(current: Quarantine | None, fault: JobFailed, now: datetime) -> Quarantine:
    """The quarantine after a cycle that failed as a whole; a series goes on until a cycle succeeds."""
    began = current.series_began if current else now
    return Quarantine(
        reason=fault.quarantine_reason,
        error_code=fault.code,
        message=str(fault),
        series_began=began,
        series_count=current.series_count + 1 if current else 0,
        next_attempt=decide_next_attempt(began, now),
        current_began=current.current_began if current and current.reason == fault.quarantine_reason else now,
    )


def decide_next_attempt(began: datetime, now: datetime) -> datetime:
    """The first moment of the retry clock that is still to come: 6, 12, 24 hours after `began`, then daily."""
    for delay in FIRST_RETRIES:
        if began + delay > now:
            return began + delay
    days = (now - began) // RETRY_EVERY + 1
    return began + days * RETRY_EVERY


def is_due(quarantine: Quarantine | None, now: datetime) -> bool:
    """Whether the schedule may try a cycle; one asked for by hand always may."""
    return quarantine is None or now >= quarantine.next_attempt


def is_expired(quarantine: Quarantine | None, now: datetime) -> bool:
    """Whether the job is to be switched off: it must then be started by hand."""
    return quarantine is not None and now - quarantine.series_began >= EXPIRES_AFTER


def is_news(before: Quarantine | None, after: Quarantine) -> bool:
    """Whether somebody is to be told: once on entry, and again only when the reason changes."""
    return before is None or before.reason != after.reason


def _too_many(text: str, reason: str) -> JobFailed:
    return JobFailed(
        f"{text}.",
        remedy="See what they have in common with `provisor escrow`, mend it, and restart.",
        code="TooManyFailures",
        quarantine_reason=reason,
    )
