"""Dates in text, as .NET reads them without a format, and the counting of Visual Basic (mapping spec §3.1, §3.6).

Read are ISO 8601 in its usual forms, month/day/year, and forms with the name of a month. A date without an offset is
UTC; a date with an offset and no time is midnight there. Two-digit years are those of TWO_DIGIT_YEAR_MAX.
"""

import re
from datetime import UTC, datetime, timedelta, timezone

from provisor.expressions.choices import TWO_DIGIT_YEAR_MAX
from provisor.expressions.values import as_utc

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

FILETIME_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
TICKS_PER_MICROSECOND = 10
_FILETIME_MAX = 2_650_467_743_999_999_999
"""The last tick of the year 9999."""

_MONTH_NAME = r"(?P<name>[A-Za-z]{3,9})\.?"
_TIME = (
    r"(?:(?:T|\s+|,\s*)(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,9}))?)?(?:\s*(?P<half>[AaPp][Mm]))?)?"
    r"\s*(?P<offset>Z|z|GMT|UTC|[+-][0-9]{1,2}(?::?[0-9]{2})?)?\Z"
)
_FORMS = tuple(
    re.compile(r"\s*" + date + _TIME)
    for date in (
        r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})",
        r"(?P<month>[0-9]{1,2})/(?P<day>[0-9]{1,2})/(?P<year>[0-9]{4}|[0-9]{2})",
        r"(?P<year>[0-9]{4})/(?P<month>[0-9]{1,2})/(?P<day>[0-9]{1,2})",
        r"(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})-(?P<year>[0-9]{4})",
        rf"(?:[A-Za-z]{{3,9}},?\s+)?(?P<day>[0-9]{{1,2}})[\s-]{_MONTH_NAME}[\s-](?P<year>[0-9]{{4}})",
        rf"(?:[A-Za-z]{{3,9}},?\s+)?{_MONTH_NAME}\s(?P<day>[0-9]{{1,2}}),?\s(?P<year>[0-9]{{4}})",
    )
)


def parse_date(text: str) -> datetime | None:
    """The moment a text names, in UTC, or None when it names none."""
    parsed = _parse(text)
    return parsed and parsed[0]


def parse_ticks(text: str) -> int | None:
    """The moment a text names in 100-nanosecond ticks since 1601, or None when it names none."""
    parsed = _parse(text)
    return parsed and count_ticks(parsed[0]) + parsed[1]


def count_ticks(moment: datetime) -> int:
    """100-nanosecond ticks since 1601-01-01 UTC; negative before."""
    return (as_utc(moment) - FILETIME_EPOCH) // timedelta(microseconds=1) * TICKS_PER_MICROSECOND


def from_ticks(ticks: int) -> datetime | None:
    """The moment of a tick count, in whole microseconds, or None beyond the years 1601 to 9999."""
    if not 0 <= ticks <= _FILETIME_MAX:
        return None
    return FILETIME_EPOCH + timedelta(microseconds=ticks // TICKS_PER_MICROSECOND)


def month_number(name: str) -> int:
    """1 to 12 for the English name of a month, or for its first three letters; 0 for anything else."""
    lowered = name.lower()
    for number, month in enumerate(MONTHS, 1):
        if lowered in (month.lower(), month[:3].lower()):
            return number
    return 0


def full_year(digits: str) -> int:
    """The year that two or more digits name."""
    year = int(digits)
    if len(digits) != 2:
        return year
    century = TWO_DIGIT_YEAR_MAX // 100 * 100
    return century + year if century + year <= TWO_DIGIT_YEAR_MAX else century + year - 100


def parse_offset(text: str) -> timezone | None:
    """The zone of `Z`, `+08`, `-7` or `+05:30`; None beyond 14 hours, which no zone has."""
    if text[0] not in "+-":
        return UTC
    digits = text[1:].replace(":", "")
    hours, minutes = (int(digits[:-2]), int(digits[-2:])) if len(digits) > 2 else (int(digits), 0)
    total = hours * 60 + minutes
    if minutes > 59 or total > 14 * 60:
        return None
    return timezone(timedelta(minutes=-total if text[0] == "-" else total))


def _parse(text: str) -> tuple[datetime, int] | None:
    """The moment and the ticks beyond its microseconds."""
    for form in _FORMS:
        match = form.match(text)
        if match is not None:
            return _assemble(match.groupdict())
    return None


def _assemble(parts: dict[str, str | None]) -> tuple[datetime, int] | None:
    name = parts.get("name")
    month = month_number(name) if name else int(parts["month"] or 0)
    hour = int(parts["hour"] or 0)
    half = (parts["half"] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "pm" else 0)
    fraction = (parts["fraction"] or "").ljust(7, "0")
    zone = parse_offset(parts["offset"]) if parts["offset"] else UTC
    if zone is None:
        return None
    try:
        local = datetime(
            full_year(parts["year"] or "0"),
            month,
            int(parts["day"] or 0),
            hour,
            int(parts["minute"] or 0),
            int(parts["second"] or 0),
            int(fraction[:6]),
            zone,
        )
        return local.astimezone(UTC), int(fraction[6])
    except (ValueError, OverflowError):
        return None
