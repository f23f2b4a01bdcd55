"""Webhooks and their outbox: events stored with the change, in order, for those who hear of it; on both databases."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from backend_contract import USER, operations, person
from clocks import START, TurnedClock

from provisor.model.errors import Conflict, NotFound
from provisor.ports.changes import Change
from provisor.ports.request_log import LoggedRequest, RequestQuery
from provisor.ports.webhooks import Delivery, Outcome, Payload, Webhook
from provisor.scim.registry import group_type
from provisor.store.change_records import SqlChangeRecords
from provisor.store.database import Database
from provisor.store.request_log import SqlRequestLog
from provisor.store.resources import EmbeddedResources
from provisor.store.webhooks import SqlWebhooks

TYPES = {"User": USER, "Group": group_type()}


class Notes:
    """A journal that names what changed."""

    def logged(self, change: Change) -> LoggedRequest:
        asked = ("", "", "PATCH", "/Users", change.resource_id, "", None)
        return LoggedRequest(START, change.resource_id, "contoso", None, *asked, 200, None, "", None, None, 1.0)

    def event(self, change: Change, *, is_full: bool) -> Mapping[str, Any]:
        name = f"{change.action}:{'full' if is_full else 'notice'}"
        return {"jti": "j", "sub_id": {"uri": change.resource_id}, "events": {name: {}}}


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
def hooks(database: Database) -> SqlWebhooks:
    return SqlWebhooks(database)


@pytest.fixture
def store(database: Database, clock: TurnedClock, hooks: SqlWebhooks) -> Iterator[EmbeddedResources]:
    store = EmbeddedResources(database, clock, records=SqlChangeRecords(database, clock, hooks))
    yield store
    store.close()


def webhook(identifier: str, tenant: str | None = "contoso", **other: Any) -> Webhook:
    """A webhook with an address of its own."""
    made = Webhook(identifier, f"https://{identifier}.example/", tenant, START, b"key")
    return replace(made, **other)


def delivery(identifier: str, outcome: Outcome = Outcome.DELIVERED, **other: Any) -> Delivery:
    """An attempt."""
    made = Delivery(identifier, START, "j", "create:notice", "/Users/1", outcome, 202, "", 1, 2.5)
    return replace(made, **other)


async def names(hooks: SqlWebhooks, webhook_id: str) -> list[str]:
    """The events that wait for a webhook, in order."""
    return [next(iter(each.claims["events"])) for each in await hooks.waiting(webhook_id, 100)]


async def test_a_webhook_is_read_back_whole(hooks: SqlWebhooks) -> None:
    """With its sealed secrets; one that is not there is said to be missing."""
    whole = webhook("w1", None, payload=Payload.FULL, sealed_authorization=b"a")
    await hooks.add(whole)
    assert await hooks.list() == [whole]
    assert await hooks.get("w1") == whole
    for missing in (hooks.get("no"), hooks.remove("no"), hooks.enable("no"), hooks.change_key("no", b"k")):
        with pytest.raises(NotFound):
            await missing
    await hooks.change_key("w1", b"other")
    assert (await hooks.get("w1")).sealed_key == b"other"


async def test_an_address_hears_of_the_same_changes_once(hooks: SqlWebhooks) -> None:
    """A second webhook for the same tenant at the same address is refused; for another tenant it is not."""
    await hooks.add(webhook("w1"))
    with pytest.raises(Conflict):
        await hooks.add(webhook("w2", url="https://w1.example/"))
    await hooks.add(webhook("w2", "fabrikam", url="https://w1.example/"))
    await hooks.add(webhook("w3", None, url="https://w1.example/"))
    with pytest.raises(Conflict):
        await hooks.add(webhook("w4", None, url="https://w1.example/"))


async def test_events_are_stored_with_the_change_in_order_for_those_who_hear_of_it(
    hooks: SqlWebhooks, store: EmbeddedResources
) -> None:
    """Every write that changes something; nothing of another tenant; nothing for writes that failed."""
    for each in (webhook("ours"), webhook("all", None, payload=Payload.FULL), webhook("theirs", "fabrikam")):
        await hooks.add(each)
    backend = store.backend("contoso", TYPES, journal=Notes())
    ada = await backend.create("User", person("ada"))
    change = operations({"op": "replace", "path": "title", "value": "Engineer"})
    await backend.patch("User", ada["id"], change, None)
    await backend.patch("User", ada["id"], change, None)
    with pytest.raises(Conflict):
        await backend.create("User", person("ADA"))
    await backend.replace("User", ada["id"], person("ada"), None)
    await backend.delete("User", ada["id"], None)
    assert await names(hooks, "ours") == ["create:notice", "patch:notice", "put:notice", "delete:notice"]
    assert await names(hooks, "all") == ["create:full", "patch:full", "put:full", "delete:full"]
    assert await names(hooks, "theirs") == []
    assert await hooks.waiting_counts() == {"ours": 4, "all": 4}
    assert [each.created for each in await hooks.waiting("ours", 1)] == [START]


async def test_what_follows_from_a_deletion_is_told_and_not_logged(
    hooks: SqlWebhooks, store: EmbeddedResources, database: Database
) -> None:
    """Groups lose a member, reports their manager: each is an event; the log has the request alone."""
    await hooks.add(webhook("w"))
    backend = store.backend("contoso", TYPES, journal=Notes())
    frank = await backend.create("User", person("frank"))
    manager = {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"value": frank["id"]}}}
    ada = await backend.create("User", person("ada", **manager))
    staff = await backend.create("Group", {"displayName": "Staff", "members": [{"value": frank["id"]}]})
    await backend.delete("User", frank["id"], None)
    told = [(next(iter(each.claims["events"])), each.claims["sub_id"]["uri"]) for each in await hooks.waiting("w", 9)]
    assert sorted(told[3:]) == sorted(
        [("patch:notice", staff["id"]), ("patch:notice", ada["id"]), ("delete:notice", frank["id"])]
    )
    rows = await SqlRequestLog(database).entries(RequestQuery())
    assert sorted(row.id for row in rows) == sorted([frank["id"], ada["id"], staff["id"], frank["id"]])


async def test_who_is_disabled_or_gone_hears_nothing(hooks: SqlWebhooks, store: EmbeddedResources) -> None:
    """What waited goes too; whoever is enabled again hears of what comes."""
    await hooks.add(webhook("w1"))
    await hooks.add(webhook("w2"))
    backend = store.backend("contoso", TYPES, journal=Notes())
    await backend.create("User", person("ada"))
    await hooks.disable(START, delivery("w1", Outcome.GIVEN_UP, status=410, error="gone"))
    await hooks.remove("w2")
    assert not hooks.has_hearers("contoso")
    assert await hooks.waiting_counts() == {}
    await backend.create("User", person("boris"))
    assert await hooks.waiting_counts() == {}
    (disabled,) = await hooks.list()
    assert (disabled.disabled_at, disabled.last_error) == (START, "gone")
    await hooks.enable("w1")
    await backend.create("User", person("chen"))
    assert await hooks.waiting_counts() == {"w1": 1}


async def test_another_process_knows_of_a_webhook_after_it_looked(hooks: SqlWebhooks, database: Database) -> None:
    """What the command line adds, the server hears of by its next look."""
    server = SqlWebhooks(database)
    await hooks.add(webhook("w"))
    assert not server.has_hearers("contoso")
    await server.refresh()
    assert server.has_hearers("contoso")
    assert not server.has_hearers("fabrikam")


async def test_an_event_leaves_with_its_delivery_and_a_failure_is_kept(
    hooks: SqlWebhooks, store: EmbeddedResources
) -> None:
    """The list of deliveries says what came of each attempt; a success clears the failures."""
    await hooks.add(webhook("w"))
    backend = store.backend("contoso", TYPES, journal=Notes())
    for name in ("ada", "boris"):
        await backend.create("User", person(name))
    first, second = await hooks.waiting("w", 10)
    later = START + timedelta(seconds=5)
    failed = delivery("w", Outcome.FAILED, status=None, error="down")
    await hooks.postpone(later, 1, failed)
    held = await hooks.get("w")
    assert (held.failures, held.next_attempt, held.last_error) == (1, later, "down")
    assert len(await hooks.waiting("w", 10)) == 2
    delivered = delivery("w", attempt=2)
    await hooks.settle(first.number, delivered)
    held = await hooks.get("w")
    assert (held.failures, held.next_attempt, held.last_error) == (0, None, "")
    assert [each.number for each in await hooks.waiting("w", 10)] == [second.number]
    assert await hooks.deliveries("w", 0) == [delivered, failed]
    assert await hooks.deliveries(None, 1) == [delivered]
    assert await hooks.deliveries("other", 0) == []


async def test_one_process_at_a_time_delivers(hooks: SqlWebhooks) -> None:
    """A claim holds for its time, can be made longer by its owner, and is free for others afterwards."""
    await hooks.add(webhook("w"))
    until = START + timedelta(seconds=60)
    assert await hooks.claim("w", "a", now=START, until=until)
    assert not await hooks.claim("w", "b", now=START + timedelta(seconds=59), until=until)
    longer = until + timedelta(seconds=60)
    assert await hooks.claim("w", "a", now=START + timedelta(seconds=59), until=longer)
    assert not await hooks.claim("w", "b", now=until, until=longer)
    assert await hooks.claim("w", "b", now=longer, until=longer + timedelta(seconds=60))
    assert not await hooks.claim("w", "c", now=longer, until=longer, taking_over="a")
    assert await hooks.claim("w", "c", now=longer, until=longer, taking_over="b")


async def test_what_is_past_its_time_is_pruned(
    hooks: SqlWebhooks, store: EmbeddedResources, database: Database
) -> None:
    """Old deliveries, and events that another process wrote for a webhook that was just removed."""
    await hooks.add(webhook("w"))
    late = SqlWebhooks(database)
    await late.refresh()
    await hooks.settle(0, delivery("w", at=START - timedelta(days=31)))
    await hooks.settle(0, delivery("w", at=START - timedelta(days=29)))
    keep = START - timedelta(days=30)
    assert await hooks.prune(keep) == 1
    assert len(await hooks.deliveries("w", 0)) == 1
    await hooks.remove("w")
    store.records = SqlChangeRecords(database, TurnedClock(), late)
    await store.backend("contoso", TYPES, journal=Notes()).create("User", person("ada"))
    assert await hooks.waiting_counts() == {"w": 1}
    assert await hooks.prune(keep) == 1
    assert await hooks.waiting_counts() == {}
