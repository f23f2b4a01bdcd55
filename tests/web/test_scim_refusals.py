"""Bad input over HTTP: the right SCIM error for each, and nothing changed (RFC 7644 §3.12, RFC 6750)."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from scim_world import USER_SCHEMA, ScimClient, ScimWorld, check_error, scim_world

from provisor.cli.log_lines import configure_log
from provisor.scim.patch import PATCH_SCHEMA
from provisor.server.transport import requests
from provisor.server.transport.requests import BODY_BYTES_MAX, JSON_DEPTH_MAX
from provisor.store.resources import EmbeddedBackend


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[ScimWorld]:
    async with scim_world(tmp_path) as world:
        yield world


@pytest.fixture
async def client(world: ScimWorld) -> ScimClient:
    return await world.client()


@pytest.mark.parametrize(
    "authorization", [None, "non-token", "Bearer", "Bearer ", "Bearer wrong", "Basic YTpi", "Bearer " + "x" * 5000]
)
async def test_without_a_valid_token_nobody_gets_in(world: ScimWorld, authorization: str | None) -> None:
    """401 with a challenge, on every path, also on those that do not exist."""
    stranger = world.stranger()
    headers = {} if authorization is None else {"authorization": authorization}
    for method, target in (("GET", "/Users"), ("POST", "/Users"), ("GET", "/Schemas"), ("GET", "/nothing")):
        heard = await stranger(method, target, headers=headers)
        check_error(heard, 401)
        assert heard.headers["www-authenticate"].startswith("Bearer ")


async def test_the_scheme_is_read_in_any_case(world: ScimWorld, client: ScimClient) -> None:
    """`bearer` is Bearer."""
    token = client.headers["authorization"].removeprefix("Bearer ")
    assert (await world.stranger()("GET", "/Users", headers={"authorization": f"bearer  {token}"})).status == 200


async def test_ended_tokens_get_nobody_in(world: ScimWorld, client: ScimClient) -> None:
    """Revoked: at once. Expired: at its time."""
    soon = await world.client(expires_at=world.clock.now() + timedelta(seconds=10))
    assert (await soon("GET", "/Users")).status == 200
    world.clock.passed += 10
    check_error(await soon("GET", "/Users"), 401)
    assert (await client("GET", "/Users")).status == 200
    for grant in await world.tokens.list():
        await world.tokens.revoke(grant.id)
    check_error(await client("GET", "/Users"), 401)


async def test_tokens_of_other_roles_do_not_speak_scim(world: ScimWorld) -> None:
    """403: known, but for something else."""
    for role in ("global-administrator", "reports-reader"):
        check_error(await (await world.client(role=role))("GET", "/Users"), 403)


async def test_tenants_do_not_see_each_other(world: ScimWorld, client: ScimClient) -> None:
    """Not by id, list, filter, search, group membership or write."""
    ada = await client.user(externalId="A")
    desk = await client.group("Desk", ada["id"])
    other = await world.client(tenant="fabrikam")
    for target in (f"/Users/{ada['id']}", f"/Groups/{desk['id']}"):
        check_error(await other("GET", target), 404)
        check_error(await other("DELETE", target), 404)
        check_error(await other.patch(target, {"op": "replace", "path": "displayName", "value": "x"}), 404)
        check_error(await other("PUT", target, {"userName": "x", "displayName": "x"}), 404)
    for target in (
        "/Users",
        "/Users?filter=id%20pr%20or%20userName%20pr",
        "/Groups?filter=members%20pr%20or%20id%20pr",
        "/",
    ):
        assert await other.found(target) == []
    spy = await other.group("Desk", ada["id"])
    assert "display" not in spy["members"][0]
    assert len((await client("GET", f"/Users/{ada['id']}")).json["groups"]) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"{",
        b'{"userName": "ada"} trailing',
        b"\xff\xfe",
        b'{"userName": "\\ud800"}',
        b'{"userName": NaN}',
        b"[" * 100_000,
        b'{"a":' * 200 + b"1" + b"}" * 200,
        b"[]",
        b'"text"',
        b"null",
        b"12",
    ],
)
async def test_bodies_that_are_no_json_object(client: ScimClient, body: bytes) -> None:
    """400 invalidSyntax, whatever is wrong with it."""
    heard = await client("POST", "/Users", body, headers={"content-type": "application/json"})
    check_error(heard, 400, "invalidSyntax")
    assert await client.found("/Users") == []


async def test_a_byte_order_mark_is_read_over(client: ScimClient) -> None:
    """Some clients write one."""
    assert (await client("POST", "/Users", b'\xef\xbb\xbf{"userName": "a"}')).status == 201


async def test_depth_is_limited_exactly(client: ScimClient) -> None:
    """The deepest body that is allowed, and one level more."""

    def nested(levels: int) -> bytes:
        return b'{"userName":"a","x":' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"

    check_error(await client("POST", "/Users", nested(JSON_DEPTH_MAX + 1)), 400, "invalidSyntax")
    assert (await client("POST", "/Users", nested(JSON_DEPTH_MAX))).status == 201


async def test_bodies_are_limited_in_size(client: ScimClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """413, by the announced length and by what really comes, in one piece or many."""
    announced = {"content-length": str(BODY_BYTES_MAX + 1)}
    check_error(await client("POST", "/Users", b"{}", headers=announced), 413)
    monkeypatch.setattr(requests, "BODY_BYTES_MAX", 100)
    body = {"userName": "a", "title": "x" * 100}
    check_error(await client("POST", "/Users", body), 413)
    check_error(await client("POST", "/Users", body, chunks=7), 413)
    assert (await client("POST", "/Users", {"userName": "a", "title": "x"}, chunks=5)).status == 201


async def test_other_content_types_are_refused(client: ScimClient) -> None:
    """415 for what is not JSON in UTF-8; parameters and case do not matter."""
    for kind in ("text/plain", "application/xml", "application/json; charset=utf-16", "multipart/form-data"):
        check_error(await client("POST", "/Users", b'{"userName":"a"}', headers={"content-type": kind}), 415)
    for at, kind in enumerate(
        ("application/json; charset=UTF-8", "Application/SCIM+JSON;charset=utf-8", "text/json", "")
    ):
        heard = await client("POST", "/Users", {"userName": f"a{at}"}, headers={"content-type": kind})
        assert heard.status == 201, kind


async def test_compressed_bodies_are_refused(client: ScimClient) -> None:
    """415 by name, and not a complaint about JSON; `identity` says that there is nothing to unpack."""
    for coding in ("gzip", "Deflate", "identity, br"):
        heard = await client("POST", "/Users", {"userName": "a"}, headers={"content-encoding": coding})
        check_error(heard, 415)
        assert "Content-Encoding" in heard.json["detail"]
    assert (await client("POST", "/Users", {"userName": "a"}, headers={"content-encoding": "Identity"})).status == 201


@pytest.mark.parametrize(
    ("body", "scim_type"),
    [
        ({"schemas": [USER_SCHEMA]}, "invalidValue"),
        ({"userName": ""}, "invalidValue"),
        ({"userName": {"value": "a"}}, "invalidValue"),
        ({"userName": "a", "emails": "x"}, None),
        ({"userName": "a", "active": "maybe"}, "invalidValue"),
        ({"userName": "a\u0000b"}, "invalidValue"),
        (
            {"userName": "a", "emails": [{"value": "a", "primary": True}, {"value": "b", "primary": True}]},
            "invalidValue",
        ),
    ],
)
async def test_values_that_do_not_fit(client: ScimClient, body: dict[str, Any], scim_type: str | None) -> None:
    """400 invalidValue for what the schema does not allow; what is merely clumsy is understood."""
    heard = await client("POST", "/Users", body)
    if scim_type is None:
        assert heard.status == 201
    else:
        check_error(heard, 400, scim_type)


async def test_duplicates_conflict(client: ScimClient) -> None:
    """409 uniqueness on POST, PUT and PATCH, in any case; the sentence tells nothing of the other."""
    await client.user("ada", title="Secret")
    boris = await client.user("boris")
    target = f"/Users/{boris['id']}"
    for heard in (
        await client("POST", "/Users", {"userName": "ADA@contoso.com"}),
        await client("PUT", target, {"userName": "ADA@contoso.com"}),
        await client.patch(target, {"op": "replace", "path": "userName", "value": "ADA@contoso.com"}),
    ):
        check_error(heard, 409, "uniqueness")
        assert "Secret" not in heard.body.decode()
    await client.group("Desk")
    check_error(await client("POST", "/Groups", {"displayName": "DESK"}), 409, "uniqueness")


@pytest.mark.parametrize(
    ("text", "scim_type"),
    [
        ("userName", "invalidFilter"),
        ('userName xx "a"', "invalidFilter"),
        ('userName eq "a', "invalidFilter"),
        ('userName eq "a" and', "invalidFilter"),
        ('(userName eq "a"', "invalidFilter"),
        ('emails[type eq "work"', "invalidFilter"),
        ("active gt true", "invalidFilter"),
        ('meta.created co "2026"', "invalidFilter"),
        ('password eq "x"', "invalidFilter"),
        ('not userName eq "a"', "invalidFilter"),
        ("(" * 200 + "id pr" + ")" * 200, "invalidFilter"),
        (" or ".join(["id pr"] * 1200), "invalidFilter"),
        ("'a' eq userName", "invalidFilter"),
    ],
)
async def test_filters_that_cannot_be(client: ScimClient, text: str, scim_type: str) -> None:
    """400 invalidFilter in URLs and search requests alike."""
    request = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": text}
    check_error(await client("POST", "/Users/.search", request), 400, scim_type)
    if len(text) < 100:
        quoted = text.replace(" ", "%20").replace('"', "%22")
        check_error(await client("GET", f"/Users?filter={quoted}"), 400, scim_type)


async def test_queries_are_limited(client: ScimClient) -> None:
    """Too long, or too many parameters."""
    check_error(await client("GET", "/Users?filter=" + "x" * 20_000), 414)
    check_error(await client("GET", "/Users?" + "&".join(f"p{n}=1" for n in range(100))), 400, "invalidValue")


@pytest.mark.parametrize(
    ("operation", "scim_type"),
    [
        ({"op": "increase", "path": "title", "value": "x"}, "invalidSyntax"),
        ({"path": "title", "value": "x"}, "invalidSyntax"),
        ({"op": "replace", "path": "nonsense", "value": "x"}, "invalidPath"),
        ({"op": "replace", "path": "emails[", "value": "x"}, "invalidPath"),
        ({"op": "replace", "path": "title.x.y", "value": "x"}, "invalidPath"),
        ({"op": "replace", "path": 7, "value": "x"}, "invalidPath"),
        ({"op": "remove"}, "noTarget"),
        ({"op": "replace", "path": "id", "value": "x"}, "mutability"),
        ({"op": "replace", "path": "meta.created", "value": "x"}, "mutability"),
        ({"op": "add", "path": "groups", "value": [{"value": "x"}]}, "mutability"),
        ({"op": "remove", "path": "userName"}, "mutability"),
        ({"op": "replace", "path": "active", "value": "perhaps"}, "invalidValue"),
        ({"op": "replace", "value": "text"}, "invalidValue"),
    ],
)
async def test_patches_that_cannot_be(client: ScimClient, operation: dict[str, Any], scim_type: str) -> None:
    """400 with the scimType that says why; the operation before it is not applied either."""
    ada = await client.user()
    target = f"/Users/{ada['id']}"
    check_error(await client.patch(target, {"op": "add", "path": "title", "value": "E"}, operation), 400, scim_type)
    assert (await client("GET", target)).json == ada


@pytest.mark.parametrize(
    "body", [{}, {"Operations": []}, {"schemas": [PATCH_SCHEMA]}, {"schemas": [PATCH_SCHEMA], "Operations": {}}, []]
)
async def test_patch_bodies_without_their_shape(client: ScimClient, body: Any) -> None:
    """400 invalidSyntax."""
    ada = await client.user()
    check_error(await client("PATCH", f"/Users/{ada['id']}", body), 400, "invalidSyntax")


async def test_a_fault_of_ours_is_answered_in_scim_without_its_details(
    world: ScimWorld, client: ScimClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """500 with an identifier that the log has too."""

    async def explode(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(type(world.tokens), "find", explode)
    heard = await client("GET", "/Users")
    check_error(heard, 500)
    assert "secret" not in heard.body.decode()


async def test_the_log_of_a_fault_names_places_and_no_values(
    world: ScimWorld, client: ScimClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A traceback with the values of variables would hold the token and the person."""

    async def fail(*_arguments: Any, **_options: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(EmbeddedBackend, "create", fail)
    configure_log()
    try:
        heard = await client("POST", "/Users", {"schemas": [USER_SCHEMA], "userName": "ada@contoso.com"})
    finally:
        structlog.reset_defaults()
    check_error(heard, 500)
    told = capsys.readouterr().err
    assert "RuntimeError: broken" in told
    assert heard.json["detail"].split()[-1].strip(".") in told
    assert "ada@contoso.com" not in told
    assert client.headers["authorization"].split()[1] not in told
