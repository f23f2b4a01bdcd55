"""What somebody is told about a job, and when again (CONTRACT, "Mail and webhook").

Held removals are told at once and again every four hours with their age; a refused source likewise; new failures in
one digest per cycle, at most hourly; a quarantine once per reason. Nothing is told twice because a message could not
be delivered the first time: what was told is remembered only after it went out, so the next look decides it again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from provisor.model.escrow import Escrow
from provisor.model.job import Quarantine
from provisor.model.notice import Notice, NoticeKind, Told

REMIND_EVERY = timedelta(hours=4)
DIGEST_EVERY = timedelta(hours=1)
EXAMPLES_MAX = 10


@dataclass(frozen=True, slots=True)
class HeldRemovals:
    """Removals that wait for a decision: how many, since when the oldest, and some of the people."""

    count: int
    since: datetime
    people: tuple[str, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Situation:
    """How a job stands. `failures` are the open ones, newest first; `refused_source` is a sentence, or empty."""

    app_id: str
    app_name: str
    held: HeldRemovals | None = None
    refused_source: str = ""
    failures: Sequence[Escrow] = ()
    quarantine: Quarantine | None = None


def decide_notices(situation: Situation, told: Mapping[NoticeKind, Told], now: datetime) -> tuple[Notice, ...]:
    """The notices that are due. Told or not, each carries the key to be remembered."""
    due = (
        _quarantine(situation, told.get(NoticeKind.QUARANTINE), now),
        _refused_source(situation, told.get(NoticeKind.SOURCE_REFUSED), now),
        _held(situation, told.get(NoticeKind.REMOVALS_HELD), now),
        _failures(situation, told.get(NoticeKind.NEW_FAILURES), now),
    )
    return tuple(notice for notice in due if notice is not None)


def settled_kinds(situation: Situation, told: Mapping[NoticeKind, Told]) -> tuple[NoticeKind, ...]:
    """Kinds that were told and are over: the next occurrence is news again."""
    over = {
        NoticeKind.QUARANTINE: situation.quarantine is None,
        NoticeKind.SOURCE_REFUSED: not situation.refused_source,
        NoticeKind.REMOVALS_HELD: situation.held is None,
    }
    return tuple(kind for kind, is_over in over.items() if is_over and kind in told)


def age(since: datetime, now: datetime) -> str:
    """`3 days`, `4 hours`, `12 minutes`: the largest unit that fits, rounded down."""
    seconds = max(0, int((now - since).total_seconds()))
    for name, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length:
            count = seconds // length
            return f"{count} {name}{'' if count == 1 else 's'}"
    return "less than a minute"


def _quarantine(situation: Situation, told: Told | None, now: datetime) -> Notice | None:
    quarantine = situation.quarantine
    if quarantine is None or (told and told.key == quarantine.reason):
        return None
    lines = (
        f"Provisioning of {situation.app_name} is in quarantine ({quarantine.reason}).",
        quarantine.message,
        f"It is tried again at {quarantine.next_attempt:%Y-%m-%d %H:%M} UTC, and lifts by itself when that succeeds.",
    )
    return _notice(situation, NoticeKind.QUARANTINE, quarantine.reason, "is in quarantine", lines, now)


def _refused_source(situation: Situation, told: Told | None, now: datetime) -> Notice | None:
    if not situation.refused_source or (told and now - told.at < REMIND_EVERY):
        return None
    lines = (
        situation.refused_source,
        "Joiners and movers were brought in; nobody was removed.",
        "Mend the source, or accept exactly that number of removals.",
    )
    return _notice(situation, NoticeKind.SOURCE_REFUSED, situation.refused_source, "refuses its source", lines, now)


def _held(situation: Situation, told: Told | None, now: datetime) -> Notice | None:
    held = situation.held
    if held is None:
        return None
    key = f"{held.count}"
    is_more = told is None or not told.key.isdecimal() or held.count > int(told.key)
    if told and not is_more and now - told.at < REMIND_EVERY:
        return None
    people = f"{held.count} people are" if held.count != 1 else "One person is"
    lines = (
        f"{people} to lose access to {situation.app_name}, and it waits for a decision.",
        f"The oldest waits for {age(held.since, now)}.",
        *((f"{held.reason}.",) if held.reason else ()),
        f"Among them: {', '.join(held.people[:EXAMPLES_MAX])}.",
        f'Look at them with `provisor deletes "{situation.app_name}" list`, then approve or reject.',
    )
    return _notice(situation, NoticeKind.REMOVALS_HELD, key, f"holds {held.count} removals", lines, now)


def _failures(situation: Situation, told: Told | None, now: datetime) -> Notice | None:
    if told and now - told.at < DIGEST_EVERY:
        return None
    new = [failure for failure in situation.failures if told is None or failure.first_failed > told.at]
    if not new:
        return None
    by_code: dict[str, int] = {}
    for failure in new:
        by_code[failure.error_code] = by_code.get(failure.error_code, 0) + 1
    counted = ", ".join(f"{number} {code}" for code, number in sorted(by_code.items(), key=lambda item: -item[1]))
    who = "people fail" if len(new) != 1 else "person fails"
    lines = (
        f"{len(new)} {who} in {situation.app_name} since the last message: {counted}.",
        *(f"{failure.person}: {failure.message}" for failure in new[:EXAMPLES_MAX]),
        *((f"And {len(new) - EXAMPLES_MAX} more.",) if len(new) > EXAMPLES_MAX else ()),
        f"{len(situation.failures)} are open altogether; each is tried again by itself.",
    )
    return _notice(situation, NoticeKind.NEW_FAILURES, str(len(new)), f"has {len(new)} new failures", lines, now)


def _notice(
    situation: Situation, kind: NoticeKind, key: str, subject: str, lines: tuple[str, ...], now: datetime
) -> Notice:
    return Notice(
        kind, key, situation.app_id, situation.app_name, f"Provisor: {situation.app_name} {subject}", lines, now
    )
