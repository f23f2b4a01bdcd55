"""Rules written back into the JSON of a synchronization schema (mapping spec §7.2).

The schema is changed only where it says something else than the rules: an item that is read as what is wanted stays
as it stands, with every member that nobody here knows; one that is not gets the members that differ. So writing what
was read changes nothing, and reading what was written gives the rules.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from provisor.gallery.synchronization.completing import Schema
from provisor.gallery.synchronization.pairing import items_of
from provisor.gallery.synchronization.place import Findings, Place
from provisor.gallery.synchronization.reading import (
    ACCESS_VALUE,
    CUSTOM,
    FILTERABLE,
    FLOW_WORDS,
    LENGTH_MAX,
    read_actions,
    read_definition,
    read_groups,
    read_mapping,
)
from provisor.gallery.synchronization.sources import MappingSource, write_source
from provisor.model.errors import Reject
from provisor.model.rules import AttributeDefinition, AttributeMapping, Definitions, FilterGroup, ObjectMapping, Rules

CLEARS = "flowNullValues"
"""A member of mappings that Graph does not publish; it is written where it says something."""

Item = Mapping[str, Any]
T = TypeVar("T")


def write_schema(rules: Rules, schema: Schema) -> Schema:
    """The schema, saying what the rules say. Raises `Reject` for one without a synchronization rule to write into."""
    written = items_of(schema, "synchronizationRules")
    if not written:
        raise Reject("The schema has no synchronization rule.", remedy="Start from the schema of a template.")
    left = list(rules.object_mappings)
    changed = [{**rule, "objectMappings": _write_objects(rule, left)} for rule in written]
    changed[0]["objectMappings"] = [*changed[0]["objectMappings"], *(_object_mapping(None, one) for one in left)]
    ends = {
        written[0].get("sourceDirectoryName"): rules.source_objects,
        written[0].get("targetDirectoryName"): rules.target_objects,
    }
    directories = [
        {**one, "objects": _write_lists(one, ends[one.get("name")])} if one.get("name") in ends else one
        for one in items_of(schema, "directories")
    ]
    return {**schema, "directories": directories, "synchronizationRules": changed}


def _write_objects(rule: Item, left: list[ObjectMapping]) -> list[Item]:
    """The object mappings of a rule that are still wanted; those taken are no longer `left`."""
    kept = []
    for item in items_of(rule, "objectMappings"):
        names = (item.get("sourceObjectName"), item.get("targetObjectName"))
        wanted = next((one for one in left if (one.source_object, one.target_object) == names), None)
        if wanted is not None:
            left.remove(wanted)
            kept.append(_object_mapping(item, wanted))
    return kept


def _object_mapping(item: Item | None, wanted: ObjectMapping) -> Item:
    actions = [word for word in FLOW_WORDS if word in _actions(wanted)]
    known = item or {
        "name": wanted.name,
        "enabled": wanted.is_enabled,
        "flowTypes": ", ".join(actions) or "None",
        "sourceObjectName": wanted.source_object,
        "targetObjectName": wanted.target_object,
        "metadata": [],
        "scope": None,
    }
    place = _place(known)
    changes: dict[str, Any] = {
        "attributeMappings": _write_items(
            items_of(known, "attributeMappings"),
            wanted.attribute_mappings,
            _read_mapping,
            _mapping,
            "targetAttributeName",
        ),
        "scope": _write_scope(known.get("scope"), wanted),
    }
    if place.text("name", "") != wanted.name:
        changes["name"] = wanted.name
    if place.truth("enabled", default=True) != wanted.is_enabled:
        changes["enabled"] = wanted.is_enabled
    if read_actions(place) != _actions(wanted):
        changes["flowTypes"] = ", ".join(actions) or "None"
    return {**known, **changes}


def _actions(mapping: ObjectMapping) -> frozenset[str]:
    flags = (mapping.creates, mapping.updates, mapping.deletes)
    return frozenset(word for word, is_on in zip(FLOW_WORDS, flags, strict=True) if is_on)


def _write_items(
    items: Iterable[Item],
    wanted: Iterable[T],
    read: Callable[[Item], T],
    write: Callable[[T], dict[str, Any]],
    key: str,
) -> list[Item]:
    """What is wanted, each in the item that has the same key, or in a new one."""
    left = list(items)
    written: list[Item] = []
    for one in wanted:
        members = write(one)
        item = next((item for item in left if item.get(key) == members[key]), None)
        if item is None:
            written.append({name: value for name, value in members.items() if name != CLEARS or value})
            continue
        left.remove(item)
        before = write(read(item))
        changes = {name: value for name, value in members.items() if value != before.get(name)}
        written.append({**item, **_merge_metadata(item, changes, before)} if changes else item)
    return written


def _merge_metadata(item: Item, changes: dict[str, Any], before: Item) -> dict[str, Any]:
    """Metadata that nobody here knows stays beside what is written."""
    if "metadata" not in changes:
        return changes
    ours = {entry["key"] for entry in (*before["metadata"], *changes["metadata"])}
    kept = [entry for entry in items_of(item, "metadata") if entry.get("key") not in ours]
    return {**changes, "metadata": [*kept, *changes["metadata"]]}


def _read_mapping(item: Item) -> AttributeMapping:
    return read_mapping(_place(item))


def _mapping(mapping: AttributeMapping) -> dict[str, Any]:
    return {
        "targetAttributeName": mapping.target,
        "source": write_source(MappingSource(mapping.kind, mapping.text)),
        "defaultValue": mapping.default_value,
        "matchingPriority": mapping.matching_priority,
        "flowType": mapping.flow_type.value,
        "flowBehavior": mapping.flow_behavior.value,
        "exportMissingReferences": False,
        CLEARS: mapping.clear_when_empty,
    }


def _write_lists(directory: Item, objects: Mapping[str, Definitions]) -> list[Item]:
    items = {item.get("name"): item for item in items_of(directory, "objects")}
    written = []
    for name, definitions in objects.items():
        item = items.get(name, {"name": name, "supportedApis": [], "metadata": [], "attributes": []})
        rows = items_of(item, "attributes")
        attributes = _write_items(rows, definitions.values(), _read_definition, _definition, "name")
        written.append({**item, "attributes": attributes} if attributes != rows else item)
    return written


def _read_definition(item: Item) -> AttributeDefinition:
    return read_definition(_place(item))


def _definition(definition: AttributeDefinition) -> dict[str, Any]:
    metadata = {
        FILTERABLE: "true" if definition.is_filterable else None,
        CUSTOM: "true" if definition.is_custom else None,
        LENGTH_MAX: None if definition.length_max is None else str(definition.length_max),
        ACCESS_VALUE: definition.access_value,
    }
    return {
        "name": definition.name,
        "type": definition.type.value,
        "anchor": definition.is_anchor,
        "caseExact": definition.is_case_exact,
        "required": definition.is_required,
        "multivalued": definition.is_multivalued,
        "mutability": definition.mutability.value,
        "defaultValue": None,
        "referencedObjects": [],
        "metadata": [{"key": key, "value": value} for key, value in metadata.items() if value is not None],
    }


def _write_scope(scope: Any, wanted: ObjectMapping) -> Any:
    sets = {"groups": wanted.scope, "inputFilterGroups": wanted.input_scope}
    known = scope if isinstance(scope, Mapping) else {}
    changes = {
        key: [_group(_same_group(known, key, group), group) for group in groups]
        for key, groups in sets.items()
        if read_groups(_place(known), key) != groups
    }
    if not changes:
        return scope
    return {"groups": [], "inputFilterGroups": [], "categoryFilterGroups": [], **known, **changes}


def _same_group(scope: Item, key: str, group: FilterGroup) -> Item | None:
    return next((item for item in items_of(scope, key) if item.get("name") == group.name), None)


def _group(item: Item | None, group: FilterGroup) -> Item:
    clauses = [
        {
            "sourceOperandName": clause.attribute,
            "operatorName": clause.operator,
            "targetOperand": {"values": list(clause.values)},
        }
        for clause in group.clauses
    ]
    return {**(item or {}), "name": group.name, "clauses": clauses}


def _place(item: Any) -> Place:
    return Place(item, "", Findings())
