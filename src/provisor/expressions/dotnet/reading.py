"""Reads dates by a custom format of .NET, as `DateTime.ParseExact` does (mapping spec §3.7).

Single letters take one or two digits, doubled ones exactly two. An offset in the text is honoured and the result is in
UTC. Parts that the format does not name are the first of their kind; without any date, it is today.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timezone
from functools import lru_cache

from provisor.expressions.dotnet.dates import DAYS, MONTHS, full_year, month_number, parse_offset
from provisor.expressions.dotnet.formats import FormatFault, Piece, split_format

DEFAULT_STYLES = frozenset({"RoundtripKind", "AllowLeadingWhite", "AllowTrailingWhite"})
_WHITE = frozenset({"AllowLeadingWhite", "AllowTrailingWhite", "AllowInnerWhite"})
STYLES = frozenset(
    {
        "None",
        "AllowWhiteSpaces",
        "NoCurrentDateDefault",
        "AdjustToUniversal",
        "AssumeLocal",
        "AssumeUniversal",
        "RoundtripKind",
    }
    | _WHITE
)

_SAME_PART_MAX = 2
"""Parts of one or two digits in a row can be told apart in many ways; few enough of them stay quick."""

Reader = Callable[[str, datetime], datetime | None]


def parse_styles(text: str) -> frozenset[str]:
    """The flags named in a text such as `AllowLeadingWhite, AssumeUniversal`. Raises `FormatFault`."""
    known = {style.lower(): style for style in STYLES}
    styles: set[str] = set()
    for name in text.split(","):
        style = known.get(name.strip().lower())
        if style is None:
            raise FormatFault(f"`{name.strip()}` is none of {', '.join(sorted(STYLES))}.")
        styles |= _WHITE if style == "AllowWhiteSpaces" else {style}
    return frozenset(styles)


@lru_cache(maxsize=256)
def compile_reader(text: str, styles: frozenset[str] = DEFAULT_STYLES) -> Reader:
    """The function that reads a text in this format; None for a text that does not match. Raises `FormatFault`.

    Its second argument is the present, for formats that name no date.
    """
    pieces = split_format(text)
    groups: list[str] = []
    allows_white = "AllowInnerWhite" in styles
    # White space in such a format means any or none, and is between the other parts in any case.
    parts = [_pattern(piece, groups) for piece in pieces if not (allows_white and piece.text.isspace())]
    between = r"\s*" if allows_white else ""
    if any(groups.count(kind) > _SAME_PART_MAX for kind in groups):
        raise FormatFault(f"it names the same part more than {_SAME_PART_MAX} times.")
    pattern = re.compile(
        (r"\s*" if "AllowLeadingWhite" in styles else "")
        + between.join(parts)
        + (r"\s*" if "AllowTrailingWhite" in styles else "")
        + r"\Z",
        re.IGNORECASE,
    )
    is_half_day = any(piece.letter == "h" for piece in pieces)

    def read(source: str, now: datetime) -> datetime | None:
        match = pattern.match(source)
        if match is None:
            return None
        found: dict[str, str] = {}
        for letter, value in zip(groups, match.groups(default=""), strict=True):
            if found.setdefault(letter, value) != value:
                return None  # the same part twice, with two values
        return _assemble(found, now, is_half_day=is_half_day)

    return read


def _pattern(piece: Piece, groups: list[str]) -> str:
    """The pattern of one piece; each captured part adds its kind to `groups`."""
    letter, count = piece.letter, piece.count
    if not letter:
        return re.escape(piece.text)
    digits = r"([0-9]{1,2})" if count == 1 else r"([0-9]{2})"
    match letter:
        case "g":
            raise FormatFault("eras (`g`) can be written but not read.")
        case "y":
            groups.append("yy" if count <= 2 else "yyyy")
            return digits if count <= 2 else rf"([0-9]{{{max(count, 4)}}})"
        case "M" | "d" if count >= 3:
            names = MONTHS if letter == "M" else DAYS
            groups.append("MMM" if letter == "M" else "ddd")
            return f"({'|'.join(name if count > 3 else name[:3] for name in names)})"
        case "f":
            groups.append("f")
            return rf"([0-9]{{{count}}})"
        case "F":
            groups.append("f")
            digits = rf"([0-9]{{0,{count}}})"
            return rf"(?:\.{digits})?" if piece.text else digits
        case "t":
            groups.append("t")
            return "([AP])M" if count >= 2 else "([AP])"
        case "K":
            groups.append("z")
            return r"(Z|[+-][0-9]{2}:[0-9]{2}|)"
        case "z":
            groups.append("z")
            return r"([+-][0-9]{1,2}:?[0-9]{2})" if count >= 3 else r"([+-][0-9]{1,2})"
    groups.append(letter.upper() if letter == "h" else letter)
    return digits


def _assemble(found: dict[str, str], now: datetime, *, is_half_day: bool) -> datetime | None:
    has_date = any(kind in found for kind in ("yy", "yyyy", "M", "MMM", "d"))
    month = month_number(found["MMM"]) if "MMM" in found else int(found.get("M", 1 if has_date else now.month))
    hour = int(found.get("H", 0))
    if is_half_day:
        if hour > 12:
            return None
        hour = hour % 12 + (12 if found.get("t", "A") in "Pp" else 0)
    zone: timezone | None = parse_offset(found["z"]) if found.get("z") else UTC
    if zone is None:
        return None
    try:
        local = datetime(
            _year(found, now),
            month,
            int(found.get("d", 1 if has_date else now.day)),
            hour,
            int(found.get("m", 0)),
            int(found.get("s", 0)),
            int(found.get("f", "").ljust(7, "0")[:6]),
            zone,
        )
        moment = local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    if "ddd" in found and not DAYS[local.weekday()].lower().startswith(found["ddd"].lower()):
        return None
    return moment


def _year(found: dict[str, str], now: datetime) -> int:
    if "yyyy" in found:
        return int(found["yyyy"])
    if "yy" in found:
        return full_year(found["yy"])
    return now.year
