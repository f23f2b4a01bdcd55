"""Removals that wait for a decision: held, approved, rejected, decided anew, sent once, on a real store."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from engine_world import AGENT, IS_AGENT, World, person
from provisor.engine.scheduling import is_due
from provisor.model.answer import AnswerKind, TargetAnswer
from provisor.model.errors import Transient
from provisor.model.job import CycleState
from provisor.model.removal import Decision, StagedRemoval
from provisor.ports.records import LogQuery

USER = [{"id": "r", "value": "User", "displayName": "User"}]


async def hire(world: World, number: int = 40) -> None:
    """So many people besides the cast, all with accounts."""
    world.source.put(*(person(f"p{n:02d}") for n in range(number)))
    await world.cycle()


async def block(world: World, number: int, first: int = 0) -> None:
    """Block so many of them, and run a cycle."""
    for n in range(first, first + number):
        world.source.change(f"p{n:02d}", accountEnabled=False)
    await world.cycle()


async def waiting(world: World, decision: Decision | None = None) -> Sequence[StagedRemoval]:
    """The list."""
    return await world.work.staged_removals("app", decision=decision)


async def decide(world: World, decision: Decision, some: Sequence[StagedRemoval]) -> int:
    """What an administrator does with part of the list."""
    return await world.work.decide_removals("app", [one.id for one in some], decision, world.clock.now())


async def due(world: World) -> bool:
    """Whether the schedule would begin a cycle now."""
    return await is_due(world.engine, await world.applications.get("app"), world.clock.now())


def active(world: World) -> int:
    """How many accounts are usable."""
    return sum(bool(held["active"]) for held in world.target.accounts.values())


async def test_mass_removals_are_held_until_somebody_decides(world: World) -> None:
    """More removals than the guard allows wait, and nothing else does; approved ones go out, rejected ones do not."""
    await hire(world)
    world.source.change("boris", department="Support")
    await block(world, 20)
    (last, *_) = await world.records.cycles("app", 1)
    assert (last.counts.disabled, last.counts.held, last.counts.updated) == (0, 20, 1)
    assert "20 people would lose access" in last.message
    held = await waiting(world)
    assert await decide(world, Decision.APPROVED, held[:5]) == 5
    assert await decide(world, Decision.REJECTED, held[5:]) == 15
    report = await world.cycle()
    assert (report.cycle.counts.disabled, report.cycle.counts.held) == (5, 0)
    assert not report.result.held_removals
    assert active(world) == 40
    assert [one.decision for one in await waiting(world)] == [Decision.REJECTED] * 15
    assert (await world.work.summary("app"))["staged"] == 0


async def test_each_held_removal_is_logged_once(world: World) -> None:
    """However many cycles it waits through, and even where a process died before it could be logged."""
    await hire(world)
    await block(world, 20)
    await world.cycle()
    await world.applications.restart("app")
    await world.cycle()
    entries = await world.records.entries(LogQuery("app", action="stagedDelete"))
    assert len(entries) == 20
    assert all(entry.target_id == world.target.id_of(entry.source_id) for entry in entries)
    assert "Approve or reject it" in entries[0].reason


async def test_approving_a_part_lets_only_that_part_go(world: World) -> None:
    """What is approved counts with what is not: the rest does not slip below the limits by it."""
    await hire(world)
    await block(world, 12)
    held = await waiting(world)
    await decide(world, Decision.APPROVED, held[:4])
    report = await world.cycle()
    assert (report.cycle.counts.disabled, report.cycle.counts.held) == (4, 8)
    assert "4 of them approved" in report.result.held_removals
    report = await world.cycle()
    assert (report.cycle.counts.disabled, report.cycle.counts.held) == (0, 8)
    assert "4 of them already gone" in report.result.held_removals


async def test_an_approval_makes_a_cycle_due_at_once(world: World) -> None:
    """While the service runs nobody waits for the interval; a rejection, or one approval twice, begins nothing."""
    await hire(world)
    await world.applications.set_settings("app", is_scheduled=True)
    await block(world, 20)
    held = await waiting(world)
    await decide(world, Decision.REJECTED, held[:1])
    assert not await due(world)
    await decide(world, Decision.APPROVED, held[1:2])
    assert await due(world)
    await world.cycle()
    assert not await due(world)


@pytest.mark.parametrize("fate", ["refused", "unanswered"])
async def test_an_approved_removal_that_fails_keeps_its_approval(world: World, fate: str) -> None:
    """It is tried again by the escrow's clock, without another decision, and does not keep the schedule busy."""
    await hire(world)
    await world.applications.set_settings("app", is_scheduled=True)
    await block(world, 20)
    (chosen, *_) = held = await waiting(world)

    def fail(kind, what):
        if fate == "unanswered":
            raise Transient("no answer", code="Timeout")
        return TargetAnswer(AnswerKind.REFUSED, error_code="UnprocessableEntity", message="not now")

    world.target.before_write = fail
    await decide(world, Decision.APPROVED, held[:1])
    report = await world.cycle()
    assert (report.cycle.state, report.cycle.counts.failed) == (CycleState.ENTRY_ERRORS, 1)
    assert [one.id for one in await waiting(world, Decision.APPROVED)] == [chosen.id]
    assert not await due(world)
    await world.cycle()
    (escrow,) = await world.work.escrows("app")
    assert (escrow.attempts, escrow.operation, escrow.person) == (2, "disable", chosen.person)
    world.target.before_write = lambda *_: None
    assert not (await world.cycle()).cycle.counts.disabled  # its next try is hours away
    world.clock.time += timedelta(hours=6)
    assert (await world.cycle()).cycle.counts.disabled == 1
    assert not await world.work.escrows("app")


