"""Operators that compare text: equality, parts of text, patterns of .NET, and the two with an ampersand.

Comparisons are ordinal: letter case counts, unless the variant with IGNORE CASE is asked for. A Boolean equals its
name in any case. Several values mean that one of them is enough.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from provisor.expressions.choices import FILTER_BITS_ALL, FILTER_PATTERN_ANCHORED, FILTER_VALUES_ANY
from provisor.expressions.dotnet.applying import is_found
from provisor.expressions.dotnet.casing import upper_invariant
from provisor.expressions.dotnet.patterns import PatternFault, compile_pattern
from provisor.expressions.values import canonical_text
from provisor.model.rules import AttributeType
from provisor.stages.clauses.numbers import read_integer
from provisor.stages.clauses.operator import TEXTUAL, Operand, OperandFault, Operator, Test, negated

Compare = Callable[[str, str], bool]

_choose = any if FILTER_VALUES_ANY else all


def _equals(operand: Operand) -> Test:
    fold = _fold(operand)
    wanted = frozenset(fold(value) for value in operand.values)
    named = frozenset(value.lower() for value in operand.values)
    can_hold = FILTER_VALUES_ANY or len(wanted) == 1

    def test(value: Any, _now: datetime) -> bool:
        if value.__class__ is bool:
            return can_hold and canonical_text(value).lower() in named
        return can_hold and fold(canonical_text(value)) in wanted

    return test


def _comparing(compare: Compare) -> Callable[[Operand], Test]:
    """An operator that compares the attribute's text with each value."""

    def build(operand: Operand) -> Test:
        fold = _fold(operand)
        wanted = tuple(fold(value) for value in operand.values)
        if not all(wanted):
            raise OperandFault("has an empty value, which every text contains")

        def test(value: Any, _now: datetime) -> bool:
            text = fold(canonical_text(value))
            return _choose(compare(text, part) for part in wanted)

        return test

    return build


def _exists_in(operand: Operand) -> Test:
    """On whole numbers a test of bits, on text whether the attribute occurs in the value."""
    fold = _fold(operand)
    within = tuple(fold(value) for value in operand.values)
    bits = tuple(number for value in operand.values if (number := read_integer(value)) is not None)
    if operand.type is AttributeType.INTEGER and len(bits) != len(operand.values):
        raise OperandFault(f"compares bits with {operand.values[0]!r}, which is no whole number")
    is_text = operand.type is AttributeType.STRING

    def test(value: Any, _now: datetime) -> bool:
        number = None if is_text else read_integer(value)
        if number is not None and bits and (operand.type or not isinstance(value, str)):
            return _choose(_has_bits(number, mask) for mask in bits)
        text = fold(canonical_text(value))
        return _choose(text in whole for whole in within)

    return test


def _has_bits(number: int, mask: int) -> bool:
    return number & mask == mask if FILTER_BITS_ALL else number & mask != 0


def _matches(operand: Operand) -> Test:
    prefix = "(?i)" if operand.ignores_case else ""
    try:
        patterns = tuple(compile_pattern(prefix + _whole(value)) for value in operand.values)
    except PatternFault as fault:
        raise OperandFault(f"has a pattern that cannot be used: {str(fault).removesuffix('.')}") from fault
    return lambda value, _now: _choose(is_found(pattern, canonical_text(value)) for pattern in patterns)


def _whole(pattern: str) -> str:
    return f"^(?:{pattern})$" if FILTER_PATTERN_ANCHORED else pattern


def _warn_pattern(operand: Operand) -> str:
    loose = [value for value in operand.values if not (value.removeprefix("(?i)").startswith("^") and _ends(value))]
    if not loose or FILTER_PATTERN_ANCHORED:
        return ""
    return (
        f"The pattern `{loose[0]}` is found anywhere in the value; "
        "begin it with `^` and end it with `$` to match the whole value."
    )


def _ends(pattern: str) -> bool:
    return pattern.endswith("$") and not pattern.endswith("\\$")


def _fold(operand: Operand) -> Callable[[str], str]:
    return upper_invariant if operand.ignores_case else str


_EQUALITY = (*TEXTUAL, AttributeType.BOOLEAN)
"""Graph's metadata lists text and numbers, its samples compare Booleans too."""

_STRING = (AttributeType.STRING,)


def _starts(text: str, part: str) -> bool:
    return text.startswith(part)


def _ends_with(text: str, part: str) -> bool:
    return text.endswith(part)


def _contains(text: str, part: str) -> bool:
    return part in text


def _part(name: str, description: str, compare: Compare, *, is_ours: bool = False) -> tuple[Operator, Operator]:
    """An operator on parts of text, and its negation, which is ours."""
    build = _comparing(compare)
    return (
        Operator(name, f"The text {description} the value.", _STRING, build, can_ignore_case=True, is_ours=is_ours),
        Operator(
            f"NOT {name}",
            f"The text is there, and not so that it {description} the value.",
            _STRING,
            negated(build),
            can_ignore_case=True,
            is_ours=True,
        ),
    )


OPERATORS = (
    Operator("EQUALS", "The value is exactly this.", _EQUALITY, _equals, can_ignore_case=True),
    Operator("NOT EQUALS", "The value is there, and another one.", _EQUALITY, negated(_equals), can_ignore_case=True),
    Operator(
        "REGEX MATCH",
        "The pattern, in the dialect of .NET, is found in the value.",
        TEXTUAL,
        _matches,
        has_pattern=True,
        can_ignore_case=True,
        warn=_warn_pattern,
    ),
    Operator(
        "NOT REGEX MATCH",
        "The value is there, and the pattern is not found in it.",
        TEXTUAL,
        negated(_matches),
        has_pattern=True,
        can_ignore_case=True,
        warn=_warn_pattern,
    ),
    *_part("INCLUDES", "contains", _contains),
    *_part("ENDS_WITH", "ends with", _ends_with),
    *_part("STARTS_WITH", "begins with", _starts, is_ours=True),
    Operator("&", "The number has the bits of the value; the text occurs in the value.", TEXTUAL, _exists_in),
    Operator("!&", "The opposite of &, for a value that is there.", TEXTUAL, negated(_exists_in)),
)
