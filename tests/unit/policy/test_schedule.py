"""When the schedule begins a cycle, and what the end of one means for that."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from provisor.model.errors import JobFailed, Reject, Transient
from provisor.model.job import Application, Outlook, Profile
from provisor.policy.quarantine import impose
from provisor.policy.schedule import OUTAGES_MAX, Due, judge_due, judge_end

NOW = datetime(2026, 11, 23, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
REFUSED = JobFailed("The token is refused.", code="Unauthorized")
DOWN = Transient("Nothing answers.", code="Timeout")
APP = Application(
    "app",
    "job",
    "Desk",
    "scim",
    tenant_url="https://desk.example/scim/v2",
    is_scheduled=True,
    watermark="7",
    last_cycle_ended=NOW,
)


@pytest.mark.parametrize(
    ("changes", "due"),
    [
        ({}, Due.ON_NEWS),
        ({"last_cycle_ended": NOW - 40 * MINUTE}, Due.NOW),
        ({"last_cycle_ended": None}, Due.NOW),
        ({"watermark": None}, Due.NOW),
        ({"is_scheduled": False, "cycle_wanted_at": NOW}, Due.NO),
        ({"tenant_url": ""}, Due.NO),
        ({"waits_until": NOW + MINUTE, "watermark": None}, Due.ON_APPROVAL),
        ({"waits_until": NOW}, Due.NOW),
        ({"waits_until": NOW + MINUTE, "cycle_wanted_at": NOW}, Due.NOW),
        ({"waits_until": NOW + MINUTE, "quarantine": impose(None, REFUSED, NOW)}, Due.NO),
    ],
)
def test_a_cycle_is_due(changes: dict[str, object], due: Due) -> None:
    """By the interval, by a restart, by somebody's wish; a wait after a failure comes before all but the last."""
    assert judge_due(replace(APP, **changes), NOW) is due


def end(app: Application, fault: JobFailed | Transient | Reject) -> Outlook:
    """What follows from a failed cycle that ended now."""
    return judge_end(app, fault, is_source_refused=False, now=NOW)


def test_an_outage_is_tried_again_soon_and_then_slows_the_job_down() -> None:
    """After 1, 2, 5, 10, 20 minutes, then the interval; the eighth time in a row it is a quarantine."""
    waits, app = [], APP
    for _ in range(OUTAGES_MAX):
        outlook = end(app, DOWN)
        assert outlook.waits_until is not None
        waits.append((outlook.waits_until - NOW) / MINUTE)
        app = replace(app, cycles_failed_in_a_row=outlook.cycles_failed_in_a_row, quarantine=outlook.quarantine)
    assert waits == [1, 2, 5, 10, 20, 40, 40, 360]
    assert app.quarantine is not None
    assert (app.quarantine.reason, app.quarantine.error_code) == ("EncounteredQuarantineException", "Timeout")


def test_no_wait_is_longer_than_a_short_interval() -> None:
    """A job that runs every ten seconds is tried again after ten seconds."""
    assert end(replace(APP, interval=timedelta(seconds=10)), DOWN).waits_until == NOW + timedelta(seconds=10)


def test_a_refused_job_goes_into_quarantine_at_once() -> None:
    """So does an outage under strict-entra, and one that comes while the job is in quarantine."""
    assert end(APP, REFUSED).quarantine == impose(None, REFUSED, NOW)
    strict = end(replace(APP, profile=Profile.STRICT_ENTRA), DOWN)
    assert strict.quarantine is not None
    assert (strict.quarantine.message, strict.quarantine.error_code) == ("Nothing answers.", "Timeout")
    again = end(replace(APP, quarantine=strict.quarantine), DOWN)
    assert again.quarantine is not None
    assert (again.quarantine.series_count, again.waits_until) == (1, again.quarantine.next_attempt)


def test_what_would_be_the_same_again_waits_for_the_interval() -> None:
    """A read that was not believed, or settings that cannot be used; success waits for nothing and lifts all."""
    assert end(APP, Reject("no rules")) == Outlook(1, NOW + 40 * MINUTE)
    failing = replace(APP, cycles_failed_in_a_row=3, quarantine=impose(None, REFUSED, NOW))
    assert judge_end(failing, None, is_source_refused=True, now=NOW) == Outlook(0, NOW + 40 * MINUTE)
    assert judge_end(failing, None, is_source_refused=False, now=NOW) == Outlook()
