"""Flat attributes and SCIM's nested JSON, for the client's side: `emails[type eq "work"].value` is one key when flat.

Paths are those of attribute mappings, read as PATCH paths (path.py). Values are native: booleans, not their names.
Reading a resource back gives what was written: `flatten(unflatten(values), values) == values`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from provisor.model.errors import Reject
from provisor.scim.filter_eval import Matcher, compile_element_filter
from provisor.scim.grammar.attribute_path import GROUP_SCHEMA, USER_SCHEMA, AttributePath
from provisor.scim.grammar.literals import is_unassigned, read_boolean
from provisor.scim.patching.operation import PATCH_SCHEMA
from provisor.scim.patching.targets import invalid_path, seed_of
from provisor.scim.path import Path, parse_path
from provisor.scim.registry import group_type, user_type
from provisor.scim.schema import Attribute, AttributeType, Place, ResourceType

JsonObject = dict[str, Any]

PATHS_REMEMBERED_MAX = 4_096
"""A mapping has a few dozen paths, each used for every person."""


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a flat path leads. `seed` and `matcher` are set for a path with a filter."""

    path: Path
    schema: str | None
    """The extension's URN."""
    attribute: Attribute
    sub_attribute: Attribute | None
    seed: JsonObject | None = None
    matcher: Matcher | None = None


def unflatten(attributes: Mapping[str, Any], *, schema: str = USER_SCHEMA) -> JsonObject:
    """The resource that flat attributes write, ready for a POST. None is left out. Raises Reject (`invalidPath`).

    Parts of the same element (equal filters) come together; a reference such as `manager` becomes `{"value": id}`.
    """
    resource: JsonObject = {"schemas": [schema]}
    for text, value in attributes.items():
        if value is None:
            continue
        spot = _find_spot(text, schema)
        holder = resource
        if spot.schema is not None:
            if spot.schema not in resource["schemas"]:
                resource["schemas"].append(spot.schema)
            holder = resource.setdefault(spot.schema, {})
        _write(holder, spot, value)
    return resource


def flatten(resource: Mapping[str, Any], paths: Iterable[str], *, schema: str = USER_SCHEMA) -> dict[str, Any]:
    """The values of the named paths; a path without a value is missing. Names are read in any case."""
    result: dict[str, Any] = {}
    for text in paths:
        value = _read(resource, _find_spot(text, schema))
        if not is_unassigned(value):
            result[text] = value
    return result


def patch_body(
    changes: Sequence[tuple[str, Any]],
    *,
    absent: Collection[str] = (),
    known: Collection[str] = (),
    schema: str = USER_SCHEMA,
) -> JsonObject:
    """The PATCH request for changed attributes, one attribute per operation; None removes, and removals come last.

    `absent` names the changed paths of which the target has no value, `known` further paths of which it has one. An
    element of which no part is there is added as a whole, because a service provider must refuse to replace part of
    what is not there; so `known` should name every other mapped path with a value.
    """
    changed = {text for text, _ in changes} - set(absent)
    there = {_element_of(_find_spot(text, schema)) for text in (*known, *changed)}
    operations: list[JsonObject] = []
    removals: list[JsonObject] = []
    elements: dict[str, JsonObject] = {}
    for text, value in changes:
        spot = _find_spot(text, schema)
        element = _element_of(spot)
        if value is None:
            removals.append({"op": "remove", "path": text})
        elif spot.seed is not None and element not in there:
            if element not in elements:
                elements[element] = dict(spot.seed)
                path = str(spot.path.attribute)
                operations.append({"op": "add", "path": path, "value": [elements[element]]})
            elements[element].update(_element_part(spot, value))
        else:
            op = "add" if text in absent else "replace"
            operations.append({"op": op, "path": text, "value": _wire_value(spot, value)})
    return {"schemas": [PATCH_SCHEMA], "Operations": operations + removals}


def _element_of(spot: _Spot) -> str:
    """What tells the element that a filter names from all others."""
    return f"{spot.schema}:{spot.attribute.name}[{sorted(spot.seed.items()) if spot.seed is not None else ''}]"


@lru_cache(maxsize=PATHS_REMEMBERED_MAX)
def _find_spot(text: str, schema: str) -> _Spot:
    path = parse_path(text)
    place = _place(path.attribute, schema)
    if path.filter is None:
        return _Spot(path, place.container, place.attribute, place.sub_attribute)
    attribute = place.attribute
    seed = seed_of(path.filter, attribute)
    sub = attribute.sub(path.sub_attribute) if path.sub_attribute is not None else None
    if seed is None or place.sub_attribute is not None or (path.sub_attribute is not None and sub is None):
        raise invalid_path(f"'{text}' names no single element; its filter has to be made of `eq` and `and`.")
    return _Spot(path, place.container, attribute, sub, seed, compile_element_filter(path.filter, attribute))


