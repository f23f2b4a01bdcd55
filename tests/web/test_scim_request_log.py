"""The request log as requests fill it: who, what, what came of it, and nothing that is secret."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from scim_world import ENTERPRISE, USER_SCHEMA, ScimWorld, check_error, scim_world

from provisor.scim.messages import BULK_REQUEST_SCHEMA, SEARCH_SCHEMA
from provisor.scim.patch import PATCH_SCHEMA
from provisor.server.operating.client_address import read_networks
from provisor.server.operating.masking import BODY_BYTES_KEPT_MAX, Masking
from provisor.server.transport.requests import JSON_DEPTH_MAX

PASSWORD = "correct-horse"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[ScimWorld]:
    async with scim_world(tmp_path) as world:
        yield world


async def test_every_request_leaves_one_row_with_its_decision(world: ScimWorld) -> None:
    """Writes say what changed, reads what was found, refusals why; in the order of time."""
    client = await world.client(name="Entra")
    ada = await client.user("ada", displayName="Ada")
    target = f"/Users/{ada['id']}"
    change = {"op": "replace", "value": {"displayName": "Ada L", "active": False}}
    for method, path, body, headers in (
        ("PATCH", target, {"schemas": [PATCH_SCHEMA], "Operations": [change]}, {}),
        ("PATCH", target, {"schemas": [PATCH_SCHEMA], "Operations": [change]}, {}),
        ("GET", target, None, {}),
        ("GET", target, None, {"if-none-match": 'W/"2"'}),
        ("GET", '/Users?filter=userName%20eq%20"ada@contoso.com"&count=1', None, {}),
        ("GET", "/Users/nobody", None, {}),
        ("POST", "/Users", {"schemas": ada["schemas"], "userName": "ADA@contoso.com"}, {}),
        ("POST", "/Users/.search", b"{", {}),
        ("TRACE", "/Groups", None, {}),
        ("DELETE", target, None, {}),
    ):
        world.clock.passed += 1
        await client(method, path, body, headers=headers)
    rows = await world.logged()
    assert [(row.method, row.path, row.status, row.scim_type) for row in rows] == [
        ("POST", "/Users", 201, None),
        ("PATCH", "/Users/{id}", 200, None),
        ("PATCH", "/Users/{id}", 200, None),
        ("GET", "/Users/{id}", 200, None),
        ("GET", "/Users/{id}", 304, None),
        ("GET", "/Users", 200, None),
        ("GET", "/Users/{id}", 404, None),
        ("POST", "/Users", 409, "uniqueness"),
        ("POST", "/Users/.search", 400, "invalidSyntax"),
        ("TRACE", "/Groups", 405, None),
        ("DELETE", "/Users/{id}", 204, None),
    ]
    details = [row.detail for row in rows]
    assert details[:6] == [
        "created",
        "updated 2 attributes: displayName, active",
        "unchanged",
        "shown",
        "not modified",
        "found 1, shown 1",
    ]
    assert "nobody" in details[6]
    assert "ADA@contoso.com" in details[7]
    assert details[10] == "deleted"
    assert [row.resource_id for row in rows[:5]] == [ada["id"]] * 5
    assert rows[5].query == 'filter=userName eq "ada@contoso.com"&count=1'
    assert rows[6].resource_id == "nobody"
    assert {(row.tenant, row.token_name) for row in rows} == {("contoso", "Entra")}
    assert len({row.id for row in rows}) == len(rows)


async def test_writes_say_what_was_before_and_after(world: ScimWorld) -> None:
    """Only the attributes that changed; all of them for somebody new or gone."""
    client = await world.client()
    ada = await client.user("ada", displayName="Ada", title="Engineer")
    await client.patch(f"/Users/{ada['id']}", {"op": "replace", "path": "displayName", "value": "Ada L"})
    await client.patch(f"/Users/{ada['id']}", {"op": "remove", "path": "title"})
    group = await client.group("Staff")
    await client.patch(f"/Groups/{group['id']}", {"op": "add", "path": "members", "value": [{"value": ada["id"]}]})
    await client("DELETE", f"/Users/{ada['id']}")
    rows = await world.logged()
    shown = [(row.before, row.after) for row in rows]
    assert shown[0] == (None, '{"userName":"ada@contoso.com","displayName":"Ada","title":"Engineer"}')
    assert shown[1] == ('{"displayName":"Ada"}', '{"displayName":"Ada L"}')
    assert shown[2] == ('{"title":"Engineer"}', "{}")
    assert rows[4].detail == "updated 1 attribute: members"
    assert ada["id"] in rows[4].body
    assert shown[5] == ('{"userName":"ada@contoso.com","displayName":"Ada L"}', None)
    assert {row.resource_id for row in rows} == {ada["id"], group["id"]}


async def test_whoever_asks_is_named_as_far_as_known(world: ScimWorld) -> None:
    """Token, user agent and address; a stranger has no tenant, and a text that is no token is not kept."""
    client = await world.client()
    await client("GET", "/Users", headers={"user-agent": "Okta SCIM Client 1.0.0" + "x" * 500})
    stranger = world.stranger()
    await stranger("GET", "/Users", headers={"authorization": f"Bearer {PASSWORD}"})
    known, unknown = await world.logged()
    assert (known.tenant, known.address, known.agent[:4], len(known.agent)) == ("contoso", "127.0.0.1", "Okta", 200)
    assert (unknown.tenant, unknown.token_id, unknown.status) == (None, None, 401)
    assert PASSWORD not in repr(unknown)
    assert await world.logged(tenant="contoso") == [known]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (None, "203.0.113.9", "127.0.0.1"),
        ("10.0.0.1", "203.0.113.9", "127.0.0.1"),
        ("127.0.0.1", None, "127.0.0.1"),
        ("127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("127.0.0.1, 10.0.0.0/8", "203.0.113.9, 10.1.2.3", "203.0.113.9"),
        ("127.0.0.0/8", "127.0.0.2", "127.0.0.2"),
    ],
)
async def test_only_a_trusted_proxy_speaks_for_others(
    tmp_path: Path, proxies: str | None, forwarded: str | None, address: str
) -> None:
    """`X-Forwarded-For` counts from a proxy that was named, and then what it added itself."""
    async with scim_world(tmp_path, proxies=read_networks(proxies)) as world:
        client = await world.client()
        await client("GET", "/Users", headers={"x-forwarded-for": forwarded} if forwarded else {})
        (row,) = await world.logged()
    assert row.address == address


@pytest.mark.parametrize(
    "body",
    [
        {"userName": "ada@contoso.com", "password": PASSWORD},
        {"userName": "ada@contoso.com", "PassWord": PASSWORD, "emails": "wrong"},
        {"userName": "ada@contoso.com", ENTERPRISE: {"password": {"value": PASSWORD}}, "emails": 1},
        b'{"userName": "ada@contoso.com", "pass\\u0077ord": "' + PASSWORD.encode() + b'"}',
        b'{"userName": "ada@contoso.com", "password": "' + PASSWORD.encode(),
        b'{"password": "' + PASSWORD.encode() + b'", "userName": "ada@contoso.com", "title": "' + b"x" * 9000 + b'"}',
    ],
)
async def test_no_secret_of_a_body_is_kept(world: ScimWorld, body: object) -> None:
    """However its name is written, whatever becomes of the request, and where the body is no JSON at all."""
    client = await world.client()
    if isinstance(body, dict):
        body = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], **body}
    await client("POST", "/Users", body)
    (row,) = await world.logged()
    assert PASSWORD not in repr(row)
    assert row.body
    assert len(row.body) <= BODY_BYTES_KEPT_MAX + 1


@pytest.mark.parametrize("levels", [JSON_DEPTH_MAX, 300, 450, 600, 5000])
async def test_a_body_that_nests_too_deeply_is_refused_and_logged_without_its_secret(
    world: ScimWorld, levels: int
) -> None:
    """Deeper than the limit, deeper than masking could follow, and deeper than JSON is read at all."""
    client = await world.client()
    nested = b'{"b":[' * levels + b"]}" * levels
    body = b'{"password":"' + PASSWORD.encode() + b'","a":' + nested + b"}"
    check_error(await client("POST", "/Users", body), 400, "invalidSyntax")
    (row,) = await world.logged()
    assert (row.status, row.scim_type) == (400, "invalidSyntax")
    assert PASSWORD not in repr(row)


async def test_a_request_that_cannot_be_logged_is_answered_all_the_same(
    world: ScimWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault in the log neither turns an answer into another nor ends it without SCIM's form."""
    client = await world.client()

    def fail(masking: Masking, data: bytes) -> None:
        raise RuntimeError

    monkeypatch.setattr(Masking, "body", fail)
    check_error(await client("POST", "/Users", b"{"), 400, "invalidSyntax")


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "password", "value": PASSWORD},
        {"op": "add", "value": {"password": PASSWORD, "title": "Engineer"}},
        {"op": "replace", "path": "urn:ietf:params:scim:schemas:core:2.0:User:password", "value": PASSWORD},
        {"op": "replace", "PATH": "Password", "VALUE": PASSWORD},
        {"op": "remove", "path": f'emails[password eq "{PASSWORD}"]'},
        {"op": "replace", "path": "password", "value": {"x": PASSWORD}},
        {"op": "replace", "path": f"password {PASSWORD}"},
    ],
)
async def test_no_secret_of_a_patch_is_kept(world: ScimWorld, operation: dict[str, object]) -> None:
    """The operation says by its path what its value is; its path may hold a secret itself."""
    client = await world.client()
    ada = await client.user("ada")
    await client.patch(f"/Users/{ada['id']}", operation)
    rows = await world.logged()
    assert len(rows) == 2
    assert PASSWORD not in repr(rows)


