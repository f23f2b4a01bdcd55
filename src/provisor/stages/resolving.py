"""Resolve: references to other source resources become target ids, or wait.

A manager or member who has no account yet is deferred: the attribute is left out now, the wish is remembered, and
the person is worked again as soon as the other one has an account.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from provisor.model.operation import Reference


@dataclass(frozen=True, slots=True)
class Resolved:
    """Attributes with target ids, and what waits: pairs of attribute and wanted source id."""

    attributes: Mapping[str, Any]
    deferred: tuple[tuple[str, str], ...] = ()


def wanted_references(attributes: Mapping[str, Any]) -> frozenset[str]:
    """The source ids whose target ids are needed."""
    return frozenset(
        item.source_id for value in attributes.values() for item in _items(value) if isinstance(item, Reference)
    )


def named_references(attributes: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Every reference as a pair of attribute and source id, whether it can be resolved or not."""
    return tuple(
        (name, item.source_id)
        for name, value in attributes.items()
        for item in _items(value)
        if isinstance(item, Reference)
    )


def resolve_references(attributes: Mapping[str, Any], targets: Mapping[str, str]) -> Resolved:
    """Put target ids in; `targets` maps source ids to target ids. Of several references those that are known flow."""
    resolved: dict[str, Any] = {}
    deferred: list[tuple[str, str]] = []
    for name, value in attributes.items():
        items = _items(value)
        references = [item for item in items if isinstance(item, Reference)]
        if not references:
            resolved[name] = value
            continue
        deferred += ((name, item.source_id) for item in references if item.source_id not in targets)
        ids = [targets[item.source_id] for item in references if item.source_id in targets]
        if isinstance(value, list):
            resolved[name] = ids
        elif ids:
            resolved[name] = ids[0]
    return Resolved(resolved, tuple(deferred))


def _items(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else (value,)
