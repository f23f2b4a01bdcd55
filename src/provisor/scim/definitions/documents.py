"""From documents to resource types: schemas and resource types in any order and file, checked together.

A document is a schema (RFC 7643 §7) or a resource type (§6), a list of such, or the list that a service provider shows
at `/Schemas` or `/ResourceTypes`. Every fault in every document is reported at once; a faulty set defines nothing.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from provisor.model.errors import Reject
from provisor.scim.definitions.attributes import check_attributes
from provisor.scim.definitions.resource_types import read_resource_type
from provisor.scim.definitions.spots import Spot
from provisor.scim.discovery import RESOURCE_TYPE_SCHEMA, SCHEMA_SCHEMA
from provisor.scim.messages import LIST_SCHEMA
from provisor.scim.registry import load_schemas, read_schema
from provisor.scim.schema import ResourceType, Schema

_SCHEMA_MEMBERS = frozenset({"schemas", "id", "name", "description", "attributes", "meta", "isOpen"})
_URN = re.compile(r"urn:[A-Za-z0-9][A-Za-z0-9-]{0,31}:[^\s\"'\[\]()/]{1,200}")


def read_definitions(
    documents: Iterable[tuple[str, Any]], types: Mapping[str, ResourceType]
) -> Mapping[str, ResourceType]:
    """The resource types by name: those given, with what the documents (file and JSON value) add.

    Raises Reject whose `reasons` name every fault with its file, its place and its remedy.
    """
    faults: list[str] = []
    schema_spots: list[Spot] = []
    type_spots: list[Spot] = []
    for file, value in documents:
        for spot in _parts(Spot(file, "", value, faults)):
            _sort_in(spot, schema_spots, type_spots)
    schemas = _read_schemas(schema_spots)
    result = dict(types)
    used = {each.id for each in load_schemas().values()}
    for spot in type_spots:
        found = read_resource_type(spot, schemas, result)
        if found is not None:
            result[found.name] = found
    for type_ in result.values():
        used |= {type_.schema.id, *(each.schema.id for each in type_.extensions)}
    if not faults:
        for spot in schema_spots:
            if spot.value["id"] not in used:
                spot.member("id").fault(
                    "no resource type uses this schema.",
                    "Name it in a resource type's 'schema' or 'schemaExtensions'; an extension of users needs a "
                    'document {"name": "User", "endpoint": "/Users", "schema": …, "schemaExtensions": […]}.',
                )
    if faults:
        raise Reject(
            "The definitions of SCIM schemas and resource types have faults.", reasons=sorted(faults, key=_file_of)
        )
    return result


def _file_of(fault: str) -> str:
    return fault.partition(": ")[0].partition(", ")[0]


def _parts(spot: Spot) -> list[Spot]:
    """The documents within a document: the elements of a list or a list response, else itself."""
    if isinstance(spot.value, list):
        return spot.items()
    if isinstance(spot.value, Mapping) and LIST_SCHEMA in (spot.value.get("schemas") or ()):
        return spot.member("Resources").items()
    return [spot]


def _sort_in(spot: Spot, schemas: list[Spot], types: list[Spot]) -> None:
    """Tell schemas and resource types apart: by what they say they are, else by what they have."""
    if not isinstance(spot.value, Mapping):
        spot.check_members(())
        return
    named = spot.value.get("schemas")
    if isinstance(named, list) and RESOURCE_TYPE_SCHEMA in named:
        types.append(spot)
    elif isinstance(named, list) and SCHEMA_SCHEMA in named:
        schemas.append(spot)
    elif "endpoint" in spot.value or "schemaExtensions" in spot.value:
        types.append(spot)
    elif "attributes" in spot.value:
        schemas.append(spot)
    else:
        spot.fault("is neither a schema nor a resource type.", "A schema has 'attributes', a resource type 'endpoint'.")


def _read_schemas(spots: Iterable[Spot]) -> dict[str, Schema]:
    """All schemas by lower-case id, the standard ones included."""
    found = {each.id.lower(): each for each in load_schemas().values()}
    for spot in spots:
        before = len(spot.faults)
        if not spot.check_members(_SCHEMA_MEMBERS):
            continue
        schema_id = spot.read_text("id", is_required=True)
        where = spot.member("id")
        if schema_id and not _URN.fullmatch(schema_id):
            where.fault("is no URN.", "Write one such as urn:example:params:scim:schemas:extension:contoso:2.0:User.")
        elif schema_id.lower() in found:
            where.fault(
                f"there is a schema {schema_id} already.", "Use another id; standard schemas cannot be changed."
            )
        for name in ("name", "description"):
            if spot.member(name).value is not None:
                spot.read_text(name)
        spot.read_flag("isOpen")
        check_attributes(spot.member("attributes"))
        if len(spot.faults) == before:
            found[schema_id.lower()] = read_schema(spot.value)
        else:  # known by name, so that whoever refers to it is not blamed for its faults
            found.setdefault(schema_id.lower(), Schema(schema_id, schema_id))
    return found
