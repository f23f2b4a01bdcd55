"""Resolve: references to other source resources become target ids, or wait.

A manager or member who has no account yet is deferred: the attribute is left out now, the wish is remembered, and
the person is worked again as soon as the other one has an account.
"""

from collections.abc import Mapping
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
    return frozenset(value.source_id for value in attributes.values() if isinstance(value, Reference))


def resolve_references(attributes: Mapping[str, Any], targets: Mapping[str, str]) -> Resolved:
    """Put target ids in; `targets` maps source ids to target ids."""
    resolved: dict[str, Any] = {}
    deferred: list[tuple[str, str]] = []
    for name, value in attributes.items():
        if not isinstance(value, Reference):
            resolved[name] = value
        elif value.source_id in targets:
            resolved[name] = targets[value.source_id]
        else:
            deferred.append((name, value.source_id))
    return Resolved(resolved, tuple(deferred))
