"""One clause, compiled: whether it holds for a person's attributes, when that changes by itself, and in which words.

An attribute that is absent or empty makes a clause false, except where the operator is about absence (mapping spec
§5.2). Of several values all must satisfy an operator, with `ANY` one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from provisor.expressions.choices import FILTER_LIST_ANY
from provisor.expressions.values import canonical_text
from provisor.model.errors import Reject
from provisor.model.rules import AttributeDefinition, Clause
from provisor.stages.clauses.catalogue import ANY, OperatorUse, UnknownOperator, find_operator
from provisor.stages.clauses.operator import Arity, NullRule, Operand, OperandFault
from provisor.stages.clauses.presence import is_absent

SHOWN_MAX = 80
"""Characters of a value in a sentence."""

Holds = Callable[[Mapping[str, Any], datetime], bool]
Changes = Callable[[Mapping[str, Any], datetime], datetime | None]


class ClauseFault(Reject):
    """A clause that cannot be used; the message is a sentence without its place."""


@dataclass(frozen=True, slots=True)
class CompiledClause:
    """A clause ready to be judged many times. `text` is the clause in words; `changes` is None where time is no matter.

    `holds` raises `EvaluationFault` where a value cannot be judged.
    """

    clause: Clause
    text: str
    holds: Holds
    has_pattern: bool = False
    changes: Changes | None = None

    def explain(self, attributes: Mapping[str, Any], *, is_masked: bool = False) -> str:
        """What the attribute is, for a log."""
        value = attributes.get(self.clause.attribute)
        if is_absent(value):
            return f"{self.clause.attribute} is empty"
        return f"{self.clause.attribute} is {'[Redact]' if is_masked else show(value)}"


def compile_clause(clause: Clause, definition: AttributeDefinition | None = None) -> CompiledClause:
    """Compile one clause. Raises `ClauseFault` for what has no meaning."""
    try:
        use = find_operator(clause.operator)
    except UnknownOperator as fault:
        raise ClauseFault(f"{clause.attribute}: {fault}.") from fault
    operator = use.operator
    if operator.arity is Arity.UNARY and any(clause.values):
        raise ClauseFault(f"{clause.attribute} {use.name} takes no value, {len(clause.values)} are given.")
    if operator.arity is Arity.BINARY and not clause.values:
        raise ClauseFault(f"{clause.attribute} {use.name} needs a value.")
    operand = Operand(clause.values, definition.type if definition else None, use.ignores_case)
    text = " ".join([clause.attribute, use.name, *map(repr, clause.values)])
    try:
        holds = _build(clause.attribute, use, operand)
        changes = _build_changes(clause.attribute, use, operand)
    except OperandFault as fault:
        raise ClauseFault(f"{text} {fault}.") from fault
    return CompiledClause(clause, text, holds, operator.has_pattern, changes)


def show(value: Any) -> str:
    """A value for a sentence, bounded in length."""
    items = value if isinstance(value, list | tuple) else [value]
    names = [str(item.get("displayName") or item.get("id")) if isinstance(item, dict) else item for item in items]
    text = ", ".join(repr(canonical_text(name)) for name in names)
    return text if len(text) <= SHOWN_MAX else f"{text[:SHOWN_MAX]}..."


def _build(attribute: str, use: OperatorUse, operand: Operand) -> Holds:
    test = use.operator.build(operand)
    if use.operator.null_rule is NullRule.TESTED:
        return lambda attributes, now: test(attributes.get(attribute), now)
    if_null = use.or_null
    choose = any if use.quantifier == ANY or (FILTER_LIST_ANY and not use.quantifier) else all

    def holds(attributes: Mapping[str, Any], now: datetime) -> bool:
        value = attributes.get(attribute)
        if value is None or value == "":
            return if_null
        if value.__class__ is list:
            there = [item for item in value if not is_absent(item)]
            return choose(test(item, now) for item in there) if there else if_null
        return test(value, now)

    return holds


def _build_changes(attribute: str, use: OperatorUse, operand: Operand) -> Changes | None:
    if use.operator.next_instant is None:
        return None
    next_instant = use.operator.next_instant(operand)

    def changes(attributes: Mapping[str, Any], now: datetime) -> datetime | None:
        value = attributes.get(attribute)
        items = value if isinstance(value, list) else [value]
        instants = [next_instant(item, now) for item in items if not is_absent(item)]
        return min((instant for instant in instants if instant is not None), default=None)

    return changes
