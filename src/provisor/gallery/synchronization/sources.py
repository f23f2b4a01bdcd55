"""The `source` of an attribute mapping: its text and its tree, of which either may be missing (mapping spec §7.3).

Where the two disagree, the one that was edited counts: the one that differs from what is stored. Where that is not
known, `SCHEMA_TEXT_WINS` decides, and whoever imports is told.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from provisor.expressions.choices import SCHEMA_TEXT_WINS
from provisor.expressions.nodes import Attribute, Call, Comparison, Constant, Node, Word
from provisor.expressions.parser import parse_or_none
from provisor.expressions.printing import print_expression, quote_text
from provisor.gallery.synchronization.place import Findings, Place, show
from provisor.gallery.synchronization.trees import SOURCE_TYPES, Tree, are_same, build_tree, read_tree
from provisor.model.rules import SourceKind


@dataclass(frozen=True, slots=True)
class MappingSource:
    """Where a mapping takes its value from: `text` is an attribute name, a constant, or an expression."""

    kind: SourceKind
    text: str = ""


NO_SOURCE = MappingSource(SourceKind.NONE)


def read_source(place: Place, stored: Any = None) -> MappingSource:
    """The source at a place; `stored` is the value that stood there before. Faults go to the place."""
    if place.value is None:
        return NO_SOURCE
    if not isinstance(place.value, Mapping):
        place.fault(f"an object or null is expected, not {show(place.value)}.")
        return NO_SOURCE
    text = place.optional_text("expression")
    if text is None or not text.strip():
        return _from_tree(place)
    place.choice("type", SourceKind.EXPRESSION, SOURCE_TYPES)
    if not _has_tree(place.value):
        return _from_text(text)
    tree = read_tree(Place(place.value, place.path, Findings()))
    if tree is None:
        place.notice("the parameters cannot be read and are written anew from the expression.")
        return _from_text(text)
    if _agree(text, tree):
        return _simple(tree) or MappingSource(SourceKind.EXPRESSION, text)
    return _decide(place, text, tree, stored)


def write_source(source: MappingSource) -> Tree | None:
    """The source in Graph's shape, with its text as it was written and the tree of it; None where there is none."""
    match source.kind:
        case SourceKind.NONE:
            return None
        case SourceKind.ATTRIBUTE:
            return build_tree(Attribute(source.text))
        case SourceKind.CONSTANT:
            return build_tree(Constant(source.text))
        case SourceKind.EXPRESSION:
            node = parse_or_none(source.text)
            named = build_tree(node) if node else {"type": SourceKind.EXPRESSION.value, "name": "", "parameters": []}
            return {**named, "expression": source.text}


def complete_source(place: Place, stored: Any = None) -> Any:
    """The value at a place with both its text and its tree; as it stands, where it has both and they agree."""
    source = read_source(place, stored)
    written = write_source(source)
    value = place.value
    if written is None or not isinstance(value, Mapping):
        return value
    if _is_complete(value, source):
        return value
    return {**value, **written}


def _is_complete(value: Mapping[str, Any], source: MappingSource) -> bool:
    if not _has_all_members(value):
        return False
    tree = read_tree(Place(value, "", Findings()))
    if tree is None or value["type"] not in SOURCE_TYPES:
        return False
    if source.kind is SourceKind.EXPRESSION:
        written = parse_or_none(source.text)
        return value["expression"] == source.text and (written is None or are_same(written, tree))
    return _simple(tree) == source and _agree(value["expression"], tree)


def _has_all_members(value: Any) -> bool:
    if not isinstance(value, Mapping) or not isinstance(value.get("parameters"), list):
        return False
    if any(value.get(key) is None for key in ("type", "name", "expression")):
        return False
    return all(isinstance(one, Mapping) and _has_all_members(one.get("value")) for one in value["parameters"])


def _has_tree(value: Mapping[str, Any]) -> bool:
    kind = str(value.get("type") or "").lower()
    if kind == SourceKind.EXPRESSION.lower():
        return bool(value.get("parameters")) and bool(value.get("name"))
    return value.get("name") is not None


def _from_text(text: str) -> MappingSource:
    node = parse_or_none(text)
    simple = _simple(node) if node else None
    return simple or MappingSource(SourceKind.EXPRESSION, text)


def _from_tree(place: Place) -> MappingSource:
    node = read_tree(place)
    if node is None:
        return NO_SOURCE
    simple = _simple(node)
    if simple:
        return simple
    text = print_expression(node)
    again = parse_or_none(text)
    if again is None or not are_same(again, node):
        place.fault(f"its parts cannot be written as an expression: {text[:200]}")
    return MappingSource(SourceKind.EXPRESSION, text)


def _simple(node: Node) -> MappingSource | None:
    """A plain attribute or constant; None for what has to be evaluated."""
    match node:
        case Attribute(name):
            return MappingSource(SourceKind.ATTRIBUTE, name)
        case Constant(value):
            return MappingSource(SourceKind.CONSTANT, str(value))
        case Word() | Call() | Comparison():
            return None


def _agree(text: str, tree: Node) -> bool:
    plain = {f"[{tree.name}]", tree.name} if isinstance(tree, Attribute) else set[str]()
    if isinstance(tree, Constant):
        plain = {quote_text(str(tree.value)), str(tree.value)}
    if text in plain:
        return True
    written = parse_or_none(text)
    return written is not None and are_same(written, tree)


def _decide(place: Place, text: str, tree: Node, stored: Any) -> MappingSource:
    takes_text = SCHEMA_TEXT_WINS
    edited = _edited(text, tree, stored)
    if edited is not None:
        takes_text = edited == "expression"
    if takes_text:
        place.notice("expression and parameters disagree; the expression counts, the parameters are written anew.")
        return _from_text(text)
    place.notice("expression and parameters disagree; the parameters count, the expression is written anew.")
    return _from_tree(Place({**place.value, "expression": None}, place.path, place.findings))


def _edited(text: str, tree: Node, stored: Any) -> str | None:
    """Which of the two differs from what is stored; None where both do, neither does, or nothing is stored."""
    if not isinstance(stored, Mapping):
        return None
    before = read_tree(Place(stored, "", Findings()))
    is_text_edited = stored.get("expression") != text
    is_tree_edited = before is None or not are_same(before, tree)
    if is_text_edited == is_tree_edited:
        return None
    return "expression" if is_text_edited else "parameters"
