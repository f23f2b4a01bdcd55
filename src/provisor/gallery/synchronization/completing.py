"""A schema with every mapping source complete: its text and its tree (mapping spec §7.3). Nothing else is touched."""

from collections.abc import Callable, Mapping
from typing import Any

from provisor.gallery.synchronization.place import Findings, Place
from provisor.gallery.synchronization.reading import StoredSources, source_key
from provisor.gallery.synchronization.sources import complete_source

Schema = Mapping[str, Any]


def complete_schema(schema: Schema, stored: StoredSources | None = None) -> Schema:
    """The schema as it is exported: completing a complete one changes nothing."""
    known = stored or {}

    def complete_mapping(item: Place, mapping: Place) -> Any:
        source = mapping.member("source")
        completed = complete_source(source, known.get(source_key(item, mapping)))
        return mapping.value if completed is source.value else {**mapping.value, "source": completed}

    def complete_objects(item: Place) -> Any:
        return _replace(item, "attributeMappings", lambda mapping: complete_mapping(item, mapping))

    root = Place(schema, "", Findings())
    completed: Schema = _replace(
        root, "synchronizationRules", lambda rule: _replace(rule, "objectMappings", complete_objects)
    )
    return completed


def _replace(place: Place, key: str, change: Callable[[Place], Any]) -> Any:
    """The object at a place with the objects of one of its lists changed; what is no object stays as it is."""
    value = place.member(key).value
    if not isinstance(value, list):
        return place.value
    path = place.member(key).path
    items = [
        change(Place(one, f"{path}[{index}]", place.findings)) if isinstance(one, Mapping) else one
        for index, one in enumerate(value)
    ]
    return {**place.value, key: items}
