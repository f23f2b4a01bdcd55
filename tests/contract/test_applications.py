"""Applications: names, settings, credentials that follow their origin, and the lease, on both databases."""

from datetime import timedelta

import pytest

from engine_world import START
from provisor.gallery.templates import get_template
from provisor.model.errors import Conflict, NotFound, PreconditionFailed
from provisor.model.job import Application, GuardSettings, JobStatus, Outlook, Quarantine, ScopeSetting
from provisor.ports.applications import Lease
from provisor.store.applications import SqlApplications

SCHEMA = get_template("freshservice").schema
URL = "https://desk.example/scim/v2"


@pytest.fixture
async def store(database) -> SqlApplications:
    """A store with one application."""
    store = SqlApplications(database)
    await store.add(Application("app", "job", "Desk", "freshservice", created=START), SCHEMA)
    return store


async def test_an_application_answers_to_its_name_and_ids(store: SqlApplications) -> None:
    """By name whatever the letter case, by id, by job id; an unknown one says where to look; a name is taken once."""
    for reference in ("desk", "app", "job"):
        assert (await store.get(reference)).name == "Desk"
    with pytest.raises(NotFound):
        await store.get("other")
    with pytest.raises(Conflict):
        await store.add(Application("b", "c", "DESK", "scim", created=START), SCHEMA)
    assert await store.schema("app") == SCHEMA


async def test_settings_change_one_by_one(store: SqlApplications) -> None:
    """What is not given stays; a change of scope or schema makes everybody be evaluated again."""
    assert await store.advance_watermark("app", "7", 0)
    await store.set_settings("app", interval=timedelta(minutes=5), guard=GuardSettings(3, 1.5))
    app = await store.get("app")
    assert (app.interval, app.guard, app.watermark) == (timedelta(minutes=5), GuardSettings(3, 1.5), "7")
    await store.set_settings("app", scope=ScopeSetting.ALL)
    assert (await store.get("app")).watermark is None
    assert await store.advance_watermark("app", "8", 1)
    await store.set_schema("app", SCHEMA)
    app = await store.get("app")
    assert (app.watermark, app.rules_version) == (None, 2)


async def test_of_two_changes_at_once_the_second_is_refused(store: SqlApplications) -> None:
    """Both were decided against the same version; nothing of the second is stored."""
    version = (await store.get("app")).rules_version
    await store.set_schema("app", SCHEMA, over=version)
    with pytest.raises(PreconditionFailed):
        await store.set_schema("app", {"id": "other"}, over=version)
    assert await store.schema("app") == SCHEMA
    assert (await store.get("app")).rules_version == version + 1


async def test_a_new_origin_forgets_the_token(store: SqlApplications) -> None:
    """The token stays with its host; another path keeps it, another host, port or scheme discards it."""
    assert (await store.get("app")).status is JobStatus.NOT_CONFIGURED
    await store.set_credentials("app", URL, b"sealed")
    await store.set_credentials("app", URL + "?flag", None)
    assert await store.sealed_token("app") == b"sealed"
    for other in ("https://evil.example/scim/v2", "https://desk.example:8443/scim/v2", "http://desk.example/scim/v2"):
        await store.set_credentials("app", URL, b"sealed")
        await store.set_credentials("app", other, None)
        assert await store.sealed_token("app") is None, other
        assert not (await store.get("app")).has_token


async def test_a_watermark_that_was_forgotten_is_not_brought_back(store: SqlApplications) -> None:
    """A cycle under way while somebody restarts, or changes scope or rules, ends without moving the watermark."""
    for forget in (
        lambda: store.restart("app"),
        lambda: store.set_schema("app", SCHEMA),
        lambda: store.set_settings("app", scope=ScopeSetting.ALL),
    ):
        began_with = (await store.get("app")).watermark_generation
        assert await store.advance_watermark("app", "7", began_with)
        await forget()
        assert not await store.advance_watermark("app", "8", began_with)
        assert (await store.get("app")).watermark is None


async def test_a_wish_for_a_cycle_is_fulfilled_by_one_that_began_after_it(store: SqlApplications) -> None:
    """Starting lifts every wait; a cycle that was under way already is not the one that was asked for."""
    later = START + timedelta(minutes=1)
    quarantine = Quarantine("r", "c", "m", START, 0, later)
    await store.close_cycle("app", START, START, Outlook(3, later, quarantine))
    app = await store.get("app")
    assert (app.cycles_failed_in_a_row, app.waits_until, app.quarantine) == (3, later, quarantine)
    await store.start("app", later)
    app = await store.get("app")
    assert (app.cycles_failed_in_a_row, app.waits_until, app.quarantine) == (0, None, None)
    assert (app.is_scheduled, app.cycle_wanted_at) == (True, later)
    await store.close_cycle("app", START, later, Outlook())
    assert (await store.get("app")).cycle_wanted_at == later
    await store.close_cycle("app", later, later, Outlook())
    assert (await store.get("app")).cycle_wanted_at is None


def lease(lease_id: str, seconds: int = 15) -> Lease:
    """A lease that is wanted, or held, until so many seconds after the start."""
    return Lease("app", lease_id, f"host:1:{lease_id}", START + timedelta(seconds=seconds))


async def test_a_lease_is_one_owners_until_it_runs_out(store: SqlApplications) -> None:
    """Others are told who holds it; it ends by time or by being given back, and only by its own id."""
    assert await store.take_lease(lease("mine"), START) is None
    assert await store.take_lease(lease("theirs"), START) == lease("mine")
    assert await store.take_lease(lease("mine"), START) == lease("mine")
    assert await store.take_lease(lease("theirs", 31), START + timedelta(seconds=16)) is None
    await store.end_lease(lease("mine"))
    assert await store.take_lease(lease("mine", 32), START + timedelta(seconds=17)) == lease("theirs", 31)
    await store.end_lease(lease("theirs"))
    assert await store.take_lease(lease("mine", 32), START + timedelta(seconds=17)) is None


async def test_a_lease_that_was_lost_is_never_renewed(store: SqlApplications) -> None:
    """It may be renewed late while nobody else wanted it, but not once another has had it, even if it is free again."""
    assert await store.take_lease(lease("mine"), START) is None
    assert await store.renew_lease(lease("mine", 60))
    assert await store.take_lease(lease("theirs"), START + timedelta(seconds=16)) == lease("mine", 60)
    assert await store.take_lease(lease("theirs", 90), START + timedelta(seconds=61)) is None
    assert not await store.renew_lease(lease("mine", 75))
    await store.end_lease(lease("theirs"))
    assert not await store.renew_lease(lease("mine", 75))


async def test_a_deleted_application_leaves_nothing(store: SqlApplications) -> None:
    """Afterwards it is not found, and its name is free."""
    await store.delete("app")
    with pytest.raises(NotFound):
        await store.get("app")
    await store.add(Application("b", "c", "Desk", "scim", created=START), SCHEMA)
