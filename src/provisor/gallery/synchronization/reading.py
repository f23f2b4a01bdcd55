"""The JSON of a synchronization schema, read into rules (mapping spec §7.2, management spec §1.8).

The JSON is what is stored, exported and imported; `Rules` is what the stages decide by. Reading finds faults of form,
all at once and each with its path; whether the rules make sense is judged afterwards, on `Rules`. Members that are not
known here are left alone: they are stored, exported, and mean nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from provisor.expressions.faults import suggest
from provisor.gallery.synchronization.place import Findings, Place, SchemaFault, show
from provisor.gallery.synchronization.sources import read_source
from provisor.model.errors import Reject
from provisor.model.rules import (
    AttributeDefinition,
    AttributeMapping,
    AttributeType,
    Clause,
    Definitions,
    FilterGroup,
    FlowBehavior,
    FlowType,
    Mutability,
    ObjectMapping,
    Rules,
)

ACCESS_VALUE = "AccessValue"
"""Metadata of a target attribute: losing this value is a removal."""
FILTERABLE = "SupportedForFiltering"
CUSTOM = "IsCustomerDefined"
LENGTH_MAX = "MaximumLength"

FLOW_WORDS = ("Add", "Update", "Delete")
"""The flags of `flowTypes`, the target object actions; `None` is none of them."""

START_ANEW = "Start from the file that `provisor schema export` writes."

StoredSources = Mapping[tuple[str, str, str], Any]
"""The sources of a stored schema, by source object, target object and target attribute."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a document says. `paths` has the path of every object mapping and, below it, of every attribute mapping."""

    rules: Rules
    faults: tuple[SchemaFault, ...]
    notices: tuple[SchemaFault, ...]
    paths: tuple[tuple[str, tuple[str, ...]], ...]


def read_rules(schema: Mapping[str, Any]) -> Rules:
    """The rules in a schema. Raises `Reject` with all faults of form."""
    reading = read_schema(schema)
    if reading.faults:
        reasons = [str(fault) for fault in reading.faults]
        raise Reject("The synchronization schema has faults.", reasons=reasons, remedy=START_ANEW)
    return reading.rules


def read_schema(schema: Any, stored: StoredSources | None = None) -> Reading:
    """Everything that can be read, with the faults. `stored` tells which half of a source was edited."""
    root = Place(schema, "", Findings())
    if not isinstance(schema, Mapping):
        root.fault(f"A synchronization schema is a JSON object, not {show(schema)}.")
    for key in ("directories", "synchronizationRules"):
        if isinstance(schema, Mapping) and not schema.get(key):
            root.member(key).fault("this list is missing, or empty.")
    directories = _directories(root)
    rules = sorted(root.items("synchronizationRules"), key=lambda rule: rule.number("priority", 0))
    ends = [_ends(rule, directories) for rule in rules]
    mappings: list[ObjectMapping] = []
    paths: list[tuple[str, tuple[str, ...]]] = []
    for rule, pair in zip(rules, ends, strict=True):
        if pair != ends[0]:
            rule.fault(f"a job runs between two directories, and {show(ends[0][0])} and {show(ends[0][1])} are those.")
        for item in rule.items("objectMappings"):
            mappings.append(_object_mapping(item, stored or {}))
            paths.append((item.path, tuple(one.path for one in item.items("attributeMappings"))))
    source, target = (directories.get(name, {}) for name in ends[0]) if ends else ({}, {})
    found = dict.fromkeys(root.findings.faults)  # each once, whoever looked at the place again
    return Reading(Rules(tuple(mappings), source, target), tuple(found), tuple(root.findings.notices), tuple(paths))


def index_sources(schema: Any) -> StoredSources:
    """The sources of a schema that is stored."""
    found: dict[tuple[str, str, str], Any] = {}
    for rule in Place(schema, "", Findings()).items("synchronizationRules"):
        for item in rule.items("objectMappings"):
            for mapping in item.items("attributeMappings"):
                found[source_key(item, mapping)] = mapping.member("source").value
    return found


def source_key(item: Place, mapping: Place) -> tuple[str, str, str]:
    """What tells one attribute mapping from all others."""
    names = (item.member("sourceObjectName"), item.member("targetObjectName"), mapping.member("targetAttributeName"))
    source, target, attribute = (str(name.value or "") for name in names)
    return source, target, attribute


def read_mapping(item: Place, stored: Any = None) -> AttributeMapping:
    """One attribute mapping."""
    source = read_source(item.member("source"), stored)
    priority = item.number("matchingPriority", 0)
    if priority < 0:
        item.member("matchingPriority").fault("a matching precedence is 1 or more; 0 is no matching attribute.")
    return AttributeMapping(
        target=item.text("targetAttributeName"),
        kind=source.kind,
        text=source.text,
        default_value=item.optional_text("defaultValue"),
        matching_priority=max(0, priority),
        flow_type=item.choice("flowType", FlowType.ALWAYS),
        flow_behavior=item.choice("flowBehavior", FlowBehavior.FLOW_WHEN_CHANGED),
        clear_when_empty=item.truth("flowNullValues", default=False),
    )