async def test_deciding_about_a_failed_removal_ends_its_wait(world: World) -> None:
    """Approving tries it at once; rejecting gives it up."""
    await hire(world)
    await world.applications.set_settings("app", is_scheduled=True)
    await block(world, 20)
    held = await waiting(world)
    await decide(world, Decision.APPROVED, held[:2])
    world.target.before_write = lambda *_: TargetAnswer(AnswerKind.REFUSED, error_code="x", message="no")
    await world.cycle()
    await world.cycle()
    world.target.before_write = lambda *_: None
    world.clock.time += timedelta(minutes=1)
    await decide(world, Decision.REJECTED, held[:1])
    await decide(world, Decision.APPROVED, held[1:2])
    assert [one.source_id for one in await world.work.escrows("app")] == [held[1].source_id]
    assert await due(world)
    assert (await world.cycle()).cycle.counts.disabled == 1


async def test_an_approval_expires_after_a_day(world: World) -> None:
    """Unused, it waits for a decision again, and nothing is sent."""
    await hire(world)
    await world.applications.set_settings("app", is_scheduled=True)
    await block(world, 20)
    await decide(world, Decision.APPROVED, await waiting(world))
    world.clock.time += timedelta(hours=24, minutes=1)
    report = await world.cycle()
    assert (report.cycle.counts.disabled, report.cycle.counts.held) == (0, 20)
    assert {one.decision for one in await waiting(world)} == {Decision.PENDING}


async def test_decisions_survive_a_restart(world: World) -> None:
    """Everybody is evaluated again: the rejected stay rejected, an approval is still good and is used."""
    await hire(world)
    await block(world, 20)
    held = await waiting(world)
    await decide(world, Decision.APPROVED, held[:3])
    await decide(world, Decision.REJECTED, held[3:])
    await world.applications.restart("app")
    report = await world.cycle()
    assert (report.cycle.counts.disabled, report.cycle.counts.held) == (3, 0)
    assert await waiting(world) == await waiting(world, Decision.REJECTED)
    assert {one.id for one in await waiting(world)} == {one.id for one in held[3:]}


async def test_a_rejection_ends_when_the_source_changes(world: World) -> None:
    """Whoever changes in the directory and is still to be removed is a new removal, for the guard to judge."""
    await hire(world)
    await block(world, 20)
    held = {one.source_id: one for one in await waiting(world)}
    await decide(world, Decision.REJECTED, list(held.values()))
    for n in range(12):
        world.source.change(f"p{n:02d}", jobTitle="Somebody else")
    assert (await world.cycle()).cycle.counts.held == 12
    again = await waiting(world, Decision.PENDING)
    assert not {one.id for one in again} & {one.id for one in held.values()}
    assert len(await waiting(world, Decision.REJECTED)) == 8


async def test_a_rejection_ends_when_the_rules_change(world: World) -> None:
    """New mappings or another scope setting: what was decided under the old ones is open again."""
    await hire(world)
    await block(world, 20)
    await decide(world, Decision.REJECTED, await waiting(world))
    await world.applications.set_schema("app", await world.applications.schema("app"))
    assert (await world.cycle()).cycle.counts.held == 20
    assert len(await waiting(world, Decision.PENDING)) == 20


async def test_an_approval_outlives_a_change_that_changes_nothing_of_it(world: World) -> None:
    """Still to be disabled: approved as before. Now to be deleted: that is another question."""
    await hire(world)
    await block(world, 20)
    held = {one.source_id: one for one in await waiting(world)}
    await decide(world, Decision.APPROVED, [held["p00"], held["p01"]])
    world.source.change("p00", jobTitle="Leaving")
    world.source.purge("p01")
    report = await world.cycle()
    assert (report.cycle.counts.disabled, report.cycle.counts.deleted) == (1, 0)
    (changed,) = [one for one in await waiting(world) if one.source_id == "p01"]
    assert (changed.action, changed.decision) == ("delete", Decision.PENDING)


async def test_somebody_who_comes_back_before_the_decision_keeps_access(world: World) -> None:
    """A held removal is decided anew; a person who is in scope again loses nothing and leaves the list."""
    await hire(world)
    await block(world, 20)
    await decide(world, Decision.APPROVED, (await waiting(world))[:1])
    world.source.change("p00", accountEnabled=True)
    report = await world.cycle()
    assert (report.cycle.counts.disabled, report.cycle.counts.held) == (0, 19)
    assert world.target.account("p00")["active"] is True


