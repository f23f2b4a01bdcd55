"""Each limit of the endpoint: the most that is allowed, and the right SCIM error for one more."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from scim_world import USER_SCHEMA, ScimClient, ScimWorld, check_error, scim_world

from provisor.scim.checking.projection import PROJECTED_NAMES_MAX
from provisor.scim.filter import FILTER_CHARACTERS_MAX, FILTER_DEPTH_MAX, FILTER_TERMS_MAX
from provisor.scim.messages import BULK_REQUEST_SCHEMA, PAGE_SIZE_MAX, SEARCH_SCHEMA
from provisor.scim.patching.operation import PATCH_OPERATIONS_MAX, PATCH_VALUES_MAX
from provisor.server.bulk import BULK_OPERATIONS_MAX
from provisor.server.cursors import CURSOR_CHARACTERS_MAX
from provisor.server.transport import requests
from provisor.server.transport.authentication import TOKEN_LENGTH_MAX
from provisor.server.transport.requests import HEADER_BYTES_MAX, QUERY_BYTES_MAX, QUERY_PARAMETERS_MAX


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[ScimWorld]:
    async with scim_world(tmp_path) as world:
        yield world


@pytest.fixture
async def client(world: ScimWorld) -> ScimClient:
    return await world.client()


def search(**members: Any) -> dict[str, Any]:
    """A search request."""
    return {"schemas": [SEARCH_SCHEMA], **members}


@pytest.mark.parametrize(
    ("allowed", "beyond"),
    [
        (
            " or ".join(["title eq 'x'".replace("'", '"')] * FILTER_TERMS_MAX),
            " or ".join(["id pr"] * (FILTER_TERMS_MAX + 1)),
        ),
        (" or ".join([f'userName eq "u{n}"' for n in range(FILTER_TERMS_MAX)]), ""),
        ("(" * (FILTER_DEPTH_MAX - 1) + "id pr" + ")" * (FILTER_DEPTH_MAX - 1), "(" * 40 + "id pr" + ")" * 40),
        (
            'userName eq "' + "x" * (FILTER_CHARACTERS_MAX - 14) + '"',
            'userName eq "' + "x" * FILTER_CHARACTERS_MAX + '"',
        ),
    ],
    ids=["terms", "terms in columns", "depth", "characters"],
)
async def test_filters_are_limited(client: ScimClient, allowed: str, beyond: str) -> None:
    """400 invalidFilter; the largest filter that is allowed is answered."""
    await client.user("ada")
    assert (await client("POST", "/Users/.search", search(filter=allowed))).status == 200
    if beyond:
        check_error(await client("POST", "/Users/.search", search(filter=beyond)), 400, "invalidFilter")


async def test_nested_filters_with_many_terms_are_answered(client: ScimClient) -> None:
    """Depth and number at once: databases bound how deep an expression is."""
    ada = await client.user("ada", displayName="Ada")
    text = 'displayName eq "Ada"'
    for level in range(FILTER_DEPTH_MAX - 2):
        joint = ("or", "and")[level % 2]
        terms = f" {joint} ".join(["userName pr", *[f'displayName ne "x{level}"'] * 29])
        text = f"({text}) {joint} {terms}"
    heard = await client("POST", "/Users/.search", search(filter=text))
    assert (heard.status, [each["id"] for each in heard.json["Resources"]]) == (200, [ada["id"]])


async def test_queries_are_limited(client: ScimClient) -> None:
    """Bytes, parameters, names of attributes, cursors, and the size of a page by cursor."""
    long = "x" * QUERY_BYTES_MAX
    names = ",".join(f"a{number}" for number in range(PROJECTED_NAMES_MAX + 1))
    check_error(await client("GET", f"/Users?filter={long}"), 414)
    parameters = [f"p{number}=1" for number in range(QUERY_PARAMETERS_MAX + 1)]
    check_error(await client("GET", "/Users?" + "&".join(parameters)), 400, "invalidValue")
    assert (await client("GET", "/Users?" + "&".join(parameters[1:]))).status == 200
    for target in ("/Users/.search", "/.search"):
        for name in ("attributes", "excludedAttributes"):
            check_error(await client("POST", target, search(**{name: names.split(",")})), 400, "invalidValue")
    check_error(await client("GET", f"/Users?attributes={names}"), 400, "invalidValue")
    check_error(await client("GET", f"/Users?cursor={'x' * (CURSOR_CHARACTERS_MAX + 1)}"), 400, "invalidCursor")
    check_error(await client("GET", f"/Users?cursor=&count={PAGE_SIZE_MAX + 1}"), 400, "invalidCount")


async def test_patches_are_limited(client: ScimClient) -> None:
    """Operations, and values of one operation; nothing of such a request is done."""
    ada, staff = await client.user("ada"), await client.group("Staff")
    operation = {"op": "replace", "path": "title", "value": "x"}
    assert (await client.patch(f"/Users/{ada['id']}", *[operation] * PATCH_OPERATIONS_MAX)).status == 200
    too_many = [{**operation, "value": "y"}] * (PATCH_OPERATIONS_MAX + 1)
    check_error(await client.patch(f"/Users/{ada['id']}", *too_many), 400, "invalidSyntax")
    assert (await client("GET", f"/Users/{ada['id']}")).json["title"] == "x"
    values = {"op": "add", "path": "members", "value": [{"value": "x"}] * (PATCH_VALUES_MAX + 1)}
    check_error(await client.patch(f"/Groups/{staff['id']}", values), 400, "invalidSyntax")


async def test_bulk_requests_are_limited(client: ScimClient) -> None:
    """413 that names the limit (RFC 7644 §3.7.4), and none of it is done."""
    operation = {"method": "POST", "path": "/Users", "data": {"schemas": [USER_SCHEMA], "userName": "x"}}
    operations = [{**operation, "bulkId": str(number)} for number in range(BULK_OPERATIONS_MAX + 1)]
    heard = await client("POST", "/Bulk", {"schemas": [BULK_REQUEST_SCHEMA], "Operations": operations})
    check_error(heard, 413)
    assert str(BULK_OPERATIONS_MAX) in heard.json["detail"]
    assert await client.found("/Users") == []


async def test_headers_are_limited(client: ScimClient) -> None:
    """All of them together, and the token."""
    check_error(await client("GET", "/Users", headers={"x-long": "x" * HEADER_BYTES_MAX}), 431)
    assert (await client("GET", "/Users", headers={"x-long": "x" * (HEADER_BYTES_MAX // 2)})).status == 200
    check_error(await client("GET", "/Users", headers={"authorization": "Bearer " + "x" * (TOKEN_LENGTH_MAX + 1)}), 401)


async def test_a_body_has_to_come_in_time(
    world: ScimWorld, client: ScimClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that sends a part and then nothing is answered, and holds up nobody for ever."""
    monkeypatch.setattr(requests, "BODY_SECONDS_MAX", 0.05)
    parts = [{"type": "http.request", "body": b'{"userName":', "more_body": True}]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if parts:
            return parts.pop()
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    headers = [(b"host", b"x"), (b"authorization", client.headers["authorization"].encode())]
    scope = {"type": "http", "method": "POST", "path": "/Users", "headers": headers, "query_string": b""}
    await world.app(scope, receive, send)
    assert sent[0]["status"] == 408
    assert (b"content-type", b"application/scim+json") in sent[0]["headers"]


async def test_a_length_that_no_number_holds_is_too_large(client: ScimClient) -> None:
    """Thousands of digits are no fault of ours."""
    check_error(await client("POST", "/Users", b"{}", headers={"content-length": "9" * 5_000}), 413)
