"""Two applications with the same people side by side: whatever one sends, it neither sees nor touches the other."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from scim_world import ENTERPRISE, GROUP_SCHEMA, USER_SCHEMA, ScimClient, ScimWorld, check_error, scim_world

from provisor.ports.request_log import RequestQuery
from provisor.scim.messages import BULK_REQUEST_SCHEMA, SEARCH_SCHEMA
from provisor.scim.patch import PATCH_SCHEMA

MARK = "fabrikam-only"
"""Stands in every value of the other application that could be seen."""


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[ScimWorld]:
    async with scim_world(tmp_path) as world:
        yield world


class Other:
    """The application that nobody else may see."""

    def __init__(self, client: ScimClient) -> None:
        self.client = client

    async def open(self) -> "Other":
        """A manager, a report, and a group of both."""
        self.frank = await self.client.user("frank", displayName=f"Frank {MARK}", externalId=f"F-{MARK}")
        manager = {ENTERPRISE: {"manager": {"value": self.frank["id"]}, "department": MARK}}
        self.ada = await self.client.user("ada", displayName=f"Ada {MARK}", title=MARK, **manager)
        self.staff = await self.client.group(f"Staff {MARK}", self.frank["id"], self.ada["id"])
        return self

    async def state(self) -> list[Any]:
        """Everything, with versions."""
        return [
            (await self.client("GET", f"/{kind}/{each['id']}")).json
            for kind, each in (("Users", self.frank), ("Users", self.ada), ("Groups", self.staff))
        ]

    async def cursor(self, target: str) -> str:
        """A cursor of a list of ours."""
        return str(
            (await self.client("GET", f"{target}{'&' if '?' in target else '?'}cursor=&count=1")).json["nextCursor"]
        )


def bulk(*operations: tuple[str, str, Any]) -> dict[str, Any]:
    """A bulk request."""
    listed = [
        {"method": method, "path": path, "bulkId": str(at), **({} if data is None else {"data": data})}
        for at, (method, path, data) in enumerate(operations)
    ]
    return {"schemas": [BULK_REQUEST_SCHEMA], "Operations": listed}


def probes(other: Other, own: str) -> list[tuple[str, str, Any, dict[str, str]]]:
    """What a client might send that knows the ids, names and versions of the other application."""
    user, group = other.ada["id"], other.staff["id"]
    patch = {"schemas": [PATCH_SCHEMA], "Operations": [{"op": "replace", "path": "displayName", "value": "seen"}]}
    whole = {"schemas": [USER_SCHEMA], "userName": "ada@contoso.com"}
    filters = (
        "id pr or userName pr",
        f'id eq "{user}"',
        f'id eq "{user}" or userName eq "nobody"',
        f'not (id eq "{own}")',
        f'not (userName eq "nobody") or title eq "{MARK}"',
        f'displayName co "{MARK}"',
        f'externalId eq "F-{MARK}" or not (externalId pr)',
        f'{ENTERPRISE}:manager.value eq "{other.frank["id"]}" or title pr',
        f'groups.value eq "{group}" or groups pr',
        'meta.created gt "2000-01-01T00:00:00Z" or active eq true',
    )
    found: list[tuple[str, str, Any, dict[str, str]]] = [
        ("POST", f"{place}/.search", {"schemas": [SEARCH_SCHEMA], "filter": text, **more}, {})
        for text in filters
        for place in ("/Users", "")
        for more in ({}, {"count": 0}, {"sortBy": "displayName"}, {"startIndex": 2}, {"attributes": ["displayName"]})
    ]
    found += [
        ("POST", "/Groups/.search", {"schemas": [SEARCH_SCHEMA], "filter": text}, {})
        for text in (f'members.value eq "{user}" or displayName pr', 'members pr or not (id eq "x")')
    ]
    for kind, identifier in (("Users", user), ("Groups", group)):
        target = f"/{kind}/{identifier}"
        for headers in ({}, {"if-match": "*"}, {"if-match": 'W/"1"'}, {"if-none-match": '"1"'}, {"if-none-match": "*"}):
            found += [
                ("GET", target, None, headers),
                ("HEAD", target, None, headers),
                ("PATCH", target, patch, headers),
                ("PUT", target, {**whole, "displayName": "seen"}, headers),
                ("DELETE", target, None, headers),
            ]
        found.append(("POST", f"{target}/.search", {"schemas": [SEARCH_SCHEMA]}, {}))
        found.append(
            ("POST", "/Bulk", bulk(("PATCH", target, patch), ("PUT", target, whole), ("DELETE", target, None)), {})
        )
    return found


async def test_nothing_that_a_client_can_send_reaches_another_application(world: ScimWorld) -> None:
    """Ids, filters with `or` and `not`, searches, ETags, Bulk: never a value, a count, or a change of the other's."""
    other = await Other(await world.client(tenant="fabrikam")).open()
    client = await world.client(tenant="contoso")
    ada = await client.user("ada", displayName="Ada", active=True)
    before = await other.state()
    for method, target, body, headers in probes(other, ada["id"]):
        heard = await client(method, target, body, headers=headers)
        assert heard.status < 500, (method, target, body)
        assert MARK.encode() not in heard.body, (method, target, body)
        if heard.status == 200 and target.endswith(".search"):
            assert heard.json["totalResults"] <= 1
            assert [each["id"] for each in heard.json.get("Resources", ())] in ([], [ada["id"]])
        elif target == "/Bulk":
            assert {each["status"] for each in heard.json["Operations"]} == {"404"}
        elif method == "HEAD":
            assert heard.status == 404
        else:
            check_error(heard, 404)
    assert await other.state() == before


