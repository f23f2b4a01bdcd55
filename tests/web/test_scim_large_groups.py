"""Groups of any size in answers: in pieces, whole, and never all in memory (issue: large groups are streamed)."""

import json
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from scim_world import GROUP_SCHEMA, ScimClient, ScimWorld, scim_world

from provisor.server.members import MEMBERS_AT_ONCE, MEMBERS_IN_LIST
from provisor.store.embedded.member_pages import EmbeddedMembers

MANY = 5 * MEMBERS_AT_ONCE + 7
PIECE_BYTES_MAX = 200_000
"""A thousand members with URLs and names."""


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[ScimWorld]:
    async with scim_world(tmp_path) as world:
        yield world


@pytest.fixture
async def client(world: ScimWorld) -> ScimClient:
    return await world.client()


def ids(count: int) -> list[str]:
    """Members who are nobody we know."""
    return [f"member-{number:06d}" for number in range(count)]


async def group_of(client: ScimClient, name: str, count: int) -> Any:
    """A group with so many members, and Ada."""
    ada = (await client("POST", "/Users", {"userName": f"ada-{name}", "displayName": "Ada"})).json
    return await client.group(name, ada["id"], *ids(count))


class Listener:
    """A client that takes an answer piece by piece."""

    def __init__(self, client: ScimClient) -> None:
        self._client = client
        self.headers: dict[str, str] = {}
        self.pieces: list[int] = []
        self.body = b""
        self.ended = False

    async def ask(self, target: str, *, keeps: bool = True) -> None:
        """GET, keeping the pieces or only their sizes."""
        path, _, query = target.partition("?")
        scope = {
            "type": "http",
            "method": "GET",
            "scheme": "https",
            "path": "/scim/v2" + path,
            "root_path": "/scim/v2",
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in self._client.headers.items()],
            "client": ("127.0.0.1", 1),
            "server": ("scim.example", 443),
        }

        async def receive() -> Any:
            return {"type": "http.request", "body": b""}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
                return
            self.pieces.append(len(message["body"]))
            self.ended = not message.get("more_body", False)
            if keeps:
                self.body += message["body"]

        await self._client.app(scope, receive, send)


async def test_a_large_group_is_sent_in_pieces(client: ScimClient) -> None:
    """Everybody, with URL and name, once; no length is announced, and no piece is large."""
    group = await group_of(client, "All", MANY)
    target = f"/Groups/{group['id']}"
    heard = Listener(client)
    await heard.ask(target)
    assert heard.ended
    assert "content-length" not in heard.headers
    assert heard.headers["content-type"] == "application/scim+json"
    assert heard.headers["etag"] == group["meta"]["version"]
    assert len(heard.pieces) > 5
    assert max(heard.pieces) < PIECE_BYTES_MAX
    body = json.loads(heard.body)
    assert {each["value"] for each in body["members"]} == {each["value"] for each in group["members"]}
    assert len(body["members"]) == MANY + 1
    ada = next(each for each in body["members"] if each.get("display") == "Ada")
    assert (ada["type"], ada["$ref"]) == ("User", f"https://scim.example/scim/v2/Users/{ada['value']}")
    assert {key: body[key] for key in ("schemas", "id", "displayName", "meta")} == {
        key: group[key] for key in ("schemas", "id", "displayName", "meta")
    }
    head = await client("HEAD", target)
    assert (head.status, head.body) == (200, b"")
    assert (await client("GET", target, headers={"if-none-match": heard.headers["etag"]})).status == 304


async def test_its_memory_does_not_grow_with_the_group(client: ScimClient) -> None:
    """Passing on a group takes about the memory of a piece, whatever its size."""
    group = await client.group("All")
    for start in range(0, 40_000, 10_000):
        value = [{"value": each} for each in ids(start + 10_000)[start:]]
        change = {"op": "add", "path": "members", "value": value}
        await client.patch(f"/Groups/{group['id']}", change, headers={"prefer": "return=minimal"})
    heard = Listener(client)
    await heard.ask(f"/Groups/{group['id']}", keeps=False)  # whatever is made only once is there now
    tracemalloc.start()
    try:
        await heard.ask(f"/Groups/{group['id']}", keeps=False)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sum(heard.pieces) > 5_000_000
    assert peak < 2_500_000


@pytest.mark.parametrize(
    "count", [0, 1, MEMBERS_AT_ONCE - 1, MEMBERS_AT_ONCE, MEMBERS_AT_ONCE + 1, 2 * MEMBERS_AT_ONCE]
)
async def test_no_size_is_special(client: ScimClient, count: int) -> None:
    """Below, at and above a piece: the same group by GET, in lists, by search and as the answer to a change."""
    group = await client.group("G", *ids(count))
    target = f"/Groups/{group['id']}"
    wanted = set(ids(count))
    request = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]}
    change = {"op": "replace", "path": "externalId", "value": "x"}
    for found in (
        (await client("GET", target)).json,
        (await client.found("/Groups"))[0],
        (await client.found("/"))[0],
        (await client.found("/?sortBy=displayName"))[0],
        (await client.found(f"{target}?filter=id%20pr"))[0],
        (await client("POST", "/Groups/.search", request)).json["Resources"][0],
        (await client.patch(target, change)).json,
    ):
        assert {each["value"] for each in found.get("members", [])} == wanted
        assert ("members" in found) == bool(count)


