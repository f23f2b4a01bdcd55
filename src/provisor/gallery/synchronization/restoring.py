"""Restore default mappings: the template's mappings and filters, and the attributes that somebody has added (§4.5).

Mappings and scoping filters go back to the template. What an administrator added to an attribute list stays offered,
as in Entra; nothing leads to it any more.
"""

from typing import Any

from provisor.gallery.synchronization.completing import Schema
from provisor.gallery.synchronization.pairing import Item, items_of


def restore_defaults(stored: Schema, template: Schema) -> Schema:
    """The template's schema with the attributes that only the stored one has, in objects that both have."""
    added = {
        (directory.get("name"), one.get("name")): items_of(one, "attributes")
        for directory in items_of(stored, "directories")
        for one in items_of(directory, "objects")
    }

    def restore(directory: Item, one: Item) -> Item:
        attributes = items_of(one, "attributes")
        known = {item.get("name") for item in attributes}
        more = [
            item for item in added.get((directory.get("name"), one.get("name")), []) if item.get("name") not in known
        ]
        return {**one, "attributes": [*attributes, *more]} if more else one

    directories: list[Any] = [
        {**directory, "objects": [restore(directory, one) for one in items_of(directory, "objects")]}
        for directory in items_of(template, "directories")
    ]
    return {**template, "directories": directories}
