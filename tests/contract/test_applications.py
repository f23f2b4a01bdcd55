"""Applications: names, settings, credentials that follow their origin, and the lease, on both databases."""

from datetime import timedelta

import pytest

from engine_world import START
from provisor.gallery.templates import get_template
from provisor.model.errors import Conflict, NotFound
from provisor.model.job import Application, GuardSettings, JobStatus, ScopeSetting
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
    await store.set_state("app", watermark="7")
    await store.set_settings("app", interval=timedelta(minutes=5), guard=GuardSettings(3, 1.5))
    app = await store.get("app")
    assert (app.interval, app.guard, app.watermark) == (timedelta(minutes=5), GuardSettings(3, 1.5), "7")
    await store.set_settings("app", scope=ScopeSetting.ALL)
    assert (await store.get("app")).watermark is None
    await store.set_state("app", watermark="8")
    await store.set_schema("app", SCHEMA)
    app = await store.get("app")
    assert (app.watermark, app.rules_version) == (None, 2)


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


async def test_a_lease_is_one_owners_until_it_runs_out(store: SqlApplications) -> None:
    """Its owner may renew it; others are told who holds it; it ends by time or by being given back."""
    mine, theirs = (Lease("app", owner, START + timedelta(seconds=15)) for owner in ("me", "them"))
    assert await store.take_lease(mine, START) is None
    assert await store.take_lease(mine, START) is None
    held = await store.take_lease(theirs, START)
    assert held is not None
    assert held.owner == "me"
    assert await store.take_lease(theirs, START + timedelta(seconds=16)) is None
    await store.break_lease("app", "me")
    assert await store.take_lease(mine, START) is not None
    await store.break_lease("app", "them")
    assert await store.take_lease(mine, START) is None


async def test_a_deleted_application_leaves_nothing(store: SqlApplications) -> None:
    """Afterwards it is not found, and its name is free."""
    await store.delete("app")
    with pytest.raises(NotFound):
        await store.get("app")
    await store.add(Application("b", "c", "Desk", "scim", created=START), SCHEMA)
