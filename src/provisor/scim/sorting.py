"""Sorting a list of resources (RFC 7644 §3.4.2.3): absent values last when ascending, first when descending.

A list of values is sorted by its primary one, else by its first. Equal values are ordered by id, always ascending, so
that pages never overlap.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from provisor.model.errors import Reject
from provisor.scim.checking.comparing import comparable_value
from provisor.scim.filter_eval import comparable_place
from provisor.scim.grammar.attribute_path import read_attribute_path
from provisor.scim.grammar.tokens import excerpt
from provisor.scim.schema import Place, ResourceType, Returned

SortKey = tuple[int, Any]
"""0 and the value, or 1 and an empty text where there is none."""


def find_sort_place(sort_by: str, type_: ResourceType) -> Place:
    """What `sortBy` names. Raises Reject (`invalidPath`) for an unknown, hidden or unsortable attribute."""
    place = _find(sort_by, type_)
    if place is None:
        raise Reject(
            f"Lists cannot be sorted by '{excerpt(sort_by)}'.",
            remedy="Name a simple attribute, or a sub-attribute of a complex one.",
            code="invalidPath",
        )
    return place


def has_sort_place(sort_by: str, type_: ResourceType) -> bool:
    """Whether resources of the type can be sorted by that."""
    return _find(sort_by, type_) is not None


def _find(sort_by: str, type_: ResourceType) -> Place | None:
    path = read_attribute_path(sort_by.strip(), type_.schema_ids)
    found = type_.find(path) if path is not None else None
    place = comparable_place(found) if found is not None else None
    if place is None or Returned.NEVER in (place.attribute.returned, place.leaf.returned):
        return None
    return place


def sort_value(place: Place, resource: Mapping[str, Any]) -> Any:
    """The value by which a resource is sorted, in comparable form; None where there is none."""
    holder: Any = resource if place.container is None else resource.get(place.container)
    value = holder.get(place.attribute.name) if isinstance(holder, Mapping) else None
    if isinstance(value, list):
        primary = (each for each in value if isinstance(each, Mapping) and each.get("primary") is True)
        value = next(primary, value[0] if value else None)
    if place.sub_attribute is not None:
        value = value.get(place.sub_attribute.name) if isinstance(value, Mapping) else None
    return comparable_value(place.leaf, value)


def sort_key(sort_by: str, type_: ResourceType) -> Callable[[Mapping[str, Any]], SortKey]:
    """The key of a resource for one `sortBy`."""
    place = find_sort_place(sort_by, type_)

    def key(resource: Mapping[str, Any]) -> SortKey:
        value = sort_value(place, resource)
        return (1, "") if value is None else (0, value)

    return key


def sort_resources(
    resources: Iterable[dict[str, Any]], sort_by: str | None, descending: bool, type_: ResourceType
) -> list[dict[str, Any]]:
    """The resources in order; without `sort_by` by id."""
    ordered = sorted(resources, key=lambda resource: str(resource.get("id", "")))
    if sort_by is not None:
        ordered.sort(key=sort_key(sort_by, type_), reverse=descending)
    return ordered
