"""Plans on a real store: what a cycle would do, shown before anything is sent, and then exactly that."""

import copy
from datetime import timedelta
from typing import Any

import pytest

from engine_world import World, person
from provisor.engine.planning.applying import ApplyReport, apply_plan
from provisor.engine.planning.making import PlanWish, make_plan
from provisor.model.errors import JobFailed, PreconditionFailed, Reject
from provisor.model.job import CycleKind, GuardSettings, ScopeSetting
from provisor.model.plan import Plan, PlannedOperation, PlanSettings

MANAGER = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"


async def plan(world: World, **wish: Any) -> Plan:
    """A plan, made a minute later."""
    world.clock.time += timedelta(minutes=1)
    return await make_plan(world.engine, "app", PlanWish(**wish))


async def rows(world: World, made: Plan) -> dict[str, PlannedOperation]:
    """The operations by person."""
    return {one.source_id: one for one in await world.plans.operations(made.id, -1, 1000)}


async def apply(world: World, made: Plan, **options: Any) -> ApplyReport:
    """Apply it a minute later."""
    world.clock.time += timedelta(minutes=1)
    return await apply_plan(world.engine, made.id, **options)


async def schema_with(world: World, target: str, source: dict[str, Any]) -> dict[str, Any]:
    """The stored schema, with another source of one target attribute."""
    schema = copy.deepcopy(dict(await world.applications.schema("app")))
    for mapping in schema["synchronizationRules"][0]["objectMappings"][0]["attributeMappings"]:
        if mapping["targetAttributeName"] == target:
            mapping["source"] = source
    return schema


def attribute(name: str) -> dict[str, Any]:
    """A direct mapping's source."""
    return {"expression": f"[{name}]", "name": name, "type": "Attribute", "parameters": []}


async def test_a_plan_before_the_first_cycle_lists_the_target(world: World) -> None:
    """Who would be created and who adopted is known by listing, with questions only; then exactly that happens."""
    world.target.accounts["old"] = {"userName": "ada@contoso.example", "active": True, "displayName": "Old"}
    made = await plan(world)
    assert not world.target.writes
    assert made.listed_at is not None
    planned = await rows(world, made)
    assert (planned["ada"].action, planned["ada"].target_id) == ("update", "old")
    shown = {change.attribute: (change.before, change.after) for change in planned["ada"].changes}
    assert shown["displayName"] == ("Old", "Ada")
    assert {name: one.action for name, one in planned.items() if name != "ada"} == dict.fromkeys(
        ("boris", "chen", "frank", "grace"), "create"
    )
    assert planned["ada"].waits_for == ((MANAGER, "frank"),)
    assert (made.counts.created, made.counts.updated, made.counts.skipped, made.requests) == (4, 1, 1, 5)
    done = await apply(world, made)
    assert (done.report.cycle.kind, done.skipped) == (CycleKind.PLAN, 0)
    counts = done.report.cycle.counts
    assert (counts.created, counts.updated, counts.failed) == (4, 1, 0)
    assert world.target.account("ada")[MANAGER] == world.target.id_of("frank")
    writes = len(world.target.writes)
    assert writes == 5
    await world.cycle()
    assert len(world.target.writes) == writes


async def test_after_a_cycle_a_plan_asks_nothing(world: World) -> None:
    """What the target holds is known, so a plan costs no request at all; an unchanged world is an empty plan."""
    await world.cycle()
    requests = world.target.requests
    made = await plan(world)
    assert not await rows(world, made)
    world.source.change("boris", department="Support")
    world.source.put(person("henry"))
    made = await plan(world)
    planned = await rows(world, made)
    assert {name: one.action for name, one in planned.items()} == {"boris": "update", "henry": "create"}
    assert [(c.before, c.after) for c in planned["boris"].changes] == [("Sales", "Support")]
    assert world.target.requests == requests


