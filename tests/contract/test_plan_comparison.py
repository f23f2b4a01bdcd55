"""Comparing settings on a real store: whom an edit changes, and who loses access by it."""

import copy
from dataclasses import replace
from typing import Any

import pytest

from engine_world import World
from provisor.engine.planning.comparing import compare_plans, compare_settings, differences
from provisor.engine.planning.making import PlanWish, make_plan
from provisor.model.errors import Reject
from provisor.model.job import ScopeSetting


async def test_an_edit_is_told_in_people(world: World) -> None:
    """A filter on the department: those whom it leaves out lose access, and who differs anyhow is not counted."""
    await world.cycle()
    world.source.change("boris", jobTitle="Clerk")
    found = await compare_settings(world.engine, "app", PlanWish(schema=await only_with_department(world)))
    assert (found.changed, found.loses_access, found.keeps_access) == (3, 3, 0)
    told = [one async for one in differences(world.plans, found.before, found.after)]
    assert [(one.source_id, one.person, one.loses_access) for one in told] == [
        (name, f"{name}@contoso.example", True) for name in ("chen", "frank", "grace")
    ]
    assert all(one.before is None for one in told)
    back = await compare_plans(world.plans, found.after, found.before)
    assert (back.changed, back.loses_access, back.keeps_access) == (3, 0, 3)


async def test_a_wider_scope_takes_nobodys_access(world: World) -> None:
    """Eve is the one who changes; the target is asked nothing and nothing is written."""
    await world.cycle()
    requests = world.target.requests
    found = await compare_settings(world.engine, "app", PlanWish(scope=ScopeSetting.ALL))
    (eve,) = [one async for one in differences(world.plans, found.before, found.after)]
    assert eve.after is not None
    assert (eve.source_id, eve.after.action, found.changed, found.loses_access) == ("eve", "create", 1, 0)
    assert world.target.requests == requests


async def test_equal_settings_change_nobody_and_others_are_refused(world: World) -> None:
    """Two plans by the same settings do not differ; a plan that is not complete cannot be compared."""
    one = await make_plan(world.engine, "app", PlanWish())
    other = await make_plan(world.engine, "app", PlanWish())
    assert (await compare_plans(world.plans, one, other)).changed == 0
    with pytest.raises(Reject):
        await compare_plans(world.plans, one, replace(other, is_complete=False))


async def only_with_department(world: World) -> dict[str, Any]:
    """The stored schema with a scoping filter: a department is needed."""
    schema = copy.deepcopy(dict(await world.applications.schema("app")))
    clause = {
        "operatorName": "IS NOT NULL",
        "sourceOperandName": "department",
        "targetOperand": {"values": []},
    }
    group = {"name": "With a department", "clauses": [clause]}
    schema["synchronizationRules"][0]["objectMappings"][0]["scope"] = {
        "groups": [group],
        "categoryFilterGroups": [],
        "inputFilterGroups": [],
    }
    return schema
