"""The standard schemas and resource types, read once from the JSON files beside this module (RFC 7643 §8.7).

Further schemas come as data from whoever composes the service; `read_schema` turns a document into a value.
"""

import json
from collections.abc import Sequence
from functools import cache
from importlib import resources

from provisor.scim.grammar.attribute_path import ENTERPRISE_SCHEMA, GROUP_SCHEMA, USER_SCHEMA
from provisor.scim.schema import Extension, ResourceType, Schema, read_schema

_FILES = (
    "User.json",
    "Group.json",
    "EnterpriseUser.json",
    "ServiceProviderConfig.json",
    "ResourceType.json",
    "Schema.json",
)


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