async def test_offline_people_without_an_account_are_unknown(world: World) -> None:
    """Nothing is asked; whoever may have an account is marked, and applying finds out."""
    world.target.accounts["old"] = {"userName": "ada@contoso.example", "active": True}
    made = await plan(world, is_offline=True)
    assert world.target.requests == 0
    planned = await rows(world, made)
    assert all(one.is_unknown for one in planned.values())
    assert planned["ada"].reason.startswith("unknown: create or adopt")
    done = await apply(world, made)
    assert (done.report.cycle.counts.created, done.report.cycle.counts.updated, done.skipped) == (4, 1, 0)
    assert len(world.target.accounts) == 5


async def test_unsaved_settings_are_planned_and_saved_by_applying(world: World) -> None:
    """A changed mapping is shown for everybody, changes nothing until it is applied, and is stored in that step."""
    await world.cycle()
    schema = await schema_with(world, "displayName", attribute("surname"))
    before = await world.applications.schema("app")
    made = await plan(world, schema=schema)
    assert (made.settings, made.counts.updated) == (PlanSettings.UNSAVED, 5)
    assert await world.applications.schema("app") == before
    assert (await rows(world, made))["ada"].changes[0].after == "Example"
    done = await apply(world, made)
    assert done.report.cycle.counts.updated == 5
    assert world.target.account("ada")["displayName"] == "Example"
    assert await world.applications.schema("app") == made.schema
    writes = len(world.target.writes)
    await world.cycle()
    assert len(world.target.writes) == writes


async def test_an_unsaved_mapping_of_an_attribute_not_mirrored_reads_it_first(world: World) -> None:
    """An attribute that nothing has used so far is read for everybody, so that the plan shows its values."""
    world.source.change("ada", extensionAttribute9="from the source")
    await world.cycle()
    (ada,) = await world.work.load("app", ["ada"])
    assert "extensionAttribute9" not in ada.resource.attributes
    made = await plan(world, schema=await schema_with(world, "displayName", attribute("extensionAttribute9")))
    assert (await rows(world, made))["ada"].changes[0].after == "from the source"


async def test_a_wider_scope_is_planned_before_it_is_set(world: World) -> None:
    """With everybody in scope Eve gets an account, and the setting is stored when the plan is applied."""
    await world.cycle()
    made = await plan(world, scope=ScopeSetting.ALL)
    assert (made.settings, {name: one.action for name, one in (await rows(world, made)).items()}) == (
        PlanSettings.UNSAVED,
        {"eve": "create"},
    )
    assert (await world.applications.get("app")).scope is ScopeSetting.ASSIGNED
    await apply(world, made)
    assert (await world.applications.get("app")).scope is ScopeSetting.ALL
    assert world.target.account("eve")["active"] is True


async def test_a_stale_plan_sends_nothing(world: World) -> None:
    """Somebody has changed since: the person is named and nothing goes; --skip-stale sends the rest and no more."""
    made = await plan(world)
    world.source.change("boris", department="Support")
    world.source.put(person("henry"))
    with pytest.raises(PreconditionFailed, match="1 operations would now be different") as stale:
        await apply(world, made)
    assert "boris@contoso.example: create was planned" in stale.value.reasons
    assert not world.target.writes
    done = await apply(world, made, skips_stale=True)
    assert (done.report.cycle.counts.created, done.skipped) == (4, 1)
    assert not [held for held in world.target.accounts.values() if held["userName"].startswith(("boris", "henry"))]
    assert (await rows(world, made))["boris"].is_stale
    assert (await world.cycle()).cycle.counts.created == 2


async def test_changes_to_others_do_not_matter(world: World) -> None:
    """A joiner since then is left to the next cycle, and the plan goes as it is."""
    made = await plan(world)
    world.source.put(person("henry"))
    assert (await apply(world, made)).report.cycle.counts.created == 5
    assert (await world.cycle()).cycle.counts.created == 1


