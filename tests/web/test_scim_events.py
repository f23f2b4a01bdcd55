"""Change events as the endpoint writes them: RFC 9967's names and claims, and never a secret."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from scim_world import USER_SCHEMA, HandClock, ScimWorld, scim_world

from provisor.ports.webhooks import Payload, Webhook
from provisor.scim.events import EVENT_URIS
from provisor.scim.messages import BULK_REQUEST_SCHEMA
from provisor.scim.patch import PATCH_SCHEMA

PROV = "urn:ietf:params:scim:event:prov:"
PASSWORD = "correct-horse"
NOW = int(HandClock().now().timestamp())


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[ScimWorld]:
    async with scim_world(tmp_path) as world:
        yield world


async def hear(world: ScimWorld, payload: Payload = Payload.NOTICE, tenant: str | None = "contoso") -> None:
    """Add a webhook."""
    at = world.clock.now()
    await world.webhooks.add(Webhook(payload.value, "https://hears.example/", tenant, at, b"key", payload=payload))


async def heard(world: ScimWorld, payload: Payload = Payload.NOTICE) -> list[dict[str, Any]]:
    """The claims of what waits."""
    return [dict(each.claims) for each in await world.webhooks.waiting(payload.value, 100)]


async def test_a_notice_says_which_attributes_changed_and_carries_no_value(world: ScimWorld) -> None:
    """Create, patch, put, activate, deactivate and delete, each with its subject and its version."""
    await hear(world)
    client = await world.client()
    ada = await client.user("ada", displayName="Ada", externalId="A1", active=True)
    target = f"/Users/{ada['id']}"
    await client.patch(target, {"op": "replace", "path": "displayName", "value": "Ada L"})
    await client.patch(target, {"op": "replace", "path": "active", "value": False})
    await client("PUT", target, {"schemas": [USER_SCHEMA], "userName": "ada@contoso.com", "active": True})
    await client.patch(target, {"op": "replace", "path": "active", "value": True})
    await client("DELETE", target)
    claims = await heard(world)
    assert [each["events"] for each in claims] == [
        {
            f"{PROV}create:notice": {
                "attributes": ["userName", "displayName", "externalId", "active"],
                "version": 'W/"1"',
            }
        },
        {f"{PROV}patch:notice": {"attributes": ["displayName"], "version": 'W/"2"'}},
        {f"{PROV}patch:notice": {"attributes": ["active"], "version": 'W/"3"'}, f"{PROV}deactivate": {}},
        {
            f"{PROV}put:notice": {"attributes": ["active", "displayName", "externalId"], "version": 'W/"4"'},
            f"{PROV}activate": {},
        },
        {f"{PROV}delete": {}},
    ]
    assert {name for each in claims for name in each["events"]} <= set(EVENT_URIS)
    assert claims[0]["sub_id"] == {"format": "scim", "uri": target, "id": ada["id"], "externalId": "A1"}
    assert {(each["iss"], each["iat"]) for each in claims} == {("https://scim.example/scim/v2", NOW)}
    assert len({each["jti"] for each in claims}) == len({each["txn"] for each in claims}) == 5
    assert "Ada" not in repr(claims)
    assert "sub" not in claims[0]
    rows = {row.id: row for row in await world.logged()}
    assert {each["txn"] for each in claims} <= set(rows)


async def test_a_full_event_carries_what_was_written(world: ScimWorld) -> None:
    """The resource for create and put, the operations for patch, and members where a group has them."""
    await hear(world, Payload.FULL)
    client = await world.client()
    ada = await client.user("ada", title="Engineer")
    change = {"op": "replace", "path": "title", "value": "Chief"}
    await client.patch(f"/Users/{ada['id']}", change)
    staff = await client.group("Staff", ada["id"])
    member = {"op": "add", "path": "members", "value": [{"value": staff["id"]}]}
    await client.patch(f"/Groups/{staff['id']}", member)
    created, patched, group, joined = [next(iter(each["events"].items())) for each in await heard(world, Payload.FULL)]
    assert created[0] == f"{PROV}create:full"
    assert (created[1]["data"]["title"], created[1]["version"]) == ("Engineer", 'W/"1"')
    assert patched[0] == f"{PROV}patch:full"
    assert patched[1] == {"data": {"schemas": [PATCH_SCHEMA], "Operations": [change]}, "version": 'W/"2"'}
    assert group[1]["data"]["members"] == [{"value": ada["id"]}]
    assert joined[1]["data"]["Operations"] == [member]
    assert all("attributes" not in each[1] for each in (created, patched, group, joined))


async def test_no_event_carries_a_secret(world: ScimWorld) -> None:
    """A password is neither in the resource nor among the operations, which lack the whole operation on it."""
    await hear(world, Payload.FULL)
    client = await world.client()
    ada = await client.user("ada", password=PASSWORD)
    await client.patch(
        f"/Users/{ada['id']}",
        {"op": "replace", "path": "password", "value": PASSWORD},
        {"op": "replace", "value": {"title": "Chief", "password": PASSWORD}},
        {"op": "replace", "path": f"{USER_SCHEMA}:password", "value": PASSWORD},
    )
    created, patched = await heard(world, Payload.FULL)
    assert PASSWORD not in repr((created, patched))
    operations = patched["events"][f"{PROV}patch:full"]["data"]["Operations"]
    assert operations == [{"op": "replace", "value": {"title": "Chief"}}]


async def test_operations_of_a_bulk_request_have_numbered_transactions(world: ScimWorld) -> None:
    """Counted from zero, in the order of the request (RFC 9967 §2.5)."""
    await hear(world)
    client = await world.client()
    operations = [
        {"method": "POST", "path": "/Users", "bulkId": name, "data": {"schemas": [USER_SCHEMA], "userName": name}}
        for name in ("ada", "boris")
    ]
    await client("POST", "/Bulk", {"schemas": [BULK_REQUEST_SCHEMA], "Operations": operations})
    transactions = [each["txn"] for each in await heard(world)]
    bulk = transactions[0].partition(":")[0]
    assert transactions == [f"{bulk}:0", f"{bulk}:1"]


async def test_nobody_hears_of_another_tenant(world: ScimWorld) -> None:
    """A webhook of one tenant is told nothing of the other; one of all is told of both."""
    await hear(world)
    await hear(world, Payload.FULL, tenant=None)
    for tenant in ("contoso", "fabrikam"):
        await (await world.client(tenant=tenant)).user(tenant)
    assert len(await heard(world)) == 1
    assert len(await heard(world, Payload.FULL)) == 2
    assert "fabrikam" not in repr(await heard(world))


async def test_events_are_announced_where_somebody_hears_them(world: ScimWorld) -> None:
    """The ServiceProviderConfig of a tenant without a webhook says nothing of events."""
    await hear(world)
    for tenant, is_announced in (("contoso", True), ("fabrikam", False)):
        client = await world.client(tenant=tenant)
        config = (await client("GET", "/ServiceProviderConfig")).json
        assert ("securityEvents" in config) == is_announced
    config = (await (await world.client())("GET", "/ServiceProviderConfig")).json
    assert config["securityEvents"] == {"asyncRequest": "none", "eventUris": list(EVENT_URIS)}
