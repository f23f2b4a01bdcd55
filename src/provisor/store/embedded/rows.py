"""A resource as a row: what is rendered as JSON, what stands in columns, what is joined at read.

`id`, `meta` and memberships are not in the JSON: a membership changes a group's version without touching the rest of
it, and a user's groups change without touching the user at all (RFC 7643 §4.1.2).
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from provisor.model.errors import Reject
from provisor.ports.resources import JsonObject
from provisor.scim.characteristics import name_of, without_secrets
from provisor.scim.checking.comparing import comparable_value
from provisor.scim.filter_eval import values_at
from provisor.scim.grammar.attribute_path import ENTERPRISE_SCHEMA
from provisor.scim.grammar.literals import fold
from provisor.scim.schema import ResourceType, Uniqueness
from provisor.store.scim_tables import GROUP, USER

JOINED = {USER: "groups", GROUP: "members"}
"""The attribute of each kind that lives in the table of memberships."""

UNIQUE_CHARACTERS_MAX = 200
INDEXED_BYTES_MAX = 2_000
"""Of a value by which resources are found: PostgreSQL's indexes take entries of 2,700 bytes, other columns included."""
UTF8_BYTES_MAX = 4
"""Of one character."""

FOUND_IN = frozenset({"userName", "externalId", "displayName", "emails", ENTERPRISE_SCHEMA})
"""The attributes from which `found_by` and `values_of` take what they give."""

encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(dict[str, Any]).decode


def bare(resource: Mapping[str, Any], type_: ResourceType) -> JsonObject:
    """What is kept of a resource as JSON. Secrets that are never shown (passwords) are not kept at all."""
    dropped = ("id", "meta", JOINED.get(type_.name))
    kept = {name: value for name, value in without_secrets(resource, type_).items() if name not in dropped}
    return {"schemas": kept.pop("schemas", []), **kept}


def changed_names(before: Mapping[str, Any], kept: JsonObject, type_: ResourceType) -> set[str]:
    """The attributes in which what is to be kept differs from a resource as it was."""
    besides = ("id", "meta", JOINED.get(type_.name))
    return {
        name
        for name in before.keys() | kept.keys()
        if name not in besides and (old := before.get(name)) is not (new := kept.get(name)) and old != new
    }


def text_of(kept: JsonObject) -> str:
    """The JSON text of what is kept."""
    return encode(kept).decode()


def found_by(resource: Mapping[str, Any], type_: ResourceType, *, unique_group_names: bool) -> dict[str, Any]:
    """The columns that say again what the JSON says, for finding and for uniqueness.

    Raises Reject (`invalidValue`) for a value that is too long for an index.
    """
    is_user = type_.name == USER
    user_name = _text(resource.get("userName")) if is_user else None
    display_name = _text(resource.get("displayName"))
    enterprise = resource.get(ENTERPRISE_SCHEMA)
    manager = enterprise.get("manager") if isinstance(enterprise, Mapping) else None
    folded_name = indexed("displayName", _folded(display_name))
    return {
        "user_name": indexed("userName", _folded(user_name)),
        "external_id": indexed("externalId", _text(resource.get("externalId"))),
        "display_name": folded_name,
        "unique_name": folded_name if unique_group_names and type_.name == GROUP else None,
        "manager_id": indexed("manager", _text(manager.get("value")) if isinstance(manager, Mapping) else None),
        "label": display_name or user_name,
    }


def indexed(name: str, text: str | None) -> str | None:
    """The text, once it is known to fit into an index. Raises Reject (`invalidValue`)."""
    if text is not None and len(text) > INDEXED_BYTES_MAX // UTF8_BYTES_MAX and len(text.encode()) > INDEXED_BYTES_MAX:
        raise Reject(f"'{name}' has a value of more than {INDEXED_BYTES_MAX} bytes.", code="invalidValue")
    return text


def values_of(resource: Mapping[str, Any], kind: str) -> set[tuple[str, str]]:
    """What else a user is looked up by, folded: paths (as in filter_sql.py) and values."""
    if kind != USER:
        return set()
    emails = resource.get("emails", ())
    found = {
        ("emails.value", str(indexed("emails.value", fold(each["value"]))))
        for each in emails
        if isinstance(each, Mapping) and isinstance(each.get("value"), str)
    }
    number = resource.get(ENTERPRISE_SCHEMA, {}).get("employeeNumber")
    if isinstance(number, str):
        found.add(("employeeNumber", str(indexed("employeeNumber", fold(number)))))
    return found


def resource_of(row: Any, kind: str) -> JsonObject:
    """The resource of a row with `id`, `created`, `last_modified`, `version` and `body`, without what is joined."""
    return with_meta(decode(row.body), row, kind)


def with_meta(kept: JsonObject, row: Any, kind: str) -> JsonObject:
    """What is kept of a resource, which is given up, completed with what stands in the row's columns."""
    resource: JsonObject = {"schemas": kept.pop("schemas", []), "id": row.id, **kept}
    resource["meta"] = {
        "resourceType": kind,
        "created": row.created,
        "lastModified": row.last_modified,
        "version": version_text(row.version),
    }
    return resource


def version_text(number: int) -> str:
    """A version as clients see it (RFC 7644 §3.14)."""
    return f'W/"{number}"'


def is_expected(number: int, expected: Sequence[str]) -> bool:
    """Whether an `If-Match` list names this version, compared weakly."""
    current = version_text(number).removeprefix("W/")
    return any(each == "*" or each.removeprefix("W/") == current for each in expected)


def unique_values_of(resource: Mapping[str, Any], type_: ResourceType) -> set[tuple[str, str, str]]:
    """What no other resource may hold, beside names that have a column: scope, path and comparable text.

    `server` is unique among the resources of one kind, `global` among all of a tenant (scope is then empty).
    """
    found: set[tuple[str, str, str]] = set()
    for place in type_.unique:
        if type_.name == USER and place.container is None and place.attribute.name == "userName":
            continue
        scope = "" if place.leaf.uniqueness is Uniqueness.GLOBAL else type_.name
        for value in values_at(resource, place):
            comparable = comparable_value(place.leaf, value)
            if comparable is not None:
                text = str(comparable)
                if len(text) > UNIQUE_CHARACTERS_MAX:  # longer ones would not fit into an index
                    text = hashlib.sha256(text.encode()).hexdigest()
                found.add((scope, name_of(place), text))
    return found


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _folded(value: str | None) -> str | None:
    return None if value is None else fold(value)
