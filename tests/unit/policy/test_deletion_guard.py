"""The deletion guard, the retry clocks and quarantine, by their thresholds."""

from datetime import UTC, datetime, timedelta

import pytest

from provisor.model.errors import JobFailed
from provisor.model.job import GuardSettings
from provisor.policy.deletion_guard import judge_removals
from provisor.policy.escrow import decide_next_attempt
from provisor.policy.quarantine import impose, is_due

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("staged", "recent", "managed", "held"),
    [
        (0, 500, 10, False),
        (10, 0, 20, False),
        (11, 0, 220, False),
        (11, 0, 219, True),
        (6, 5, 100, True),
        (100, 0, 10_000, False),
        (101, 0, 10_000, True),
        (1, 100, 10_000, True),
        (11, 0, 0, True),
    ],
)
def test_removals_are_held_by_count_and_percent_or_absolutely(staged, recent, managed, held) -> None:
    """More than 10 and more than 5 %, or more than 100, in this cycle and the last 24 hours together."""
    verdict = judge_removals(staged, recent, managed, GuardSettings())
    assert verdict.is_held is held
    assert bool(verdict.reason) is held


def test_settings_move_the_limits() -> None:
    """A job may allow more or less."""
    assert judge_removals(3, 0, 4, GuardSettings(2, 1.0)).is_held
    assert not judge_removals(50, 0, 60, GuardSettings(60, 1.0)).is_held


def test_failed_people_are_tried_again_ever_more_rarely() -> None:
    """Next cycle, then after 6, 12 and 24 hours, then daily."""
    waits = [decide_next_attempt(n, NOW) - NOW for n in range(1, 7)]
    assert waits == [timedelta(hours=h) for h in (0, 6, 12, 24, 24, 24)]


def test_quarantine_goes_on_until_success() -> None:
    """The series keeps its beginning; its next attempts come after 6, 12, 24, 24 hours."""
    fault = JobFailed("refused", code="Unauthorized")
    quarantine, waits = None, []
    for day in range(4):
        now = NOW + timedelta(days=day)
        quarantine = impose(quarantine, fault, now)
        waits.append(quarantine.next_attempt - now)
        assert not is_due(quarantine, now)
        assert is_due(quarantine, quarantine.next_attempt)
    assert waits == [timedelta(hours=h) for h in (6, 12, 24, 24)]
    assert (quarantine.series_began, quarantine.series_count) == (NOW, 3)
    assert is_due(None, NOW)
