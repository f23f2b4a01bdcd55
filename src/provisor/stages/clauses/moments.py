"""Operators on dates, which Entra does not have (mapping spec §10): before or after a date, fixed or moving with time.

A value is a date such as `2026-12-01`, or counts from the present: `now`, `now+7d`, `today-1m`. `today` is midnight
in UTC; the units are those of DateAdd (yyyy, m, ww, d, h, n for minutes, s). With a moving value the answer for a
person changes by itself, so each test can also tell when.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from provisor.expressions.dotnet.dates import parse_date
from provisor.expressions.faults import EvaluationFault, quote_value
from provisor.expressions.functions.dates import INTERVALS, add_interval
from provisor.expressions.values import as_utc, canonical_text
from provisor.model.rules import AttributeType
from provisor.stages.clauses.operator import NextInstant, Operand, OperandFault, Operator, Test

CODE_UNREADABLE = "ScopingFailed"
"""The value of a date attribute is no date: nothing is decided about this person, least of all a removal."""

_RELATIVE = re.compile(
    r"\s*(?P<start>now|today)\s*(?:(?P<sign>[+-])\s*(?P<count>[0-9]{1,6})\s*(?P<interval>[a-z]{1,4}))?\s*\Z",
    re.IGNORECASE,
)
_REACH = timedelta(days=40)
"""Calendar arithmetic does not undo itself; the moment looked for is at most so far from where undoing it leads."""
_TICK = timedelta(microseconds=1)
_MIDDLE = datetime(2500, 1, 1, tzinfo=UTC)

YEARS_MAX = 1000
"""How far a value may count from the present, so that it stays a date whatever the present is."""


@dataclass(frozen=True, slots=True)
class Limit:
    """The moment that a value stands for. `moment` is a fixed one, else it counts from the present."""

    moment: datetime | None = None
    is_today: bool = False
    interval: str = "d"
    count: int = 0

    def at(self, now: datetime) -> datetime:
        """The moment as it stands at a time."""
        if self.moment is not None:
            return self.moment
        start = as_utc(now)
        if self.is_today:
            start = start.replace(hour=0, minute=0, second=0, microsecond=0)
        return add_interval(start, self.interval, self.count)


def read_limit(text: str) -> Limit:
    """The limit that a text names. Raises `OperandFault`."""
    match = _RELATIVE.match(text)
    if match is None:
        moment = parse_date(text)
        if moment is None:
            raise OperandFault(
                f"compares with {text!r}, which is no date; write one such as 2026-12-01, or count from the present "
                "as in now+7d"
            )
        return Limit(moment)
    interval = (match["interval"] or "d").lower()
    if interval not in INTERVALS:
        raise OperandFault(f"counts in {interval!r}, which is none of {', '.join(INTERVALS)}")
    count = int(match["count"] or 0) * (-1 if match["sign"] == "-" else 1)
    try:
        reaches = add_interval(_MIDDLE, interval, count)
    except (OverflowError, ValueError):
        reaches = None
    if reaches is None or abs(reaches.year - _MIDDLE.year) > YEARS_MAX:
        raise OperandFault(f"counts {text!r}, more than {YEARS_MAX} years from the present")
    return Limit(None, match["start"].lower() == "today", interval, count)


def read_moment(value: Any) -> datetime:
    """The date that an attribute holds. Raises `EvaluationFault` for what is none."""
    if isinstance(value, datetime):
        return as_utc(value)
    moment = parse_date(canonical_text(value))
    if moment is None:
        raise EvaluationFault(
            f"{quote_value(canonical_text(value))} is no date, so the scoping filter cannot be judged.",
            code=CODE_UNREADABLE,
            remedy="Correct the value in the directory, for example as 2026-12-01.",
        )
    return moment


def _comparing(wanted: frozenset[int]) -> Callable[[Operand], Test]:
    """`wanted` are the signs of value minus limit for which the clause holds."""

    def build(operand: Operand) -> Test:
        limit = read_limit(operand.value)

        def test(value: Any, now: datetime) -> bool:
            moment, at = read_moment(value), limit.at(now)
            return ((moment > at) - (moment < at)) in wanted

        return test

    return build


def _changing(*, after_equality: bool) -> Callable[[Operand], NextInstant]:
    """When a moving limit reaches the value, or passes it where being equal still counts as before."""

    def build(operand: Operand) -> NextInstant:
        limit = read_limit(operand.value)
        if limit.moment is not None:
            return lambda _value, _now: None

        def next_instant(value: Any, now: datetime) -> datetime | None:
            try:
                wanted = read_moment(value) + (_TICK if after_equality else timedelta())
                return _first_reaching(limit, wanted, as_utc(now))
            except (OverflowError, ValueError, EvaluationFault):
                return None

        return next_instant

    return build


def _first_reaching(limit: Limit, wanted: datetime, now: datetime) -> datetime | None:
    """The first moment after `now` at which the limit is no longer before `wanted`; None when it is not already."""
    if limit.at(now) >= wanted:
        return None
    around = add_interval(wanted, limit.interval, -limit.count)
    low, high = max(now, around - _REACH), around + _REACH
    if limit.at(low) >= wanted:
        low = now
    while high - low > _TICK:
        middle = low + (high - low) // 2
        if limit.at(middle) >= wanted:
            high = middle
        else:
            low = middle
    return high


def _operator(name: str, words: str, wanted: set[int], *, after_equality: bool) -> Operator:
    return Operator(
        name,
        f"The date is {words} the value: a date, or one that counts from `now` or `today`.",
        (AttributeType.DATETIME, AttributeType.STRING),
        _comparing(frozenset(wanted)),
        is_ours=True,
        next_instant=_changing(after_equality=after_equality),
    )


OPERATORS = (
    _operator("BEFORE", "before", {-1}, after_equality=True),
    _operator("ON_OR_BEFORE", "not after", {-1, 0}, after_equality=False),
    _operator("AFTER", "after", {1}, after_equality=False),
    _operator("ON_OR_AFTER", "not before", {0, 1}, after_equality=True),
)
