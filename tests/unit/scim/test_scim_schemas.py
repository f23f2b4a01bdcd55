"""The standard schemas, resource types, and the discovery documents made of them."""

import json
from importlib import resources

import pytest

from provisor.model.errors import Reject
from provisor.scim.discovery import (
    Features,
    resource_type_document,
    schema_document,
    schemas_in_use,
    service_provider_config,
)
from provisor.scim.path import ENTERPRISE_SCHEMA, GROUP_SCHEMA, USER_SCHEMA, AttributePath
from provisor.scim.registry import group_type, load_schemas, read_schema, user_type
from provisor.scim.schema import AttributeType, Mutability, Returned, Uniqueness

BASE = "https://contoso.com/scim/v2"
CHARACTERISTICS = {"name", "type", "multiValued", "description", "required", "mutability", "returned"}


def attributes_in(attributes):
    for attribute in attributes:
        yield attribute
        yield from attributes_in(attribute.get("subAttributes", ()))


def test_every_characteristic_is_written_out():
    """In the files as in the documents, which agree; a complex attribute has no caseExact and no uniqueness."""
    folder = resources.files("provisor.scim") / "schemas"
    files = {file.name: json.loads(file.read_text(encoding="utf-8")) for file in folder.iterdir()}
    assert len(files) == len(load_schemas()) == 6
    for data in files.values():
        document = schema_document(load_schemas()[data["id"]], BASE)
        assert {key: document[key] for key in data} == data
        assert "null" not in json.dumps(document)
        for attribute in attributes_in(document["attributes"]):
            is_complex = attribute["type"] == "complex"
            assert attribute.keys() >= CHARACTERISTICS | (
                {"subAttributes"} if is_complex else {"caseExact", "uniqueness"}
            )
            assert ("referenceTypes" in attribute) == (attribute["type"] == "reference")


@pytest.mark.parametrize(
    ("path", "facts"),
    [
        (
            AttributePath(None, "userName"),
            {"is_required": True, "uniqueness": Uniqueness.SERVER, "is_case_exact": False},
        ),
        (AttributePath(None, "password"), {"mutability": Mutability.WRITE_ONLY, "returned": Returned.NEVER}),
        (
            AttributePath(None, "id"),
            {"is_case_exact": True, "returned": Returned.ALWAYS, "mutability": Mutability.READ_ONLY},
        ),
        (AttributePath(None, "EXTERNALID"), {"is_case_exact": True}),
        (AttributePath(None, "groups"), {"mutability": Mutability.READ_ONLY, "is_multivalued": True}),
        (AttributePath(None, "groups", "$ref"), {"reference_types": ("Group",)}),
        (AttributePath(None, "x509Certificates", "VALUE"), {"type": AttributeType.BINARY, "is_case_exact": True}),
        (AttributePath(ENTERPRISE_SCHEMA, "manager", "value"), {"is_case_exact": True}),
        (AttributePath(ENTERPRISE_SCHEMA.upper(), "manager", "displayName"), {"mutability": Mutability.READ_ONLY}),
        (AttributePath(None, "manager"), {"type": AttributeType.COMPLEX}),
        (AttributePath(ENTERPRISE_SCHEMA, ""), {"type": AttributeType.COMPLEX, "name": ENTERPRISE_SCHEMA}),
        (AttributePath(ENTERPRISE_SCHEMA.rpartition(":")[0], "User"), {"name": ENTERPRISE_SCHEMA}),
        (AttributePath(USER_SCHEMA, "active"), {"type": AttributeType.BOOLEAN}),
        (AttributePath(None, "meta", "lastModified"), {"type": AttributeType.DATE_TIME}),
    ],
)
def test_attributes_of_users(path, facts):
    """Found by plain and by qualified names, in any case."""
    place = user_type().find(path)
    assert {name: getattr(place.leaf, name) for name in facts} == facts


def test_unknown_attributes_are_not_found():
    """Nor are parts of parts, other schemas, or an extension's attributes in the core."""
    for path in (
        AttributePath(None, "nothing"),
        AttributePath(None, "userName", "x"),
        AttributePath("urn:x:y", "userName"),
        AttributePath("urn:x", "y"),
        AttributePath(USER_SCHEMA, "manager"),
        AttributePath(ENTERPRISE_SCHEMA, "userName"),
    ):
        assert user_type().find(path) is None
    assert group_type().find(AttributePath(None, "displayName")).leaf.is_required
    assert group_type().find(AttributePath(None, "members", "value")).leaf.mutability is Mutability.IMMUTABLE


def test_schemas_come_from_data():
    """An extension of somebody's own; one that makes no sense says why."""
    schema = read_schema({"id": "urn:x:1.0:Desk", "isOpen": True, "attributes": [{"name": "color"}]})
    type_ = user_type([schema])
    assert type_.find(AttributePath("urn:X:1.0:desk", "COLOR")).leaf.name == "color"
    assert type_.find(AttributePath("urn:x:1.0:Desk", "size")).leaf.type is AttributeType.ANY
    assert type_.find(AttributePath(None, "size")) is None
    assert schema_document(schema, BASE)["attributes"][0]["name"] == "color"
    for data in (
        {},
        {"id": "x", "attributes": [{}]},
        {"id": "x", "attributes": [{"name": "a", "type": "odd"}]},
        {"id": "x", "attributes": [1]},
    ):
        with pytest.raises(Reject):
            read_schema(data)


def test_the_gallery_has_an_open_schema_for_its_service_desk():
    """It declares isAgent as text, and takes further keys."""
    file = resources.files("provisor.gallery") / "schemas" / "freshservice-user.json"
    schema = read_schema(json.loads(file.read_text(encoding="utf-8")))
    assert schema.is_open
    place = user_type([schema]).find(AttributePath(schema.id, "isagent"))
    assert place.leaf.type is AttributeType.STRING


def test_resource_types_are_described():
    """With their extensions, relative endpoints and locations."""
    document = resource_type_document(user_type(), BASE)
    assert document["endpoint"] == "/Users"
    assert document["schemaExtensions"] == [{"schema": ENTERPRISE_SCHEMA, "required": False}]
    assert document["meta"] == {"resourceType": "ResourceType", "location": f"{BASE}/ResourceTypes/User"}
    assert resource_type_document(group_type(), BASE)["schemaExtensions"] == []
    assert [schema.id for schema in schemas_in_use([user_type(), group_type()])] == [
        USER_SCHEMA,
        ENTERPRISE_SCHEMA,
        GROUP_SCHEMA,
    ]


def test_the_configuration_fits_its_own_schema():
    """Every member is declared, every required one is there, nothing is null."""
    features = Features(
        bulk_operations_max=10, bulk_payload_bytes_max=100, cursor_timeout_seconds=600, event_uris=("urn:e",)
    )
    for document in (service_provider_config(features, BASE), service_provider_config(Features(), BASE)):
        schema = load_schemas()["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"]
        declared = {attribute.name for attribute in schema.attributes}
        assert set(document) - {"schemas", "meta"} <= declared
        assert {attribute.name for attribute in schema.attributes if attribute.is_required} <= set(document)
        assert "null" not in json.dumps(document)
    assert document["pagination"]["cursor"] is False
    assert document["bulk"]["supported"] is False
    assert document["authenticationSchemes"][0]["type"] == "oauthbearertoken"
