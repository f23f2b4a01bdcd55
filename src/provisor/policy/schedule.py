"""When a job's next cycle begins, and what the end of a cycle means for it (CONTRACT, "When"; engine spec §2.4, §3.4).

The interval is the backstop. A change that the source announces and a removal that somebody approves are worked at
once. After a fault the schedule waits: shortly where the target did not answer, for the interval where trying again
would bring the same, and by the clock of quarantine where the job as a whole was refused. Starting a job by hand
lifts every wait.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from provisor.model.errors import JobFailed, ProvisorError, Transient
from provisor.model.job import Application, Outlook, Profile
from provisor.policy.quarantine import impose

OUTAGE_DELAYS = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 20))
"""Until the next try at a target that does not answer; then the interval, which is also the most."""
OUTAGES_MAX = 8
"""Cycles in a row that found no target; with this one the job goes into quarantine. `strict-entra`: the first does."""


class Due(StrEnum):
    """Whether a cycle is to begin."""

    NO = "no"
    ON_APPROVAL = "onApproval"
    """Only when a removal has been approved since the last cycle, which failed."""
    ON_NEWS = "onNews"
    """When a removal was approved, or the source announces changes."""
    NOW = "now"


def judge_due(app: Application, now: datetime) -> Due:
    """Whether the schedule begins a cycle of this application."""
    if not app.is_scheduled or not app.tenant_url:
        return Due.NO
    if app.cycle_wanted_at is not None:
        return Due.NOW
    if app.waits_until is not None:
        if now >= app.waits_until:
            return Due.NOW
        return Due.NO if app.quarantine else Due.ON_APPROVAL
    ended = app.last_cycle_ended
    if ended is None or now - ended >= app.interval or app.watermark is None:
        return Due.NOW
    return Due.ON_NEWS


def hears_changes(app: Application) -> bool:
    """Whether changes that the source announces begin a cycle; `strict-entra` knows the interval only."""
    return app.profile is not Profile.STRICT_ENTRA


def judge_end(app: Application, fault: ProvisorError | None, *, is_source_refused: bool, now: datetime) -> Outlook:
    """What follows from a cycle that ended with `fault`, or with a read that was not believed, or well."""
    if fault is None:
        # Reading again at once would bring the same that was refused.
        return Outlook(waits_until=now + app.interval if is_source_refused else None)
    failures = app.cycles_failed_in_a_row + 1
    refusal = fault if isinstance(fault, JobFailed) else None
    if isinstance(fault, Transient) and _is_long(app, failures):
        refusal = JobFailed(str(fault), code=fault.code or "Timeout")
    if refusal is not None:
        quarantine = impose(app.quarantine, refusal, now)
        return Outlook(failures, quarantine.next_attempt, quarantine)
    delay = app.interval
    if isinstance(fault, Transient) and failures <= len(OUTAGE_DELAYS):
        delay = min(delay, OUTAGE_DELAYS[failures - 1])
    return Outlook(failures, now + delay, app.quarantine)


def _is_long(app: Application, failures: int) -> bool:
    """Whether an outage has lasted so long that the job is slowed down for it."""
    is_strict = app.profile is Profile.STRICT_ENTRA
    return is_strict or app.quarantine is not None or failures >= OUTAGES_MAX
