"""Flat attributes and nested JSON, as the client's side needs them."""

from datetime import UTC, datetime

import pytest

from provisor.model.errors import Reject
from provisor.scim.flat import flatten, patch_body, unflatten
from provisor.scim.path import ENTERPRISE_SCHEMA, GROUP_SCHEMA, USER_SCHEMA

MANAGER = f"{ENTERPRISE_SCHEMA}:manager"
WORK = 'emails[type eq "work"].value'


def operations(*changes, **options):
    return patch_body(changes, **options)["Operations"]


def test_flat_attributes_become_a_resource():
    """Elements with equal filters come together, schemas are named, booleans are native, None is left out."""
    flat = {
        "userName": "ada",
        "active": "True",
        "name.givenName": "Ada",
        WORK: "a@x",
        'emails[TYPE eq "work"].primary': "True",
        'emails[type eq "home"].value': "h@x",
        'roles[primary eq "True"].value': "guide",
        MANAGER: "26",
        f"{ENTERPRISE_SCHEMA}:department": "R",
        f"{ENTERPRISE_SCHEMA}:_location": "Room 7",
        "urn:example:2.0:User:isAgent": "True",
        "urn:example:2.0:User:hired": datetime(2026, 11, 23, 18, tzinfo=UTC),
        "title": None,
    }
    assert unflatten(flat) == {
        "schemas": [USER_SCHEMA, ENTERPRISE_SCHEMA, "urn:example:2.0:User"],
        "userName": "ada",
        "active": True,
        "name": {"givenName": "Ada"},
        "emails": [{"type": "work", "value": "a@x", "primary": True}, {"type": "home", "value": "h@x"}],
        "roles": [{"primary": True, "value": "guide"}],
        ENTERPRISE_SCHEMA: {"manager": {"value": "26"}, "department": "R", "_location": "Room 7"},
        "urn:example:2.0:User": {"isAgent": "True", "hired": "2026-11-23T18:00:00Z"},
    }


def test_groups_have_members():
    """A list of ids is a list of references, and reads back as ids."""
    group = unflatten({"displayName": "G", "members": ["1", "2"]}, schema=GROUP_SCHEMA)
    assert group == {"schemas": [GROUP_SCHEMA], "displayName": "G", "members": [{"value": "1"}, {"value": "2"}]}
    assert flatten(group, ["members"], schema=GROUP_SCHEMA) == {"members": ["1", "2"]}


def test_answers_are_read_whatever_their_case_and_types():
    """Absent, null and empty values are missing."""
    answer = {
        "USERNAME": "ada",
        "active": "True",
        "Emails": [{"Type": "WORK", "Value": "a@x"}],
        ENTERPRISE_SCHEMA.upper(): {"Manager": {"value": "26", "displayName": "Frank"}},
        "title": None,
        "roles": [],
        "name": "not an object",
    }
    paths = [
        "userName",
        "active",
        WORK,
        MANAGER,
        "title",
        "roles",
        "name.givenName",
        'roles[primary eq "True"].value',
        "nickName",
    ]
    assert flatten(answer, paths) == {"userName": "ada", "active": True, WORK: "a@x", MANAGER: "26"}
    assert flatten({"emails": {"type": "work", "value": "x"}}, [WORK]) == {WORK: "x"}
    assert flatten({ENTERPRISE_SCHEMA: {"manager": "26"}}, [MANAGER]) == {MANAGER: "26"}
    assert flatten({"emails": ["x", 5, None]}, [WORK]) == {}


def test_a_change_is_one_operation():
    """Replace what is there, add what is not, remove what is to go, in that order of safety."""
    assert operations(("title", None), ("active", "False"), (MANAGER, "7"), ("nickName", "A"), absent={"nickName"}) == [
        {"op": "replace", "path": "active", "value": False},
        {"op": "replace", "path": MANAGER, "value": {"value": "7"}},
        {"op": "add", "path": "nickName", "value": "A"},
        {"op": "remove", "path": "title"},
    ]


def test_an_element_that_is_not_there_is_added_as_a_whole():
    """All its parts in one; but parts of an element that is there are addressed by its filter."""
    street, city = ('addresses[type eq "work"].streetAddress', 'addresses[type eq "work"].locality')
    both = {street, city}
    assert operations((street, "S"), (city, "C"), absent=both) == [
        {"op": "add", "path": "addresses", "value": [{"type": "work", "streetAddress": "S", "locality": "C"}]}
    ]
    assert operations((street, "S"), absent={street}, known={city}) == [{"op": "add", "path": street, "value": "S"}]
    assert operations((street, "S"), (city, "C"), absent={street}) == [
        {"op": "add", "path": street, "value": "S"},
        {"op": "replace", "path": city, "value": "C"},
    ]
    assert operations((WORK, "new@x")) == [{"op": "replace", "path": WORK, "value": "new@x"}]


@pytest.mark.parametrize(
    "path",
    [
        "",
        "a b",
        'emails[type eq "x" or type eq "y"].value',
        'emails[type ne "x"].value',
        'emails[type eq "x"].odd',
        ENTERPRISE_SCHEMA,
    ],
)
def test_paths_that_lead_nowhere_are_rejected(path):
    """A mapping with such a target is wrong, and says so."""
    for use in (lambda: unflatten({path: "x"}), lambda: flatten({}, [path]), lambda: patch_body([(path, "x")])):
        with pytest.raises(Reject) as fault:
            use()
        assert fault.value.code == "invalidPath"
