"""Laws of rules: whatever is written into them is judged, and what has no fault can be carried out."""

from datetime import UTC, datetime
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from provisor.expressions.compiler import Context
from provisor.model.errors import Reject, ResourceFailed
from provisor.model.job import ScopeSetting
from provisor.model.resource import ObjectType, SourceResource
from provisor.model.rules import (
    AttributeDefinition,
    AttributeMapping,
    AttributeType,
    Clause,
    FilterGroup,
    FlowBehavior,
    FlowType,
    Mutability,
    ObjectMapping,
    Rules,
    SourceKind,
)
from provisor.stages.clauses.catalogue import OPERATORS
from provisor.stages.clauses.compiling import ClauseFault, compile_clause
from provisor.stages.differences import derive_changes
from provisor.stages.instants import next_instant
from provisor.stages.mapping import map_attributes
from provisor.stages.matching import matching_keys
from provisor.stages.resolving import resolve_references, wanted_references
from provisor.stages.rules.checking import validate_rules
from provisor.stages.rules.compiled import compile_rules
from provisor.stages.scoping import judge_scope

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NAMES = ["a", "b", "c", "manager", "memberOf", "appRoleAssignments", "IsSoftDeleted"]
TARGETS = ["userName", "title", "active", "tags", "manager", 'emails[type eq "work"].value', "roles", "objectFilter"]

TEXTS = st.one_of(st.text(max_size=8), st.sampled_from(["", "5", "True", "2026-12-01", "now+7d", "^a.*$", "(", "x,y"]))
OPERATOR_NAMES = st.one_of(
    st.text(max_size=12),
    st.builds(
        lambda quantifier, name, case, null: f"{quantifier}{name}{case}{null}",
        st.sampled_from(["", "ANY ", "ALL "]),
        st.sampled_from([*OPERATORS, "Present", "ISMEMBEROF"]),
        st.sampled_from(["", " IGNORE CASE"]),
        st.sampled_from(["", " OR NULL"]),
    ),
)
OPERANDS = st.one_of(st.sampled_from([*NAMES, "manager.a", "A"]), st.text(max_size=6))
CLAUSES = st.builds(Clause, OPERANDS, OPERATOR_NAMES, st.lists(TEXTS, max_size=2).map(tuple))
VALUES = st.one_of(
    st.none(),
    TEXTS,
    st.integers(-5, 50),
    st.booleans(),
    st.datetimes(),
    st.lists(TEXTS, max_size=3),
    st.lists(st.fixed_dictionaries({"id": TEXTS, "displayName": TEXTS}), max_size=2),
)
PERSON = st.fixed_dictionaries({}, optional=dict.fromkeys([*NAMES[:6], "manager.a"], VALUES))


def definitions(names: list[str]) -> st.SearchStrategy[dict[str, AttributeDefinition]]:
    """An attribute list with some of the names."""
    one = st.fixed_dictionaries(
        {
            "type": st.sampled_from(AttributeType),
            "is_required": st.booleans(),
            "is_multivalued": st.booleans(),
            "is_case_exact": st.booleans(),
            "is_filterable": st.booleans(),
            "mutability": st.sampled_from(Mutability),
        }
    )
    return st.dictionaries(st.sampled_from(names), one).map(
        lambda found: {name: AttributeDefinition(name, **more) for name, more in found.items()}
    )


EXPRESSIONS = st.sampled_from(
    [
        "[a]",
        'IIF([a] = "x", [b], IgnoreAttributeFlow)',
        'Switch([IsSoftDeleted], , "False", "True", "True", "False")',
        'IIF([a] = "x", IgnoreObjectFlow, "")',
        'Split([a], ",")',
        "Redact([b])",
        "AppRoleAssignmentsComplex([appRoleAssignments])",
        'Replace([a], , "^(?<x>.)", "x", "y", , )',
        'IIF(DateDiff("d", Now(), [c]) > 0, "1", "2")',
        'SelectUniqueValue([a], Append([a], "2"))',
        "ToLowr([a]",
    ]
)
MAPPINGS = st.builds(
    AttributeMapping,
    target=st.sampled_from([*TARGETS, "nope"]),
    kind=st.sampled_from(SourceKind),
    text=st.one_of(EXPRESSIONS, st.sampled_from(NAMES), TEXTS),
    default_value=st.one_of(st.none(), TEXTS),
    matching_priority=st.sampled_from([0, 0, 1, 2, -1]),
    flow_type=st.sampled_from(FlowType),
    flow_behavior=st.sampled_from(FlowBehavior),
    clear_when_empty=st.booleans(),
)
"""Anything that a schema can say."""

