"""Every operator in one place, how its name is read, and Graph's metadata of them (mapping spec §5.2, §7.5).

A name is read in any case, with spaces or underscores. Around an operator may stand `ANY` or `ALL` before it, for
attributes with several values, and `IGNORE CASE` and `OR NULL` after it; these are ours.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from provisor.expressions.faults import suggest
from provisor.stages.clauses import membership, moments, numbers, presence, texts
from provisor.stages.clauses.operator import Arity, NullRule, Operator

_ROOMS = (texts, presence, numbers, moments, membership)

OPERATORS: Final = MappingProxyType({operator.name: operator for room in _ROOMS for operator in room.OPERATORS})
"""The operators by the name that is written."""

UNDEFINED: Final = MappingProxyType(
    {"VALID CERT MATCH": "it is seen in the admin center, but nobody has said what it means; use REGEX MATCH"}
)
"""Names without a meaning, and what to do instead."""

ANY, ALL = "ANY", "ALL"
IGNORE_CASE, OR_NULL = "IGNORE CASE", "OR NULL"


class UnknownOperator(ValueError):
    """No operator has this name; the message says which one may be meant."""


@dataclass(frozen=True, slots=True)
class OperatorUse:
    """An operator as a clause names it, with the words around it."""

    operator: Operator
    quantifier: str = ""
    ignores_case: bool = False
    or_null: bool = False

    @property
    def name(self) -> str:
        """The name in its written form."""
        words = (self.quantifier, self.operator.name, self.ignores_case * IGNORE_CASE, self.or_null * OR_NULL)
        return " ".join(filter(None, words))

    @property
    def is_ours(self) -> bool:
        """Whether Entra does not know it."""
        return self.operator.is_ours or bool(self.quantifier) or self.ignores_case or self.or_null


def normalize(name: str) -> str:
    """The form in which names are compared."""
    return " ".join(name.replace("_", " ").upper().split())


_BY_NAME = {normalize(name): operator for operator in OPERATORS.values() for name in (operator.name, *operator.aliases)}


def find_operator(name: str) -> OperatorUse:
    """The operator of a name. Raises `UnknownOperator`."""
    rest = normalize(name)
    if rest in UNDEFINED:
        raise UnknownOperator(f"the operator {name!r} cannot be used: {UNDEFINED[rest]}")
    rest, or_null = _cut(rest, OR_NULL)
    rest, ignores_case = _cut(rest, IGNORE_CASE)
    quantifier = next((word for word in (ANY, ALL) if rest.startswith(f"{word} ")), "")
    operator = _BY_NAME.get(rest.removeprefix(quantifier).strip())
    if operator is None:
        meant = suggest(name, OPERATORS)
        hint = f"did you mean {meant}?" if meant else f"the operators are {', '.join(OPERATORS)}"
        raise UnknownOperator(f"the operator {name!r} is not known; {hint}")
    if ignores_case and not operator.can_ignore_case:
        raise UnknownOperator(f"{operator.name} has no variant with {IGNORE_CASE}")
    if or_null and (operator.null_rule is NullRule.TESTED or operator.arity is Arity.UNARY):
        raise UnknownOperator(f"{operator.name} has no variant with {OR_NULL}; add a group with IS NULL")
    if quantifier and operator.on_lists:
        raise UnknownOperator(f"{operator.name} judges all values together; write it without {quantifier}")
    return OperatorUse(operator, quantifier, ignores_case, or_null)


def _cut(name: str, words: str) -> tuple[str, bool]:
    shorter = name.removesuffix(f" {words}")
    return shorter, shorter != name


def describe_operators() -> list[dict[str, Any]]:
    """Metadata of all operators in Graph's shape: each by itself, and with ANY for several values."""
    described = []
    for operator in OPERATORS.values():
        for quantifier in ("",) if operator.on_lists else ("", ANY):
            described.append(
                {
                    "name": f"{quantifier} {operator.name}".strip(),
                    "arity": operator.arity.value,
                    "multivaluedComparisonType": "Any" if quantifier else "All",
                    "supportedAttributeTypes": [type_.value for type_ in operator.types],
                }
            )
    return described
