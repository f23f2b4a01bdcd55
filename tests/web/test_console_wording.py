"""The console's words for moments, spans, rates, roles and the next cycle."""

from datetime import UTC, datetime, timedelta

import pytest

from provisor.console import wording
from provisor.model.job import Application, CycleKind, CycleState, JobStatus, Profile, Quarantine
from provisor.policy.access import Role

NOW = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
READY = Application(
    "a", "j", "Desk", "scim", tenant_url="https://x.example", is_scheduled=True, last_cycle_ended=NOW, watermark="7"
)
QUARANTINE = Quarantine("r", "c", "m", NOW, 0, NOW + timedelta(hours=6))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "1 second"), (59, "59 seconds"), (60, "1 minute"), (7300, "2 hours"), (86400, "1 day"), (200000, "2 days")],
)
def test_spans_are_in_their_largest_unit(seconds: float, text: str) -> None:
    """Singular where it is one."""
    assert wording.span(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "just now"), (-9, "just now"), (-180, "3 minutes ago"), (2400, "in 40 minutes")]
)
def test_distances_have_a_direction(seconds: float, text: str) -> None:
    """Before or after now."""
    assert wording.distance(NOW + timedelta(seconds=seconds), NOW) == text


@pytest.mark.parametrize(
    ("per_second", "text"),
    [(1234.4, "1,234 people per second"), (2.25, "2.2 people per second"), (0.5, "30 people per minute")],
)
def test_slow_rates_are_per_minute(per_second: float, text: str) -> None:
    """So that they are not all zero."""
    assert wording.rate(per_second) == text


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"tenant_url": ""}, "once it is configured"),
        ({"is_scheduled": False}, "none: provisioning is off"),
        ({"last_cycle_ended": None}, "due now"),
        ({"last_cycle_ended": NOW - timedelta(hours=2)}, "due now"),
        ({}, "in 40 minutes, or as soon as the directory changes"),
        ({"profile": Profile.STRICT_ENTRA}, "in 40 minutes"),
        ({"watermark": None}, "due now"),
        ({"cycle_wanted_at": NOW}, "due now"),
        ({"waits_until": NOW}, "due now"),
        ({"waits_until": NOW + timedelta(minutes=5)}, "in 5 minutes (the last one failed)"),
        ({"waits_until": NOW + timedelta(hours=6), "quarantine": QUARANTINE}, "in 6 hours (retry out of quarantine)"),
    ],
)
def test_the_next_cycle_is_what_the_schedule_would_do(changes: dict[str, object], text: str) -> None:
    """In agreement with the engine's own rule of when a job is due."""
    values = {name: getattr(READY, name) for name in READY.__dataclass_fields__}
    assert wording.next_cycle(Application(**{**values, **changes}), NOW) == text


def test_every_code_has_its_word() -> None:
    """A new status or role that has none would break a page."""
    assert set(wording.JOB_STATUSES) == set(JobStatus)
    assert set(wording.CYCLE_KINDS) == set(CycleKind)
    assert set(wording.CYCLE_STATES) == set(CycleState)
    assert set(wording.ROLES) == set(Role)
    assert set(wording.TONES) == set(JobStatus) | set(CycleState)
    assert wording.role("nobody") == "nobody"
