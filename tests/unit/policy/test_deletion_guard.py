"""The deletion guard and the retry clock of failed people, by their thresholds."""

from datetime import UTC, datetime, timedelta

import pytest

from provisor.model.job import GuardSettings
from provisor.policy.deletion_guard import GuardVerdict, judge_removals
from provisor.policy.escrow import decide_next_attempt, is_expired

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("pending", "approved", "recent", "managed", "held"),
    [
        (0, 0, 500, 10, False),
        (0, 500, 0, 10, False),
        (10, 0, 0, 20, False),
        (11, 0, 0, 220, False),
        (11, 0, 0, 219, True),
        (6, 0, 5, 100, True),
        (6, 5, 0, 100, True),
        (1, 5, 4, 100, False),
        (1, 5, 5, 100, True),
        (100, 0, 0, 10_000, False),
        (101, 0, 0, 10_000, True),
        (1, 0, 100, 10_000, True),
        (1, 100, 0, 10_000, True),
        (11, 0, 0, 0, True),
    ],
)
def test_removals_are_held_by_count_and_percent_or_absolutely(
    pending: int, approved: int, recent: int, managed: int, held: bool
) -> None:
    """More than 10 and more than 5 %, or more than 100, all counted: undecided, approved, and sent in 24 hours."""
    verdict = judge(pending, managed, approved=approved, recent=recent)
    assert verdict.is_held is held
    assert bool(verdict.reason) is held


def judge(
    pending: int, managed: int, *, approved: int = 0, recent: int = 0, settings: GuardSettings | None = None
) -> GuardVerdict:
    """The guard's verdict, with the default settings where none are given."""
    settings = settings or GuardSettings()
    return judge_removals(pending, approved=approved, sent_recently=recent, managed=managed, settings=settings)


def test_the_reason_says_what_was_counted() -> None:
    """The whole number, and how many of them are approved or gone already."""
    reason = judge(9, 100, approved=4, recent=2).reason
    assert reason.startswith("15 people would lose access, 4 of them approved, 2 of them already gone of 100 accounts")


def test_settings_move_the_limits() -> None:
    """A job may allow more or less."""
    assert judge(3, 4, settings=GuardSettings(2, 1.0)).is_held
    assert not judge(50, 60, settings=GuardSettings(60, 1.0)).is_held


def test_failed_people_are_tried_again_ever_more_rarely() -> None:
    """Next cycle, then after 6, 12 and 24 hours, then daily."""
    waits = [decide_next_attempt(n, NOW) - NOW for n in range(1, 7)]
    assert waits == [timedelta(hours=h) for h in (0, 6, 12, 24, 24, 24)]


def test_failed_people_are_given_up_after_28_days() -> None:
    """Counted from the first failure."""
    assert not is_expired(NOW, NOW + timedelta(days=27, hours=23))
    assert is_expired(NOW, NOW + timedelta(days=28))
