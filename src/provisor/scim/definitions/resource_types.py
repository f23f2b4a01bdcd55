"""Checking the definition of a resource type (RFC 7643 §6), and making one that was found right."""

import re
from collections.abc import Mapping

from provisor.scim.definitions.spots import Spot, show
from provisor.scim.schema import Extension, ResourceType, Schema

RESERVED = frozenset({"me", "bulk", "schemas", "resourcetypes", "serviceproviderconfig", ".search", "v1", "v2"})
"""First parts of paths that SCIM itself uses (RFC 7644 §3.2)."""

_MEMBERS = frozenset({"schemas", "id", "name", "description", "endpoint", "schema", "schemaExtensions", "meta"})
_ENDPOINT = re.compile(r"/[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")


def read_resource_type(
    spot: Spot, schemas: Mapping[str, Schema], types: Mapping[str, ResourceType]
) -> ResourceType | None:
    """The resource type that a document defines, None when it is faulty.

    `schemas` is by lower-case id, `types` holds those that are there already, by name. A document for one of these
    adds its extensions to it and can change nothing else.
    """
    before = len(spot.faults)
    if not spot.check_members(_MEMBERS):
        return None
    name = spot.read_text("name", is_required=True)
    type_id = spot.read_text("id") or name
    endpoint, schema_id = spot.read_text("endpoint", is_required=True), spot.read_text("schema", is_required=True)
    schema = _find_schema(spot.member("schema"), schema_id, schemas)
    extensions = _read_extensions(spot.member("schemaExtensions"), schema, schemas)
    known = types.get(name) or types.get(type_id)
    if known is not None:
        _check_same(spot, known, name=name, type_id=type_id, endpoint=endpoint, schema=schema)
    else:
        _check_new(spot, types, name=name, type_id=type_id, endpoint=endpoint)
    if len(spot.faults) > before or schema is None:
        return None
    if known is None:
        return ResourceType(type_id, name, endpoint, schema, str(spot.value.get("description") or ""), extensions)
    present = {each.schema.id for each in known.extensions}
    added = tuple(each for each in extensions if each.schema.id not in present)
    return ResourceType(
        known.id, known.name, known.endpoint, known.schema, known.description, (*known.extensions, *added)
    )


def _find_schema(spot: Spot, schema_id: str, schemas: Mapping[str, Schema]) -> Schema | None:
    if not schema_id:
        return None
    found = schemas.get(schema_id.lower())
    if found is None:
        spot.fault(f"there is no schema {show(schema_id)}.", "Add its document, or mend the id.")
    return found


def _read_extensions(spot: Spot, schema: Schema | None, schemas: Mapping[str, Schema]) -> tuple[Extension, ...]:
    if spot.value is not None and not isinstance(spot.value, list):
        spot.fault(f"is {show(spot.value)}.", "Write a list of objects in brackets.")
    found: dict[str, Extension] = {}
    for each in spot.items():
        if not each.check_members({"schema", "required"}):
            continue
        where = each.member("schema")
        extension = _find_schema(where, each.read_text("schema", is_required=True), schemas)
        is_required = each.read_flag("required")
        if extension is None:
            continue
        if schema is not None and extension.id == schema.id:
            where.fault("a schema cannot extend itself.", "Name another one.")
        elif extension.id in found:
            where.fault(f"{extension.id} stands here twice.", "Drop one.")
        found[extension.id] = Extension(extension, is_required)
    return tuple(found.values())


def _check_same(
    spot: Spot, known: ResourceType, *, name: str, type_id: str, endpoint: str, schema: Schema | None
) -> None:
    given = {"name": name, "id": type_id, "endpoint": endpoint, "schema": schema and schema.id}
    there = {"name": known.name, "id": known.id, "endpoint": known.endpoint, "schema": known.schema.id}
    for member, value in given.items():
        if value and value != there[member]:
            spot.member(member).fault(
                f"the resource type {known.name} has '{there[member]}' there.", "Only extensions can be added to it."
            )


def _check_new(spot: Spot, types: Mapping[str, ResourceType], *, name: str, type_id: str, endpoint: str) -> None:
    given = {"name": name, "id": type_id if type_id != name else ""}
    for member, value in given.items():
        if value and not _ID.fullmatch(value):
            spot.member(member).fault(f"{show(value)} cannot be used.", "Use letters, digits, - and _, letter first.")
    if endpoint and not _ENDPOINT.fullmatch(endpoint):
        spot.member("endpoint").fault(f"is {show(endpoint)}.", "Write a slash and one word, such as /Devices.")
    elif endpoint[1:].lower() in RESERVED:
        spot.member("endpoint").fault(f"{endpoint} is SCIM's own.", "Choose another.")
    for each in types.values():
        if name and name.lower() in (each.name.lower(), each.id.lower()):
            spot.member("name").fault(f"there is a resource type {each.name} already.", "Choose another name.")
        if endpoint.lower() == each.endpoint.lower():
            spot.member("endpoint").fault(f"{endpoint} is where {each.name} lives.", "Choose another.")
