"""What changed in mappings and filters, in the words of the administrator who set them."""

from collections.abc import Iterator, Mapping
from typing import Any

from provisor.gallery.synchronization.pairing import SHOWN_MAX, Item, compare_others, is_same, items_of, pair, show
from provisor.gallery.synchronization.place import Findings, Place
from provisor.gallery.synchronization.sources import MappingSource, read_source
from provisor.model.rules import FlowBehavior, FlowType, SourceKind

APPLIES = {
    FlowType.ALWAYS: "always",
    FlowType.OBJECT_ADD_ONLY: "only during object creation",
    FlowType.MULTI_VALUE_ADD_ONLY: "only when it adds values to a list",
    FlowType.VALUE_ADD_ONLY: "only when it adds a value, never when it removes one",
    FlowType.ATTRIBUTE_ADD_ONLY: "only while the target has no value",
}
"""When a mapping applies."""

SENT = {
    FlowBehavior.FLOW_WHEN_CHANGED: "only when it has changed",
    FlowBehavior.FLOW_ALWAYS: "with every update",
}
"""When the value of a mapping is sent."""

_MAPPING = frozenset(
    {"targetAttributeName", "source", "matchingPriority", "flowType", "flowBehavior", "defaultValue", "flowNullValues"}
)
_SOURCE = frozenset({"type", "name", "expression", "parameters"})
_CLAUSE = frozenset({"sourceOperandName", "operatorName", "targetOperand"})
_GROUP = frozenset({"name", "clauses"})


def source_text(source: Any) -> str:
    """A source as an expression: `[mail]`, `"True"`, `Switch(...)`; `nothing` where there is none."""
    found = _read(source)
    if found.kind is SourceKind.NONE:
        return "nothing"
    if found.kind is SourceKind.ATTRIBUTE:
        return f"[{found.text}]"
    text = show(found.text) if found.kind is SourceKind.CONSTANT else " ".join(found.text.split())
    return text if len(text) <= SHOWN_MAX else f"{text[: SHOWN_MAX - 1]}…"


def mapping_text(item: Item) -> str:
    """A whole mapping on one line: `title ← jobTitle`, with what is not usual about it."""
    source = _read(item.get("source"))
    shown = source.text if source.kind is SourceKind.ATTRIBUTE else source_text(item.get("source"))
    parts = [f"{item.get('targetAttributeName')} ← {shown}"]
    if item.get("matchingPriority"):
        parts.append(f"matching precedence {item['matchingPriority']}")
    if _applies(item) != APPLIES[FlowType.ALWAYS]:
        parts.append(_applies(item))
    if item.get("defaultValue"):
        parts.append(f"default value {show(item['defaultValue'])}")
    if item.get("flowNullValues"):
        parts.append("clears the target when empty")
    return ", ".join(parts)


def clause_text(item: Item) -> str:
    """A clause as one would say it: `department EQUALS Sales`."""
    operand = item.get("targetOperand")
    values = operand.get("values") if isinstance(operand, Mapping) else None
    shown = " or ".join(map(str, values)) if isinstance(values, list) else ""
    return f"{item.get('sourceOperandName')} {item.get('operatorName')} {shown}".rstrip()


def group_text(item: Item) -> str:
    """The clauses of a group, all of which must hold."""
    return " and ".join(clause_text(one) for one in items_of(item, "clauses")) or "everybody"


def compare_mapping(before: Item, after: Item) -> Iterator[str]:
    """What changed in one attribute mapping."""
    target = str(after.get("targetAttributeName"))
    old, new = _read(before.get("source")), _read(after.get("source"))
    if old != new:
        yield f"{target}: source changed from {source_text(before.get('source'))} to {source_text(after.get('source'))}"
    yield from _compare_default(target, before.get("defaultValue"), after.get("defaultValue"))
    yield from _compare_matching(target, before.get("matchingPriority") or 0, after.get("matchingPriority") or 0)
    if _applies(before) != _applies(after):
        yield f"{target}: now applies {_applies(after)} (before: {_applies(before)})"
    if _sent(before) != _sent(after):
        yield f"{target}: the value is now sent {_sent(after)}"
    if bool(before.get("flowNullValues")) != bool(after.get("flowNullValues")):
        no_longer = "now" if after.get("flowNullValues") else "no longer"
        yield f"{target}: an empty value {no_longer} clears the target"
    one, other = (item["source"] if isinstance(item.get("source"), Mapping) else {} for item in (before, after))
    yield from compare_others(one, other, _SOURCE, f"{target}: source.")
    yield from compare_others(before, after, _MAPPING, f"{target}: ")


