"""Cycles on a real store: joiner, mover, leaver and everything that must not happen in between."""

import pytest

from engine_world import IS_AGENT, World, person
from provisor.model.answer import AnswerKind, TargetAnswer
from provisor.model.errors import AmbiguousWrite, JobFailed, Transient
from provisor.model.job import CycleKind, CycleState, JobStatus, ScopeSetting
from provisor.model.log import StepStatus
from provisor.ports.records import LogQuery

MANAGER = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"
DEPARTMENT = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"


async def test_the_initial_cycle_creates_whoever_is_assigned(world: World) -> None:
    """Everybody assigned gets one account in one request, managers included; Eve gets none, with the reason."""
    report = await world.cycle()
    assert report.cycle.kind is CycleKind.INITIAL
    assert report.cycle.state is CycleState.SUCCEEDED
    assert (report.cycle.counts.created, report.cycle.counts.skipped) == (5, 1)
    assert len(world.target.writes) == 5
    assert world.target.account("ada")[MANAGER] == world.target.id_of("frank")
    assert world.target.account("grace")[MANAGER] == world.target.id_of("ada")
    assert world.target.account("grace")[IS_AGENT] == "True"
    assert IS_AGENT not in world.target.account("ada")
    (entry,) = await world.records.entries(LogQuery("app", person="eve"))
    assert entry.status is StepStatus.SKIPPED
    assert "not assigned" in entry.reason


async def test_a_second_cycle_exports_nothing(world: World) -> None:
    """Without a change nothing is sent, not even a question."""
    await world.cycle()
    before = world.target.requests
    report = await world.cycle()
    assert report.cycle.kind is CycleKind.INCREMENTAL
    assert world.target.requests == before
    await world.applications.restart("app")
    await world.cycle()
    assert len(world.target.writes) == 5


async def test_a_mover_is_updated_with_the_difference_only(world: World) -> None:
    """One changed attribute is one request that carries this attribute."""
    await world.cycle()
    sent = []
    world.target.before_write = lambda kind, what: sent.append((kind, what))  # type: ignore[func-returns-value]
    world.source.change("boris", department="Support")
    report = await world.cycle()
    assert report.cycle.counts.updated == 1
    ((kind, changes),) = sent
    assert kind == "update"
    assert [(c.attribute, c.before, c.after) for c in changes] == [(DEPARTMENT, "Sales", "Support")]


@pytest.mark.parametrize(
    "attributes", [{"accountEnabled": False}, {"appRoleAssignments": []}], ids=["blocked", "unassigned"]
)
async def test_a_leaver_is_disabled_once_and_enabled_again(world: World, attributes) -> None:
    """Whoever is blocked or unassigned loses access, nobody else does; coming back gives it back."""
    await world.cycle()
    original = dict(world.source.people["chen"].attributes)
    world.source.change("chen", **attributes)
    report = await world.cycle()
    assert report.cycle.counts.disabled == 1
    assert world.target.account("chen")["active"] is False
    assert all(held["active"] for held in world.target.accounts.values() if "chen" not in held["userName"])
    assert not (await world.cycle()).cycle.counts.disabled
    world.source.change("chen", **original)
    report = await world.cycle()
    assert report.cycle.counts.updated == 1
    assert world.target.account("chen")["active"] is True


async def test_a_hard_deletion_deletes_a_managed_account_only(world: World) -> None:
    """Somebody purged while in scope is deleted; somebody who had left before is left alone."""
    await world.cycle()
    world.source.change("boris", appRoleAssignments=[])
    await world.cycle()
    world.source.purge("boris")
    world.source.purge("chen")
    report = await world.cycle()
    assert report.cycle.counts.deleted == 1
    assert not [held for held in world.target.accounts.values() if held["userName"].startswith("chen")]
    assert world.target.account("boris")["active"] is False


async def test_a_manager_who_comes_later_is_linked_without_a_restart(world: World) -> None:
    """A report waits for nobody; the reference is set in the cycle in which the manager gets an account."""
    world.source.change("frank", appRoleAssignments=[])
    await world.cycle()
    assert MANAGER not in world.target.account("ada")
    world.source.change("frank", appRoleAssignments=[{"id": "r", "value": "", "displayName": ""}])
    await world.cycle()
    assert world.target.account("ada")[MANAGER] == world.target.id_of("frank")


