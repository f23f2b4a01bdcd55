"""In which order the operations of a bulk request can be done (RFC 7644 §3.7.2).

An operation may refer to a resource that another one creates, as `bulkId:NAME`, before or after it in the request, and
operations may refer to each other in a circle. What is referred to is done first; where that is impossible, the
reference is left out at first and added when both resources are there.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from provisor.scim.messages import BulkOperation

PREFIX = "bulkId:"
_EMBEDDED = re.compile(r'bulkId:([^"/\s\]\[()]+)')


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """Do the operation at `index`, leaving out references to `postponed` names."""

    index: int
    postponed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Parted:
    """Data without some references, and the PATCH operations that add these later, by the name each waits for."""

    data: Any
    later: tuple[tuple[str, dict[str, Any]], ...]


def find_creators(operations: Sequence[BulkOperation]) -> dict[str, int]:
    """Which operation creates the resource of each name: the first one that says so."""
    creators: dict[str, int] = {}
    for index, operation in enumerate(operations):
        if operation.method == "POST" and operation.bulk_id:
            creators.setdefault(operation.bulk_id, index)
    return creators


def plan_bulk(operations: Sequence[BulkOperation]) -> list[PlannedStep]:
    """Every operation once, in an order in which references lead backwards wherever that is possible."""
    creators = find_creators(operations)
    needs = [[creators[name] for name in sorted(references(operation)) if name in creators] for operation in operations]
    planned: list[PlannedStep] = []
    done: set[int] = set()
    for first in range(len(operations)):
        _visit(first, needs, operations, planned, done)
    return planned


def _visit(
    first: int,
    needs: Sequence[Sequence[int]],
    operations: Sequence[BulkOperation],
    planned: list[PlannedStep],
    done: set[int],
) -> None:
    """Depth first from one operation, without recursion: a request may be one long chain."""
    if first in done:
        return
    path = [(first, iter(needs[first]))]
    open_ones = {first}
    postponed: dict[int, set[str]] = {}
    while path:
        index, rest = path[-1]
        following = next((each for each in rest if each not in done), None)
        if following is None:
            path.pop()
            open_ones.discard(index)
            done.add(index)
            planned.append(PlannedStep(index, frozenset(postponed.get(index, ()))))
        elif following in open_ones:
            postponed.setdefault(index, set()).add(operations[following].bulk_id or "")
        else:
            path.append((following, iter(needs[following])))
            open_ones.add(following)


def references(operation: BulkOperation) -> set[str]:
    """The names that an operation refers to, in its path or its data."""
    found = set(_EMBEDDED.findall(operation.path))
    found.update(_references_in(operation.data))
    return found


def _references_in(data: Any) -> Iterable[str]:
    pending = [data]
    while pending:
        each = pending.pop()
        if isinstance(each, str):
            if each.startswith(PREFIX):
                yield each.removeprefix(PREFIX)
            else:
                yield from _EMBEDDED.findall(each)
        elif isinstance(each, Mapping):
            pending += each.values()
        elif isinstance(each, list):
            pending += each


def resolve(data: Any, ids: Mapping[str, str]) -> Any:
    """The same data with ids in the place of names. Names that nobody knows stay."""
    match data:
        case str():
            return resolve_text(data, ids)
        case dict():
            return {key: resolve(value, ids) for key, value in data.items()}
        case list():
            return [resolve(each, ids) for each in data]
        case _:
            return data


def resolve_text(text: str, ids: Mapping[str, str]) -> str:
    """A text with ids in the place of names: a value that is one, or a path or filter that holds some."""
    if PREFIX not in text:
        return text
    if text.startswith(PREFIX) and text.removeprefix(PREFIX) in ids:
        return ids[text.removeprefix(PREFIX)]
    return _EMBEDDED.sub(lambda found: ids.get(found[1], found[0]), text)


def part(data: Any, postponed: frozenset[str]) -> Parted:
    """Take the references to postponed names out of the data of a POST: elements of lists, or whole attributes."""
    if not postponed or not isinstance(data, Mapping):
        return Parted(data, ())
    later: list[tuple[str, dict[str, Any]]] = []
    kept = _part_members(data, postponed, "", later)
    return Parted(kept, tuple(later))


def _part_members(
    data: Mapping[str, Any], postponed: frozenset[str], prefix: str, later: list[tuple[str, dict[str, Any]]]
) -> dict[str, Any]:
    kept: dict[str, Any] = {}

    def name_in(value: Any) -> str | None:
        return next((name for name in _references_in(value) if name in postponed), None)

    for key, value in data.items():
        if isinstance(value, list):
            kept[key] = _part_list(value, f"{prefix}{key}", name_in, later)
        elif isinstance(value, Mapping) and key.lower().startswith("urn:"):
            kept[key] = _part_members(value, postponed, f"{key}:", later)
        elif (name := name_in(value)) is not None:
            later.append((name, {"op": "add", "path": f"{prefix}{key}", "value": value}))
        else:
            kept[key] = value
    return kept


def _part_list(
    elements: list[Any],
    path: str,
    name_in: Callable[[Any], str | None],
    later: list[tuple[str, dict[str, Any]]],
) -> list[Any]:
    kept = []
    for each in elements:
        name = name_in(each)
        if name is None:
            kept.append(each)
        else:
            later.append((name, {"op": "add", "path": path, "value": [each]}))
    return kept
