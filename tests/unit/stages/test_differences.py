"""Differences: flow types, flow behaviours, lists, references and role objects."""

import pytest
from stage_builders import compiled, context, definition, direct, expression

from provisor.connectors.scim.requests import update_request
from provisor.connectors.scim.tenant_url import parse_tenant_url
from provisor.model.operation import AttributeChange, Reference
from provisor.model.rules import AttributeMapping, AttributeType, FlowBehavior, FlowType, SourceKind
from provisor.stages.differences import derive_changes
from provisor.stages.mapping import map_attributes
from provisor.stages.resolving import resolve_references, wanted_references

ADMIN = {"id": "1", "value": "admin", "displayName": "Admin"}
AGENT = {"id": "2", "value": "agent", "displayName": "Agent"}
WAAD = "WindowsAzureActiveDirectoryRole"
LISTS = {
    "members": definition("members", type=AttributeType.REFERENCE, is_multivalued=True),
    "roles": definition("roles", is_multivalued=True),
    'roles[primary eq "True"].value': definition('roles[primary eq "True"].value'),
    'roles[primary eq "True"].display': definition('roles[primary eq "True"].display'),
}


def role(value: str, display: str, *, primary: bool = False) -> dict:
    """A SCIM role object."""
    return {"primary": primary, "type": WAAD, "display": display, "value": value}


@pytest.mark.parametrize(
    ("flow", "target", "before", "after", "flows"),
    [
        (FlowType.ALWAYS, "title", "A", "B", "B"),
        (FlowType.ALWAYS, "title", "A", None, "cleared"),
        (FlowType.ATTRIBUTE_ADD_ONLY, "title", None, "B", "B"),
        (FlowType.ATTRIBUTE_ADD_ONLY, "title", "A", "B", None),
        (FlowType.VALUE_ADD_ONLY, "title", None, "B", "B"),
        (FlowType.VALUE_ADD_ONLY, "title", "A", "B", None),
        (FlowType.VALUE_ADD_ONLY, "title", "A", None, None),
        (FlowType.VALUE_ADD_ONLY, "tags", ["a", "b"], ["b", "c"], ["a", "b", "c"]),
        (FlowType.VALUE_ADD_ONLY, "tags", ["a", "b"], ["a"], None),
        (FlowType.MULTI_VALUE_ADD_ONLY, "tags", ["a", "b"], ["b", "c"], ["b", "c"]),
        (FlowType.MULTI_VALUE_ADD_ONLY, "tags", ["a", "b"], ["a"], None),
        (FlowType.MULTI_VALUE_ADD_ONLY, "tags", None, ["a"], ["a"]),
    ],
)
def test_what_flows_of_each_flow_type(flow, target, before, after, flows) -> None:
    """Always flows every difference; the others only add: an attribute, a value, or a change that adds to a list."""
    rules = compiled(direct(target, "jobTitle", flow_type=flow))
    changes = derive_changes({target: after}, {target: before} if before else {}, rules)
    assert [change.after for change in changes] == ([] if flows is None else [None if flows == "cleared" else flows])


def test_only_values_that_are_new_are_added() -> None:
    """The request adds what the target does not hold yet, and does not touch what it holds."""
    rules = compiled(direct("tags", "otherMails", flow_type=FlowType.VALUE_ADD_ONLY))
    (change,) = derive_changes({"tags": ["a", "c"]}, {"tags": ["a", "b"]}, rules)
    assert change == AttributeChange("tags", ["a", "b"], ["a", "b", "c"], added=("c",))
    request = update_request(parse_tenant_url("http://127.0.0.1/scim/v2"), "User", "t1", [change])
    assert request.body is not None
    assert b'{"op":"add","path":"tags","value":["c"]}' in request.body


def test_a_list_is_equal_in_any_order() -> None:
    """Order and repetition make no difference; letter case makes one where the attribute says so."""
    rules = compiled(direct("tags", "otherMails"))
    assert derive_changes({"tags": ["b", "A", "b"]}, {"tags": ["a", "b"]}, rules) == ()