async def test_a_circle_of_managers_is_linked(world: World) -> None:
    """Two people who manage each other both end with the right reference."""
    world.source.change("frank", manager="ada")
    await world.cycle()
    assert world.target.account("ada")[MANAGER] == world.target.id_of("frank")
    assert world.target.account("frank")[MANAGER] == world.target.id_of("ada")


async def test_an_existing_account_is_adopted(world: World) -> None:
    """Somebody who is in the target already is joined and brought up to date, whatever the letter case."""
    world.target.accounts["old"] = {"userName": "ADA@contoso.example", "active": True, "title": "kept"}
    report = await world.cycle()
    assert (report.cycle.counts.created, report.cycle.counts.updated) == (4, 1)
    assert world.target.accounts["old"]["displayName"] == "Ada"
    assert len(world.target.accounts) == 5


async def test_two_accounts_for_one_person_are_nobodys_to_touch(world: World) -> None:
    """Duplicates in the target are an error of that person, and nothing is written."""
    for key in ("one", "two"):
        world.target.accounts[key] = {"userName": "ada@contoso.example", "active": True}
    report = await world.cycle()
    assert report.cycle.counts.failed == 1
    (held,) = await world.work.escrows("app")
    assert held.error_code == "DuplicateTargetEntries"
    assert world.target.accounts["one"] == {"userName": "ada@contoso.example", "active": True}


async def test_a_conflict_on_create_means_look_and_adopt(world: World) -> None:
    """An account that appeared after the listing is joined instead of failing."""

    def appear(kind, what):
        if kind == "create" and what["userName"].startswith("ada") and "late" not in world.target.accounts:
            world.target.accounts["late"] = {"userName": "ada@contoso.example", "active": True}

    world.target.before_write = appear
    report = await world.cycle()
    assert report.cycle.counts.failed == 0
    assert world.target.account("ada")["displayName"] == "Ada"
    assert len(world.target.accounts) == 5


async def test_a_lost_answer_creates_nobody_twice(world: World) -> None:
    """A create whose answer is lost is looked up; the account that exists is taken."""

    def lose(kind, what):
        if kind == "create" and what["userName"].startswith("chen"):
            raise AmbiguousWrite("the connection broke")

    world.target.after_write = lose
    report = await world.cycle()
    assert report.cycle.counts.failed == 0
    assert len(world.target.accounts) == 5


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("fate", [Transient("the connection broke", code="Timeout"), Killed()], ids=["lost", "killed"])
@pytest.mark.parametrize("change", [{"department": "Support"}, {"accountEnabled": False}], ids=["mover", "leaver"])
async def test_a_change_of_which_nothing_was_heard_is_not_believed(world: World, change, fate) -> None:
    """A write that was carried out and never answered is undone when the source has changed back meanwhile."""
    await world.cycle()

    def lose(kind, what):
        raise fate

    world.target.after_write = lose
    world.source.change("boris", **change)
    if isinstance(fate, Killed):
        with pytest.raises(Killed):
            await world.cycle()
    else:
        assert (await world.cycle()).cycle.counts.failed == 1
    changed = world.target.account("boris")
    assert (changed[DEPARTMENT], changed["active"]) != ("Sales", True)
    world.target.after_write = lambda *_: None
    world.source.change("boris", department="Sales", accountEnabled=True)
    assert (await world.cycle()).cycle.counts.updated == 1
    back = world.target.account("boris")
    assert (back[DEPARTMENT], back["active"]) == ("Sales", True)
    assert not await world.work.staged_removals("app")


async def test_a_refused_change_leaves_what_is_known_as_it_was(world: World) -> None:
    """The target said no: when the source changes back there is nothing to send."""
    await world.cycle()
    world.target.before_write = lambda *_: TargetAnswer(AnswerKind.REFUSED, error_code="x", message="no")
    world.source.change("boris", department="Support")
    assert (await world.cycle()).cycle.counts.failed == 1
    world.source.change("boris", department="Sales")
    before = world.target.requests
    assert (await world.cycle()).cycle.counts.failed == 0
    assert world.target.requests == before


