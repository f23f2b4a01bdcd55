"""Provisioning on demand on a real store: the way of a cycle, for whoever is named, with every stage shown."""

import copy
from dataclasses import replace
from typing import Any

import pytest

from engine_world import World, person
from provisor.engine.on_demand.explaining import explain_attribute, explain_person
from provisor.engine.on_demand.provisioning import OnDemandReport, provision_on_demand, try_on_demand
from provisor.engine.on_demand.selecting import Selection
from provisor.model.answer import AnswerKind, TargetAnswer
from provisor.model.errors import NotFound, Reject
from provisor.model.job import CycleKind, GuardSettings
from provisor.model.removal import Decision
from provisor.ports.records import LogQuery
from provisor.stages.clauses.parsing import parse_clause

MANAGER = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"


async def demand(world: World, *people: str, may_lose: frozenset[str] | None = None, **others: Any) -> OnDemandReport:
    """Provision people; whoever loses access by it may."""
    return await provision_on_demand(world.engine, "app", Selection(people, **others), may_lose=may_lose)


async def test_a_person_is_created_before_any_cycle(world: World) -> None:
    """Ada gets her account in one look-up and one request; nobody else is touched, and the log knows it."""
    report = await demand(world, "ada")
    (ada,) = report.people
    assert (ada.action, ada.result) == ("create", "sent")
    assert world.target.writes == [("create", "ada@contoso.example")]
    assert report.cycle.kind is CycleKind.ON_DEMAND
    assert report.cycle.requests == 2
    (entry,) = await world.records.entries(LogQuery("app"))
    assert (entry.action, entry.cycle_id) == ("create", report.cycle.id)


async def test_the_stages_are_shown_with_their_data(world: World) -> None:
    """Import, scope, match, map and export come in this order, each with what it worked on."""
    (ada,) = (await demand(world, "ada@contoso.example")).people
    steps = {step.name: step for step in ada.steps}
    order = ("EntryImport", "EntrySynchronizationScoping", "EntryMatching", "EntryMapping", "EntryExportAdd")
    assert [name for name in steps if name in order] == list(order)
    assert steps["EntryImport"].details["givenName"] == "Ada"
    assert steps["EntrySynchronizationScoping"].details == {"present": True, "active": True, "assigned": True}
    assert steps["EntryMatching"].details["tried"]["userName"] == "ada@contoso.example"
    assert steps["EntryMapping"].details["displayName"] == {"source": "displayName", "value": "Ada"}
    assert steps["EntryExportAdd"].details["displayName"] == "Ada"


async def test_managers_go_first(world: World) -> None:
    """Of people who are named together, the manager is created first, so the reference travels in the first request."""
    report = await demand(world, "grace", "ada", "frank")
    assert [one.person.partition("@")[0] for one in report.people] == ["grace", "ada", "frank"]
    assert world.target.account("ada")[MANAGER] == world.target.id_of("frank")
    assert world.target.account("grace")[MANAGER] == world.target.id_of("ada")
    assert len(world.target.writes) == 3


async def test_a_trial_changes_nothing(world: World) -> None:
    """It tells what would be done, asks the target, and neither writes to it nor stores anything."""
    report = await try_on_demand(world.engine, "app", Selection(("ada", "eve")))
    ada, eve = report.people
    assert (ada.action, ada.result) == ("create", "tried")
    assert ada.steps[-1].details["displayName"] == {"before": None, "after": "Ada"}
    assert (eve.result, "not assigned" in eve.reason) == ("skipped", True)
    assert not world.target.writes
    assert not await world.records.cycles("app", 10)
    assert not await world.records.entries(LogQuery("app"))
    assert not await world.work.find_people("app", "ada")


async def test_a_removal_needs_somebodys_word(world: World) -> None:
    """Chen keeps access until somebody agrees; what else is named goes at once."""
    await world.cycle()
    world.source.change("chen", accountEnabled=False)
    world.source.change("boris", department="Support")
    report = await demand(world, "chen", "boris", may_lose=frozenset())
    chen, boris = report.people
    assert (chen.action, chen.result, chen.removes_access) == ("disable", "unconfirmed", True)
    assert (boris.action, boris.result) == ("update", "sent")
    assert world.target.account("chen")["active"] is True
    assert not await world.work.staged_removals("app")
    (chen,) = (await demand(world, "chen", may_lose=frozenset({"chen"}))).people
    assert (chen.action, chen.result) == ("disable", "sent")
    assert world.target.account("chen")["active"] is False


async def test_removals_count_in_the_guards_window(world: World) -> None:
    """Each one counts; where the limits are spent, the next is held, and waits among the others for a decision."""
    await world.cycle()
    await world.applications.set_settings("app", guard=GuardSettings(1, 5.0))
    for name in ("chen", "boris"):
        world.source.change(name, accountEnabled=False)
    (chen,) = (await demand(world, "chen")).people
    assert chen.result == "sent"
    report = await demand(world, "boris")
    (boris,) = report.people
    assert (boris.result, bool(report.held_reason)) == ("held", True)
    assert "2 people would lose access" in boris.reason
    assert world.target.account("boris")["active"] is True
    (staged,) = await world.work.staged_removals("app")
    assert (staged.source_id, staged.decision) == ("boris", Decision.PENDING)
    assert staged.held_at is not None