def _place(path: AttributePath, schema: str) -> Place:
    """Where a path leads; attributes that no standard schema declares take any value."""
    type_ = _standard_type(schema)
    qualified = path.schema is not None and path.schema.lower() != schema.lower()
    found = type_.find(path) if qualified or type_.attribute(path.attribute) is not None else None
    if found is not None:
        if not path.attribute:
            raise Reject(f"'{path}' names a whole schema, not one of its attributes.", code="invalidPath")
        return found
    subs = (Attribute(path.sub_attribute, AttributeType.ANY),) if path.sub_attribute else ()
    kind = AttributeType.COMPLEX if subs else AttributeType.ANY
    attribute = Attribute(path.attribute, kind, sub_attributes=subs, is_open=True)
    return Place(path.schema if qualified else None, attribute, subs[0] if subs else None)


@lru_cache(maxsize=8)
def _standard_type(schema: str) -> ResourceType:
    return group_type() if schema.lower() == GROUP_SCHEMA.lower() else user_type()


def _write(holder: JsonObject, spot: _Spot, value: Any) -> None:
    name = spot.attribute.name
    if spot.seed is not None:
        elements = holder.setdefault(name, [])
        element = next((each for each in elements if spot.seed.items() <= each.items()), None)
        if element is None:
            element = dict(spot.seed)
            elements.append(element)
        element.update(_element_part(spot, value))
    elif spot.sub_attribute is not None:
        holder.setdefault(name, {})[spot.sub_attribute.name] = _native(spot.sub_attribute, value)
    else:
        holder[name] = _wire_value(spot, value)


def _element_part(spot: _Spot, value: Any) -> JsonObject:
    """What a value says of the element that the filter names."""
    if spot.sub_attribute is not None:
        return {spot.sub_attribute.name: _native(spot.sub_attribute, value)}
    return dict(value) if isinstance(value, Mapping) else {"value": value}


def _wire_value(spot: _Spot, value: Any) -> Any:
    """The JSON value: native types, and references as objects."""
    attribute = spot.sub_attribute or spot.attribute
    if attribute.is_complex and attribute.sub("value") is not None and not attribute.is_open:
        if attribute.is_multivalued:
            items = value if isinstance(value, list | tuple) else [value]
            return [each if isinstance(each, Mapping) else {"value": each} for each in items]
        return value if isinstance(value, Mapping) else {"value": value}
    return _native(attribute, value)


def _native(attribute: Attribute, value: Any) -> Any:
    if isinstance(value, datetime):
        utc = value.astimezone(UTC) if value.tzinfo is not None else value
        return utc.isoformat().removesuffix("+00:00") + "Z"
    if attribute.type is AttributeType.BOOLEAN:
        boolean = read_boolean(value)
        return value if boolean is None else boolean
    return list(value) if isinstance(value, tuple) else value


def _member(holder: Any, name: str) -> Any:
    """A member of an object in any case."""
    if not isinstance(holder, Mapping):
        return None
    found = holder.get(name)
    if found is None:
        folded = name.lower()
        found = next((value for key, value in holder.items() if key.lower() == folded), None)
    return found


def _read(resource: Mapping[str, Any], spot: _Spot) -> Any:
    holder: Any = resource if spot.schema is None else _member(resource, spot.schema)
    value = _member(holder, spot.attribute.name)
    if spot.matcher is not None:
        elements = value if isinstance(value, list) else [value]
        canonical = (_canonical(each, spot.attribute) for each in elements if isinstance(each, Mapping))
        value = next((each for each in canonical if spot.matcher(each)), None)
        if spot.sub_attribute is None:
            return value
    if spot.sub_attribute is not None:
        return _native(spot.sub_attribute, _member(value, spot.sub_attribute.name))
    if spot.attribute.is_complex and not spot.attribute.is_open:
        return _plain(value, spot.attribute)
    return _native(spot.attribute, value)


def _canonical(element: Mapping[str, Any], attribute: Attribute) -> JsonObject:
    """The element with its keys in the case of the schema, which filters go by."""
    return {(sub.name if (sub := attribute.sub(key)) else key): value for key, value in element.items()}


def _plain(value: Any, attribute: Attribute) -> Any:
    """A reference as its id, a list of references as the list of their ids; anything else as it is."""
    if attribute.sub("value") is None:
        return value
    if isinstance(value, list):
        return [_member(each, "value") if isinstance(each, Mapping) else each for each in value]
    return _member(value, "value") if isinstance(value, Mapping) else value
