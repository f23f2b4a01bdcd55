"""How mappings and filters look in a terminal, and as JSON for programs."""

from typing import Any

from provisor.cli.printing import Format, out, print_rows
from provisor.gallery.synchronization.wording import APPLIES
from provisor.model.rules import AttributeMapping, FilterGroup, ObjectMapping, Rules, SourceKind

MAPPING_COLUMNS = ("object", "target", "source", "matching", "applies", "default", "clears")


def mapping_rows(rules: Rules) -> list[dict[str, Any]]:
    """One row per attribute mapping."""
    return [
        {"object": mapping.source_object, **_row(one)}
        for mapping in rules.object_mappings
        for one in mapping.attribute_mappings
    ]


def object_json(mapping: ObjectMapping) -> dict[str, Any]:
    """An object mapping with what is in it."""
    return {
        "name": mapping.name,
        "source": mapping.source_object,
        "target": mapping.target_object,
        "enabled": mapping.is_enabled,
        "actions": _actions(mapping),
        "mappings": [_row(one) for one in mapping.attribute_mappings],
        "scopingFilters": [_group_json(group) for group in mapping.scope],
        "inputFilters": [_group_json(group) for group in mapping.input_scope],
    }


def print_objects(rules: Rules) -> None:
    """Each object mapping with its table, and its filters in words below."""
    for number, mapping in enumerate(rules.object_mappings):
        if number:
            out.print()
        state = "" if mapping.is_enabled else ", switched off"
        actions = ", ".join(_actions(mapping)) or "no action"
        out.print(f"{mapping.source_object} → {mapping.target_object} ({actions}{state})", style="bold", markup=False)
        rows = [_row(one) for one in mapping.attribute_mappings]
        used = [column for column in MAPPING_COLUMNS if any(row.get(column) for row in rows)]
        print_rows(rows, used, Format.TABLE, empty="No mappings.")
        _print_groups("Scoping filters", mapping.scope, "everybody whom the scope setting lets in")
        if mapping.input_scope:
            _print_groups("Input filters", mapping.input_scope, "")


def _row(mapping: AttributeMapping) -> dict[str, Any]:
    return {
        "target": mapping.target,
        "source": _source(mapping),
        "matching": mapping.matching_priority or None,
        "applies": APPLIES[mapping.flow_type],
        "default": mapping.default_value,
        "clears": mapping.clear_when_empty,
    }


def _source(mapping: AttributeMapping) -> str | None:
    match mapping.kind:
        case SourceKind.ATTRIBUTE:
            return f"[{mapping.text}]"
        case SourceKind.CONSTANT:
            return f'"{mapping.text}"'
        case SourceKind.EXPRESSION:
            return " ".join(mapping.text.split())
        case SourceKind.NONE:
            return None


def _actions(mapping: ObjectMapping) -> list[str]:
    flags = {"Create": mapping.creates, "Update": mapping.updates, "Delete": mapping.deletes}
    return [word for word, is_on in flags.items() if is_on]


def _group_json(group: FilterGroup) -> dict[str, Any]:
    clauses = [{"attribute": one.attribute, "operator": one.operator, "values": one.values} for one in group.clauses]
    return {"name": group.name, "clauses": clauses}


def _print_groups(title: str, groups: tuple[FilterGroup, ...], none: str) -> None:
    if not groups:
        out.print(f"{title}: none; {none}.")
        return
    out.print(f"{title}, of which one must pass:")
    for group in groups:
        clauses = (f"{one.attribute} {one.operator} {' or '.join(one.values)}".rstrip() for one in group.clauses)
        out.print(f"  {group.name}: {' and '.join(clauses)}", markup=False)
