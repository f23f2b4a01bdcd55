"""Pledge: what stands for a decision, so that the same decision made later can be told from another one.

An operation in a plan is stale when it would now be another one: another action, another account, other values. A
reference stands for the person it names, whose account may be made only while the plan is applied; a value that is
another one each time (a random one, the present, the first that is free) stands for its attribute only.
"""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import msgspec

from provisor.model.operation import Operation
from provisor.model.resource import Attributes
from provisor.stages.rules.compiled import CompiledRules

DIGEST_BYTES = 16


def pledge_of(
    operation: Operation, references: Sequence[tuple[str, str]], known: Attributes | None, rules: CompiledRules
) -> bytes:
    """A digest of the decision; `references` are pairs of attribute and source id, those that wait among them."""
    held = known or {}
    by_name: dict[str, list[str]] = {}
    for name, source_id in references:
        by_name.setdefault(name, []).append(source_id)
    changes: dict[str, tuple[Any, Any]] = {}
    for change in operation.changes:
        after = None if change.attribute in rules.varying else change.after
        changes[change.attribute] = (change.before, after)
    for name in {*operation.deferred, *changes} & by_name.keys():
        changes[name] = (held.get(name), sorted(by_name[name]))
    return _digest((operation.action.value, operation.target_id, operation.removes_access, sorted(changes.items())))


def _digest(content: Any) -> bytes:
    return blake2b(msgspec.json.encode(content, enc_hook=str), digest_size=DIGEST_BYTES).digest()
