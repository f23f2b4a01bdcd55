"""What written values mean when they are compared: case folding, booleans as text, instants (RFC 7643 §2.2, §2.3).

Instants are whole nanoseconds, so that seven digits of a fraction and the year 1 with any offset compare exactly.
"""

import re
from datetime import date
from typing import Any
from unicodedata import decomposition, normalize

_DAY_SECONDS = 86_400
_NANOSECONDS = 1_000_000_000
_FRACTION_DIGITS_MAX = 9
_SHORTEST_TIME = "2011-05-13T04:42:34"


INTEGER_MAX = 2**63 - 1
"""Integers are 64 bits, here and in every store."""

_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}|[A-Za-z0-9_-]*={0,2}")
_NO_URI = re.compile(r'[\s<>"{}|\\^`\x00-\x1f\x7f]')
_WHOLE_DAY = len("2011-05-13")


_WIDTHS = {
    code: int(parts[1], 16)
    for code in (0x3000, *range(0xFF00, 0xFFF0))
    if (parts := decomposition(chr(code)).split()) and parts[0] in {"<wide>", "<narrow>"}
}


def fold(text: str) -> str:
    """A text without its case, for attributes whose caseExact is false.

    Canonically equivalent texts are the same, composed or not, and so are full-width and half-width forms: what RFC
    7644 §5 demands of userName (by PRECIS, RFC 8265 §3.3) holds for every such attribute.
    """
    if text.isascii():
        return text.lower()
    return normalize("NFC", normalize("NFD", text.translate(_WIDTHS)).casefold())


def read_boolean(value: Any) -> bool | None:
    """A boolean, also written as text in any case; None for anything else."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return None


def is_unassigned(value: Any) -> bool:
    """Whether a value is the same as none at all (RFC 7643 §2.5): null, an empty list, an empty object."""
    return value is None or (not value and isinstance(value, list | dict))


def is_base64(text: str, *, strict: bool) -> bool:
    """Whether a text is base64 by either alphabet of RFC 4648; leniently also in lines, and without its padding."""
    if not strict:
        text = "".join(text.split())
    if _BASE64.fullmatch(text) is None:
        return False
    digits = len(text.rstrip("="))
    return len(text) % 4 == 0 if strict or digits != len(text) else digits % 4 != 1


def is_uri_reference(text: str) -> bool:
    """Whether a text may be a URI or a part of one (RFC 3986): it holds nothing that never stands in one."""
    return _NO_URI.search(text) is None


def is_mere_date(text: Any) -> bool:
    """Whether a text is a day without a time, which xsd:dateTime does not allow."""
    return isinstance(text, str) and len(text.strip()) == _WHOLE_DAY


def read_instant(text: Any) -> int | None:
    """Nanoseconds since the year 1 (UTC) of an xsd:dateTime, or None. Without an offset UTC is meant."""
    if not isinstance(text, str) or not text.isascii():
        return None
    text = text.strip()
    if len(text) == _WHOLE_DAY:
        text += "T00:00:00"
    try:
        day = date(_digits(text[0:4]), _digits(text[5:7]), _digits(text[8:10]))
        hour, minute, second = _digits(text[11:13]), _digits(text[14:16]), _digits(text[17:19])
        fraction, offset = _read_fraction(text, len(_SHORTEST_TIME))
        shift = _read_offset(text[offset:])
    except ValueError:
        return None
    marks = text[4] + text[7] + text[10].upper() + text[13] + text[16]
    if marks not in {"--T::", "-- ::"} or hour > 23 or minute > 59 or second > 59:
        return None
    seconds = day.toordinal() * _DAY_SECONDS + hour * 3600 + minute * 60 + second - shift
    return seconds * _NANOSECONDS + fraction


def _digits(text: str) -> int:
    if not text.isdigit():
        raise ValueError(text)
    return int(text)


def _read_fraction(text: str, position: int) -> tuple[int, int]:
    """Nanoseconds, and where the fraction ends."""
    if text[position : position + 1] != ".":
        return 0, position
    start = position + 1
    stop = start
    while text[stop : stop + 1].isdigit():
        stop += 1
    digits = text[start:stop][:_FRACTION_DIGITS_MAX]
    return _digits(digits.ljust(_FRACTION_DIGITS_MAX, "0") if digits else ""), stop


def _read_offset(text: str) -> int:
    """Seconds east of UTC."""
    if text in {"", "Z", "z"}:
        return 0
    if len(text) != len("+00:00") or text[0] not in "+-" or text[3] != ":":
        raise ValueError(text)
    hours, minutes = _digits(text[1:3]), _digits(text[4:6])
    if hours > 14 or minutes > 59:
        raise ValueError(text)
    seconds = hours * 3600 + minutes * 60
    return seconds if text[0] == "+" else -seconds
