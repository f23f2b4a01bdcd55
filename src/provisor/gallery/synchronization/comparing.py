"""Two versions of a synchronization schema, and what changed between them in words (mapping spec §7).

Made for the person who imports a file: first what decides who gets which value, then the attribute lists, then
whatever else differs. Nothing is passed over but blanks in expressions and defaults that are written out.
"""

from collections.abc import Hashable, Iterator, Mapping
from typing import Any

from provisor.gallery.synchronization.pairing import (
    Item,
    Key,
    by_name,
    compare_others,
    is_reordered,
    items_of,
    pair,
    show,
)
from provisor.gallery.synchronization.place import Findings, Place
from provisor.gallery.synchronization.reading import FLOW_WORDS, read_actions
from provisor.gallery.synchronization.wording import compare_filters, compare_mapping, mapping_text

_SCHEMA = frozenset({"directories", "synchronizationRules"})
_RULE = frozenset({"objectMappings", "priority"})
_OBJECT_MAPPING = frozenset({"attributeMappings", "scope", "enabled", "flowTypes"})
_DIRECTORY = frozenset({"objects"})
_OBJECT = frozenset({"attributes"})
_DEFINITION_FLAGS = {
    "anchor": "the primary key",
    "required": "required",
    "multivalued": "multi-valued",
    "caseExact": "case-exact",
}
_DEFINITION = frozenset({"name", *_DEFINITION_FLAGS})


def compare_schemas(before: Any, after: Any) -> tuple[str, ...]:
    """Sentences about everything that differs; none when nothing does."""
    old = before if isinstance(before, Mapping) else {}
    new = after if isinstance(after, Mapping) else {}
    return (
        *_compare_rules(items_of(old, "synchronizationRules"), items_of(new, "synchronizationRules")),
        *_compare_directories(old, new),
        *compare_others(old, new, _SCHEMA),
    )


def _compare_rules(before: list[Item], after: list[Item]) -> Iterator[str]:
    shows_objects = max(sum(len(items_of(rule, "objectMappings")) for rule in rules) for rules in (before, after)) > 1
    # One rule alone is compared with one alone, whatever they are called.
    key: Key = (lambda _item: 0) if len(before) == len(after) == 1 else by_name
    for old, new in pair(before, after, key):
        if old is None and new is not None:
            yield f"Added synchronization rule {show(new.get('name'))}"
        elif new is None and old is not None:
            yield f"Removed synchronization rule {show(old.get('name'))}"
        mappings = (items_of(old or {}, "objectMappings"), items_of(new or {}, "objectMappings"))
        for one, other in pair(*mappings, _source_object):
            yield from _compare_object_mapping(one, other, shows_objects=shows_objects)
        if old is not None and new is not None:
            where = f"Rule {new.get('name')}: "
            if (old.get("priority") or 0) != (new.get("priority") or 0):
                yield f"{where}priority changed from {old.get('priority') or 0} to {new.get('priority') or 0}"
            yield from compare_others(old, new, _RULE, where)
    if is_reordered(before, after, by_name):
        yield "The order of the synchronization rules changed"


def _compare_object_mapping(before: Item | None, after: Item | None, *, shows_objects: bool) -> Iterator[str]:
    either = after or before or {}
    prefix = f"{either.get('sourceObjectName')}: " if shows_objects else ""
    name = f"{either.get('sourceObjectName')} → {either.get('targetObjectName')}"
    if before is None or after is None:
        yield f"{'Added' if before is None else 'Removed'} object mapping {name}"
    sentences = _compare_inside(before or {}, after or {}, name)
    yield from (f"{prefix}{sentence}" for sentence in sentences)


