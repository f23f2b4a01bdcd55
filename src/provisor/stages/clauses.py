"""The operators of scoping filters (mapping spec §5.2). A clause on an absent value is false, `IS NULL` excepted."""

from collections.abc import Callable, Mapping
from typing import Any

import regex

from provisor.model.errors import Reject
from provisor.model.rules import Clause

REGEX_TIMEOUT_SECONDS = 0.2

Holds = Callable[[Mapping[str, Any]], bool]
Test = Callable[[Any], bool]


def compile_clause(clause: Clause) -> Holds:
    """A function from attributes to whether the clause holds. Raises `Reject` for what has no meaning."""
    operator = " ".join(clause.operator.replace("_", " ").upper().split())
    attribute = clause.attribute
    if operator == "IS NULL":
        return lambda attributes: _is_empty(attributes.get(attribute))
    make = _OPERATORS.get(operator)
    if make is None:
        raise Reject(
            f"The scoping filter operator {clause.operator!r} on {attribute} is not known.",
            remedy="Use one of: " + ", ".join(sorted([*_OPERATORS, "IS NULL"])) + ".",
        )
    test = make(clause)

    def holds(attributes: Mapping[str, Any]) -> bool:
        value = attributes.get(attribute)
        return not _is_empty(value) and test(value)

    return holds


def _is_empty(value: Any) -> bool:
    return value is None or value == "" or value == []


def _text(value: Any) -> str:
    return str(value)


def _operand(clause: Clause) -> str:
    if not clause.values:
        raise Reject(f"The scoping filter clause on {clause.attribute} ({clause.operator}) needs a value.")
    return clause.values[0]


def _equals(clause: Clause) -> Test:
    _operand(clause)
    wanted = frozenset(clause.values)
    return lambda value: _text(value) in wanted


def _not_equals(clause: Clause) -> Test:
    equals = _equals(clause)
    return lambda value: not equals(value)


def _is_true(_clause: Clause) -> Test:
    return lambda value: value is True or _text(value).lower() == "true"


def _is_false(_clause: Clause) -> Test:
    return lambda value: value is False or _text(value).lower() == "false"


def _is_not_null(_clause: Clause) -> Test:
    return lambda _value: True


def _matches(clause: Clause) -> Test:
    try:
        pattern = regex.compile(_operand(clause))
    except regex.error as error:
        raise Reject(f"The pattern of the scoping filter on {clause.attribute} is not valid: {error}.") from error

    def test(value: Any) -> bool:
        try:
            return pattern.search(_text(value), timeout=REGEX_TIMEOUT_SECONDS) is not None
        except TimeoutError as error:
            raise Reject(f"The pattern of the scoping filter on {clause.attribute} takes too long.") from error

    return test


def _not_matches(clause: Clause) -> Test:
    matches = _matches(clause)
    return lambda value: not matches(value)


def _greater(clause: Clause, *, or_equal: bool) -> Test:
    limit = _integer(_operand(clause))
    if limit is None:
        raise Reject(f"The scoping filter on {clause.attribute} compares with {clause.values[0]!r}: not an integer.")

    def test(value: Any) -> bool:
        number = _integer(value)
        return number is not None and (number > limit or (or_equal and number == limit))

    return test


def _integer(value: Any) -> int | None:
    try:
        return int(_text(value))
    except ValueError:
        return None


def _includes(clause: Clause) -> Test:
    part = _operand(clause)
    return lambda value: part in _text(value)


def _ends_with(clause: Clause) -> Test:
    suffix = _operand(clause)
    return lambda value: _text(value).endswith(suffix)


_OPERATORS: Mapping[str, Callable[[Clause], Test]] = {
    "EQUALS": _equals,
    "NOT EQUALS": _not_equals,
    "IS TRUE": _is_true,
    "IS FALSE": _is_false,
    "IS NOT NULL": _is_not_null,
    "REGEX MATCH": _matches,
    "NOT REGEX MATCH": _not_matches,
    "GREATER THAN": lambda clause: _greater(clause, or_equal=False),
    "GREATER THAN OR EQUALS": lambda clause: _greater(clause, or_equal=True),
    "INCLUDES": _includes,
    "ENDS WITH": _ends_with,
}
