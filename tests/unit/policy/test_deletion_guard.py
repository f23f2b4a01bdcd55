"""The deletion guard and the retry clock of failed people, by their thresholds."""

from datetime import UTC, datetime, timedelta

import pytest

from provisor.model.job import GuardSettings
from provisor.policy.deletion_guard import judge_removals
from provisor.policy.escrow import decide_next_attempt, is_expired

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


def test_failed_people_are_given_up_after_28_days() -> None:
    """Counted from the first failure."""
    assert not is_expired(NOW, NOW + timedelta(days=27, hours=23))
    assert is_expired(NOW, NOW + timedelta(days=28))