def read_definition(item: Place) -> AttributeDefinition:
    """One attribute of an attribute list."""
    metadata = item.pairs("metadata")
    length = metadata.get(LENGTH_MAX, "").strip('"')
    return AttributeDefinition(
        name=item.text("name"),
        type=item.choice("type", AttributeType.STRING),
        is_anchor=item.truth("anchor", default=False),
        is_required=item.truth("required", default=False),
        is_multivalued=item.truth("multivalued", default=False),
        is_case_exact=item.truth("caseExact", default=False),
        is_filterable=_flag(metadata, FILTERABLE),
        is_custom=_flag(metadata, CUSTOM),
        mutability=item.choice("mutability", Mutability.READ_WRITE),
        length_max=int(length) if length.isascii() and length.isdigit() and len(length) < 10 else None,
        access_value=metadata.get(ACCESS_VALUE),
    )


def read_actions(item: Place) -> frozenset[str]:
    """The target object actions that are on; all where nothing is said."""
    text = item.text("flowTypes", ", ".join(FLOW_WORDS))
    words = [word.strip() for word in text.split(",") if word.strip()]
    for word in words:
        if word not in (*FLOW_WORDS, "None"):
            item.member("flowTypes").fault(f"{show(word)} is not one of {', '.join(FLOW_WORDS)}, None.")
    return frozenset(words) - {"None"}


def read_groups(item: Place, key: str) -> tuple[FilterGroup, ...]:
    """The groups of a scoping filter; those without a name are numbered."""
    return tuple(
        FilterGroup(
            group.optional_text("name") or f"Filter {number}",
            tuple(_clause(clause) for clause in group.items("clauses")),
        )
        for number, group in enumerate(item.items(key), start=1)
    )


def _clause(item: Place) -> Clause:
    attribute, operator = item.text("sourceOperandName"), item.text("operatorName")
    return Clause(attribute, operator, item.member("targetOperand").texts("values"))


def _flag(metadata: Mapping[str, str], key: str) -> bool:
    return metadata.get(key, "").strip('"').lower() == "true"


def _directories(root: Place) -> dict[str, dict[str, Definitions]]:
    found: dict[str, dict[str, Definitions]] = {}
    for name, directory in _named(root, "directories"):
        found[name] = {}
        for object_name, item in _named(directory, "objects"):
            found[name][object_name] = {key: read_definition(one) for key, one in _named(item, "attributes")}
    return found


def _named(place: Place, key: str) -> Iterator[tuple[str, Place]]:
    """The items of a list by name; a name that occurs twice is a fault."""
    seen: set[str] = set()
    for item in place.items(key):
        name = item.text("name")
        if name in seen:
            item.member("name").fault(f"{show(name)} occurs twice in {key}.")
        seen.add(name)
        yield name, item


def _ends(rule: Place, directories: Mapping[str, Any]) -> tuple[str, str]:
    names = []
    for key in ("sourceDirectoryName", "targetDirectoryName"):
        name = rule.text(key)
        if name and name not in directories:
            rule.member(key).fault(f"there is no directory {show(name)} in directories.{_meant(name, directories)}")
        names.append(name)
    for key in ("containerFilter", "groupFilter"):
        value = rule.member(key).value
        if isinstance(value, Mapping) and any(value.values()):
            rule.member(key).notice("this filter is kept, but nobody is filtered by it here.")
    return names[0], names[1]


def _object_mapping(item: Place, stored: StoredSources) -> ObjectMapping:
    actions = read_actions(item)
    scope = item.member("scope")
    if scope.value is not None and not isinstance(scope.value, Mapping):
        scope.fault(f"an object or null is expected, not {show(scope.value)}.")
    if scope.items("categoryFilterGroups"):
        scope.member("categoryFilterGroups").notice("these groups are kept, but nobody is filtered by them here.")
    return ObjectMapping(
        name=item.text("name", ""),
        source_object=item.text("sourceObjectName"),
        target_object=item.text("targetObjectName"),
        attribute_mappings=tuple(
            read_mapping(one, stored.get(source_key(item, one))) for one in item.items("attributeMappings")
        ),
        scope=read_groups(scope, "groups"),
        input_scope=read_groups(scope, "inputFilterGroups"),
        is_enabled=item.truth("enabled", default=True),
        creates="Add" in actions,
        updates="Update" in actions,
        deletes="Delete" in actions,
    )


def _meant(name: str, known: Mapping[str, Any]) -> str:
    meant = suggest(name, known)
    return f" Did you mean {show(meant)}?" if meant else f" There is: {', '.join(map(show, known))}." if known else ""
