"""Diff: the lifecycle of an account, minimal differences, and what counts as a removal."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stage_builders import ACTIVE, compiled, direct

from provisor.model.job import ScopeSetting
from provisor.model.operation import Action, AttributeChange, Reference
from provisor.model.resource import ObjectType, Presence, SourceResource
from provisor.model.rules import AttributeMapping, FlowType, SourceKind
from provisor.stages.differences import derive_changes
from provisor.stages.diffing import Subject, decide_operation, takes_access_away
from provisor.stages.resolving import Resolved, resolve_references, wanted_references
from provisor.stages.scoping import compile_scope, judge_scope

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
RULES = compiled(ACTIVE, direct("title", "jobTitle"), direct("isAgent", "agent"), direct("tags", "tags"))
ASSIGNED = {"appRoleAssignments": [1]}


def decide(attributes, known=None, *, presence=Presence.PRESENT, assigned=True, managed=True, rules=RULES):
    """The operation for one person whose desired attributes are given."""
    source = SourceResource("ada", ObjectType.USER, ASSIGNED if assigned else {}, presence)
    subject = Subject(source, "ada", "t1" if known is not None else None, known, managed)
    verdict = judge_scope(source, ScopeSetting.ASSIGNED, compile_scope(()), NOW)
    return decide_operation(subject, verdict, Resolved(attributes), rules)


def test_joiner() -> None:
    """In scope and without an account: create, with everything that has a value."""
    operation = decide({"userName": "ada", "active": True, "title": None})
    assert operation.action is Action.CREATE
    assert operation.attributes == {"userName": "ada", "active": True}


def test_nothing_to_do_has_a_reason() -> None:
    """Equal to what is known: a skip that says so."""
    operation = decide({"userName": "ADA", "active": True}, {"userName": "ada", "active": True})
    assert operation.action is Action.OTHER
    assert operation.reason.startswith("RedundantExport")


def test_mover() -> None:
    """Only the difference is sent."""
    operation = decide({"userName": "ada", "title": "B"}, {"userName": "ada", "title": "A"})
    assert operation.changes == (AttributeChange("title", "A", "B"),)
    assert not operation.removes_access


@pytest.mark.parametrize("leaving", [{"presence": Presence.SOFT_DELETED}, {"assigned": False}])
def test_leaver_is_disabled_and_nothing_else_flows(leaving) -> None:
    """Out of scope: only what follows from IsSoftDeleted is sent, as a removal."""
    operation = decide({"active": False, "title": "B"}, {"active": True, "title": "A"}, **leaving)
    assert operation.action is Action.DISABLE
    assert operation.removes_access
    assert [change.attribute for change in operation.changes] == ["active"]


def test_hard_deletion() -> None:
    """Gone: a managed account is deleted, one that had left before is left alone."""
    assert decide({}, {"active": True}, presence=Presence.GONE).action is Action.DELETE
    assert decide({}, {"active": False}, presence=Presence.GONE, managed=False).action is Action.OTHER


@pytest.mark.parametrize(
    ("off", "attributes", "known", "presence"),
    [
        ("creates", {"userName": "a"}, None, Presence.PRESENT),
        ("updates", {"title": "B"}, {"title": "A"}, Presence.PRESENT),
        ("updates", {"active": False}, {"active": True}, Presence.SOFT_DELETED),
        ("deletes", {}, {"active": True}, Presence.GONE),
    ],
)
def test_actions_that_are_switched_off(off, attributes, known, presence) -> None:
    """Create, Update and Delete can be switched off; a disable is an update."""
    rules = compiled(ACTIVE, direct("title", "jobTitle"), **{off: False})
    operation = decide(attributes, known, presence=presence, rules=rules)
    assert operation.action is Action.OTHER
    assert "switched off" in operation.reason


def test_without_the_mapping_nobody_is_disabled() -> None:
    """Removing the IsSoftDeleted mapping stops disables, with a reason."""
    rules = compiled(direct("title", "jobTitle"))
    operation = decide({"title": "B"}, {"title": "A"}, assigned=False, rules=rules)
    assert operation.reason.startswith("NotDisabled")


@pytest.mark.parametrize(
    ("change", "is_loss"),
    [
        (AttributeChange("active", True, False), True),
        (AttributeChange("active", None, False), True),
        (AttributeChange("active", "True", "False"), True),
        (AttributeChange("active", False, False), False),
        (AttributeChange("active", False, True), False),
        (AttributeChange("isAgent", "True", "False"), True),
        (AttributeChange("isAgent", "true", None), True),
        (AttributeChange("isAgent", None, "False"), False),
        (AttributeChange("isAgent", "False", "True"), False),
        (AttributeChange("title", "A", None), False),
        (AttributeChange("unknown", "A", None), False),
    ],
)
def test_a_removal_is_judged_by_its_effect(change, is_loss) -> None:
    """Losing `active` or an access value is a removal, whatever mapping caused it."""
    assert takes_access_away((change,), RULES) is is_loss


def test_flow_types() -> None:
    """Add-only flows never change or take away what is there."""
    once = compiled(AttributeMapping("title", SourceKind.ATTRIBUTE, "x", flow_type=FlowType.ATTRIBUTE_ADD_ONLY))
    assert not derive_changes({"title": "B"}, {"title": "A"}, once)
    assert derive_changes({"title": "B"}, {}, once)
    more = compiled(AttributeMapping("tags", SourceKind.ATTRIBUTE, "x", flow_type=FlowType.MULTI_VALUE_ADD_ONLY))
    assert not derive_changes({"tags": ["a"]}, {"tags": ["a", "b"]}, more)
    assert derive_changes({"tags": ["c"]}, {"tags": ["a", "b"]}, more)


VALUES = st.dictionaries(
    st.sampled_from(["userName", "active", "title", "tags"]),
    st.one_of(st.text(max_size=5), st.booleans(), st.lists(st.text(max_size=3), max_size=3)),
)


@given(VALUES)
def test_the_difference_of_a_thing_with_itself_is_empty(attributes) -> None:
    """Law: nothing is sent to somebody who is as desired."""
    assert derive_changes(attributes, attributes, RULES) == ()


@given(VALUES, VALUES)
def test_applying_the_difference_yields_the_desired(desired, known) -> None:
    """Law: after the changes a second look finds none."""
    changed = {**known, **{change.attribute: change.after for change in derive_changes(desired, known, RULES)}}
    assert derive_changes(desired, changed, RULES) == ()


def test_references_resolve_or_wait() -> None:
    """A reference whose account is known becomes its id; another is left out and remembered."""
    attributes = {"a": Reference("frank"), "b": Reference("nobody"), "c": 1}
    assert wanted_references(attributes) == {"frank", "nobody"}
    resolved = resolve_references(attributes, {"frank": "t7"})
    assert resolved.attributes == {"a": "t7", "c": 1}
    assert resolved.deferred == (("b", "nobody"),)
