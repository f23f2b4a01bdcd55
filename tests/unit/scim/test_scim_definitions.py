"""Schemas and resource types from an administrator's documents: what they add, and every fault at once."""

import pytest

from provisor.model.errors import Reject
from provisor.scim.definitions.documents import read_definitions
from provisor.scim.discovery import resource_type_document, schema_document
from provisor.scim.messages import list_response
from provisor.scim.path import ENTERPRISE_SCHEMA, USER_SCHEMA
from provisor.scim.registry import group_type, user_type

STANDARD = {"User": user_type(), "Group": group_type()}
DEVICE_SCHEMA = "urn:example:params:scim:schemas:contoso:2.0:Device"
BADGE_SCHEMA = "urn:example:params:scim:schemas:extension:contoso:2.0:User"
DEVICE = {
    "id": DEVICE_SCHEMA,
    "name": "Device",
    "attributes": [{"name": "serial", "type": "string", "required": True, "uniqueness": "server"}],
}
DEVICES = {"name": "Device", "endpoint": "/Devices", "schema": DEVICE_SCHEMA}
BADGE = {"id": BADGE_SCHEMA, "attributes": [{"name": "badge"}]}
USERS = {
    "id": "User",
    "name": "User",
    "endpoint": "/Users",
    "schema": USER_SCHEMA,
    "schemaExtensions": [{"schema": ENTERPRISE_SCHEMA, "required": False}, {"schema": BADGE_SCHEMA, "required": True}],
}


def faults(*documents):
    """The faults of some documents, in files called 0.json, 1.json and so on."""
    with pytest.raises(Reject) as caught:
        read_definitions([(f"{at}.json", each) for at, each in enumerate(documents)], STANDARD)
    return list(caught.value.reasons)


def test_documents_add_resource_types_and_extensions():
    """In any order, one to a file or several; what was there stays."""
    for documents in ([DEVICE, DEVICES, BADGE, USERS], [[USERS, DEVICES], [BADGE, DEVICE]]):
        found = read_definitions([(f"{at}.json", each) for at, each in enumerate(documents)], STANDARD)
        assert list(found)[:2] == ["User", "Group"]
        assert found["Device"].endpoint == "/Devices"
        assert [each.schema.id for each in found["User"].extensions] == [ENTERPRISE_SCHEMA, BADGE_SCHEMA]
        assert found["User"].extensions[1].is_required
        assert found["Group"] is STANDARD["Group"]
    assert read_definitions([], STANDARD) == STANDARD


def test_what_discovery_shows_can_be_read_back():
    """The documents of /Schemas and /ResourceTypes, as lists, define the same again."""
    first = read_definitions([("a", [DEVICE, DEVICES])], STANDARD)["Device"]
    shown = [
        list_response([schema_document(first.schema, "https://scim.example")], 1),
        list_response([resource_type_document(first, "https://scim.example")], 1),
    ]
    again = read_definitions([("b", shown[0]), ("c", shown[1])], STANDARD)["Device"]
    assert schema_document(again.schema, "") == schema_document(first.schema, "")
    assert resource_type_document(again, "") == resource_type_document(first, "")


