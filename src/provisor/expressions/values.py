"""The values of the mapping language and their text (mapping spec §1).

Values are None, str, int, bool, datetime, lists of these, and the role objects of the app-role functions. Numbers with
a fraction may come in from a source. Times without an offset are UTC.
"""

import base64
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final

import msgspec

NUMBER_DIGITS_MAX = 400


class FlowSentinel(Enum):
    """A result that is not a value but says what is not to flow."""

    ATTRIBUTE = "$ignoreFlow"
    OBJECT = "$ignoreObject"


IGNORE_ATTRIBUTE: Final = FlowSentinel.ATTRIBUTE
"""This attribute is left out of the change."""

IGNORE_OBJECT: Final = FlowSentinel.OBJECT
"""The whole object is left out."""


def canonical_text(value: Any) -> str:
    """The text form of a value: `True`, `42`, `3/16/2020 7:00:00 AM`; empty for null; JSON for lists and objects."""
    kind = value.__class__
    if kind is str:
        return str(value)
    if value is None:
        return ""
    if kind is bool:
        return "True" if value else "False"
    if isinstance(value, datetime):
        return datetime_text(value)
    if isinstance(value, int | float | Decimal):
        return _number_text(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, list | tuple | dict):
        return msgspec.json.encode(value, enc_hook=str).decode()
    return str(value)


def datetime_text(value: datetime) -> str:
    """`M/d/yyyy h:mm:ss tt` in UTC, whatever zone the value is in."""
    moment = as_utc(value)
    hour = moment.hour % 12 or 12
    half = "AM" if moment.hour < 12 else "PM"
    return f"{moment.month}/{moment.day}/{moment.year:04d} {hour}:{moment.minute:02d}:{moment.second:02d} {half}"


def as_utc(value: datetime) -> datetime:
    """The same moment, aware and in UTC; a time without an offset is taken as UTC already."""
    if value.tzinfo is UTC:
        return value
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def is_empty(value: Any) -> bool:
    """Null, empty text, or a list without values."""
    return value is None or value == "" or value == []


def as_printed(value: Any) -> Any:
    """A result as JSON data, in the form of the published test vectors.

    Text in canonical form, a list for multi-valued results, None, or a sentinel as `{"$ignoreFlow": true}`.
    """
    if isinstance(value, FlowSentinel):
        return {value.value: True}
    if value is None or isinstance(value, dict):
        return value
    if isinstance(value, list | tuple):
        return [as_printed(item) for item in value]
    return canonical_text(value)


def _number_text(value: float | Decimal) -> str:
    if isinstance(value, int):
        # Python refuses to print integers of thousands of digits; no system provisions one.
        return str(value) if value.bit_length() < NUMBER_DIGITS_MAX else f"{value:#x}"
    exact = Decimal(repr(value)) if isinstance(value, float) else value
    if not exact.is_finite():
        return str(value)
    text = format(exact, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
