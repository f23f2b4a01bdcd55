"""What somebody is told about a job, and when again."""

from datetime import UTC, datetime, timedelta

from provisor.model.escrow import Escrow
from provisor.model.job import Quarantine
from provisor.model.notice import NoticeKind, Told
from provisor.policy.notifying import HeldRemovals, Situation, age, decide_notices, settled_kinds

NOW = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def situation(**what) -> Situation:
    """A job called Desk."""
    return Situation("app", "Desk", **what)


def held(count: int, *, since=NOW) -> HeldRemovals:
    """So many removals that wait."""
    return HeldRemovals(count, since, tuple(f"person{number}@contoso.example" for number in range(count)), "too many")


def failing(person: str, at=NOW) -> Escrow:
    """Somebody who failed first at that moment."""
    return Escrow(person, person, person, "create", "Conflict", "The userName is taken.", 1, at, at)


def due(now=NOW, told=None, **what) -> list[NoticeKind]:
    """The kinds that are due."""
    return [notice.kind for notice in decide_notices(situation(**what), told or {}, now)]


def test_a_quiet_job_says_nothing() -> None:
    """No news is no message."""
    assert due() == []


def test_held_removals_are_told_at_once_and_again_every_four_hours_with_their_age() -> None:
    """In between only when there are more of them."""
    told = {NoticeKind.REMOVALS_HELD: Told("12", NOW)}
    assert due(held=held(12)) == [NoticeKind.REMOVALS_HELD]
    assert due(NOW + 3 * HOUR, told, held=held(12)) == []
    assert due(NOW + 3 * HOUR, told, held=held(13)) == [NoticeKind.REMOVALS_HELD]
    (notice,) = decide_notices(situation(held=held(12)), told, NOW + 4 * HOUR)
    text = " ".join(notice.lines)
    assert "4 hours" in text
    assert "person0@contoso.example" in text
    assert 'provisor deletes "Desk" list' in text


def test_a_refused_source_is_told_like_held_removals() -> None:
    """With the reason, and that nobody was removed."""
    told = {NoticeKind.SOURCE_REFUSED: Told("x", NOW)}
    assert due(NOW + HOUR, told, refused_source="150 of 300 people are missing") == []
    assert due(NOW + 4 * HOUR, told, refused_source="150 of 300 people are missing") == [NoticeKind.SOURCE_REFUSED]


def test_new_failures_come_in_one_digest_at_most_hourly() -> None:
    """Who failed before the last digest is not told again."""
    (notice,) = decide_notices(situation(failures=[failing("ada"), failing("boris")]), {}, NOW)
    assert "2 people fail" in notice.lines[0]
    assert "2 Conflict" in notice.lines[0]
    told = {NoticeKind.NEW_FAILURES: Told("2", NOW)}
    soon, later = NOW + HOUR / 2, NOW + HOUR
    assert due(soon, told, failures=[failing("chen", soon), failing("ada")]) == []
    (digest,) = decide_notices(situation(failures=[failing("chen", soon), failing("ada")]), told, later)
    assert "1 person fails" in digest.lines[0]
    assert not any("ada" in line for line in digest.lines)
    assert due(later, told, failures=[failing("ada")]) == []


def test_quarantine_is_told_once_per_reason() -> None:
    """However often it is tried again."""
    quarantine = Quarantine("TooManyDeletes", "x", "Because.", NOW, 0, NOW + 6 * HOUR)
    assert due(quarantine=quarantine) == [NoticeKind.QUARANTINE]
    assert due(NOW + 100 * HOUR, {NoticeKind.QUARANTINE: Told("TooManyDeletes", NOW)}, quarantine=quarantine) == []
    assert due(told={NoticeKind.QUARANTINE: Told("Unknown", NOW)}, quarantine=quarantine) == [NoticeKind.QUARANTINE]


def test_what_is_over_is_news_when_it_comes_again() -> None:
    """Failures are remembered by time, everything else ends."""
    told = {kind: Told("x", NOW) for kind in NoticeKind}
    over = settled_kinds(situation(held=held(1)), told)
    assert set(over) == {NoticeKind.QUARANTINE, NoticeKind.SOURCE_REFUSED}


def test_ages_are_told_in_the_largest_unit() -> None:
    """Rounded down, in words."""
    ages = [age(NOW - timedelta(minutes=minutes), NOW) for minutes in (0, 1, 59, 60, 61 * 24, 3 * 24 * 60)]
    assert ages == ["less than a minute", "1 minute", "59 minutes", "1 hour", "1 day", "3 days"]