async def test_no_secret_of_a_query_is_kept(world: ScimWorld) -> None:
    """Filters on passwords are refused, and their literals forgotten; a token in the URL is no use to a reader."""
    client = await world.client()
    await client("GET", f"/Users?filter=%70assword%20eq%20%22{PASSWORD}%22&count=5")
    await client("GET", f"/Users?access_token={PASSWORD}")
    search = {"schemas": [SEARCH_SCHEMA], "filter": f'password xx "{PASSWORD}"'}
    await client("POST", "/Users/.search", search)
    await client("GET", '/Users?filter=userName%20eq%20"secretary@contoso.com"')
    rows = await world.logged()
    assert [row.query for row in rows] == [
        "filter=***&count=5",
        "access_token=***",
        "",
        'filter=userName eq "secretary@contoso.com"',
    ]
    assert PASSWORD not in repr(rows)


async def test_a_log_without_values_keeps_names_only(tmp_path: Path) -> None:
    """Where the operator wants no personal data in the log, it says which attributes, and not what they hold."""
    async with scim_world(tmp_path, shows_values=False) as world:
        client = await world.client()
        ada = await client.user("ada", displayName="Ada", emails=[{"type": "work", "value": "ada@contoso.com"}])
        await client.patch(f"/Users/{ada['id']}", {"op": "replace", "path": "displayName", "value": "Ada L"})
        await client("GET", '/Users?filter=userName%20eq%20"ada@contoso.com"')
        await client("POST", "/Users", {"schemas": ada["schemas"], "userName": "ADA@contoso.com"})
        rows = await world.logged()
    assert "contoso.com" not in repr(rows)
    assert "Ada" not in repr(rows)
    assert '"displayName"' in str(rows[0].body)
    assert '"path":"displayName"' in str(rows[1].body)


