"""Values to the types that functions take (mapping spec §1): text, whole numbers, moments, lists.

A list of one value counts as that value where one is expected. A flow sentinel is no value: whoever needs one stops
the evaluation with it, and the sentinel becomes the result of the whole expression.
"""

import re
from datetime import datetime
from decimal import Decimal
from typing import Any

from provisor.expressions.choices import MULTI_VALUED_SOURCE, TEXT_LENGTH_MAX, MultiValuedSource
from provisor.expressions.dotnet.dates import parse_date
from provisor.expressions.faults import EvaluationFault, fail, quote_value
from provisor.expressions.values import FlowSentinel, as_utc, canonical_text

_INTEGER_BITS_MAX = 96
"""As many as 25 digits need; Python refuses to print numbers of thousands of digits."""

_INTEGER = re.compile(r"\s*[+-]?[0-9]{1,25}\s*\Z")
_HEXADECIMAL = re.compile(r"\s*&[Hh]([0-9A-Fa-f]{1,20})\s*\Z")
_NUMBER = re.compile(r"\s*[+-]?[0-9]{1,25}(?:\.[0-9]{1,25})?\s*\Z")


class FlowStopped(Exception):
    """A flow sentinel met where a value is needed; no error, but a result on its way out."""

    def __init__(self, sentinel: FlowSentinel) -> None:
        super().__init__(sentinel.value)
        self.sentinel = sentinel


def to_single(value: Any) -> Any:
    """The value itself, or the only one of a list; an empty list is null."""
    if isinstance(value, FlowSentinel):
        raise FlowStopped(value)
    if isinstance(value, list | tuple):
        if not value:
            return None
        if len(value) > 1 and MULTI_VALUED_SOURCE is MultiValuedSource.FAIL:
            fail(
                f"One value is expected, a list of {len(value)} came.",
                "Pick or join values of a multi-valued attribute with Item or Join.",
            )
        return value[0]
    return value


def to_text(value: Any) -> str | None:
    """The text form; null stays null."""
    if value.__class__ is str:
        return str(value)
    single = to_single(value)
    return None if single is None else canonical_text(single)


def check_length(length: int, function: str) -> None:
    """Stop before a text is made that no target takes and no memory holds."""
    if length > TEXT_LENGTH_MAX:
        fail(f"{function}: the result would have {length:,} characters, at most {TEXT_LENGTH_MAX:,} are possible.")


def to_integer(value: Any, where: str) -> int | None:
    """A whole number from a number or its text; null and empty text are null. `where` begins the message."""
    single = to_single(value)
    if single is None or single == "":
        return None
    if isinstance(single, int) and not isinstance(single, bool) and single.bit_length() <= _INTEGER_BITS_MAX:
        return single
    if isinstance(single, str) and (number := read_integer(single)) is not None:
        return number
    if isinstance(single, float) and single.is_integer():
        return int(single)
    raise EvaluationFault(f"{where} takes a whole number, not {quote_value(canonical_text(single))}.")


def read_integer(text: str) -> int | None:
    """The whole number in a text: decimal, or hexadecimal as `&HF7` (mapping spec §1, §2.1); None for anything else."""
    if _INTEGER.match(text):
        return int(text)
    match = _HEXADECIMAL.match(text)
    return int(match.group(1), 16) if match else None


def to_moment(value: Any, where: str) -> datetime:
    """A moment in UTC from a date or its text. Null and empty text are errors, as they are in Entra."""
    single = to_single(value)
    if isinstance(single, datetime):
        return as_utc(single)
    if single is None or single == "":
        fail(f"{where} has no date.", 'Give it one when it is empty: Switch([d], [d], "", "9999-01-01").')
    text = canonical_text(single)
    moment = parse_date(text)
    if moment is None:
        fail(f"{where} cannot read {quote_value(text)} as a date.", "Read other forms with FormatDateTime first.")
    return moment


def to_list(value: Any) -> list[Any]:
    """The values: of a list, or the one value; none for null."""
    if value is None:
        return []
    if isinstance(value, list | tuple):
        return list(value)
    if isinstance(value, FlowSentinel):
        raise FlowStopped(value)
    return [value]


def to_number(value: Any) -> int | Decimal | None:
    """A number from a number or its text, None for anything else."""
    if value.__class__ is int:
        return int(value)
    if isinstance(value, str) and _NUMBER.match(value):
        return Decimal(value.strip()) if "." in value else int(value)
    if isinstance(value, float | Decimal):
        number = Decimal(str(value))
        return number if number.is_finite() else None
    return None


def to_truth(value: Any) -> bool:
    """True for a true value, the text `True` in any case, and numbers other than zero."""
    if value.__class__ is bool:
        return bool(value)
    single = to_single(value)
    if isinstance(single, str) and single.strip().lower() in ("true", "false"):
        return single.strip().lower() == "true"
    if isinstance(single, bool):
        return single
    number = to_number(single)
    return number is not None and number != 0
