"""Checks scoping filters: operators, attributes and values of every clause (mapping spec §5)."""

from provisor.model.resource import APP_ROLES, SOFT_DELETED
from provisor.model.rules import AttributeDefinition, AttributeType, Clause, Definitions, FilterGroup
from provisor.stages.clauses.catalogue import OperatorUse, UnknownOperator, find_operator
from provisor.stages.clauses.compiling import ClauseFault, compile_clause
from provisor.stages.clauses.membership import LISTED
from provisor.stages.clauses.operand import find_definition
from provisor.stages.clauses.operator import Operand
from provisor.stages.clauses.presence import OPERATORS as PRESENCE
from provisor.stages.rules.findings import Notes
from provisor.stages.rules.sources import explain_unknown

_PRESENCE = frozenset(operator.name for operator in PRESENCE if operator.on_lists)
_OURS = frozenset({"userType"})
"""Attributes that Entra does not let anybody filter by."""


def check_filters(groups: tuple[FilterGroup, ...], source: Definitions, notes: Notes) -> None:
    """Note everything about filter groups."""
    for group in groups:
        place = f"filter {group.name}"
        if not group.clauses:
            notes.fault(place, "It has no clause, so everybody would pass; remove it, or add a clause.")
        for number, clause in enumerate(group.clauses, start=1):
            _check_clause(clause, f"{place}, clause {number}", source, notes)


def _check_clause(clause: Clause, place: str, source: Definitions, notes: Notes) -> None:
    definition = find_definition(clause.attribute, source)
    if clause.attribute == SOFT_DELETED:
        notes.fault(place, f"{SOFT_DELETED} follows from the filters, so a filter cannot read it.")
    elif not clause.attribute:
        notes.fault(place, "It names no attribute.")
    elif source and definition is None and clause.attribute not in LISTED:
        name = clause.attribute
        notes.fault(place, f"The source has no attribute `{name}`; {explain_unknown(name, source)}")
    try:
        compile_clause(clause, definition)
        use = find_operator(clause.operator)
    except ClauseFault as fault:
        notes.fault(place, str(fault))
        return
    except UnknownOperator as fault:
        notes.fault(place, f"{clause.attribute}: {fault}.")
        return
    _check_suits(clause, use, definition, place, notes)
    operand = Operand(clause.values, definition.type if definition else None, use.ignores_case)
    if use.operator.warn and (sentence := use.operator.warn(operand)):
        notes.warn(place, sentence)
    if use.is_ours or clause.attribute.startswith("manager.") or clause.attribute in _OURS:
        notes.warn(place, f"Entra does not have `{clause.attribute} {use.name}`: exported there, it is not understood.")


def _check_suits(
    clause: Clause, use: OperatorUse, definition: AttributeDefinition | None, place: str, notes: Notes
) -> None:
    """Whether the operator is one for the type of the attribute, and for as many values."""
    operator, name = use.operator, clause.attribute
    judges_membership = operator.on_lists and operator.name not in _PRESENCE
    if judges_membership != (name in LISTED) and (judges_membership or operator.name not in _PRESENCE):
        wanted = "HAS ROLE and HAS NO ROLE" if name == APP_ROLES else "IS MEMBER OF and IS NOT MEMBER OF"
        other = (
            f"{name} is read by {wanted}."
            if name in LISTED
            else f"{operator.name} reads {' or '.join(sorted(LISTED))}."
        )
        notes.fault(place, f"The operator {use.name} does not suit {name}. {other}")
        return
    if definition is None or judges_membership:
        return
    if definition.type not in operator.types:
        notes.fault(place, _explain_type(use, definition, name))
    if definition.is_multivalued and not use.quantifier and not operator.on_lists:
        notes.fault(place, f"{name} has several values; write ANY {operator.name} or ALL {operator.name}.")
    if use.quantifier and not definition.is_multivalued:
        notes.warn(place, f"{name} has one value, so {use.quantifier} changes nothing.")


def _explain_type(use: OperatorUse, definition: AttributeDefinition, name: str) -> str:
    kinds = " or ".join(type_.value for type_ in use.operator.types)
    instead = {
        AttributeType.BOOLEAN: "IS TRUE or IS FALSE",
        AttributeType.DATETIME: "BEFORE, AFTER, ON_OR_BEFORE or ON_OR_AFTER",
        AttributeType.REFERENCE: f"an attribute of it, such as {name}.department"
        if name == "manager"
        else "IS NOT NULL",
        AttributeType.INTEGER: "EQUALS, GREATER_THAN or LESS_THAN",
        AttributeType.STRING: "EQUALS, INCLUDES or REGEX MATCH",
        AttributeType.BINARY: "IS NULL or IS NOT NULL",
    }[definition.type]
    return f"The operator {use.name} is for {kinds}, and {name} is of type {definition.type.value}; use {instead}."
