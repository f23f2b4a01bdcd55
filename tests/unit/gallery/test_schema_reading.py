"""A synchronization schema is read into rules; every fault of form is told at once with its path."""

import copy
from typing import Any

import pytest
from schema_builders import USER, attribute, entra_export, expression, group, mapping, schema

from provisor.gallery.synchronization.completing import complete_schema
from provisor.gallery.synchronization.reading import index_sources, read_rules, read_schema
from provisor.model.errors import Reject
from provisor.model.rules import AttributeType, FlowType, SourceKind
from provisor.stages.rules.compiled import compile_rules


def faults_of(document: Any) -> dict[str, str]:
    """Faults by path."""
    return {fault.path: fault.text for fault in read_schema(document).faults}


def test_a_tenants_export_is_read_whole() -> None:
    """Users and groups, lists per object, every kind of source, flow types, filters; it compiles without a notice."""
    reading = read_schema(entra_export())
    assert not reading.faults
    assert not reading.notices
    rules = reading.rules
    assert [one.source_object for one in rules.object_mappings] == ["User", "Group"]
    users, groups = rules.object_mappings
    kinds = {one.target: one.kind for one in users.attribute_mappings}
    assert kinds["userName"] is SourceKind.ATTRIBUTE
    assert kinds["userType"] is SourceKind.CONSTANT
    assert kinds["nickName"] is SourceKind.EXPRESSION
    assert kinds["timezone"] is SourceKind.NONE
    assert {one.target: one.matching_priority for one in users.attribute_mappings if one.matching_priority} == {
        "userName": 1,
        "externalId": 2,
    }
    nick = next(one for one in users.attribute_mappings if one.target == "nickName")
    assert (nick.flow_type, nick.default_value) == (FlowType.OBJECT_ADD_ONLY, "n/a")
    assert [one.name for one in users.scope] == ["Sales in DE", "Badge holders"]
    assert [one.name for one in users.input_scope] == ["Read at all"]
    assert (groups.creates, groups.updates, groups.deletes, groups.is_enabled) == (True, True, False, False)
    targets = rules.target_attributes(users)
    badge = targets["urn:ietf:params:scim:schemas:extension:Contoso:2.0:User:badge"]
    assert (badge.is_custom, badge.length_max) == (True, 16)
    assert targets[f"{USER}:manager"].type is AttributeType.REFERENCE
    assert "members" in rules.source_attributes(groups)
    assert "members" not in rules.source_attributes(users)
    assert compile_rules(rules).matching


def test_a_tenants_export_is_kept_as_it_is() -> None:
    """What is exported after an import is what was imported, unknown members included."""
    document = entra_export()
    assert complete_schema(copy.deepcopy(document), index_sources(document)) == document


def test_rules_run_in_order_of_priority() -> None:
    """The lowest number first, wherever it stands in the file."""
    document = entra_export()
    document["synchronizationRules"].reverse()
    reading = read_schema(document)
    assert [one.source_object for one in reading.rules.object_mappings] == ["User", "Group"]
    assert reading.paths[0][0] == "synchronizationRules[1].objectMappings[0]"
    assert reading.paths[0][1][2] == "synchronizationRules[1].objectMappings[0].attributeMappings[2]"


@pytest.mark.parametrize("members", [{}, {"scope": None}, {"flowTypes": None, "enabled": None}])
def test_what_is_not_said_has_graphs_defaults(members: dict[str, Any]) -> None:
    """Enabled, all three actions, no filter, always applied, no matching attribute."""
    users = read_rules(schema(**members)).users
    assert (users.is_enabled, users.creates, users.updates, users.deletes, users.scope) == (True, True, True, True, ())
    plain = read_rules(schema({"targetAttributeName": "title"})).users.attribute_mappings[0]
    assert (plain.kind, plain.matching_priority, plain.flow_type) == (SourceKind.NONE, 0, FlowType.ALWAYS)


def test_enumerations_are_read_in_any_case() -> None:
    """People write them by hand."""
    users = read_rules(schema(mapping("title", flowType="objectaddonly"))).users
    assert users.attribute_mappings[0].flow_type is FlowType.OBJECT_ADD_ONLY


def test_filters_without_a_name_are_numbered() -> None:
    """So that a verdict can name them."""
    scope = {"groups": [group("", ("mail", "IS NOT NULL")), group("", ("department", "EQUALS", "Sales"))]}
    users = read_rules(schema(scope=scope)).users
    assert [one.name for one in users.scope] == ["Filter 1", "Filter 2"]


def test_every_fault_is_told_at_once_with_its_path() -> None:
    """One refusal lists the faults of all rooms of the document."""
    document = schema(
        mapping("title", flowType="Sometimes", matchingPriority=-1),
        mapping("title2", {"type": "Odd", "name": "x"}, defaultValue=5),
        scope={"groups": [group("Sales", ("department", "EQUALS", 5))]},
        flowTypes="Add, Remove",
    )
    document["directories"][0]["objects"][0]["attributes"] += [attribute("mail"), attribute("level", type="Float")]
    document["synchronizationRules"][0]["targetDirectoryName"] = "targett"
    mappings = "synchronizationRules[0].objectMappings[0]"
    assert set(faults_of(document)) == {
        "directories[0].objects[0].attributes[7].name",
        "directories[0].objects[0].attributes[8].type",
        "synchronizationRules[0].targetDirectoryName",
        f"{mappings}.flowTypes",
        f"{mappings}.attributeMappings[0].matchingPriority",
        f"{mappings}.attributeMappings[0].flowType",
        f"{mappings}.attributeMappings[1].source.type",
        f"{mappings}.attributeMappings[1].defaultValue",
        f"{mappings}.scope.groups[0].clauses[0].targetOperand.values",
    }
    assert "'target'" in faults_of(document)["synchronizationRules[0].targetDirectoryName"]
    with pytest.raises(Reject) as refused:
        read_rules(document)
    assert len(refused.value.reasons) == 9


@pytest.mark.parametrize("document", [None, [], "x", 5, {}, {"synchronizationRules": 5}, {"synchronizationRules": [5]}])
def test_what_is_no_schema_is_refused(document: Any) -> None:
    """Any JSON is answered with faults."""
    with pytest.raises(Reject):
        read_rules(document)


def test_all_rules_run_between_the_same_directories() -> None:
    """A job has two ends."""
    document = schema()
    other = copy.deepcopy(document["synchronizationRules"][0])
    other.update(sourceDirectoryName="target", targetDirectoryName="source", priority=2)
    document["synchronizationRules"].append(other)
    assert "synchronizationRules[1]" in faults_of(document)


def test_filters_that_mean_nothing_here_are_noticed() -> None:
    """They are kept, but whoever imports them is told that nobody is filtered by them."""
    document = schema(scope={"groups": [], "categoryFilterGroups": [group("x", ("mail", "IS NULL"))]})
    document["synchronizationRules"][0]["containerFilter"] = {"includedContainers": ["OU=Sales"]}
    reading = read_schema(document)
    assert not reading.faults
    assert {one.path.rsplit(".", 1)[-1] for one in reading.notices} == {"categoryFilterGroups", "containerFilter"}


def test_an_expression_with_faults_is_read_for_later_judgement() -> None:
    """Form and sense are two things: its text arrives in the rules as it stands."""
    rules = read_rules(schema(mapping("title", expression("ToLwer([mail])"))))
    assert rules.users.attribute_mappings[0].text == "ToLwer([mail])"