async def test_a_refused_person_does_not_stop_the_others(world: World) -> None:
    """One refusal is one escrow with the target's words; it is tried again and lifted by success."""

    def refuse(kind, what):
        if kind == "create" and what["userName"].startswith("boris"):
            return TargetAnswer(AnswerKind.REFUSED, error_code="UnprocessableEntity", message="no such department")
        return None

    world.target.before_write = refuse
    report = await world.cycle()
    assert (report.cycle.counts.created, report.cycle.counts.failed) == (4, 1)
    assert report.cycle.state is CycleState.ENTRY_ERRORS
    (held,) = await world.work.escrows("app")
    assert (held.attempts, held.message) == (1, "no such department")
    world.target.before_write = lambda *_: None
    report = await world.cycle()
    assert report.cycle.counts.created == 1
    assert not await world.work.escrows("app")


async def test_a_refused_token_stops_the_job_and_nothing_is_lost(world: World) -> None:
    """The job goes into quarantine with the reason; the next good cycle lifts it and does all the work."""

    def refuse(kind, what):
        raise JobFailed("The token was refused.", code="Unauthorized")

    world.target.before_write = refuse
    report = await world.cycle()
    assert report.cycle.state is CycleState.FAILED
    app = await world.applications.get("app")
    assert app.status is JobStatus.QUARANTINE
    world.target.before_write = lambda *_: None
    report = await world.cycle()
    assert report.cycle.counts.created == 5
    assert (await world.applications.get("app")).quarantine is None


@pytest.mark.parametrize("fate", ["empty", "truncated", "halved"])
async def test_a_doubtful_read_removes_nobody(world: World, fate: str) -> None:
    """An empty, truncated or shrunken full read brings in news but lets nobody go."""
    world.source.put(*(person(f"p{n:02d}") for n in range(40)))
    await world.cycle()
    writes = len(world.target.writes)
    if fate == "empty":
        world.source.people.clear()
    elif fate == "halved":
        for n in range(20):
            del world.source.people[f"p{n:02d}"]
    else:
        world.source.is_truncated = True
    await world.applications.restart("app")
    report = await world.cycle()
    assert report.result.refused_source
    assert len(world.target.writes) == writes
    assert report.cycle.counts.held == 0


async def test_people_out_of_scope_cost_no_request(world: World) -> None:
    """However many of them are new or changed, nobody asks the target about people who are to have no account."""
    await world.cycle()
    before = world.target.requests
    world.source.put(*(person(f"x{n:02d}", appRoleAssignments=[]) for n in range(10)))
    world.source.change("eve", department="Sales")
    report = await world.cycle()
    assert (report.cycle.counts.skipped, world.target.requests) == (11, before)


@pytest.mark.parametrize(("joiners", "accounts", "requests"), [(3, 900, 3), (4, 5, 2), (4, 900, 5), (30, 900, 2)])
async def test_the_cheaper_way_to_find_people_is_taken(
    world: World, joiners: int, accounts: int, requests: int
) -> None:
    """Few are looked up; for more the target is asked for its size, and listed where that takes fewer requests."""
    for n in range(accounts):
        world.target.accounts[f"other{n}"] = {"userName": f"other{n}@contoso.example"}
    await world.cycle()
    before = world.target.requests
    world.source.put(*(person(f"x{n:02d}", appRoleAssignments=[]) for n in range(50)))
    world.source.put(*(person(f"p{n:02d}") for n in range(joiners)))
    await world.cycle()
    assert world.target.requests - before == requests + joiners


async def test_scope_all_takes_everybody(world: World) -> None:
    """With the scope setting on all, assignment does not matter."""
    await world.applications.set_settings("app", scope=ScopeSetting.ALL)
    report = await world.cycle()
    assert report.cycle.counts.created == 6


async def test_a_forgotten_person_leaves_only_an_id(world: World) -> None:
    """Names, values and sentences are erased from log, links and lists; the trail itself stays whole."""
    await world.cycle()
    world.source.purge("boris")
    assert await world.records.forget_person("boris") == 1
    await world.cycle()
    entries = await world.records.entries(LogQuery("app"))
    about = [entry for entry in entries if entry.source_id == "boris"]
    assert [entry.action for entry in about] == ["delete", "create"]
    assert all(entry.person == "boris" for entry in about)
    assert "boris@contoso.example" not in repr(entries)
