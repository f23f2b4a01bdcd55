"""Points of RFC 7643 and RFC 7644 that have no better place, each tried at the endpoint (docs/conformance.md)."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from scim_world import ENTERPRISE, GROUP_SCHEMA, LIST, USER_SCHEMA, ScimClient, ScimWorld, check_error, scim_world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[ScimWorld]:
    async with scim_world(tmp_path) as world:
        yield world


@pytest.fixture
async def client(world: ScimWorld) -> ScimClient:
    return await world.client()


@pytest.mark.parametrize(
    "accept",
    [
        None,
        "application/scim+json",
        "application/json",
        "Application/SCIM+JSON; charset=UTF-8",
        "application/json, text/plain, */*",
        "*/*",
        "text/html;q=0.9, application/scim+json;q=0.1",
        "text/html",
        "",
        "nonsense",
    ],
)
async def test_whatever_a_client_accepts_it_gets_scim(client: ScimClient, accept: str | None) -> None:
    """RFC 7644 §3.1: application/scim+json, with and without an Accept header; nobody is turned away for one."""
    headers = {"accept-charset": "latin-1", "content-type": "text/plain", "accept-encoding": "gzip"}
    if accept is not None:
        headers["accept"] = accept
    heard = await client("GET", "/Users", headers=headers)
    assert (heard.status, heard.headers["content-type"]) == (200, "application/scim+json")
    check_error(await client("GET", "/Users/nobody", headers=headers), 404)


async def test_text_of_every_script_goes_in_and_out(client: ScimClient) -> None:
    """RFC 7644 §3.8: UTF-8 in bodies, filters and answers."""
    for name in ("Ада", "王小明", "أدا", "Åda", "𝒜da", "e\u0301"):
        ada = await client.user(f"u{ord(name[0])}", displayName=name)
        assert ada["displayName"] == name
        found = await client.found(f"/Users?filter=displayName%20eq%20%22{name}%22")
        assert ada["id"] in [each["id"] for each in found]


async def test_schemas_and_types_can_be_filtered_by(client: ScimClient) -> None:
    """RFC 7644 §3.4.2.2: `schemas eq`, `meta.resourceType eq`, also in other cases, at types and at the root."""
    ada = await client.user("ada", **{ENTERPRISE: {"department": "D"}})
    boris = await client.user("boris")
    desk = await client.group("Desk")
    for target, text, ids in (
        ("/Users", f'schemas eq "{ENTERPRISE}"', [ada["id"]]),
        ("/Users", f'SCHEMAS eq "{ENTERPRISE.upper()}"', [ada["id"]]),
        ("/Users", f"{ENTERPRISE}:department pr", [ada["id"]]),
        ("/Users", f'{USER_SCHEMA}:userName sw "b"', [boris["id"]]),
        ("/", f'schemas eq "{GROUP_SCHEMA}"', [desk["id"]]),
        ("/", 'meta.resourceType eq "Group"', [desk["id"]]),
        ("/", 'meta.resourceType eq "group"', []),
        ("/", 'userName eq "boris@contoso.com" or members pr', [boris["id"]]),
        ("/Users", 'meta.lastModified ge "2026-11-23T18:00:00.0000000+00:00"', [ada["id"], boris["id"]]),
    ):
        quoted = text.replace(" ", "%20").replace('"', "%22").replace("+", "%2B")
        assert [each["id"] for each in await client.found(f"{target}?filter={quoted}")] == ids, text


async def test_what_is_not_assigned_is_not_shown(client: ScimClient) -> None:
    """RFC 7643 §2.5: null, an empty list and an empty object are no value, by POST, PUT and PATCH."""
    ada = await client.user("ada", title=None, emails=[], name={}, addresses=[{}], nickName="A", roles=[{"value": "r"}])
    assert set(ada) == {"schemas", "id", "userName", "nickName", "roles", "meta"}
    target = f"/Users/{ada['id']}"
    patched = await client.patch(
        target, {"op": "replace", "path": "nickName", "value": None}, {"op": "replace", "path": "roles", "value": []}
    )
    assert set(patched.json) == {"schemas", "id", "userName", "meta"}
    put = await client("PUT", target, {"userName": "ada@contoso.com", "title": None, "emails": []})
    assert set(put.json) == {"schemas", "id", "userName", "meta"}


async def test_members_of_members_end_where_they_began(client: ScimClient) -> None:
    """RFC 7643 §4.2: groups in groups, also in a circle; who is in one is in all, directly or not."""
    ada = await client.user("ada")
    inner = await client.group("Inner", ada["id"])
    outer = await client.group("Outer", inner["id"])
    change = {"op": "add", "path": "members", "value": [{"value": outer["id"], "type": "Group"}]}
    assert (await client.patch(f"/Groups/{inner['id']}", change)).status == 200
    groups = (await client("GET", f"/Users/{ada['id']}")).json["groups"]
    assert {(each["display"], each["type"]) for each in groups} == {("Inner", "direct"), ("Outer", "indirect")}
    assert all(each["$ref"].endswith(f"/Groups/{each['value']}") for each in groups)
    members = (await client("GET", f"/Groups/{outer['id']}")).json["members"]
    assert [(each["type"], each["display"]) for each in members] == [("Group", "Inner")]
    assert members[0]["$ref"].endswith(f"/Groups/{inner['id']}")


async def test_a_resource_is_created_by_post_alone(client: ScimClient) -> None:
    """RFC 7644 §3.3, §3.5.1: PUT and PATCH of an unknown id are 404; whatever id a client sends is ignored."""
    check_error(await client("PUT", "/Users/mine", {"schemas": [USER_SCHEMA], "userName": "ada"}), 404)
    check_error(await client.patch("/Users/mine", {"op": "add", "path": "title", "value": "E"}), 404)
    made = await client("POST", "/Users", {"schemas": [USER_SCHEMA], "userName": "ada", "id": "mine"})
    assert (made.status, made.json["id"] == "mine") == (201, False)


async def test_put_needs_what_is_required_and_clears_what_is_not_given(client: ScimClient) -> None:
    """RFC 7644 §3.5.1: a whole resource; what the service provider sets stays as it is."""
    ada = await client.user("ada", title="E", emails=[{"value": "a@contoso.com"}])
    target = f"/Users/{ada['id']}"
    check_error(await client("PUT", target, {"schemas": [USER_SCHEMA], "title": "F"}), 400, "invalidValue")
    put = await client("PUT", target, {"schemas": [USER_SCHEMA], "userName": "ada@contoso.com", "id": "x", "meta": {}})
    assert put.json == {**{key: ada[key] for key in ("schemas", "id", "userName")}, "meta": put.json["meta"]}
    assert put.json["meta"]["created"] == ada["meta"]["created"]


async def test_lists_say_what_they_are_in_every_place(client: ScimClient) -> None:
    """RFC 7644 §3.4.2: a ListResponse also for discovery and for nobody, its numbers being numbers."""
    for target in ("/Users", "/Groups", "/", "/Schemas", "/ResourceTypes", "/Users?filter=id%20eq%20%22x%22"):
        body = (await client("GET", target)).json
        assert body["schemas"] == [LIST], target
        assert body["totalResults"] >= body["itemsPerPage"] == len(body["Resources"]), target
        assert all(type(body[name]) is int for name in ("totalResults", "itemsPerPage", "startIndex")), target


async def test_there_is_nothing_for_strangers(world: ScimWorld) -> None:
    """RFC 7644 §2.2 lets anonymous requests be refused: discovery, too, is for those who have a token."""
    stranger = world.stranger()
    for target in ("/Users", "/ServiceProviderConfig", "/Schemas", "/ResourceTypes", "/Me", "/"):
        heard = await stranger("GET", target)
        check_error(heard, 401)
        assert heard.headers["www-authenticate"] == 'Bearer realm="SCIM"'
