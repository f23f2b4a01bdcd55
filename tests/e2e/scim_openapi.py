"""An OpenAPI description of a SCIM endpoint, made from what the endpoint says of itself (RFC 7644 §4)."""

from collections.abc import Mapping, Sequence
from typing import Any

JsonObject = dict[str, Any]

FILTERS = [
    'userName eq "ada"',
    'emails[type eq "work" and value co "@"].value sw "a"',
    'not (active eq true) and (title pr or meta.created gt "2026-01-01T00:00:00Z")',
    'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq "x"',
    'members.value eq "x" or groups.display co "a"',
    "externalId eq null",
]
PATHS = [
    "userName",
    "name.givenName",
    'emails[type eq "work"].value',
    'phoneNumbers[type eq "mobile" or primary eq true]',
    "members",
    'members[value eq "x"]',
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    "displayName",
    "id",
    "addresses",
    "roles.display",
]
API = "urn:ietf:params:scim:api:messages:2.0:"
ANYTHING: JsonObject = {"description": "Whatever the endpoint answers."}
_TYPES = {
    "string": {"type": "string"},
    "boolean": {"anyOf": [{"type": "boolean"}, {"enum": ["True", "False"]}]},
    "integer": {"type": "integer"},
    "decimal": {"type": "number"},
    "dateTime": {"type": "string", "format": "date-time"},
    "binary": {"type": "string", "format": "byte"},
    "reference": {"type": "string"},
}


def describe(
    types: Sequence[JsonObject], schemas: Mapping[str, JsonObject], ids: Mapping[str, Sequence[str]]
) -> JsonObject:
    """The description. `types` and `schemas` are discovery documents, `ids` some ids by the endpoints of types."""
    paths: JsonObject = {
        "/": {"get": _operation(_query())},
        "/.search": {"post": _operation(body=_search_body())},
        "/Bulk": {"post": _operation(body=_bulk_body(types, schemas))},
        "/Me": {verb: _operation(_projection()) for verb in ("get",)},
        "/ServiceProviderConfig": {"get": _operation(_query())},
    }
    for name, known in (("Schemas", list(schemas)), ("ResourceTypes", [each["id"] for each in types])):
        paths[f"/{name}"] = {"get": _operation(_query()), "post": _operation(body={})}
        paths[f"/{name}/{{id}}"] = {"get": _operation([_id(known)])}
    for each in types:
        endpoint, resource = each["endpoint"], _resource(each, schemas)
        paths[endpoint] = {"get": _operation(_query()), "post": _operation(_projection(), body=resource)}
        paths[f"{endpoint}/.search"] = {"post": _operation(body=_search_body())}
        one = [_id(ids.get(endpoint, ()))]
        conditions = [_header("If-Match", ["*", 'W/"1"']), _header("If-None-Match", ["*", 'W/"1"'])]
        paths[f"{endpoint}/{{id}}"] = {
            "get": _operation([*one, *_projection(), *conditions]),
            "put": _operation([*one, *conditions], body=resource),
            "patch": _operation([*one, *_projection(), *conditions], body=_patch_body()),
            "delete": _operation([*one, *conditions]),
        }
    return {"openapi": "3.1.0", "info": {"title": "SCIM", "version": "2"}, "paths": paths}


def _operation(parameters: Sequence[JsonObject] = (), *, body: JsonObject | None = None) -> JsonObject:
    operation: JsonObject = {"parameters": list(parameters), "responses": {"default": ANYTHING}}
    if body is not None:
        content = {"application/scim+json": {"schema": body}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _some(*known: str) -> JsonObject:
    return {"anyOf": [{"type": "string"}, {"enum": list(known)}]} if known else {"type": "string"}


def _parameter(name: str, schema: JsonObject, place: str = "query") -> JsonObject:
    return {"name": name, "in": place, "required": place == "path", "schema": schema}


def _id(known: Sequence[str]) -> JsonObject:
    return _parameter("id", _some(*known), "path")


def _header(name: str, known: Sequence[str]) -> JsonObject:
    return _parameter(name, _some(*known), "header")


def _projection() -> list[JsonObject]:
    return [
        _parameter("attributes", _some("userName", "name.givenName", "members")),
        _parameter("excludedAttributes", _some("groups")),
    ]


def _query() -> list[JsonObject]:
    return [
        _parameter("filter", _some(*FILTERS)),
        _parameter("sortBy", _some("userName", "name.familyName", "meta.created", "emails")),
        _parameter("sortOrder", _some("ascending", "descending")),
        _parameter("startIndex", {"type": "integer"}),
        _parameter("count", {"type": "integer"}),
        _parameter("cursor", _some("")),
        *_projection(),
    ]


def _message(kind: str, properties: JsonObject) -> JsonObject:
    named = {"type": "array", "items": {"enum": [API + kind]}, "minItems": 1}
    return {"type": "object", "required": ["schemas"], "properties": {"schemas": named, **properties}}


def _search_body() -> JsonObject:
    return _message("SearchRequest", {each["name"]: each["schema"] for each in _query()})


def _patch_body() -> JsonObject:
    operation = {
        "type": "object",
        "required": ["op"],
        "properties": {
            "op": {"enum": ["add", "replace", "remove", "Add", "move"]},
            "path": _some(*PATHS),
            "value": {
                "anyOf": [
                    {"type": ["string", "boolean", "null", "integer"]},
                    {"type": "object", "properties": {each: {} for each in ("value", "type", "primary", *PATHS[:3])}},
                    {"type": "array", "items": {"type": "object", "properties": {"value": {"type": "string"}}}},
                ]
            },
        },
    }
    return _message("PatchOp", {"Operations": {"type": "array", "items": operation, "minItems": 1}})


def _bulk_body(types: Sequence[JsonObject], schemas: Mapping[str, JsonObject]) -> JsonObject:
    operation = {
        "type": "object",
        "required": ["method", "path"],
        "properties": {
            "method": {"enum": ["POST", "PUT", "PATCH", "DELETE"]},
            "path": _some(*(each["endpoint"] for each in types), "/Users/bulkId:a", "/Me"),
            "bulkId": _some("a", "b"),
            "version": _some('W/"1"'),
            "data": {"anyOf": [*(_resource(each, schemas) for each in types), _patch_body()]},
        },
    }
    operations = {"type": "array", "items": operation, "minItems": 1, "maxItems": 4}
    return _message("BulkRequest", {"Operations": operations, "failOnErrors": {"type": "integer"}})


def _resource(type_: JsonObject, schemas: Mapping[str, JsonObject]) -> JsonObject:
    core = _object(schemas[type_["schema"]]["attributes"])
    core["properties"]["schemas"] = {"type": "array", "items": {"enum": [type_["schema"]]}, "minItems": 1}
    core["properties"]["externalId"] = {"type": "string"}
    for each in type_["schemaExtensions"]:
        core["properties"][each["schema"]] = _object(schemas[each["schema"]]["attributes"])
    return core


def _object(attributes: Sequence[JsonObject]) -> JsonObject:
    written = [each for each in attributes if each["mutability"] != "readOnly"]
    return {
        "type": "object",
        "properties": {each["name"]: _attribute(each) for each in written},
        "required": [each["name"] for each in written if each["required"]],
    }


def _attribute(attribute: JsonObject) -> JsonObject:
    is_complex = attribute["type"] == "complex"
    single = _object(attribute["subAttributes"]) if is_complex else _TYPES[attribute["type"]]
    if not attribute["multiValued"]:
        return {"anyOf": [single, {"type": "null"}]}
    return {"type": "array", "items": single, "maxItems": 3}
