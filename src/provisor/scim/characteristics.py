"""What attribute characteristics demand of a whole resource (RFC 7643 §2.2, RFC 7644 §3.3, §3.5.1, §3.9).

Incoming resources are brought to canonical attribute case; nulls and empty values count as unassigned, readOnly
values are ignored, `schemas` is computed. Leniently, unknown attributes and schemas are ignored; strictly they are
refused. Single values are dealt with in checking/conforming.py, what is shown in checking/projection.py.
"""

from collections.abc import Mapping
from typing import Any

from provisor.model.errors import Reject
from provisor.scim.checking.conforming import JsonObject, conform, invalid_value
from provisor.scim.checking.projection import Projection, compile_projection, project, shows_all_that_is_kept
from provisor.scim.grammar.attribute_path import read_attribute_path
from provisor.scim.grammar.tokens import excerpt
from provisor.scim.schema import Attribute, Mutability, Place, ResourceType

__all__ = [
    "Projection",
    "check_create",
    "check_replace",
    "check_required",
    "compile_projection",
    "is_writable",
    "name_of",
    "project",
    "schemas_of",
    "shows_all_that_is_kept",
    "without_secrets",
]


def is_writable(attribute: Attribute) -> bool:
    """Whether a client may write it at all."""
    return attribute.mutability is not Mutability.READ_ONLY


def check_create(resource: Any, type_: ResourceType, strict: bool = False) -> JsonObject:
    """The resource as it is to be stored, without id and meta. Raises Reject (`invalidSyntax`, `invalidValue`)."""
    if not isinstance(resource, Mapping):
        raise Reject(f"A {type_.name} is a JSON object.", code="invalidSyntax")
    if strict:
        _check_schemas(resource, type_)
    result: JsonObject = {}
    for key, value in resource.items():
        _take(result, str(key), value, type_, strict)
    result["schemas"] = schemas_of(result, type_)
    check_required(result, type_)
    return result


def check_replace(current: Mapping[str, Any], resource: Any, type_: ResourceType, strict: bool = False) -> JsonObject:
    """The resource as it is to stand in the place of `current`.

    readOnly values stay as they are, immutable ones must be the same or absent (Reject `mutability`), everything else
    that is not given is cleared.
    """
    result = check_create(resource, type_, strict)
    for attribute in type_.attributes:
        _keep(current, result, attribute)
    for extension in type_.extensions:
        urn = extension.schema.id
        if isinstance(current.get(urn), Mapping):
            kept = dict(result.get(urn, {}))
            for attribute in extension.schema.attributes:
                _keep(current[urn], kept, attribute)
            if kept:
                result[urn] = kept
    result["schemas"] = schemas_of(result, type_)
    return result


def schemas_of(resource: Mapping[str, Any], type_: ResourceType) -> list[str]:
    """The schemas that a resource holds data of: its own, and each extension that is there."""
    extensions = (extension.schema.id for extension in type_.extensions)
    return [type_.schema.id, *(urn for urn in extensions if resource.get(urn))]


def check_required(resource: Mapping[str, Any], type_: ResourceType) -> None:
    """Raise Reject (`invalidValue`) naming every required attribute that has no value.

    A required sub-attribute is missing only where its attribute, or the element of a list, is there.
    """
    missing = []
    for place in type_.required:
        holder = resource if place.container is None else resource.get(place.container)
        if not isinstance(holder, Mapping):
            continue
        value = holder.get(place.attribute.name)
        if place.sub_attribute is None:
            is_missing = value is None
        else:
            elements = value if isinstance(value, list) else [value]
            name = place.sub_attribute.name
            is_missing = any(isinstance(each, Mapping) and name not in each for each in elements)
        if is_missing:
            missing.append(name_of(place))
    if missing:
        raise invalid_value(f"A {type_.name} needs a value for {', '.join(missing)}.")


def name_of(place: Place) -> str:
    """The full name of an attribute, as paths write it."""
    name = place.attribute.name if place.sub_attribute is None else f"{place.attribute.name}.{place.sub_attribute.name}"
    return name if place.container is None else f"{place.container}:{name}"


