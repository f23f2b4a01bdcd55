"""A schema that is imported takes the place of the stored one for the next cycle, as a whole or not at all."""

import copy
from typing import Any

import pytest

from engine_world import World
from provisor.engine.rule_changes import change_schema, restore_schema
from provisor.gallery.templates import get_template
from provisor.model.errors import PreconditionFailed, Reject
from provisor.model.job import CycleKind


async def edited(world: World, expression: str) -> dict[str, Any]:
    """The stored schema with another source for the title."""
    schema = copy.deepcopy(dict(await world.applications.schema("app")))
    rows = schema["synchronizationRules"][0]["objectMappings"][0]["attributeMappings"]
    next(row for row in rows if row["targetAttributeName"] == "title")["source"] = {"expression": expression}
    return schema


async def test_everybody_is_evaluated_by_new_mappings(world: World) -> None:
    """The next cycle is an initial one and writes the new values; links stay, so nobody is made twice."""
    await world.cycle()
    accounts = len(world.target.accounts)
    app = await world.applications.get("app")
    change = await change_schema(world.applications, app, await edited(world, 'Append("Dear ", [displayName])'))
    assert change.sentences == ('title: source changed from [jobTitle] to Append("Dear ", [displayName])',)
    report = await world.cycle()
    assert report.cycle.kind is CycleKind.INITIAL
    assert (report.cycle.counts.created, report.cycle.counts.updated) == (0, accounts)
    assert world.target.account("ada")["title"] == "Dear Ada"


async def test_a_refused_schema_leaves_everything(world: World) -> None:
    """Neither the schema nor its version nor the watermark: the next cycle is an incremental one and sends nothing."""
    await world.cycle()
    app, before = await world.applications.get("app"), await world.applications.schema("app")
    with pytest.raises(Reject) as refused:
        await change_schema(world.applications, app, await edited(world, "Apend([displayName], [jobTtle])"))
    assert "did you mean `Append`?" in refused.value.reasons[0]
    assert await world.applications.get("app") == app
    assert await world.applications.schema("app") == before
    sent = world.target.requests
    assert (await world.cycle()).cycle.kind is CycleKind.INCREMENTAL
    assert world.target.requests == sent


async def test_a_trial_and_the_same_again_change_nothing(world: World) -> None:
    """A trial says what an import would; importing what is stored does not evaluate anybody anew."""
    await world.cycle()
    app = await world.applications.get("app")
    trial = await change_schema(world.applications, app, await edited(world, '"Staff"'), is_trial=True)
    assert len(trial.sentences) == 1
    same = await change_schema(world.applications, app, await world.applications.schema("app"))
    assert same.is_same
    assert await world.applications.get("app") == app


async def test_an_import_during_a_cycle_counts_for_the_next(world: World) -> None:
    """The running cycle ends by the mappings it began with, and does not mark the new ones as worked."""
    changes: list[Any] = []

    async def change_now() -> None:
        app = await world.applications.get("app")
        changes.append(await change_schema(world.applications, app, await edited(world, '"Staff"')))

    count = world.target.count

    async def count_and_change(kind: str) -> Any:
        await change_now()
        return await count(kind)

    world.target.count = count_and_change  # type: ignore[method-assign]
    await world.cycle()
    assert changes
    assert "title" not in world.target.account("ada")
    world.target.count = count  # type: ignore[method-assign]
    assert (await world.cycle()).cycle.kind is CycleKind.INITIAL
    assert world.target.account("ada")["title"] == "Staff"


async def test_whoever_is_slower_is_refused(world: World) -> None:
    """Two decided against the same version: the second has to look again."""
    app = await world.applications.get("app")
    await change_schema(world.applications, app, await edited(world, '"First"'))
    with pytest.raises(PreconditionFailed):
        await change_schema(world.applications, app, await edited(world, '"Second"'))


async def test_default_mappings_are_restored(world: World) -> None:
    """Whatever was imported before."""
    app = await world.applications.get("app")
    await change_schema(world.applications, app, await edited(world, '"Staff"'))
    change = await restore_schema(world.applications, await world.applications.get("app"))
    assert change.sentences == ('title: source changed from "Staff" to [jobTitle]',)
    assert await world.applications.schema("app") == get_template("freshservice").schema
