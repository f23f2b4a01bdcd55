"""Quarantine: the exact thresholds, the retry clock, and the end after 28 days (engine spec §3.2, §3.4, §12.4)."""

from datetime import UTC, datetime, timedelta

import pytest

from provisor.model.errors import JobFailed
from provisor.model.job import Profile
from provisor.policy.quarantine import Failures, impose, is_due, is_expired, is_news, judge_failures

NOW = datetime(2026, 11, 23, tzinfo=UTC)
PROPORTION = "EncounteredEscrowProportionThreshold"
BASE = "EncounteredBaseEscrowThreshold"
TOTAL = "EncounteredTotalEscrowThreshold"


@pytest.mark.parametrize(
    ("objects", "references", "successes", "reason"),
    [
        (4_000, 0, 0, None),
        (5_000, 0, 0, PROPORTION),
        (30_000, 0, 5_000, PROPORTION),
        (20_000, 0, 100_000, None),
        (45_000, 0, 100_000, BASE),
        (40_000, 21_000, 100_000, TOTAL),
        (40_000, 20_000, 100_000, None),
        (0, 60_000, 0, None),
        (2_000, 3_000, 3_000, None),
        (2_001, 3_000, 3_000, PROPORTION),
    ],
)
def test_the_thresholds_of_the_hosted_service(objects, references, successes, reason) -> None:
    """Floor 5,000; over 40 % of people; over 40,000 people; over 60,000 with references."""
    fault = judge_failures(Failures(objects, references, successes), Profile.STRICT_ENTRA)
    assert (fault.quarantine_reason if fault else None) == reason


@pytest.mark.parametrize(
    ("objects", "successes", "is_imposed"),
    [(19, 0, False), (20, 0, True), (20, 30, False), (21, 30, True), (300, 700, False)],
)
def test_ours_notices_from_twenty_failures_on(objects, successes, is_imposed) -> None:
    """A desk of 300 people never reaches 5,000 failures: 20 and more than 40 % are enough."""
    assert (judge_failures(Failures(objects, 0, successes), Profile.DEFAULT) is not None) is is_imposed


def test_the_sentence_has_the_numbers_and_the_remedy() -> None:
    """Whoever reads it knows how many of how many, the limit, and what to do."""
    text = str(judge_failures(Failures(50, 0, 50), Profile.DEFAULT))
    assert "50 of 100" in text
    assert "40%" in text
    assert "escrow" in text


def test_the_retry_clock() -> None:
    """6, 12 and 24 hours after the first failure, then every 24 hours, whenever the attempts in between were made."""
    fault = JobFailed("refused", code="Unauthorized")
    quarantine, attempts = None, []
    now = NOW
    for _ in range(6):
        quarantine = impose(quarantine, fault, now)
        assert not is_due(quarantine, now)
        now = quarantine.next_attempt
        assert is_due(quarantine, now)
        attempts.append((now - NOW) / timedelta(hours=1))
    assert attempts == [6, 12, 24, 48, 72, 96]
    by_hand = impose(quarantine, fault, NOW + timedelta(hours=50))
    assert by_hand.next_attempt == NOW + timedelta(hours=72)


def test_a_series_goes_on_until_success_and_ends_after_28_days() -> None:
    """It keeps its beginning; the present reason has a beginning of its own."""
    first = impose(None, JobFailed("refused", code="Unauthorized"), NOW)
    later = NOW + timedelta(days=3)
    second = impose(first, JobFailed("many", code="x", quarantine_reason=PROPORTION), later)
    assert (second.series_began, second.series_count, second.current_began) == (NOW, 1, later)
    third = impose(second, JobFailed("many", code="x", quarantine_reason=PROPORTION), later + timedelta(days=1))
    assert third.current_began == later
    assert not is_expired(third, NOW + timedelta(days=28) - timedelta(seconds=1))
    assert is_expired(third, NOW + timedelta(days=28))
    assert not is_expired(None, NOW)


def test_somebody_is_told_once_per_reason() -> None:
    """On entry, and again only when the reason changes."""
    first = impose(None, JobFailed("refused", code="Unauthorized"), NOW)
    again = impose(first, JobFailed("refused again", code="Unauthorized"), NOW + timedelta(hours=6))
    other = impose(again, JobFailed("many", code="x", quarantine_reason=PROPORTION), NOW + timedelta(hours=12))
    assert [is_news(None, first), is_news(first, again), is_news(again, other)] == [True, False, True]