def compare_filters(before: Any, after: Any) -> Iterator[str]:
    """What changed in a scope: its three sets of groups, and anything else in it."""
    kinds = {
        "groups": "scoping filter",
        "inputFilterGroups": "input filter",
        "categoryFilterGroups": "category filter",
    }
    for key, kind in kinds.items():
        yield from _compare_groups(kind, items_of(before, key), items_of(after, key))
    old = before if isinstance(before, Mapping) else {}
    new = after if isinstance(after, Mapping) else {}
    yield from compare_others(old, new, frozenset(kinds), "scope.")


def _read(source: Any) -> MappingSource:
    return read_source(Place(source, "", Findings()))


def _applies(item: Item) -> str:
    word = str(item.get("flowType") or FlowType.ALWAYS)
    known = next((flow for flow in FlowType if flow.lower() == word.lower()), None)
    return APPLIES[known] if known else word


def _sent(item: Item) -> str:
    word = str(item.get("flowBehavior") or FlowBehavior.FLOW_WHEN_CHANGED)
    known = next((behavior for behavior in FlowBehavior if behavior.lower() == word.lower()), None)
    return SENT[known] if known else word


def _compare_default(target: str, before: Any, after: Any) -> Iterator[str]:
    if is_same(before, after):
        return
    if before is None:
        yield f"{target}: default value set to {show(after)}"
    elif after is None:
        yield f"{target}: default value {show(before)} removed"
    else:
        yield f"{target}: default value changed from {show(before)} to {show(after)}"


def _compare_matching(target: str, before: Any, after: Any) -> Iterator[str]:
    if before == after:
        return
    if not before:
        yield f"{target}: is now a matching attribute, with precedence {after}"
    elif not after:
        yield f"{target}: is no longer a matching attribute (its precedence was {before})"
    else:
        yield f"{target}: matching precedence changed from {before} to {after}"


def _compare_groups(kind: str, before: list[Item], after: list[Item]) -> Iterator[str]:
    title = kind.capitalize()
    gone: list[Item] = []
    come: list[Item] = []
    for old, new in pair(before, after, lambda item: show(item.get("name"))):
        if old is not None and new is not None:
            yield from _compare_group(f"{title} {_quoted(new)}", old, new)
        elif old is not None:
            gone.append(old)
        elif new is not None:
            come.append(new)
    for old in gone:
        renamed = next((new for new in come if group_text(new) == group_text(old)), None)
        if renamed is None:
            yield f"Removed {kind} {_quoted(old)}: {group_text(old)}"
        else:
            come.remove(renamed)
            yield f"{title} {_quoted(old)}: renamed to {_quoted(renamed)}"
    for new in come:
        yield f"Added {kind} {_quoted(new)}: {group_text(new)}"


def _compare_group(where: str, before: Item, after: Item) -> Iterator[str]:
    for old, new in pair(items_of(before, "clauses"), items_of(after, "clauses"), clause_text):
        if old is not None and new is not None:
            yield from compare_others(old, new, _CLAUSE, f"{where}: {clause_text(new)}: ")
        elif old is not None:
            yield f"{where}: clause {clause_text(old)} removed"
        elif new is not None:
            yield f"{where}: clause {clause_text(new)} added"
    yield from compare_others(before, after, _GROUP, f"{where}: ")


def _quoted(item: Item) -> str:
    return f"'{item.get('name') or ''}'"