async def test_what_is_not_wanted_is_not_sent(world: ScimWorld, client: ScimClient) -> None:
    """Projections hold for every piece, and the strict profile shows names to those who ask for them."""
    group = await group_of(client, "All", MANY)
    target = f"/Groups/{group['id']}"
    assert "members" not in (await client("GET", f"{target}?excludedAttributes=members")).json
    assert "members" not in (await client("GET", f"{target}?attributes=displayName")).json
    values = (await client("GET", f"{target}?attributes=members.value")).json["members"]
    assert len(values) == MANY + 1
    assert all(set(each) == {"value"} for each in values)
    names = (await client("GET", f"{target}?attributes=members.display")).json["members"]
    assert names == [{"display": "Ada"}]
    strict = await world.client(profile="strict")
    shown = (await strict("GET", target)).json["members"]
    assert all("display" not in each for each in shown)
    assert len(shown) == MANY + 1


async def test_lists_hold_large_groups_among_small_ones(client: ScimClient) -> None:
    """In their order, each with all of its members; a page is in pieces when one of its groups is."""
    sizes = {"A": 2, "B": MEMBERS_IN_LIST + 1, "C": 0, "D": MEMBERS_AT_ONCE * 2, "E": 1}
    for name, count in sizes.items():
        await client("POST", "/Groups", {"schemas": [GROUP_SCHEMA], "displayName": name, "members": members(count)})
    for target in ("/Groups?sortBy=displayName", "/?sortBy=displayName", "/Groups?count=5&cursor"):
        body = (await client("GET", target)).json
        assert {each["displayName"]: len(each.get("members", [])) for each in body["Resources"]} == sizes
        assert (body["totalResults"], body["itemsPerPage"]) == (5, 5)
    heard = Listener(client)
    await heard.ask("/Groups?count=1&startIndex=1")
    assert int(heard.headers["content-length"]) == len(heard.body)


def members(count: int) -> list[dict[str, str]]:
    """So many, as a client writes them."""
    return [{"value": each} for each in ids(count)]


async def test_a_change_of_a_large_group_is_answered_in_pieces(client: ScimClient) -> None:
    """The answer to adding one member holds everybody; the one to a request that wants none holds nobody."""
    group = await group_of(client, "All", MANY)
    target = f"/Groups/{group['id']}"
    change = {"op": "add", "path": "members", "value": [{"value": "one more"}]}
    patched = await client.patch(target, change)
    assert "content-length" not in patched.headers
    assert len(patched.json["members"]) == MANY + 2
    assert patched.headers["etag"] == patched.json["meta"]["version"] == 'W/"2"'


async def test_a_fault_on_the_way_does_not_look_like_the_end(
    client: ScimClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer breaks off, so that nobody takes the beginning of a group for the whole."""
    group = await group_of(client, "All", MANY)

    async def fail(*_: object) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr(EmbeddedMembers, "after", fail)
    heard = Listener(client)
    with pytest.raises(OSError, match="disk"):
        await heard.ask(f"/Groups/{group['id']}")
    assert heard.pieces
    assert not heard.ended


async def test_members_who_leave_meanwhile_are_left_out(client: ScimClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who goes between two pieces neither repeats nor hides anybody else; nor does the group's end."""
    group = await client.group("All", *ids(MANY))
    read, calls = EmbeddedMembers.after, []

    async def meanwhile(self: EmbeddedMembers, *arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) == 2:
            gone = {"op": "remove", "path": "members", "value": [{"value": ids(MANY)[-1]}, {"value": ids(MANY)[0]}]}
            await client.patch(f"/Groups/{group['id']}", gone, headers={"prefer": "return=minimal"})
        return await read(self, *arguments)

    monkeypatch.setattr(EmbeddedMembers, "after", meanwhile)
    shown = [each["value"] for each in (await client("GET", f"/Groups/{group['id']}")).json["members"]]
    assert sorted(shown) == ids(MANY)[:-1]
    calls.clear()

    async def end(self: EmbeddedMembers, *arguments: Any) -> Any:
        if not calls:
            calls.append(arguments)
            await client("DELETE", f"/Groups/{group['id']}")
        return await read(self, *arguments)

    monkeypatch.setattr(EmbeddedMembers, "after", end)
    heard = await client("GET", f"/Groups/{group['id']}")
    assert (heard.status, len(heard.json["members"])) == (200, MEMBERS_AT_ONCE)
