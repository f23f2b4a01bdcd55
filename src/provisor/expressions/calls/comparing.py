"""The six comparison operators (mapping spec §1, §3.8).

Null equals the empty text; in an ordering, null makes every answer false. Numbers compare as numbers when one side is
a number and the other can be read as one; moments compare as moments; everything else is text, case-sensitive.
"""

import operator
from collections.abc import Callable
from datetime import datetime
from typing import Any

from provisor.expressions.calls.arguments import Term
from provisor.expressions.calls.coercion import to_number, to_single
from provisor.expressions.calls.context import Context, Evaluate
from provisor.expressions.choices import ORDERING_IS_NUMERIC_FOR_TEXT
from provisor.expressions.dotnet.dates import parse_date
from provisor.expressions.values import as_utc, canonical_text

_Test = Callable[[Any, Any], bool]

_TESTS: dict[str, _Test] = {
    "=": operator.eq,
    "<>": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


def build_comparison(left: Term, sign: str, right: Term) -> Evaluate:
    """The closure that says whether the comparison holds."""
    if sign in ("=", "<>") and right.is_constant and isinstance(right.value, str):
        return _equals_text(left.evaluate, right.value, is_wanted=sign == "=")
    test = _TESTS[sign]
    is_ordering = sign not in ("=", "<>")
    read_left, read_right = left.evaluate, right.evaluate

    def compare(context: Context) -> bool:
        return _compare(to_single(read_left(context)), to_single(read_right(context)), test, is_ordering)

    return compare


def _equals_text(read: Evaluate, wanted: str, *, is_wanted: bool) -> Evaluate:
    def compare(context: Context) -> bool:
        value = read(context)
        if value.__class__ is str:
            return (value == wanted) is is_wanted
        test = operator.eq if is_wanted else operator.ne
        return _compare(to_single(value), wanted, test, False)  # noqa: FBT003 - named in the signature

    return compare


def _compare(one: Any, other: Any, test: _Test, is_ordering: bool) -> bool:
    if one is None or other is None:
        if is_ordering:
            return False
        return test(canonical_text(one), canonical_text(other))
    if isinstance(one, datetime) or isinstance(other, datetime):
        first, second = _moment(one), _moment(other)
        if first is not None and second is not None:
            return test(first, second)
    elif not (isinstance(one, bool) or isinstance(other, bool)):
        are_texts = isinstance(one, str) and isinstance(other, str)
        if not are_texts or (is_ordering and ORDERING_IS_NUMERIC_FOR_TEXT):
            left, right = to_number(one), to_number(other)
            if left is not None and right is not None:
                return test(left, right)
    return test(canonical_text(one), canonical_text(other))


def _moment(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return as_utc(value)
    return parse_date(value) if isinstance(value, str) else None