LIKELY_MAPPINGS = st.sampled_from(
    [
        AttributeMapping("title", SourceKind.ATTRIBUTE, "b", default_value="Staff", clear_when_empty=True),
        AttributeMapping("title", SourceKind.EXPRESSION, "Redact([b])", flow_type=FlowType.ATTRIBUTE_ADD_ONLY),
        AttributeMapping("title", SourceKind.EXPRESSION, 'IIF(DateDiff("d", Now(), [c]) > 0, "1", "2")'),
        AttributeMapping(
            "title", SourceKind.EXPRESSION, 'Replace([a], , "^(?<x>.)", "x", "y", , )', matching_priority=2
        ),
        AttributeMapping("title", SourceKind.NONE, default_value="Staff"),
        AttributeMapping(
            "active", SourceKind.EXPRESSION, 'Switch([IsSoftDeleted], , "False", "True", "True", "False")'
        ),
        AttributeMapping("active", SourceKind.CONSTANT, "true", flow_behavior=FlowBehavior.FLOW_ALWAYS),
        AttributeMapping("tags", SourceKind.ATTRIBUTE, "b", flow_type=FlowType.VALUE_ADD_ONLY),
        AttributeMapping("tags", SourceKind.EXPRESSION, 'Split([a], ",")', flow_type=FlowType.MULTI_VALUE_ADD_ONLY),
        AttributeMapping("manager", SourceKind.ATTRIBUTE, "manager", clear_when_empty=True),
        AttributeMapping("roles", SourceKind.EXPRESSION, "AppRoleAssignmentsComplex([appRoleAssignments])"),
        AttributeMapping("objectFilter", SourceKind.EXPRESSION, 'IIF([a] = "x", IgnoreObjectFlow, "")'),
        AttributeMapping('emails[type eq "work"].value', SourceKind.ATTRIBUTE, "c", flow_type=FlowType.OBJECT_ADD_ONLY),
    ]
)
LIKELY_CLAUSES = st.sampled_from(
    [
        Clause("a", "EQUALS", ("5",)),
        Clause("a", "NOT REGEX MATCH IGNORE CASE", ("^x",)),
        Clause("b", "ANY INCLUDES OR NULL", ("x",)),
        Clause("b", "IS NOT NULL"),
        Clause("c", "ON_OR_BEFORE", ("now+7d",)),
        Clause("c", "AFTER OR NULL", ("today-1m",)),
        Clause("manager.a", "&", ("x,y",)),
        Clause("memberOf", "IS NOT MEMBER OF", ("x",)),
    ]
)
SOURCE = {
    one.name: one
    for one in (
        AttributeDefinition("a"),
        AttributeDefinition("b", is_multivalued=True),
        AttributeDefinition("c", AttributeType.DATETIME),
        AttributeDefinition("manager", AttributeType.REFERENCE),
        AttributeDefinition("appRoleAssignments", is_multivalued=True),
        AttributeDefinition("IsSoftDeleted", AttributeType.BOOLEAN),
    )
}
TARGET = {
    one.name: one
    for one in (
        AttributeDefinition("userName", is_required=True, is_filterable=True),
        AttributeDefinition("title"),
        AttributeDefinition("active", AttributeType.BOOLEAN),
        AttributeDefinition("tags", is_multivalued=True),
        AttributeDefinition("manager", AttributeType.REFERENCE),
        AttributeDefinition("roles", is_multivalued=True),
        AttributeDefinition('emails[type eq "work"].value'),
    )
}
USER_NAME = AttributeMapping("userName", SourceKind.ATTRIBUTE, "a", matching_priority=9)


def _rules(mappings: list[AttributeMapping], scope: list[FilterGroup], source: Any, target: Any) -> Rules:
    users = ObjectMapping("u", "User", "urn:u", (USER_NAME, *mappings), tuple(scope))
    return Rules((users,), {"User": source}, {"urn:u": {"userName": TARGET["userName"], **target}})


def _groups(clauses: st.SearchStrategy[Clause]) -> st.SearchStrategy[list[FilterGroup]]:
    return st.lists(st.builds(FilterGroup, st.text(max_size=5), st.lists(clauses, min_size=1, max_size=2).map(tuple)))


def _mappings(one: st.SearchStrategy[AttributeMapping]) -> st.SearchStrategy[list[AttributeMapping]]:
    return st.lists(one, max_size=5, unique_by=lambda mapping: mapping.target)


RULES = st.one_of(
    st.builds(_rules, _mappings(MAPPINGS), _groups(CLAUSES), definitions(NAMES), definitions(TARGETS)),
    st.builds(_rules, _mappings(LIKELY_MAPPINGS), _groups(LIKELY_CLAUSES), st.just(SOURCE), st.just(TARGET)),
)


@settings(deadline=None)
@given(CLAUSES, PERSON)
def test_a_clause_is_judged_or_refused(clause: Clause, person: dict[str, Any]) -> None:
    """Any operator with any values gives an answer, a fault on saving, or a failure of this person."""
    try:
        compiled = compile_clause(clause)
        answer = compiled.holds(person, NOW)
    except (ClauseFault, ResourceFailed):
        return
    assert isinstance(answer, bool)
    assert compiled.explain(person)
    assert compiled.changes is None or compiled.changes(person, NOW) is None or compiled.changes(person, NOW) > NOW


@settings(deadline=None, max_examples=300)
@given(RULES, PERSON, st.booleans())
def test_rules_without_a_fault_can_be_carried_out(rules: Rules, person: dict[str, Any], is_new: bool) -> None:
    """Checking never fails itself; what it lets pass compiles, and maps everybody or fails for one person."""
    report = validate_rules(rules)
    if report.faults:
        with pytest.raises(Reject) as refused:
            compile_rules(rules)
        assert len(refused.value.reasons) == len(report.faults)
        return
    compiled = compile_rules(rules)
    context = Context({**person, "IsSoftDeleted": False}, NOW, lambda _below: 0, lambda: "g")
    resource = SourceResource("ada", ObjectType.USER, person)
    try:
        verdict = judge_scope(resource, ScopeSetting.ALL, compiled.scope, NOW)
        assert verdict.is_in or verdict.reason
        matching_keys(compiled, context)
        desired = map_attributes(compiled, context, is_new=is_new)
    except ResourceFailed:
        return
    targets = {source_id: f"t-{source_id}" for source_id in wanted_references(desired.attributes)}
    resolved = resolve_references(desired.attributes, targets)
    derive_changes(resolved.attributes, {}, compiled)
    assert set(desired.attributes) <= compiled.paths
    assert derive_changes(resolved.attributes, resolved.attributes, compiled) == ()
    instant = next_instant(compiled, person, context)
    assert instant is None or instant > NOW