async def test_each_operation_of_a_bulk_request_is_logged_beside_the_request(world: ScimWorld) -> None:
    """With the number of the operation; refused ones too."""
    client = await world.client()
    operations = [
        {"method": "POST", "path": "/Users", "bulkId": "a", "data": {"schemas": [USER_SCHEMA], "userName": "ada"}},
        {"method": "POST", "path": "/Users", "bulkId": "b", "data": {"schemas": [USER_SCHEMA], "userName": "ADA"}},
        {"method": "DELETE", "path": "/Users/nobody"},
    ]
    await client("POST", "/Bulk", {"schemas": [BULK_REQUEST_SCHEMA], "Operations": operations})
    rows = {row.id.partition(":")[2]: row for row in await world.logged()}
    assert {number: (row.method, row.path, row.status) for number, row in rows.items()} == {
        "": ("POST", "/Bulk", 200),
        "0": ("POST", "/Users", 201),
        "1": ("POST", "/Users", 409),
        "2": ("DELETE", "/Users/{id}", 404),
    }
    assert {row.id.partition(":")[0] for row in rows.values()} == {rows[""].id}
    assert {row.tenant for row in rows.values()} == {"contoso"}


async def test_what_no_database_can_keep_does_not_break_a_request(world: ScimWorld) -> None:
    """NUL, halves of characters and bytes that are no text come in as something that can be stored."""
    client = await world.client()
    for target in ("/Users/%00", "/%00%ff", "/Users?filter=%00%ff", "/Users/%ed%a0%80"):
        await client("GET", target, headers={"user-agent": "a\xff\x00"})
    await client("POST", "/Users", b'{"userName": "\x00\xff')
    rows = await world.logged()
    assert len(rows) == 5
    assert "\0" not in "".join(str(value) for row in rows for value in row)


def test_a_masked_list_ends_where_nobody_reads_on() -> None:
    """Thousands of members with a secret among them become some, and a number."""
    text = Masking([]).value({"members": [{"token": "x", "value": str(number)} for number in range(5_000)]})
    assert "4950 more" in text
