"""Resource types as a dialect shows them: discovery, projection and queries then all say the same."""

from collections.abc import Mapping
from dataclasses import replace

from provisor.scim.schema import Attribute, ResourceType, Returned
from provisor.server.dialects.dialect import Dialect

_SHAPED_MAX = 256
_shaped: dict[tuple[int, str], tuple[ResourceType, ResourceType]] = {}


def shape_types(types: Mapping[str, ResourceType], dialect: Dialect) -> Mapping[str, ResourceType]:
    """The resource types for this dialect's clients; the same objects for the same types, every time."""
    if not dialect.shown_on_request:
        return types
    return {name: _shape(type_, dialect) for name, type_ in types.items()}


def _shape(type_: ResourceType, dialect: Dialect) -> ResourceType:
    known = _shaped.get((id(type_), dialect.name))
    if known is not None:  # the type is kept beside the answer, so its id is not given to another
        return known[1]
    attributes = tuple(_shape_attribute(each, dialect) for each in type_.schema.attributes)
    shaped = replace(type_, schema=replace(type_.schema, attributes=attributes))
    if len(_shaped) < _SHAPED_MAX:
        _shaped[id(type_), dialect.name] = (type_, shaped)
    return shaped


def _shape_attribute(attribute: Attribute, dialect: Dialect) -> Attribute:
    hidden = {sub for top, sub in dialect.shown_on_request if top == attribute.name}
    if not hidden:
        return attribute
    subs = tuple(
        replace(sub, returned=Returned.REQUEST) if sub.name in hidden else sub for sub in attribute.sub_attributes
    )
    return replace(attribute, sub_attributes=subs)
