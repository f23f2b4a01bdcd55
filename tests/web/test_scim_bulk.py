"""Bulk requests: references in every direction, failures one by one, limits (RFC 7644 §3.7)."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from scim_world import GROUP_SCHEMA, USER_SCHEMA, ScimClient, ScimWorld, check_error, scim_world

from provisor.scim.patch import PATCH_SCHEMA
from provisor.server.bulk import BULK_OPERATIONS_MAX

REQUEST = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
RESPONSE = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[ScimWorld]:
    async with scim_world(tmp_path) as world:
        yield world


@pytest.fixture(params=["default", "entra"])
async def client(world: ScimWorld, request: pytest.FixtureRequest) -> ScimClient:
    return await world.client(profile=request.param)


def user(bulk_id: str, **attributes: Any) -> dict[str, Any]:
    """An operation that creates a user."""
    data = {"schemas": [USER_SCHEMA], "userName": f"{bulk_id}@contoso.com", **attributes}
    return {"method": "POST", "path": "/Users", "bulkId": bulk_id, "data": data}


def group(bulk_id: str, *members: str) -> dict[str, Any]:
    """An operation that creates a group."""
    data = {"schemas": [GROUP_SCHEMA], "displayName": bulk_id, "members": [{"value": each} for each in members]}
    return {"method": "post", "path": "/Groups", "bulkId": bulk_id, "data": data}


async def bulk(client: ScimClient, *operations: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    """The results of a bulk request."""
    heard = await client("POST", "/Bulk", {"schemas": [REQUEST], "Operations": list(operations), **more})
    assert heard.status == 200, heard
    assert heard.json["schemas"] == [RESPONSE]
    return list(heard.json["Operations"])


async def members(client: ScimClient, name: str) -> set[str]:
    """The names of a group's members."""
    found = await client.found(f"/Groups?filter=displayName%20eq%20%22{name}%22")
    return {each["display"] for each in found[0].get("members", [])}


async def test_everything_in_one_request(client: ScimClient) -> None:
    """Each method, with location, version and a status as text; successes without their resource."""
    ada = await client.user()
    chen = await client.user("chen")
    results = await bulk(
        client,
        user("boris"),
        {
            "method": "PATCH",
            "path": f"/Users/{ada['id']}",
            "version": ada["meta"]["version"],
            "data": {"schemas": [PATCH_SCHEMA], "Operations": [{"op": "replace", "path": "title", "value": "E"}]},
        },
        {"method": "PUT", "path": f"/Users/{chen['id']}", "data": {"userName": "chen@contoso.com", "title": "F"}},
        {"method": "DELETE", "path": f"/Users/{chen['id']}"},
    )
    patched = {"default": "200", "entra": "204"}
    assert [each["status"] for each in results] == ["201", results[1]["status"], "200", "204"]
    assert results[1]["status"] in patched.values()
    assert [each["method"] for each in results] == ["POST", "PATCH", "PUT", "DELETE"]
    assert results[0]["bulkId"] == "boris"
    assert results[0]["version"] == 'W/"1"'
    assert results[1]["location"] == ada["meta"]["location"]
    assert results[1]["version"] == 'W/"2"'
    assert results[3]["location"] == chen["meta"]["location"]
    assert not any("response" in each for each in results)
    boris = await client("GET", "/Users/" + results[0]["location"].rpartition("/")[2])
    assert boris.json["userName"] == "boris@contoso.com"


async def test_references_lead_backwards_and_forwards(client: ScimClient) -> None:
    """A group before and after its members, a manager who comes later, a reference in a path and in a filter."""
    urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    results = await bulk(
        client,
        group("early", "bulkId:ada", "bulkId:frank"),
        {**user("ada", displayName="Ada"), "data": {"userName": "ada", urn: {"manager": {"value": "bulkId:frank"}}}},
        user("frank", displayName="Frank"),
        group("late", "bulkId:ada"),
        {
            "method": "PATCH",
            "path": "/Groups/bulkId:late",
            "data": {
                "schemas": [PATCH_SCHEMA],
                "Operations": [
                    {"op": "add", "path": "members", "value": [{"value": "bulkId:frank"}]},
                    {"op": "remove", "path": 'members[value eq "bulkId:ada"]'},
                ],
            },
        },
    )
    assert {each["status"] for each in results} <= {"201", "200", "204"}
    assert await members(client, "early") == {"ada", "Frank"}
    assert await members(client, "late") == {"Frank"}
    frank = (await client.found("/Users?filter=displayName%20eq%20%22frank%22"))[0]
    assert len(await client.found(f"/Users?filter=manager%20eq%20%22{frank['id']}%22")) == 1


