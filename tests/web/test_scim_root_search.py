"""Queries over all types at once, and of one resource (RFC 7644 §3.4.2.1, §3.4.3; RFC 9865)."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from scim_world import LIST, ScimClient, ScimWorld, check_error, scim_world

from provisor.scim.definitions.documents import read_definitions
from provisor.scim.registry import group_type, user_type

DEVICE = "urn:example:params:scim:schemas:contoso:2.0:Device"
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
TYPES = read_definitions(
    [
        (
            "test",
            [
                {"id": DEVICE, "attributes": [{"name": "serial"}, {"name": "displayName", "type": "integer"}]},
                {"name": "Device", "endpoint": "/Devices", "schema": DEVICE},
            ],
        )
    ],
    {"User": user_type(), "Group": group_type()},
)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[ScimWorld]:
    async with scim_world(tmp_path, TYPES) as world:
        yield world


@pytest.fixture
async def client(world: ScimWorld) -> ScimClient:
    """Seven users, four groups and five devices."""
    client = await world.client()
    for at in range(7):
        await client.user(f"u{at}", **({"displayName": f"n{at % 3}"} if at % 2 else {}), externalId=str(at % 4))
    for at in range(4):
        await client.group(f"n{at}")
    for at in range(5):
        number = {"displayName": at} if at % 2 else {}
        heard = await client("POST", "/Devices", {"schemas": [DEVICE], "serial": f"s{at}", **number})
        assert heard.status == 201
    return client


async def walk(client: ScimClient, query: str, count: int) -> list[Any]:
    """Everything, page by page by cursor."""
    found: list[Any] = []
    cursor = ""
    for _ in range(30):
        page = (await client("GET", f"/?count={count}&cursor={cursor}&{query}")).json
        assert page["totalResults"] >= len(page["Resources"]) == page["itemsPerPage"]
        assert "startIndex" not in page
        found += page["Resources"]
        cursor = page.get("nextCursor", "")
        if not cursor:
            break
    return found


@pytest.mark.parametrize(
    "query",
    [
        "",
        "sortBy=displayName",
        "sortBy=displayName&sortOrder=descending",
        "sortBy=externalId",
        "sortBy=serial&sortOrder=descending",
        "sortBy=meta.created",
        'filter=externalId%20eq%20"1"%20or%20displayName%20pr',
        'filter=userName%20co%20"u"%20or%20serial%20co%20"s"&sortBy=id',
    ],
)
async def test_pages_of_all_types_tile_one_list(client: ScimClient, query: str) -> None:
    """By index and by cursor, in pages of any size, the same list: nobody twice, nobody missing."""
    whole = (await client("GET", f"/?{query}")).json
    ids = [each["id"] for each in whole["Resources"]]
    assert len(set(ids)) == len(ids) == whole["totalResults"]
    for count in (1, 3, 16):
        by_index: list[str] = []
        for start in range(1, len(ids) + 1, count):
            page = (await client("GET", f"/?count={count}&startIndex={start}&{query}")).json
            assert (page["totalResults"], page["startIndex"]) == (len(ids), start)
            by_index += [each["id"] for each in page["Resources"]]
        assert by_index == ids
        assert [each["id"] for each in await walk(client, query, count)] == ids


async def test_a_sorted_list_of_all_types_is_sorted(client: ScimClient) -> None:
    """Numbers, then texts whatever their type, those without a value last; all the other way round when descending."""
    found = (await client("GET", "/?sortBy=displayName")).json["Resources"]
    values = [each.get("displayName") for each in found]
    assert values == [1, 3, "n0", "n0", "n1", "n1", "n2", "n2", "n3", *[None] * 7]
    found = (await client("GET", "/?sortBy=displayName&sortOrder=descending")).json["Resources"]
    assert [each.get("displayName") for each in found] == values[::-1]
    for key in ("n0", "n1"):
        same = [each["id"] for each in found if each.get("displayName") == key]
        assert same == sorted(same)


async def test_cursors_of_the_whole_list_stay_where_they_stand(client: ScimClient) -> None:
    """Whoever leaves or joins between two pages neither repeats nor hides anybody else."""
    before = [each["id"] for each in await walk(client, "sortBy=displayName", 20)]
    first = (await client("GET", "/?sortBy=displayName&count=5&cursor")).json
    for each in first["Resources"]:
        await client("DELETE", f"/{each['meta']['resourceType']}s/{each['id']}")
    await client.group("a group that comes before")
    seen = [each["id"] for each in first["Resources"]]
    cursor = first["nextCursor"]
    while cursor:
        page = (await client("GET", f"/?sortBy=displayName&count=5&cursor={cursor}")).json
        assert page["totalResults"] == 16
        seen += [each["id"] for each in page["Resources"]]
        cursor = page.get("nextCursor")
    assert seen == before


async def test_cursors_of_the_whole_list_are_its_own(client: ScimClient) -> None:
    """Neither those of a type nor those of another order; and no page begins too deep in a merged list."""
    of_type = (await client("GET", "/Users?count=2&cursor")).json["nextCursor"]
    of_root = (await client("GET", "/?count=2&cursor")).json["nextCursor"]
    for target in (
        f"/?count=2&cursor={of_type}",
        f"/Users?count=2&cursor={of_root}",
        f"/?count=2&cursor={of_root}&sortBy=id",
    ):
        check_error(await client("GET", target), 400, "invalidCursor")
    check_error(await client("GET", f"/?count=3&cursor={of_root}"), 400, "invalidCount")
    check_error(await client("GET", "/?sortBy=nonsense"), 400, "invalidPath")
    check_error(await client("GET", "/?sortBy=id&startIndex=10002"), 400, "tooMany")
    assert (await client("GET", "/?sortBy=id&startIndex=10001")).json["totalResults"] == 16
    check_error(await client("GET", "/?cursor&count=0"), 400, "invalidCount")


async def test_search_requests_at_the_root_page_by_cursor(client: ScimClient) -> None:
    """The body says what URL parameters would."""
    request = {"schemas": [SEARCH], "cursor": "", "count": 10, "attributes": ["displayName"]}
    first = (await client("POST", "/.search", request)).json
    second = (await client("POST", "/.search", {**request, "cursor": first["nextCursor"]})).json
    assert len(first["Resources"] + second["Resources"]) == 16
    assert "nextCursor" not in second
    assert all(set(each) <= {"schemas", "id", "displayName"} for each in first["Resources"])


async def test_one_resource_can_be_asked_whether_it_matches(client: ScimClient) -> None:
    """A list of it, or of nobody (RFC 7644 §3.4.2.1); 404 where there is none, as ever."""
    ada = await client.user("ada", title="E")
    await client.group("Desk", ada["id"])
    target = f"/Users/{ada['id']}"
    for text, count in (('title eq "e"', 1), ('title eq "f"', 0), ('groups.display eq "desk"', 1), ("groups pr", 1)):
        quoted = text.replace(" ", "%20").replace('"', "%22")
        heard = await client("GET", f"{target}?attributes=title&filter={quoted}")
        assert heard.json["schemas"] == [LIST]
        assert (heard.json["totalResults"], len(heard.json["Resources"])) == (count, count), text
        searched = await client("POST", f"{target}/.search", {"schemas": [SEARCH], "filter": text})
        assert searched.json["totalResults"] == count
    assert set((await client("GET", f"{target}?attributes=title&filter=id%20pr")).json["Resources"][0]) == {
        "schemas",
        "id",
        "title",
    }
    assert (await client("GET", f"{target}?filter=id%20pr&startIndex=2")).json["Resources"] == []
    check_error(await client("GET", f"{target}?filter=id"), 400, "invalidFilter")
    check_error(await client("GET", "/Users/nobody?filter=id%20pr"), 404)
    check_error(await client("GET", f"{target}/.search"), 405)
    check_error(await client("POST", f"{target}/x/.search", {"schemas": [SEARCH]}), 404)


async def test_values_too_long_for_a_cursor_are_told(client: ScimClient) -> None:
    """400 tooMany rather than a cursor that would be refused afterwards; the page by index is there."""
    for at in range(2):
        await client.user(f"long{at}", title="x" * 10_000 + str(at))
    target = '/Users?sortBy=title&count=1&filter=userName%20sw%20"long"'
    check_error(await client("GET", f"{target}&cursor"), 400, "tooMany")
    assert (await client("GET", f"{target}&startIndex=2")).json["itemsPerPage"] == 1
