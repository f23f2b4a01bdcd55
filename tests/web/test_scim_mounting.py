"""SCIM within a web site: its place, other versions of the protocol, and paths beside it (RFC 7644 §3.13)."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from asgi import AsgiClient
from scim_world import LIST, ScimWorld, check_error, scim_world
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from provisor.server.mounting import ScimRoute, scim_site


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[ScimWorld]:
    async with scim_world(tmp_path) as world:
        yield world


@pytest.fixture
async def client(world: ScimWorld) -> AsgiClient:
    """A client of a site that has nothing but SCIM."""
    return AsgiClient(scim_site(world.app), headers=(await world.client()).headers)


@pytest.mark.parametrize("target", ["/scim/v2", "/scim/v2/", "//scim//v2//", "/scim/v2/Users", "//scim//v2//Users//"])
async def test_slashes_do_not_matter(client: AsgiClient, target: str) -> None:
    """With and without a slash at the end, single and doubled: answered at once, never redirected."""
    heard = await client("GET", target)
    assert (heard.status, heard.json["schemas"]) == (200, [LIST])


async def test_urls_in_answers_lead_back(client: AsgiClient) -> None:
    """The location of what was made is below the endpoint, however the request wrote its slashes."""
    made = await client("POST", "//scim//v2/Users", {"userName": "ada@contoso.com"})
    assert made.headers["location"] == f"https://scim.example/scim/v2/Users/{made.json['id']}"
    assert (await client("GET", f"/scim/v2/Users/{made.json['id']}")).json == made.json


@pytest.mark.parametrize("target", ["/scim/v1/Users", "/scim/V1", "/scim/v2.1/Users", "/v1/Users", "/scim/v3"])
async def test_other_versions_are_refused_by_name(client: AsgiClient, target: str) -> None:
    """400 invalidVers, which says where the version is that is spoken."""
    heard = await client("GET", target)
    check_error(heard, 400, "invalidVers")
    assert "/scim/v2" in heard.json["detail"]


@pytest.mark.parametrize("target", ["/", "/Users", "/scim", "/scim/Users", "/v2/Users", "/index.html"])
async def test_paths_beside_scim_are_not_found(client: AsgiClient, target: str) -> None:
    """404 in SCIM's form with the way to the endpoint, by any method."""
    for method in ("GET", "POST", "DELETE", "OPTIONS"):
        heard = await client(method, target, {} if method == "POST" else None)
        check_error(heard, 404)
        assert "/scim/v2" in heard.json["detail"]
    assert (await client("HEAD", target)).body == b""


async def test_other_routes_of_a_site_stay_its_own(world: ScimWorld) -> None:
    """Only what is below /scim is SCIM's."""

    async def page(_request: object) -> PlainTextResponse:
        return PlainTextResponse("a page")

    site = AsgiClient(Starlette(routes=[ScimRoute(world.app), Route("/", page)]))
    assert (await site("GET", "/")).body == b"a page"
    check_error(await site("GET", "/scim/v2/Users"), 401)
    check_error(await site("GET", "/scim/v1"), 400, "invalidVers")
    assert (await site("GET", "/scimitar")).body == b"Not Found"


async def test_a_header_in_several_lines_is_one_list(world: ScimWorld) -> None:
    """Versions of If-None-Match may stand in lines of their own (RFC 9110 §5.2)."""
    client = await world.client()
    ada = await client.user()
    headers = {"if-none-match": 'W/"other"', "If-None-Match": ada["meta"]["version"]}
    assert (await client("GET", f"/Users/{ada['id']}", headers=headers)).status == 304
