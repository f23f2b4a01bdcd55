"""The standard schemas and resource types, read once from the JSON files beside this module (RFC 7643 §7, §8.7).

Further schemas come as data from whoever composes the service; `read_schema` turns a document into a value.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

from provisor.model.errors import Reject
from provisor.scim.grammar.attribute_path import ENTERPRISE_SCHEMA, GROUP_SCHEMA, USER_SCHEMA
from provisor.scim.schema import (
    Attribute,
    AttributeType,
    Extension,
    Mutability,
    ResourceType,
    Returned,
    Schema,
    Uniqueness,
)

_FILES = (
    "User.json",
    "Group.json",
    "EnterpriseUser.json",
    "ServiceProviderConfig.json",
    "ResourceType.json",
    "Schema.json",
)
CASE_EXACT_TYPES = frozenset({AttributeType.REFERENCE, AttributeType.BINARY})
"""RFC 7643 §2.3.6, §2.3.7, whatever `caseExact` says: the RFC's own schemas print false."""


@cache
def load_schemas() -> dict[str, Schema]:
    """The standard schemas by id, those that describe discovery included. Treat the result as frozen."""
    folder = resources.files("provisor.scim") / "schemas"
    documents = (json.loads((folder / name).read_text(encoding="utf-8")) for name in _FILES)
    return {schema.id: schema for schema in map(read_schema, documents)}


def user_type(extensions: Sequence[Schema] = ()) -> ResourceType:
    """Users with the enterprise extension and, after it, any further ones."""
    schemas = load_schemas()
    return ResourceType(
        id="User",
        name="User",
        endpoint="/Users",
        description="A person's account.",
        schema=schemas[USER_SCHEMA],
        extensions=tuple(Extension(schema) for schema in (schemas[ENTERPRISE_SCHEMA], *extensions)),
    )


def group_type(extensions: Sequence[Schema] = ()) -> ResourceType:
    """Groups, with extensions if any."""
    return ResourceType(
        id="Group",
        name="Group",
        endpoint="/Groups",
        description="A group of users and groups.",
        schema=load_schemas()[GROUP_SCHEMA],
        extensions=tuple(Extension(schema) for schema in extensions),
    )


def read_schema(data: Mapping[str, Any]) -> Schema:
    """A schema from its JSON document (RFC 7643 §7), plus our `isOpen`. Raises Reject for a faulty one."""
    try:
        return Schema(
            id=str(data["id"]),
            name=str(data.get("name", data["id"])),
            description=str(data.get("description", "")),
            attributes=tuple(read_attribute(each) for each in data.get("attributes", ())),
            is_open=bool(data.get("isOpen", False)),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as fault:
        raise Reject(
            f"The schema document '{data.get('id', '?')}' is faulty: {fault}.", remedy="See RFC 7643 §7 for its form."
        ) from fault


def read_attribute(data: Mapping[str, Any]) -> Attribute:
    """An attribute from its definition in a schema document. Case always counts in references and binary values."""
    kind = AttributeType(data.get("type", "string"))
    return Attribute(
        name=str(data["name"]),
        type=kind,
        is_multivalued=bool(data.get("multiValued", False)),
        description=str(data.get("description", "")),
        is_required=bool(data.get("required", False)),
        is_case_exact=bool(data.get("caseExact", False)) or kind in CASE_EXACT_TYPES,
        mutability=Mutability(data.get("mutability", "readWrite")),
        returned=Returned(data.get("returned", "default")),
        uniqueness=Uniqueness(data.get("uniqueness", "none")),
        canonical_values=tuple(data.get("canonicalValues", ())),
        reference_types=tuple(data.get("referenceTypes", ())),
        sub_attributes=tuple(read_attribute(each) for each in data.get("subAttributes", ())),
    )