def without_secrets(resource: Mapping[str, Any], type_: ResourceType) -> JsonObject:
    """The resource without what is never shown: passwords, and what a schema calls `returned: never`."""
    result = dict(resource)
    for place in type_.unkept:
        if place.container is None:
            _drop(result, place)
        elif isinstance(result.get(place.container), Mapping):
            inner = dict(result[place.container])
            _drop(inner, place)
            if inner:
                result[place.container] = inner
            else:
                del result[place.container]
                result["schemas"] = schemas_of(result, type_)
    return result


def _drop(holder: JsonObject, place: Place) -> None:
    name, sub = place.attribute.name, place.sub_attribute
    if sub is None or name not in holder:
        holder.pop(name, None)
        return
    value = holder[name]
    kept = [
        {key: inner for key, inner in each.items() if key != sub.name} if isinstance(each, Mapping) else each
        for each in (value if isinstance(value, list) else [value])
    ]
    kept = [each for each in kept if each != {}]
    if not kept:
        del holder[name]
    else:
        holder[name] = kept if isinstance(value, list) else kept[0]


def _keep(current: Mapping[str, Any], result: JsonObject, attribute: Attribute) -> None:
    """Carry one readOnly or immutable attribute over from the present state."""
    name = attribute.name
    if name == "schemas" or name not in current:
        return
    if attribute.mutability is Mutability.READ_ONLY:
        result[name] = current[name]
        return
    if attribute.mutability is Mutability.IMMUTABLE:
        if result.setdefault(name, current[name]) != current[name]:
            raise Reject(f"'{name}' cannot be changed once it has a value.", code="mutability")
    elif attribute.is_complex and not attribute.is_multivalued and isinstance(current[name], Mapping):
        _keep_parts(current[name], result, attribute)


def _keep_parts(current: Mapping[str, Any], result: JsonObject, attribute: Attribute) -> None:
    """The same for the parts of a single complex value. What we said of another `value` is not true of the new one."""
    given = result.get(attribute.name)
    if not isinstance(given, Mapping):
        return
    kept = dict(given)
    is_same = given.get("value") == current.get("value")
    for sub in attribute.sub_attributes:
        if sub.mutability is Mutability.IMMUTABLE or is_same:
            _keep(current, kept, sub)
    result[attribute.name] = kept


def _check_schemas(resource: Mapping[str, Any], type_: ResourceType) -> None:
    """Strictly: `schemas` names the resource type's schema and nothing unknown."""
    named = next((value for key, value in resource.items() if str(key).lower() == "schemas"), None)
    if not isinstance(named, list) or not all(isinstance(each, str) for each in named):
        raise Reject(f"`schemas` must list {type_.schema.id}.", code="invalidSyntax")
    unknown = [each for each in named if each.lower() not in type_.schema_ids]
    if unknown:
        raise Reject(f"'{excerpt(unknown[0])}' is not a schema of {type_.name}.", code="invalidSyntax")
    if type_.schema.id.lower() not in (each.lower() for each in named):
        raise Reject(f"`schemas` must list {type_.schema.id}.", code="invalidSyntax")


def _take(
    result: JsonObject, key: str, value: Any, type_: ResourceType, strict: bool, *, is_inner: bool = False
) -> None:
    """One member of an incoming object: a core or common attribute, a schema's own object, or a qualified name."""
    attribute = type_.attribute(key)
    if attribute is not None:
        if is_writable(attribute) and attribute.name != "schemas":
            _merge(result, attribute.name, conform(value, attribute, strict=strict))
        return
    if key.lower() == type_.schema.id.lower() and isinstance(value, Mapping) and not is_inner:
        for inner, each in value.items():
            _take(result, str(inner), each, type_, strict, is_inner=True)
        return
    path = read_attribute_path(key, type_.schema_ids)
    place = type_.find(path) if path is not None and path.sub_attribute is None else None
    if place is None or (strict and ":" not in key):
        if strict:
            raise Reject(f"{type_.name} has no attribute '{excerpt(key)}'.", code="invalidSyntax")
        return
    if not is_writable(place.attribute):
        return
    conformed = conform(value, place.attribute, strict=strict, where=str(path))
    if place.container is None:
        _merge(result, place.attribute.name, conformed)
    elif conformed is not None:
        _merge(result, place.container, {place.attribute.name: conformed})


def _merge(result: JsonObject, key: str, value: Any) -> None:
    """Set a value; an extension that is given in two ways, as an object and by qualified names, keeps both."""
    if value is None:
        return
    present = result.get(key)
    result[key] = {**present, **value} if isinstance(present, dict) and isinstance(value, dict) else value
