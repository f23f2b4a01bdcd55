"""The synchronization schema in Microsoft Graph's shape, read into rules (mapping spec §7).

The JSON is what is stored, exported and imported; `Rules` is what the stages decide by. Reading collects every fault,
so that an administrator sees them all at once.
"""

from collections.abc import Iterable, Mapping
from typing import Any

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
    SourceKind,
)

ACCESS_VALUE = "AccessValue"
"""Metadata of a target attribute: losing this value is a removal."""
FILTERABLE = "SupportedForFiltering"
CUSTOM = "IsCustomerDefined"
LENGTH_MAX = "MaximumLength"


def read_rules(schema: Mapping[str, Any]) -> Rules:
    """The rules in a schema. Raises `Reject` with all faults."""
    try:
        rule = schema["synchronizationRules"][0]
        source = _objects(schema, rule["sourceDirectoryName"])
        target = _objects(schema, rule["targetDirectoryName"])
        mappings = rule["objectMappings"]
    except (KeyError, IndexError, TypeError) as error:
        raise Reject(
            f"The synchronization schema is not complete: {error!s} is missing.",
            remedy="Start from `provisor schema export`.",
        ) from error
    faults: list[str] = []
    object_mappings = tuple(_object_mapping(mapping, faults) for mapping in mappings)
    if not any(mapping.source_object == "User" for mapping in object_mappings):
        faults.append("There is no object mapping whose sourceObjectName is User.")
    rules = Rules(object_mappings, _definitions(source), _definitions(target))
    if faults:
        raise Reject("The synchronization schema has faults.", reasons=faults)
    return rules


def _objects(schema: Mapping[str, Any], name: str) -> Iterable[Mapping[str, Any]]:
    for directory in schema["directories"]:
        if directory["name"] == name:
            return list(directory["objects"])
    raise KeyError(f"directory {name!r}")


def _definitions(objects: Iterable[Mapping[str, Any]]) -> dict[str, Definitions]:
    return {
        one.get("name", ""): {item["name"]: _definition(item) for item in one.get("attributes", ())} for one in objects
    }


def _definition(item: Mapping[str, Any]) -> AttributeDefinition:
    metadata = {pair["key"]: pair["value"] for pair in item.get("metadata") or ()}
    length = str(metadata.get(LENGTH_MAX) or "")
    return AttributeDefinition(
        name=item["name"],
        type=AttributeType(item.get("type", "String")),
        is_anchor=bool(item.get("anchor")),
        is_required=bool(item.get("required")),
        is_multivalued=bool(item.get("multivalued")),
        is_case_exact=bool(item.get("caseExact")),
        is_filterable=metadata.get(FILTERABLE, "false").lower() == "true",
        is_custom=metadata.get(CUSTOM, "false").lower() == "true",
        mutability=Mutability(item.get("mutability") or Mutability.READ_WRITE),
        length_max=int(length) if length.isascii() and length.isdigit() else None,
        access_value=metadata.get(ACCESS_VALUE),
    )


def _object_mapping(item: Mapping[str, Any], faults: list[str]) -> ObjectMapping:
    flows = {word.strip() for word in str(item.get("flowTypes", "Add, Update, Delete")).split(",")}
    return ObjectMapping(
        name=item.get("name", ""),
        source_object=item.get("sourceObjectName", ""),
        target_object=item.get("targetObjectName", ""),
        attribute_mappings=tuple(_mapping(one, faults) for one in item.get("attributeMappings", ())),
        scope=_scope((item.get("scope") or {}).get("groups")),
        input_scope=_scope((item.get("scope") or {}).get("inputFilterGroups")),
        is_enabled=bool(item.get("enabled", True)),
        creates="Add" in flows,
        updates="Update" in flows,
        deletes="Delete" in flows,
    )


def _mapping(item: Mapping[str, Any], faults: list[str]) -> AttributeMapping:
    target = str(item.get("targetAttributeName", ""))
    kind, text = _source(item.get("source"))
    flow = str(item.get("flowType") or FlowType.ALWAYS)
    if flow not in set(FlowType):
        faults.append(f"{target}: the flow type {flow!r} is not known; use one of {', '.join(FlowType)}.")
        flow = FlowType.ALWAYS
    behavior = str(item.get("flowBehavior") or FlowBehavior.FLOW_WHEN_CHANGED)
    if behavior not in set(FlowBehavior):
        faults.append(f"{target}: the flow behavior {behavior!r} is not known; use one of {', '.join(FlowBehavior)}.")
        behavior = FlowBehavior.FLOW_WHEN_CHANGED
    return AttributeMapping(
        target=target,
        kind=kind,
        text=text,
        default_value=item.get("defaultValue"),
        matching_priority=int(item.get("matchingPriority") or 0),
        flow_type=FlowType(flow),
        flow_behavior=FlowBehavior(behavior),
        clear_when_empty=bool(item.get("flowNullValues", False)),
    )


def _source(source: Mapping[str, Any] | None) -> tuple[SourceKind, str]:
    if source is None:
        return SourceKind.NONE, ""
    kind = SourceKind(source.get("type", "Attribute"))
    if kind is SourceKind.EXPRESSION:
        return kind, str(source.get("expression") or "")
    return kind, str(source.get("name") or "")


def _scope(groups: Iterable[Mapping[str, Any]] | None) -> tuple[FilterGroup, ...]:
    return tuple(
        FilterGroup(
            group.get("name") or f"Filter {number}",
            tuple(
                Clause(
                    clause["sourceOperandName"],
                    clause["operatorName"],
                    tuple((clause.get("targetOperand") or {}).get("values") or ()),
                )
                for clause in group.get("clauses", ())
            ),
        )
        for number, group in enumerate(groups or (), start=1)
    )
