"""Operators without a value: whether an attribute is there, and whether it is true."""

from datetime import datetime
from typing import Any

from provisor.model.rules import AttributeType
from provisor.stages.clauses.operator import Arity, NullRule, Operand, Operator, Test

_BOOLEAN = (AttributeType.BOOLEAN,)
_EVERY = tuple(AttributeType)
"""Graph names String, Integer, Binary and Boolean; there is no type whose absence could not be told."""


def is_absent(value: Any) -> bool:
    """Null, the empty text and a list without values are the same to a filter."""
    return value is None or value == "" or value == []


def _truth(wanted: str) -> Test:
    is_wanted = wanted == "true"

    def test(value: Any, _now: datetime) -> bool:
        return value is is_wanted or (isinstance(value, str) and value.strip().lower() == wanted)

    return test


def _is_null(_operand: Operand) -> Test:
    return lambda value, _now: is_absent(value)


def _is_not_null(_operand: Operand) -> Test:
    return lambda value, _now: not is_absent(value)


def _present(name: str, description: str, build: Any, *, aliases: tuple[str, ...] = ()) -> Operator:
    return Operator(
        name,
        description,
        _EVERY,
        build,
        Arity.UNARY,
        aliases,
        null_rule=NullRule.TESTED,
        on_lists=True,
    )


OPERATORS = (
    Operator("IS TRUE", "The value is true.", _BOOLEAN, lambda _operand: _truth("true"), Arity.UNARY),
    Operator("IS FALSE", "The value is there, and false.", _BOOLEAN, lambda _operand: _truth("false"), Arity.UNARY),
    _present("IS NULL", "There is no value, or an empty one.", _is_null),
    _present("IS NOT NULL", "There is a value.", _is_not_null, aliases=("PRESENT",)),
)