def test_what_flows_always_goes_along_and_sends_nothing_by_itself() -> None:
    """FlowAlways repeats a value in every update, and causes none."""
    always = direct("title", "jobTitle", flow_behavior=FlowBehavior.FLOW_ALWAYS)
    rules = compiled(always, direct("level", "grade"))
    known = {"title": "A", "level": 1}
    assert derive_changes({"title": "A", "level": 1}, known, rules) == ()
    changes = derive_changes({"title": "A", "level": 2}, known, rules)
    assert [(change.attribute, change.after) for change in changes] == [("level", 2), ("title", "A")]


def test_a_default_without_a_source_fills_what_is_empty_and_leaves_what_is_there() -> None:
    """A mapping of kind None writes its default where the target has no value, on creation and later."""
    rules = compiled(AttributeMapping("title", SourceKind.NONE, default_value="Staff"))
    wanted = map_attributes(rules, context(), is_new=False).attributes
    assert derive_changes(wanted, {"userName": "ada@contoso.example"}, rules) == (
        AttributeChange("title", None, "Staff"),
    )
    assert derive_changes(wanted, {"userName": "ada@contoso.example", "title": "Chief"}, rules) == ()
    assert map_attributes(rules, context(), is_new=True).attributes["title"] == "Staff"


def test_members_flow_as_far_as_they_have_accounts() -> None:
    """Of several references those that are known flow, the others wait; all are asked for together."""
    rules = compiled(direct("members", "members"), definitions=LISTS)
    wanted = map_attributes(rules, context(members=["ada", "boris", "chen"]), is_new=True).attributes
    assert wanted["members"] == [Reference("ada"), Reference("boris"), Reference("chen")]
    assert wanted_references(wanted) == {"ada", "boris", "chen"}
    resolved = resolve_references(wanted, {"ada": "t1", "chen": "t3"})
    assert resolved.attributes["members"] == ["t1", "t3"]
    assert resolved.deferred == (("members", "boris"),)


def test_a_manager_who_left_is_cleared_where_the_mapping_says_so() -> None:
    """An empty reference clears the target like any other value."""
    rules = compiled(direct("manager", "manager", clear_when_empty=True))
    wanted = resolve_references(map_attributes(rules, context(manager=None), is_new=False).attributes, {}).attributes
    (change,) = derive_changes(wanted, {"userName": "ada@contoso.example", "manager": "t9"}, rules)
    assert change == AttributeChange("manager", "t9", None)
    request = update_request(parse_tenant_url("http://127.0.0.1/scim/v2"), "User", "t1", [change])
    assert request.body is not None
    assert b'"Operations":[{"op":"remove","path":"manager"}]' in request.body


def test_a_single_role_says_its_type() -> None:
    """One role object: primary, the role, and the type that no mapping can choose."""
    path = 'roles[primary eq "True"].value'
    rules = compiled(expression(path, "SingleAppRoleAssignment([appRoleAssignments])"), definitions=LISTS)
    wanted = map_attributes(rules, context(appRoleAssignments=[ADMIN]), is_new=True).attributes
    assert wanted[path] == "Admin"
    assert wanted['roles[primary eq "True"].type'] == WAAD
    without = map_attributes(rules, context(appRoleAssignments=[]), is_new=True).attributes
    assert not any(name.startswith("roles") for name in without)


def test_roles_are_added_and_taken_away_only_by_the_assertive_function() -> None:
    """Both create one object per role; on update one adds what is new, the other replaces the list."""
    for name, gone in (("AppRoleAssignmentsComplex", False), ("AssertiveAppRoleAssignmentsComplex", True)):
        rules = compiled(expression("roles", f"{name}([appRoleAssignments])"), definitions=LISTS)
        created = map_attributes(rules, context(appRoleAssignments=[ADMIN]), is_new=True).attributes
        assert created["roles"] == [role("admin", "Admin")]
        wanted = map_attributes(rules, context(appRoleAssignments=[AGENT]), is_new=False).attributes
        known = {"userName": "ada@contoso.example", "roles": created["roles"]}
        (change,) = derive_changes(wanted, known, rules)
        assert change.after == ([] if gone else created["roles"]) + [role("agent", "Agent")]
        assert (change.added is None) is gone
        assert derive_changes(created, known, rules) == ()
        # A target that is listed shows the values of its roles only; that is no difference.
        assert derive_changes(created, {**known, "roles": ["admin"]}, rules) == ()