@pytest.mark.parametrize(
    ("attribute", "place", "words"),
    [
        ({}, "attributes[0]", "has no 'name'"),
        ("x", "attributes[0]", "Write an object"),
        ({"name": "1x"}, "attributes[0].name", "cannot be a name"),
        ({"name": "$ref"}, "attributes[0].name", "cannot be a name"),
        ({"name": "Meta"}, "attributes[0].name", "every resource has 'Meta' already"),
        ({"name": "a", "tpye": "string"}, "attributes[0]", "Did you mean 'type'?"),
        ({"name": "a", "type": "text"}, "attributes[0].type", "Choose one of string, boolean"),
        ({"name": "a", "type": "any"}, "attributes[0].type", "Choose one of"),
        ({"name": "a", "type": "DateTime"}, "attributes[0].type", "Write 'dateTime', in that case"),
        ({"name": "a", "mutability": "readonly"}, "attributes[0].mutability", "Write 'readOnly'"),
        ({"name": "a", "returned": 5}, "attributes[0].returned", "Choose one of always"),
        ({"name": "a", "uniqueness": "yes"}, "attributes[0].uniqueness", "Choose one of none, server, global"),
        ({"name": "a", "required": "true"}, "attributes[0].required", "without quotes"),
        ({"name": "a", "multiValued": 1}, "attributes[0].multiValued", "Write true or false"),
        ({"name": "a", "canonicalValues": "x"}, "attributes[0].canonicalValues", "Write a list"),
        ({"name": "a", "canonicalValues": [5]}, "attributes[0].canonicalValues[0]", "Write a text"),
        ({"name": "a", "type": "reference"}, "attributes[0]", "is a reference without 'referenceTypes'"),
        ({"name": "a", "subAttributes": [{"name": "b"}]}, "attributes[0].subAttributes", "has no parts"),
        ({"name": "a", "type": "complex"}, "attributes[0].subAttributes", "at least one sub-attribute"),
        (
            {"name": "a", "type": "complex", "subAttributes": [{"name": "b", "type": "complex"}]},
            "attributes[0].subAttributes[0].type",
            "cannot be complex",
        ),
        (
            {"name": "a", "type": "complex", "uniqueness": "server", "subAttributes": [{"name": "b"}]},
            "attributes[0].uniqueness",
            "Put it on a sub-attribute",
        ),
        (
            {"name": "a", "type": "complex", "caseExact": True, "subAttributes": [{"name": "b"}]},
            "attributes[0].caseExact",
            "Put it on a sub-attribute",
        ),
        (
            {"name": "a", "type": "complex", "subAttributes": [{"name": "b"}, {"name": "B"}]},
            "attributes[0].subAttributes[1].name",
            "two attributes 'B'",
        ),
        ({"name": "a", "mutability": "readOnly", "required": True}, "attributes[0].required", "nobody could ever set"),
        ({"name": "a", "mutability": "writeOnly"}, "attributes[0].returned", "'returned': 'never'"),
        ({"name": "a", "returned": "never", "uniqueness": "server"}, "attributes[0].uniqueness", "Write 'none'"),
        ({"name": "a", "returned": "never", "required": True}, "attributes[0].required", "Drop one"),
    ],
)
def test_faults_of_attributes_say_where_and_what_to_do(attribute, place, words):
    """One fault each, with file, place and remedy."""
    (fault,) = faults({**DEVICE, "attributes": [attribute]}, DEVICES)
    assert fault.startswith(f"0.json, {place}: ")
    assert words in fault


@pytest.mark.parametrize(
    ("documents", "words"),
    [
        (([],), None),
        (("text",), "0.json: is 'text'. Write an object"),
        (({"name": "x"},), "neither a schema nor a resource type"),
        (({**DEVICE, "id": "Device"}, {**DEVICES, "schema": "Device"}), "0.json, id: is no URN."),
        (({**DEVICE, "id": USER_SCHEMA},), f"there is a schema {USER_SCHEMA} already"),
        ((DEVICE, DEVICE, DEVICES), "1.json, id: there is a schema"),
        (({**DEVICE, "attributes": None}, DEVICES), "0.json, attributes: is missing"),
        (({**DEVICE, "isopen": True}, DEVICES), "Did you mean 'isOpen'?"),
        ((DEVICE,), "0.json, id: no resource type uses this schema"),
        ((DEVICES,), f"0.json, schema: there is no schema '{DEVICE_SCHEMA}'"),
        ((DEVICE, {**DEVICES, "endpoint": "Devices"}), "1.json, endpoint: is 'Devices'. Write a slash"),
        ((DEVICE, {**DEVICES, "endpoint": "/Bulk"}), "/Bulk is SCIM's own"),
        ((DEVICE, {**DEVICES, "endpoint": "/users"}), "/users is where User lives"),
        ((DEVICE, {**DEVICES, "name": "user"}), "there is a resource type User already"),
        ((DEVICE, {**DEVICES, "name": "A device"}), "cannot be used"),
        ((DEVICE, DEVICES, {**DEVICES, "endpoint": "/Others"}), "has '/Devices' there. Only extensions can be added"),
        ((BADGE, {**USERS, "endpoint": "/People"}), "has '/Users' there"),
        ((DEVICE, {**DEVICES, "schemaExtensions": {}}), "1.json, schemaExtensions: is an object"),
        ((DEVICE, {**DEVICES, "schemaExtensions": [{"schema": DEVICE_SCHEMA}]}), "cannot extend itself"),
        ((DEVICE, {**DEVICES, "schemaExtensions": [{"schema": ENTERPRISE_SCHEMA}] * 2}), "stands here twice"),
        ((DEVICE, {**DEVICES, "schemaExtensions": [{"required": True}]}), "has no 'schema'"),
    ],
)
def test_faults_of_documents_say_where_and_what_to_do(documents, words):
    """What is missing, twice, unknown, unused, or not theirs to change."""
    if words is None:
        assert read_definitions([("0.json", documents[0])], STANDARD) == STANDARD
        return
    (fault,) = faults(*documents)
    assert words in fault


def test_every_fault_is_told_at_once_in_the_order_of_files():
    """Whoever mends them need not start the service again for each."""
    found = faults(
        {**DEVICE, "attributes": [{"name": "id"}, {"name": "b", "type": "x"}]}, {**DEVICES, "endpoint": "/Me"}, 7
    )
    assert [each.partition(":")[0] for each in found] == [
        "0.json, attributes[0].name",
        "0.json, attributes[1].type",
        "1.json, endpoint",
        "2.json",
    ]