async def test_a_reference_to_another_applications_person_stays_a_bare_id(world: ScimWorld) -> None:
    """A member or manager that is elsewhere gets no name, joins nobody's groups, and is not told to be there."""
    other = await Other(await world.client(tenant="fabrikam")).open()
    client = await world.client(tenant="contoso")
    before = await other.state()
    group = await client.group("Spies", other.ada["id"])
    nested = await client.group("More spies", other.staff["id"])
    boris = await client.user("boris", **{ENTERPRISE: {"manager": {"value": other.frank["id"]}}})
    for target in (f"/Groups/{group['id']}", f"/Groups/{nested['id']}", f"/Users/{boris['id']}"):
        heard = await client("GET", target)
        assert MARK.encode() not in heard.body
    assert "display" not in (await client("GET", f"/Groups/{group['id']}")).json["members"][0]
    assert await client.found(f'/Groups?filter=members.display%20co%20"{MARK}"') == []
    assert await client.found(f'/Users?filter={ENTERPRISE}:manager.displayName%20co%20"{MARK}"') == []
    assert await other.state() == before
    await other.client("DELETE", f"/Users/{other.ada['id']}")
    assert len((await client("GET", f"/Groups/{group['id']}")).json["members"]) == 1


async def test_a_cursor_of_another_application_is_worth_nothing(world: ScimWorld) -> None:
    """Neither with the same query, nor with another token of one's own."""
    other = await Other(await world.client(tenant="fabrikam")).open()
    client = await world.client(tenant="contoso")
    for target in ("/Users", "/Users?filter=userName%20pr", "/"):
        cursor = await other.cursor(target)
        joint = "&" if "?" in target else "?"
        heard = await client("GET", f"{target}{joint}cursor={cursor}&count=1")
        check_error(heard, 400, "invalidCursor")
        assert MARK.encode() not in heard.body


async def test_names_are_unique_within_an_application_only(world: ScimWorld) -> None:
    """The same userName and group in both: a conflict would tell one that the other has it."""
    await Other(await world.client(tenant="fabrikam")).open()
    client = await world.client(tenant="contoso")
    await client.user("ada")
    await client.group(f"Staff {MARK}")
    assert (await client("GET", "/Users?count=0")).json["totalResults"] == 1


async def test_what_belongs_to_one_application_is_logged_for_it_alone(world: ScimWorld) -> None:
    """Refused probes at the other's ids are rows of whoever sent them."""
    other = await Other(await world.client(tenant="fabrikam")).open()
    client = await world.client(tenant="contoso")
    await client("GET", f"/Users/{other.ada['id']}")
    await world.log.flush()
    ours = await world.log.entries(RequestQuery(tenant="contoso", limit=0))
    assert [(row.status, row.resource_id) for row in ours] == [(404, other.ada["id"])]
    theirs = await world.log.entries(RequestQuery(tenant="fabrikam", text=MARK, limit=0))
    assert {row.tenant for row in theirs} == {"fabrikam"}
    assert GROUP_SCHEMA in str(theirs[0].body)