async def test_a_decision_made_while_a_cycle_runs_is_kept(world: World) -> None:
    """Whatever a cycle does with the list, what somebody decides meanwhile stands, and is followed."""
    await hire(world)
    await block(world, 30)
    held = await waiting(world)
    await decide(world, Decision.APPROVED, held[:1])
    decided = []

    async def meanwhile(*_) -> int:  # the guard has read the list, nothing is sent yet
        if not decided:
            decided.append(await decide(world, Decision.REJECTED, held[:10]))
            decided.append(await decide(world, Decision.APPROVED, held[10:]))
        return 45

    world.work.count_managed = meanwhile  # type: ignore[method-assign]
    report = await world.cycle()
    assert report.cycle.counts.disabled == 0
    assert len(await waiting(world, Decision.REJECTED)) == 10
    assert len(await waiting(world, Decision.APPROVED)) == 20
    assert (await world.cycle()).cycle.counts.disabled == 20


async def test_one_unanswered_removal_stops_nobody_else(world: World) -> None:
    """It stays staged beside its escrow, the others go; a target that answers nobody ends the cycle."""
    await hire(world)

    def lose(kind, changes):
        if kind == "update" and world.target.requests == first:
            raise Transient("no answer", code="Timeout")

    first = world.target.requests + 1
    world.target.before_write = lose
    await block(world, 3)
    assert active(world) == 43
    (last, *_) = await world.records.cycles("app", 1)
    assert (last.counts.disabled, last.counts.failed, last.state) == (2, 1, CycleState.ENTRY_ERRORS)
    assert len(await waiting(world)) == 1
    await world.cycle()
    assert active(world) == 42
    assert not await waiting(world)


async def test_a_target_that_is_down_keeps_every_removal(world: World) -> None:
    """After a few without an answer the cycle ends as failed; all of them go once the target is back."""
    await hire(world)

    def down(kind, what):
        raise Transient("nothing answers", code="Timeout")

    world.target.before_write = down
    await block(world, 10)
    (last, *_) = await world.records.cycles("app", 1)
    assert (last.state, last.counts.disabled) == (CycleState.FAILED, 0)
    assert len(await waiting(world)) == 10
    world.target.before_write = lambda *_: None
    world.clock.time += timedelta(minutes=1)
    await world.cycle()
    assert active(world) == 35


async def test_agent_to_requester_is_a_removal(world: World) -> None:
    """A mapping that takes the agent's seat away counts as a removal, whatever it is called."""
    await never_agents(world)
    await world.cycle()
    world.source.change("grace", appRoleAssignments=USER)
    await world.cycle()
    (entry,) = await world.records.entries(LogQuery("app", person="grace", action="update"))
    assert entry.removes_access
    assert world.target.account("grace")[IS_AGENT] == "False"


async def never_agents(world: World) -> None:
    """Map whoever has not the role Agent to a requester."""
    schema = dict(await world.applications.schema("app"))
    mappings = schema["synchronizationRules"][0]["objectMappings"][0]["attributeMappings"]
    (agent,) = [one for one in mappings if one["targetAttributeName"] == IS_AGENT]
    agent["source"]["expression"] = 'Switch(SingleAppRoleAssignment([appRoleAssignments]), "False", "Agent", "True")'
    await world.applications.set_schema("app", schema)


@pytest.mark.parametrize("found", ["conflict", "listing"])
async def test_a_removal_found_on_adoption_meets_the_guard(world: World, found: str) -> None:
    """Accounts that turn out to exist, and to hold more than they should, are joined; what they lose is held."""
    await never_agents(world)
    names = [f"p{n:02d}" for n in range(12)]
    world.source.put(*(person(name, appRoleAssignments=USER) for name in names))

    def appear(kind, what):
        name = what["userName"].partition("@")[0] if kind == "create" else ""
        if name in names and f"late-{name}" not in world.target.accounts:
            add(name)

    def add(name: str) -> None:
        world.target.accounts[f"late-{name}"] = {
            "userName": f"{name}@contoso.example",
            "active": True,
            IS_AGENT: "True",
        }

    if found == "conflict":
        world.target.before_write = appear
    else:
        for name in names:
            add(name)
    report = await world.cycle()
    assert (report.cycle.counts.created, report.cycle.counts.held, report.cycle.counts.failed) == (5, 12, 0)
    assert all(world.target.account(name)[IS_AGENT] == "True" for name in names)
    assert (await world.work.summary("app"))["links"] == 17
    await decide(world, Decision.APPROVED, await waiting(world))
    await world.cycle()
    assert all(world.target.account(name)[IS_AGENT] == "False" for name in names)
    assert world.source.people["grace"].attributes["appRoleAssignments"] == [AGENT]
    assert world.target.account("grace")[IS_AGENT] == "True"
