"""Operators on whole numbers. Both sides must be whole numbers from 0; anything else makes the clause false."""

import operator
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from provisor.model.rules import AttributeType
from provisor.stages.clauses.operator import Operand, OperandFault, Operator, Test

_INTEGER = re.compile(r"\s*\+?[0-9]{1,25}\s*\Z")
_Compare = Callable[[int, int], bool]


def read_integer(value: Any) -> int | None:
    """A whole number from 0, or its text; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if value >= 0 else None
    return int(value) if isinstance(value, str) and _INTEGER.match(value) else None


def _comparing(compare: _Compare) -> Callable[[Operand], Test]:
    def build(operand: Operand) -> Test:
        limit = read_integer(operand.value)
        if limit is None:
            raise OperandFault(f"compares with {operand.value!r}, which is no whole number from 0")

        def test(value: Any, _now: datetime) -> bool:
            number = read_integer(value)
            return number is not None and compare(number, limit)

        return test

    return build


def _operator(name: str, words: str, compare: _Compare, *, is_ours: bool = False) -> Operator:
    types = (AttributeType.INTEGER,)
    return Operator(name, f"The whole number is {words} the value.", types, _comparing(compare), is_ours=is_ours)


OPERATORS = (
    _operator("GREATER_THAN", "greater than", operator.gt),
    _operator("GREATER_THAN_OR_EQUALS", "greater than or equal to", operator.ge),
    _operator("LESS_THAN", "less than", operator.lt, is_ours=True),
    _operator("LESS_THAN_OR_EQUALS", "less than or equal to", operator.le, is_ours=True),
)
