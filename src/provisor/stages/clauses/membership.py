"""Operators on what a person belongs to, which Entra does not have (mapping spec §10): groups and app roles.

`memberOf` and `appRoleAssignments` are lists of objects; a value names one by its id, its value, or its display name.
Somebody who belongs to nothing is a member of nothing: here absence is an answer.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from provisor.model.resource import APP_ROLES, MEMBER_OF
from provisor.model.rules import AttributeType
from provisor.stages.clauses.operator import NullRule, Operand, Operator, Test

LISTED = frozenset({MEMBER_OF, APP_ROLES})
"""The attributes that these operators are for, and no others."""

_NAMES = ("id", "value", "displayName")


def _names(value: Any) -> set[str]:
    """Every name of everything the person belongs to."""
    items = value if isinstance(value, list | tuple) else () if value is None else (value,)
    found: set[str] = set()
    for item in items:
        if isinstance(item, dict):
            found.update(str(item[name]) for name in _NAMES if item.get(name))
        elif item:
            found.add(str(item))
    return found


def _belonging(*, is_wanted: bool) -> Callable[[Operand], Test]:
    def build(operand: Operand) -> Test:
        wanted = frozenset(operand.values)

        def test(value: Any, _now: datetime) -> bool:
            return bool(value and not wanted.isdisjoint(_names(value))) is is_wanted

        return test

    return build


def _operator(name: str, description: str, *, is_wanted: bool, aliases: tuple[str, ...] = ()) -> Operator:
    return Operator(
        name,
        description,
        (AttributeType.STRING, AttributeType.REFERENCE),
        _belonging(is_wanted=is_wanted),
        aliases=aliases,
        is_ours=True,
        null_rule=NullRule.TESTED,
        on_lists=True,
    )


OPERATORS = (
    _operator("IS MEMBER OF", "The person is in one of the named groups.", is_wanted=True, aliases=("ISMEMBEROF",)),
    _operator("IS NOT MEMBER OF", "The person is in none of the named groups.", is_wanted=False),
    _operator("HAS ROLE", "The person has one of the named app roles.", is_wanted=True),
    _operator("HAS NO ROLE", "The person has none of the named app roles.", is_wanted=False),
)
