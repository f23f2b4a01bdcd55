"""What is known of an operator before it tests anything: its arity, its types, how it is built (mapping spec §5.2).

The operators themselves are in the files beside this one, one per kind of test, and in `catalogue` all together.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from provisor.model.rules import AttributeType

Test = Callable[[Any, datetime], bool]
"""Whether one value that is there satisfies the clause; the second argument is the present."""

NextInstant = Callable[[Any, datetime], datetime | None]
"""When the answer for a value will next change by itself, None when it never does."""


class Arity(StrEnum):
    """Whether an operator takes a value; the words of Graph's metadata."""

    UNARY = "Unary"
    BINARY = "Binary"


class NullRule(StrEnum):
    """What an absent or empty attribute means to an operator."""

    FAILS = "fails"
    """The general rule: the clause does not hold."""
    HOLDS = "holds"
    TESTED = "tested"
    """The operator is about presence or membership, so nothing is an answer too."""


class OperandFault(ValueError):
    """The value of a clause has no meaning for its operator; the message says why."""


@dataclass(frozen=True, slots=True)
class Operand:
    """What a clause compares with. `type` is the attribute's, None where the attribute list does not tell."""

    values: tuple[str, ...]
    type: AttributeType | None = None
    ignores_case: bool = False

    @property
    def value(self) -> str:
        """The only value. Raises `OperandFault` when there are several."""
        if len(self.values) != 1:
            raise OperandFault(f"takes one value, {len(self.values)} are given")
        return self.values[0]


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator. `types` are those of the attributes it suits; `is_ours` marks what Entra does not have.

    `build` raises `OperandFault`. `ignores_case` says that there is a variant for which letter case does not count.
    """

    name: str
    description: str
    types: tuple[AttributeType, ...]
    build: Callable[[Operand], Test]
    arity: Arity = Arity.BINARY
    aliases: tuple[str, ...] = ()
    is_ours: bool = False
    has_pattern: bool = False
    can_ignore_case: bool = False
    null_rule: NullRule = NullRule.FAILS
    on_lists: bool = False
    """It judges all values of an attribute together, so it is never asked for one of them."""
    next_instant: Callable[[Operand], NextInstant] | None = None
    warn: Callable[[Operand], str] | None = None
    """A sentence for the administrator about an operand that can be used, or an empty text."""


TEXTUAL = (AttributeType.STRING, AttributeType.INTEGER)
"""The types that Graph names for comparisons of text."""


def negated(build: Callable[[Operand], Test]) -> Callable[[Operand], Test]:
    """The same operator with the opposite answer; absent values are no answer to either."""

    def build_negation(operand: Operand) -> Test:
        test = build(operand)
        return lambda value, now: not test(value, now)

    return build_negation
