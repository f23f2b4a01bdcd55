"""What only Provisor writes into an attribute list, and what a schema from elsewhere therefore cannot say.

Which target attributes can be filtered by, and which value of one grants access, is known from the template. A schema
that was written for Entra says neither; importing it must not make us forget.
"""

from collections.abc import Mapping
from typing import Any

from provisor.gallery.synchronization.completing import Schema
from provisor.gallery.synchronization.pairing import Item, items_of
from provisor.gallery.synchronization.place import SchemaFault
from provisor.gallery.synchronization.reading import ACCESS_VALUE, FILTERABLE

OWN = frozenset({ACCESS_VALUE, FILTERABLE})


def keep_own_metadata(schema: Schema, stored: Schema) -> tuple[Schema, tuple[SchemaFault, ...]]:
    """The schema with our metadata of the stored one, where it has none of its own; and a notice of what was kept."""
    known = _own_entries(stored)
    if not known or _own_entries(schema):
        return schema, ()
    target = _target_name(schema)
    kept: dict[str, list[str]] = {}

    def keep(item: Item, object_name: Any) -> Item:
        entries = known.get((object_name, item.get("name")))
        if not entries:
            return item
        for entry in entries:
            kept.setdefault(str(entry["key"]), []).append(str(item["name"]))
        return {**item, "metadata": [*items_of(item, "metadata"), *entries]}

    directories = []
    for directory in schema["directories"] if isinstance(schema.get("directories"), list) else ():
        if isinstance(directory, Mapping) and directory.get("name") == target:
            objects = [
                {**one, "attributes": [keep(item, one.get("name")) for item in items_of(one, "attributes")]}
                for one in items_of(directory, "objects")
            ]
            directories.append({**directory, "objects": objects})
        else:
            directories.append(directory)
    if not kept:
        return schema, ()
    sentence = "; ".join(f"{key} of {', '.join(names)}" for key, names in kept.items())
    notice = SchemaFault(
        "directories", f"kept from what is stored, because a schema from elsewhere lacks it: {sentence}."
    )
    return {**schema, "directories": directories}, (notice,)


def _target_name(schema: Schema) -> Any:
    rules = items_of(schema, "synchronizationRules")
    return rules[0].get("targetDirectoryName") if rules else None


def _own_entries(schema: Schema) -> dict[tuple[Any, Any], list[Item]]:
    """Our metadata of target attributes, by object and attribute."""
    found = {}
    target = _target_name(schema)
    for directory in items_of(schema, "directories"):
        if directory.get("name") != target:
            continue
        for one in items_of(directory, "objects"):
            for item in items_of(one, "attributes"):
                entries = [entry for entry in items_of(item, "metadata") if entry.get("key") in OWN]
                if entries:
                    found[str(one.get("name")), str(item.get("name"))] = entries
    return found