async def test_a_rejected_removal_stays_rejected(world: World) -> None:
    """On demand is no way around a decision that somebody has made."""
    await world.cycle()
    await world.applications.set_settings("app", guard=GuardSettings(0, 0.0))
    world.source.change("chen", accountEnabled=False)
    await demand(world, "chen")
    (staged,) = await world.work.staged_removals("app")
    await world.work.decide_removals("app", [staged.id], Decision.REJECTED, world.clock.now())
    await world.applications.set_settings("app", guard=GuardSettings())
    (chen,) = (await demand(world, "chen")).people
    assert (chen.result, "rejected" in chen.reason) == ("held", True)
    assert world.target.account("chen")["active"] is True


async def test_somebody_deleted_for_good_is_deleted(world: World) -> None:
    """The source does not know Boris any more; we do, by his name and by his account."""
    await world.cycle()
    target_id = world.target.id_of("boris")
    world.source.purge("boris")
    trial = await try_on_demand(world.engine, "app", Selection((target_id,)))
    assert [(one.source_id, one.action) for one in trial.people] == [("boris", "delete")]
    (boris,) = (await demand(world, "boris@contoso.example")).people
    assert (boris.action, boris.result) == ("delete", "sent")
    assert target_id not in world.target.accounts


async def test_people_are_named_in_many_ways(world: World) -> None:
    """By group, by a filter over everybody known, and by having failed last; each of them once."""
    world.source.change("ada", groups=["Builders"])
    world.target.before_write = lambda kind, what: (
        TargetAnswer(AnswerKind.REFUSED, error_code="InvalidValue", message="no")
        if kind == "create" and what["userName"].startswith("boris")
        else None
    )
    await world.cycle()
    (boris,) = (await demand(world, is_failing=True)).people
    assert (boris.source_id, boris.result, boris.error_code) == ("boris", "failed", "InvalidValue")
    clauses = [parse_clause("department EQUALS Engineering")]
    report = await demand(world, "ada", groups=("Builders",), clauses=clauses)
    assert [one.source_id for one in report.people] == ["ada"]
    with pytest.raises(NotFound, match="'nobody'"):
        await demand(world, "nobody")
    with pytest.raises(Reject, match="is no condition"):
        parse_clause("department SOUNDS LIKE Sales")


async def test_a_failure_is_shown_and_held_for_retry(world: World) -> None:
    """What the target refuses becomes an escrow as in a cycle, and the step says why."""
    world.target.before_write = lambda *_: TargetAnswer(AnswerKind.REFUSED, error_code="InvalidValue", message="no")
    (ada,) = (await demand(world, "ada")).people
    assert (ada.result, ada.error_code) == ("failed", "InvalidValue")
    assert ada.steps[-1].status == "failure"
    (held,) = await world.work.escrows("app")
    assert held.source_id == "ada"


async def test_a_filter_on_the_manager_is_judged_before_any_cycle(world: World) -> None:
    """The manager is read, too: Ada reports to somebody in Sales, Grace to somebody who is not."""
    schema = copy.deepcopy(dict(await world.applications.schema("app")))
    clause = {"operatorName": "EQUALS", "sourceOperandName": "manager.department"}
    group = {"name": "Of Sales", "clauses": [{**clause, "targetOperand": {"values": ["Sales"]}}]}
    scope = {"groups": [group], "categoryFilterGroups": [], "inputFilterGroups": []}
    schema["synchronizationRules"][0]["objectMappings"][0]["scope"] = scope
    await world.applications.set_schema("app", schema)
    world.source.change("frank", department="Sales")
    for result in ("tried", "sent"):
        works = demand(world, "ada", "grace") if result == "sent" else None
        report = await works if works else await try_on_demand(world.engine, "app", Selection(("ada", "grace")))
        assert [(one.source_id, one.result) for one in report.people] == [("ada", result), ("grace", "skipped")]


async def test_explain_says_why(world: World) -> None:
    """Who has an account and why not, what waits, and what was decided last; the target is not asked."""
    await world.cycle()
    requests = world.target.requests
    eve = await explain_person(world.engine, "app", "eve")
    assert "eve@contoso.example has no account" in eve.answer
    assert "not assigned" in eve.answer
    world.source.put(replace(person("ada", manager="frank"), id="ada"))
    ada = await explain_person(world.engine, "app", "ada@contoso.example")
    assert f"has the account {world.target.id_of('ada')}" in ada.answer
    steps = {step.name: step for step in ada.steps}
    assert steps["EntryMapping"].details["displayName"]["known"] == "Ada"
    name = explain_attribute(ada, "DISPLAYNAME")
    assert name.answer == "displayName of ada@contoso.example: displayName gives 'Ada'. The account holds 'Ada'."
    with pytest.raises(NotFound, match="'shoeSize'"):
        explain_attribute(ada, "shoeSize")
    assert steps["LastDecisions"].description.startswith("The last decision was create (success)")
    assert world.target.requests == requests
