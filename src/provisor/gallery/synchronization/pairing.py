"""What two versions of a JSON document are compared with: items paired by name, values told in words."""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

Item = Mapping[str, Any]
Key = Callable[[Item], Hashable]

SHOWN_MAX = 200
"""Characters of a value in a sentence."""


def items_of(item: Any, key: str) -> list[Item]:
    """The objects of a list; none where there is no such list."""
    value = item.get(key) if isinstance(item, Mapping) else None
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def pair(
    before: Sequence[Item], after: Sequence[Item], key: Key, other_key: Key | None = None
) -> Iterator[tuple[Item | None, Item | None]]:
    """Items with the same key, the first with the first where a key occurs twice; None where one has no counterpart.

    `other_key` is the key of the items after, where it is found in another way.
    """
    old, new = _keyed(before, key), _keyed(after, other_key or key)
    for name, item in old.items():
        yield item, new.get(name)
    for name, item in new.items():
        if name not in old:
            yield None, item


def is_reordered(before: Sequence[Item], after: Sequence[Item], key: Key) -> bool:
    """Whether the items that are in both stand in another order."""
    old, new = _keyed(before, key), _keyed(after, key)
    return [name for name in old if name in new] != [name for name in new if name in old]


def by_name(item: Item) -> Hashable:
    """The key of things that have a name."""
    return show(item.get("name"))


def compare_others(before: Any, after: Any, known: frozenset[str], where: str = "") -> Iterator[str]:
    """Every member that nobody has words for: what it was, and what it is."""
    for key in dict.fromkeys([*before, *after]):
        if key in known:
            continue
        if key == "metadata":
            yield from _compare_metadata(items_of(before, key), items_of(after, key), where)
            continue
        old, new = before.get(key), after.get(key)
        if is_same(old, new) or (_is_blank(old) and _is_blank(new)):
            continue
        name = f"{where}{key}"
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from compare_others(old, new, frozenset(), f"{name}.")
        elif key not in before:
            yield f"{name}: added, {show(new)}"
        elif key not in after:
            yield f"{name}: removed, it was {show(old)}"
        else:
            yield f"{name}: changed from {show(old)} to {show(new)}"


def is_same(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON; Python alone takes True for 1."""
    return msgspec.json.encode(one, order="sorted") == msgspec.json.encode(other, order="sorted")


def show(value: Any) -> str:
    """A value as JSON, bounded in length; a text in its quotes."""
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= SHOWN_MAX else f"{text[: SHOWN_MAX - 1]}…"


def _is_blank(value: Any) -> bool:
    """Null, an empty list, and an object of nothing but these say as much as a member that is not there."""
    if isinstance(value, Mapping):
        return all(_is_blank(one) for one in value.values())
    return value is None or value == []


def _keyed(items: Sequence[Item], key: Key) -> dict[tuple[Hashable, int], Item]:
    found: dict[tuple[Hashable, int], Item] = {}
    for item in items:
        name, number = key(item), 0
        while (name, number) in found:
            number += 1
        found[name, number] = item
    return found


def _compare_metadata(before: Sequence[Item], after: Sequence[Item], where: str) -> Iterator[str]:
    for old, new in pair(before, after, lambda entry: show(entry.get("key"))):
        name = f"{where}metadata {(old or new or {}).get('key')}"
        if old is None and new is not None:
            yield f"{name}: added, {show(new.get('value'))}"
        elif new is None and old is not None:
            yield f"{name}: removed, it was {show(old.get('value'))}"
        elif old is not None and new is not None and not is_same(old, new):
            yield f"{name}: changed from {show(old.get('value'))} to {show(new.get('value'))}"
