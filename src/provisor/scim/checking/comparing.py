"""Comparing a stored value with a written one, by the attribute's type (RFC 7644 §3.4.2.2, RFC 7643 §2.3).

Text is folded where case does not count, instants are compared by time, booleans also where they are written as text.
"""

import json
from collections.abc import Callable
from operator import eq, ge, gt, le, lt
from typing import Any

from provisor.scim.filter import FilterValue, Operator
from provisor.scim.grammar.literals import fold, read_boolean, read_instant
from provisor.scim.schema import Attribute, AttributeType

Test = Callable[[Any], bool]

_ORDER: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.EQ: eq,
    Operator.GT: gt,
    Operator.GE: ge,
    Operator.LT: lt,
    Operator.LE: le,
}


def text_of(value: Any) -> str:
    """A plain value as text: booleans and numbers as JSON writes them."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def comparable_value(attribute: Attribute, value: Any) -> Any:
    """A stored value in the form in which values of its type are compared and sorted; None when it is not of the type.

    Text (folded unless caseExact), a boolean, a number, or the nanoseconds of an instant.
    """
    match attribute.type:
        case AttributeType.BOOLEAN:
            return read_boolean(value)
        case AttributeType.DATE_TIME:
            return read_instant(value)
        case AttributeType.INTEGER | AttributeType.DECIMAL:
            return value if isinstance(value, int | float) and not isinstance(value, bool) else None
        case AttributeType.COMPLEX:
            return None
        case _:
            if isinstance(value, dict | list) or value is None:
                return None
            text = text_of(value)
            return text if attribute.is_case_exact else fold(text)


def comparable_literal(attribute: Attribute, literal: FilterValue) -> Any:
    """A filter's literal in the same form; None when it cannot be compared with such values."""
    return comparable_value(attribute, literal)


def make_test(attribute: Attribute, operator: Operator, literal: FilterValue) -> Test:
    """A function that tells whether `value operator literal`. `ne` is left to the caller."""
    wanted = comparable_literal(attribute, literal)
    if wanted is None:
        return lambda _: False
    if operator in _ORDER:
        return _make_order_test(attribute, _ORDER[operator], wanted)
    if not isinstance(wanted, str):
        return lambda _: False
    match operator:
        case Operator.SW:
            return lambda value: (text := _text(attribute, value)) is not None and text.startswith(wanted)
        case Operator.EW:
            return lambda value: (text := _text(attribute, value)) is not None and text.endswith(wanted)
        case _:
            return lambda value: (text := _text(attribute, value)) is not None and wanted in text


def _text(attribute: Attribute, value: Any) -> str | None:
    text = comparable_value(attribute, value)
    return text if isinstance(text, str) else None


def _make_order_test(attribute: Attribute, compare: Callable[[Any, Any], bool], wanted: Any) -> Test:
    if isinstance(wanted, str) and compare is eq:
        # The hot path: one lookup by name or address.
        if attribute.is_case_exact:
            return lambda value: (value if isinstance(value, str) else comparable_value(attribute, value)) == wanted
        return lambda value: (fold(value) if isinstance(value, str) else comparable_value(attribute, value)) == wanted
    return lambda value: (own := comparable_value(attribute, value)) is not None and compare(own, wanted)