def _compare_inside(before: Item, after: Item, name: str) -> Iterator[str]:
    rows = items_of(before, "attributeMappings"), items_of(after, "attributeMappings")
    for old, new in pair(*rows, _target):
        if old is not None and new is not None:
            yield from compare_mapping(old, new)
        elif old is not None:
            yield f"Removed mapping {mapping_text(old)}"
        elif new is not None:
            yield f"Added mapping {mapping_text(new)}"
    if is_reordered(*rows, _target):
        yield "The order of the mappings changed"
    yield from compare_filters(before.get("scope"), after.get("scope"))
    if not before or not after:
        return
    if before.get("enabled") is not after.get("enabled") and _is_on(before) != _is_on(after):
        yield f"Object mapping {name} is now {'on' if _is_on(after) else 'off'}"
    were, are = (read_actions(Place(item, "", Findings())) for item in (before, after))
    for action in FLOW_WORDS:
        if (action in were) != (action in are):
            yield f"Target object action {action} is now {'on' if action in are else 'off'}"
    yield from compare_others(before, after, _OBJECT_MAPPING, "Object mapping: ")


def _compare_directories(before: Item, after: Item) -> Iterator[str]:
    old_role, new_role = _role_in(before), _role_in(after)
    for old, new in pair(items_of(before, "directories"), items_of(after, "directories"), old_role, new_role):
        where = f"Directory {old_role(old) if old is not None else new_role(new or {})}"
        if old is None or new is None:
            yield f"{'Added' if old is None else 'Removed'} directory {show((new or old or {}).get('name'))}"
        objects = items_of(old or {}, "objects"), items_of(new or {}, "objects")
        for one, other in pair(*objects, by_name):
            name = f", {(other or one or {}).get('name')}" if max(map(len, objects)) > 1 else ""
            yield from _compare_object(one, other, where + name)
        if old is not None and new is not None:
            yield from compare_others(old, new, _DIRECTORY, f"{where}: ")


def _role_in(schema: Item) -> Key:
    """What a directory is to the rules, so that directories are paired whatever they are called."""
    rules = items_of(schema, "synchronizationRules")
    keys = {"target": "targetDirectoryName", "source": "sourceDirectoryName"}
    ends = {show(rules[0].get(key)): role for role, key in keys.items()} if rules else {}
    return lambda item: ends.get(show(item.get("name")), show(item.get("name")))


def _compare_object(before: Item | None, after: Item | None, where: str) -> Iterator[str]:
    if before is None or after is None:
        either = after or before or {}
        count = len(items_of(either, "attributes"))
        did = "added" if before is None else "removed"
        yield f"{where}: object {show(either.get('name'))} {did}, with {count} attributes"
        return
    yield from (f"{where}: {sentence}" for sentence in _compare_lists(before, after))
    yield from compare_others(before, after, _OBJECT, f"{where}: ")


def _compare_lists(before: Item, after: Item) -> Iterator[str]:
    """What changed in an attribute list; attributes that changed alike share a sentence."""
    added: list[str] = []
    removed: list[str] = []
    changed: dict[str, list[str]] = {}
    for old, new in pair(items_of(before, "attributes"), items_of(after, "attributes"), by_name):
        if old is None and new is not None:
            added.append(f"{new.get('name')} ({new.get('type') or 'String'})")
        elif new is None and old is not None:
            removed.append(str(old.get("name")))
        elif old is not None and new is not None:
            for sentence in _compare_definition(old, new):
                changed.setdefault(sentence, []).append(str(new.get("name")))
    for names, did in ((added, "added"), (removed, "removed")):
        if names:
            yield f"attribute{'s' if len(names) > 1 else ''} {did}: {', '.join(names)}"
    yield from (f"{', '.join(names)}: {sentence}" for sentence, names in changed.items())


def _compare_definition(before: Item, after: Item) -> Iterator[str]:
    for key, word in _DEFINITION_FLAGS.items():
        if bool(before.get(key)) != bool(after.get(key)):
            yield f"{'now' if after.get(key) else 'no longer'} {word}"
    yield from compare_others(before, after, _DEFINITION)


def _source_object(item: Item) -> Hashable:
    return show(item.get("sourceObjectName"))


def _target(item: Item) -> Hashable:
    return show(item.get("targetAttributeName"))


def _is_on(item: Item) -> bool:
    return item.get("enabled") is not False