async def test_a_plan_is_good_for_one_use_and_one_day(world: World) -> None:
    """A used plan, an expired one, and one over mappings that somebody has changed are refused."""
    made = await plan(world)
    await apply(world, made)
    with pytest.raises(PreconditionFailed, match="was applied already"):
        await apply(world, made)
    made = await plan(world)
    world.clock.time += timedelta(hours=25)
    with pytest.raises(PreconditionFailed, match="expired at"):
        await apply(world, made)
    made = await plan(world, schema=await schema_with(world, "displayName", attribute("surname")))
    await world.applications.set_schema("app", await schema_with(world, "displayName", attribute("givenName")))
    with pytest.raises(PreconditionFailed, match="changed the mappings"):
        await apply(world, made)


async def test_changed_rules_make_operations_stale(world: World) -> None:
    """A plan of saved settings is compared by the settings of now."""
    await world.cycle()
    world.source.change("boris", department="Support")
    made = await plan(world)
    await world.applications.set_schema("app", await schema_with(world, "displayName", attribute("surname")))
    with pytest.raises(PreconditionFailed, match="1 operations"):
        await apply(world, made)


async def test_the_guard_holds_what_a_plan_removes(world: World) -> None:
    """People who lose access are counted, and those whom the guard would hold are held when it is applied."""
    await world.cycle()
    for name in ("boris", "chen"):
        world.source.change(name, accountEnabled=False)
    made = await plan(world)
    assert (made.loses_access, made.counts.disabled, made.counts.held) == (2, 2, 0)
    await world.applications.set_settings("app", guard=GuardSettings(1, 5.0))
    made = await plan(world)
    assert (made.loses_access, made.counts.disabled, made.counts.held, made.requests) == (2, 0, 2, 0)
    assert {one.source_id for one in await world.plans.operations(made.id, -1, 9, only_losing=True)} == {
        "boris",
        "chen",
    }
    done = await apply(world, made)
    assert (done.report.cycle.counts.held, bool(done.report.result.held_removals)) == (2, True)
    assert world.target.account("chen")["active"] is True


async def test_an_account_that_nobody_knew_of_is_not_taken_over(world: World) -> None:
    """What was shown was a creation: the conflict is a failure of that person, and the next cycle adopts."""
    made = await plan(world)
    world.target.accounts["late"] = {"userName": "ada@contoso.example", "active": True, "displayName": "Late"}
    done = await apply(world, made)
    assert done.report.cycle.counts.created == 4
    assert world.target.accounts["late"]["displayName"] == "Late"


async def test_what_an_outage_cuts_off_is_done_by_the_next_cycle(world: World) -> None:
    """The settings are saved and some people are done; the rest is neither lost nor done twice."""
    await world.cycle()
    schema = await schema_with(world, "displayName", attribute("surname"))
    made = await plan(world, schema=schema)

    def refuse(kind: str, what: Any) -> None:
        if len(world.target.writes) > 6:
            raise JobFailed("The token was refused.", code="InvalidCredentials")

    world.target.before_write = refuse
    done = await apply(world, made)
    assert isinstance(done.report.fault, JobFailed)
    assert (await world.applications.get("app")).rules_version == made.rules_version + 1
    world.target.before_write = lambda *_: None
    await world.cycle()
    assert [held["displayName"] for held in world.target.accounts.values()] == ["Example"] * 5
    assert len([one for one in world.target.writes if one[0] == "update"]) == 5


async def test_a_faulty_schema_is_refused_and_leaves_no_plan(world: World) -> None:
    """Every fault is told, and nothing is stored."""
    schema = await schema_with(world, "displayName", {**attribute("x"), "type": "Function", "expression": "Nope("})
    with pytest.raises(Reject):
        await plan(world, schema=schema)
    assert not await world.plans.list_all()


async def test_plans_are_listed_pruned_and_forgotten_with_people(world: World) -> None:
    """Old plans go, deleted ones too, and a forgotten person's name and values leave those that stay."""
    first, second = await plan(world), await plan(world)
    assert [one.id for one in await world.plans.list_all("app")] == [second.id, first.id]
    await world.records.forget_person("ada")
    ada = (await rows(world, second))["ada"]
    assert (ada.person, ada.changes) == ("ada", ())
    assert await world.plans.prune(second.created) == 1
    await world.plans.delete(second.id)
    assert not await world.plans.list_all()
    assert not await world.plans.operations(second.id, -1, 10)