async def test_circles_are_closed(client: ScimClient) -> None:
    """Groups that are each other's members, one that is its own, people who manage each other."""
    urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    results = await bulk(
        client,
        group("a", "bulkId:b"),
        group("b", "bulkId:c", "bulkId:u"),
        group("c", "bulkId:a", "bulkId:c"),
        user("u", displayName="U"),
        user("x", **{urn: {"manager": {"value": "bulkId:y"}}}),
        user("y", **{urn: {"manager": {"value": "bulkId:x"}, "department": "D"}}),
    )
    assert [each["status"] for each in results] == ["201"] * 6
    assert await members(client, "a") == {"b"}
    assert await members(client, "b") == {"c", "U"}
    assert await members(client, "c") == {"a", "c"}
    people = {each["userName"]: each for each in await client.found("/Users?filter=manager%20pr")}
    x, y = people["x@contoso.com"], people["y@contoso.com"]
    assert x[urn]["manager"]["value"] == y["id"]
    assert (y[urn]["manager"]["value"], y[urn]["department"]) == (x["id"], "D")
    by_name = {each["bulkId"]: each for each in results}
    for resource in (x, y):
        assert by_name[resource["userName"][0]]["version"] == resource["meta"]["version"]


async def test_failures_are_told_one_by_one(client: ScimClient) -> None:
    """Each with its SCIM error, and the others are done."""
    await client.user("taken")
    results = await bulk(
        client,
        user("taken"),
        user("ada"),
        {**user("ada"), "data": {"userName": "other"}},
        group("lost", "bulkId:nobody"),
        group("broken", "bulkId:taken"),
        {"method": "DELETE", "path": "/Users/nobody"},
        {"method": "PUT", "path": "/Me", "data": {}},
        {"method": "DELETE", "path": "/Users"},
        {"method": "POST", "path": "/Robots", "bulkId": "r", "data": {}},
        {"method": "PATCH", "path": "/Users/nobody", "data": {}},
    )
    assert [each["status"] for each in results] == [
        "409",
        "201",
        "400",
        "400",
        "409",
        "404",
        "400",
        "405",
        "404",
        "400",
    ]
    for each in results:
        if each["status"] != "201":
            assert each["response"]["status"] == each["status"]
            assert each["response"]["detail"]
    assert results[0]["response"]["scimType"] == "uniqueness"
    assert "location" not in results[0]
    assert len(await client.found("/Groups")) == 0


async def test_a_version_guards_an_operation(client: ScimClient) -> None:
    """As If-Match does."""
    ada = await client.user()
    results = await bulk(client, {"method": "DELETE", "path": f"/Users/{ada['id']}", "version": 'W/"9"'})
    assert results[0]["status"] == "412"
    assert (await client("GET", f"/Users/{ada['id']}")).status == 200


async def test_work_stops_after_so_many_errors(client: ScimClient) -> None:
    """`failOnErrors` ends the request; what was not tried is missing."""
    nobody = {"method": "DELETE", "path": "/Users/nobody"}
    results = await bulk(client, user("a"), nobody, user("b"), nobody, user("c"), failOnErrors=2)
    assert [each["status"] for each in results] == ["201", "404", "201", "404"]
    assert len(await client.found("/Users")) == 2


async def test_a_long_chain_of_forward_references(client: ScimClient) -> None:
    """As long as a request may be: every group is a member of the one before it."""
    count = 300
    results = await bulk(
        client, *(group(f"g{n}", f"bulkId:g{n + 1}") for n in range(count - 1)), group(f"g{count - 1}")
    )
    assert {each["status"] for each in results} == {"201"}
    assert [each["bulkId"] for each in results] == [f"g{n}" for n in range(count)]
    assert await members(client, "g0") == {"g1"}


async def test_requests_that_are_none(client: ScimClient) -> None:
    """Shape: 400. Too many operations: 413, naming the limit. Other methods: 405."""
    for body in ({}, {"schemas": [REQUEST]}, {"schemas": [REQUEST], "Operations": []},
                 {"schemas": [REQUEST], "Operations": [{"method": "POST", "path": "/Users"}]},
                 {"schemas": [REQUEST], "Operations": [{"method": "GET", "path": "/Users"}]}):  # fmt: skip
        check_error(await client("POST", "/Bulk", body), 400, "invalidSyntax")
    many = [{"method": "DELETE", "path": "/Users/x"}] * (BULK_OPERATIONS_MAX + 1)
    heard = await client("POST", "/Bulk", {"schemas": [REQUEST], "Operations": many})
    check_error(heard, 413)
    assert str(BULK_OPERATIONS_MAX) in heard.json["detail"]
    assert (await client("GET", "/ServiceProviderConfig")).json["bulk"]["maxOperations"] == BULK_OPERATIONS_MAX
    check_error(await client("GET", "/Bulk"), 405)
