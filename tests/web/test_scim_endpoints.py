"""Every SCIM endpoint and verb with its status, headers and body (RFC 7644 §3, §4)."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from scim_world import ENTERPRISE, LIST, USER_SCHEMA, ScimClient, ScimWorld, check_error, scim_world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[ScimWorld]:
    async with scim_world(tmp_path) as world:
        yield world


@pytest.fixture
async def client(world: ScimWorld) -> ScimClient:
    return await world.client()


async def test_a_create_answers_with_the_resource_and_where_it_is(client: ScimClient) -> None:
    """201, Location equal to meta.location, ETag equal to meta.version, the SCIM media type."""
    heard = await client("POST", "/Users", {"schemas": [USER_SCHEMA], "userName": "ada@contoso.com"})
    assert heard.status == 201
    body = heard.json
    assert heard.headers["location"] == heard.headers["content-location"] == body["meta"]["location"]
    assert heard.headers["location"] == f"https://scim.example/scim/v2/Users/{body['id']}"
    assert heard.headers["etag"] == body["meta"]["version"]
    assert heard.headers["content-type"] == "application/scim+json"
    assert body["meta"]["resourceType"] == "User"
    assert body["schemas"] == [USER_SCHEMA]


async def test_a_user_lives_and_dies(client: ScimClient) -> None:
    """GET, PUT, PATCH and DELETE of one resource; afterwards 404 by every verb."""
    ada = await client.user(title="Engineer")
    target = f"/Users/{ada['id']}"
    read = await client("GET", target)
    assert (read.status, read.json) == (200, ada)
    put = await client("PUT", target, {"schemas": [USER_SCHEMA], "userName": "ada@contoso.com", "active": True})
    assert put.status == 200
    assert "title" not in put.json
    assert put.headers["location"] == ada["meta"]["location"]
    patched = await client.patch(target, {"op": "replace", "path": "active", "value": False})
    assert (patched.status, patched.json["active"]) == (200, False)
    assert patched.headers["etag"] == patched.json["meta"]["version"] != ada["meta"]["version"]
    deleted = await client("DELETE", target)
    assert (deleted.status, deleted.body) == (204, b"")
    check_error(await client("GET", target), 404)
    check_error(await client("PUT", target, {"schemas": [USER_SCHEMA], "userName": "x"}), 404)
    check_error(await client.patch(target, {"op": "remove", "path": "title"}), 404)
    check_error(await client("DELETE", target), 404)


async def test_head_is_get_without_its_body(client: ScimClient) -> None:
    """The same status and headers, on a resource, a list and a discovery document."""
    ada = await client.user()
    for target in (f"/Users/{ada['id']}", "/Users", "/Schemas", "/Users/nobody"):
        get, head = await client("GET", target), await client("HEAD", target)
        assert (head.status, head.headers, head.body) == (get.status, get.headers, b"")


async def test_paths_are_read_kindly(client: ScimClient) -> None:
    """Trailing and doubled slashes lead to the same place; ids and endpoints are exact."""
    ada = await client.user()
    for target in ("/Users/", "//Users", f"/Users/{ada['id']}/", f"//Users//{ada['id']}"):
        assert (await client("GET", target)).status == 200, target
    for target in (
        f"/Users/{ada['id'].upper()}",
        "/users",
        "/Nothing",
        "/Users/a/b",
        "/v1/Users",
        "/Users/0",
        "/Users/%00",
        "/Users/%2F",
        "/Users%2F",
    ):
        check_error(await client("GET", target), 404)


async def test_methods_that_are_not_there_are_named(client: ScimClient) -> None:
    """405 with Allow, also on discovery (protocol spec §16, 16)."""
    for method, target, allowed in (
        ("POST", "/ServiceProviderConfig", "GET"),
        ("PUT", "/Schemas", "GET"),
        ("DELETE", f"/Schemas/{USER_SCHEMA}", "GET"),
        ("PATCH", "/ResourceTypes/User", "GET"),
        ("DELETE", "/Users", "POST"),
        ("PUT", "/Users", "POST"),
        ("POST", "/Users/abc", "PATCH"),
        ("GET", "/.search", "POST"),
        ("GET", "/Users/.search", "POST"),
        ("POST", "/", "GET"),
    ):
        heard = await client(method, target, {} if method == "POST" else None)
        check_error(heard, 405)
        assert allowed in heard.headers["allow"].split(", ")


async def test_options_tell_the_methods_that_there_are(client: ScimClient) -> None:
    """204 with Allow on every endpoint, without doing anything; 404 where there is none (RFC 9110 §9.3.7)."""
    for target, allowed in (
        ("/Users", "GET, HEAD, POST, OPTIONS"),
        ("/Users/abc", "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"),
        ("/Schemas", "GET, HEAD, OPTIONS"),
        ("/Bulk", "POST, OPTIONS"),
        ("/Groups/.search", "POST, OPTIONS"),
        ("/", "GET, HEAD, OPTIONS"),
    ):
        heard = await client("OPTIONS", target)
        assert (heard.status, heard.headers["allow"], heard.body) == (204, allowed, b""), target
    check_error(await client("OPTIONS", "/nothing"), 404)


async def test_me_is_not_for_provisioning_tokens(client: ScimClient) -> None:
    """501 by every verb, with the reason; nothing lies below it."""
    for method in ("GET", "PATCH", "POST", "OPTIONS"):
        heard = await client(method, "/Me")
        check_error(heard, 501)
        assert "speaks for an application" in heard.json["detail"]
    check_error(await client("GET", "/Me/groups"), 404)


async def test_me_is_the_user_that_a_token_speaks_for(world: ScimWorld, client: ScimClient) -> None:
    """The same by every verb, with the user's own URL; 404 once the user is gone; nobody registers (RFC 7644 §3.11)."""
    ada = await client.user(title="E", active=True)
    me = await world.client(me=ada["id"])
    read = await me("GET", "/Me")
    assert (read.status, read.json) == (200, ada)
    assert read.headers["location"] == read.headers["content-location"] == ada["meta"]["location"]
    assert set((await me("GET", "/Me?attributes=title")).json) == {"schemas", "id", "title"}
    version = {"if-none-match": ada["meta"]["version"]}
    assert (await me("GET", "/Me", headers=version)).status == 304
    patched = await me.patch("/Me", {"op": "replace", "path": "title", "value": "F"})
    assert (patched.status, patched.json["meta"]["location"]) == (200, ada["meta"]["location"])
    check_error(await me.patch("/Me", {"op": "remove", "path": "title"}, headers={"if-match": 'W/"1"'}), 412)
    assert (await me("PUT", "/Me", {"userName": "ada@contoso.com"})).status == 200
    assert "title" not in (await client("GET", f"/Users/{ada['id']}")).json
    check_error(await me("POST", "/Me", {"userName": "x"}), 501)
    assert (await me("OPTIONS", "/Me")).headers["allow"] == "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"
    assert (await me("HEAD", "/Me")).status == 200
    assert (await me("DELETE", "/Me")).status == 204
    check_error(await me("GET", "/Me"), 404)


async def test_lists_are_list_responses(client: ScimClient) -> None:
    """Integers, an empty `Resources` where there are none, 200 where nothing is found."""
    heard = await client("GET", "/Users")
    assert heard.json == {"schemas": [LIST], "totalResults": 0, "startIndex": 1, "itemsPerPage": 0, "Resources": []}
    await client.user()
    none = await client("GET", "/Users?filter=userName%20eq%20%22nobody%22")
    assert (none.status, none.json["totalResults"], none.json["Resources"]) == (200, 0, [])
    some = await client("GET", "/Users?filter=userName+eq+%22ADA@contoso.com%22")
    assert some.json["totalResults"] == 1


async def test_pages_by_index_are_echoed(client: ScimClient) -> None:
    """StartIndex is the effective one, itemsPerPage what is there, count 0 and negative give totals only."""
    for number in range(5):
        await client.user(f"u{number}")
    for query, start, items in (
        ("startIndex=2&count=2", 2, 2),
        ("startIndex=5&count=3", 5, 1),
        ("startIndex=9", 9, 0),
        ("startindex=0&COUNT=2", 1, 2),
        ("startIndex=-4&count=1", 1, 1),
        ("count=0", 1, 0),
        ("count=-3", 1, 0),
        ("count=100000", 1, 5),
        ("unknown=1&also=", 1, 5),
    ):
        body = (await client("GET", f"/Users?{query}")).json
        assert (body["totalResults"], body["startIndex"], body["itemsPerPage"]) == (5, start, items), query
        assert len(body["Resources"]) == items
    for query in ("startIndex=one", "count=x", "count=1.5"):
        check_error(await client("GET", f"/Users?{query}"), 400, "invalidValue")


async def test_search_requests_are_lists_without_urls(client: ScimClient) -> None:
    """POST to /.search of a type and of everything."""
    ada = await client.user(nickName="A")
    await client.group("Desk", ada["id"])
    request = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        "filter": 'userName eq "ADA@contoso.com" or displayName eq "desk"',
        "attributes": ["userName", "displayName"],
        "startIndex": 1,
        "count": 10,
    }
    users = await client("POST", "/Users/.search", request)
    assert [each["userName"] for each in users.json["Resources"]] == ["ada@contoso.com"]
    assert set(users.json["Resources"][0]) == {"schemas", "id", "userName"}
    everything = await client("POST", "/.search", request)
    assert everything.json["totalResults"] == 2
    assert {each.get("displayName") for each in everything.json["Resources"]} == {None, "Desk"}
    root = await client("GET", "/?count=1&startIndex=2")
    assert (root.json["totalResults"], root.json["Resources"][0]["displayName"]) == (2, "Desk")
    only = await client("GET", "/?filter=meta.resourceType%20eq%20%22Group%22")
    assert only.json["totalResults"] == 1
    check_error(await client("POST", "/.search", {"filter": "userName pr"}), 400, "invalidSyntax")


async def test_sorting(client: ScimClient) -> None:
    """By any attribute, both ways; an unknown one is refused."""
    for name, title in (("c", "x"), ("a", "z"), ("b", "y")):
        await client.user(name, title=title)
    for query, order in (
        ("sortBy=userName", "abc"),
        ("sortBy=title&sortOrder=descending", "abc"),
        ("sortBy=userName&sortOrder=Descending", "cba"),
    ):
        assert "".join(each["userName"][0] for each in await client.found(f"/Users?{query}")) == order
    check_error(await client("GET", "/Users?sortBy=nonsense"), 400, "invalidPath")
    check_error(await client("GET", "/Users?sortBy=userName&sortOrder=up"), 400, "invalidValue")


async def test_projection_is_honoured_everywhere(client: ScimClient) -> None:
    """On reads, lists and writes; id and schemas always stay; the ETag is that of the whole resource."""
    ada = await client.user(
        name={"givenName": "Ada", "familyName": "L"}, title="E", **{ENTERPRISE: {"department": "D"}}
    )
    target = f"/Users/{ada['id']}"
    assert set((await client("GET", f"{target}?attributes=title")).json) == {"schemas", "id", "title"}
    part = await client("GET", f"{target}?attributes=NAME.givenName")
    assert part.json["name"] == {"givenName": "Ada"}
    assert part.headers["etag"] == ada["meta"]["version"]
    extension = await client("GET", f"{target}?attributes={ENTERPRISE}")
    assert extension.json[ENTERPRISE] == {"department": "D"}
    without = await client("GET", f"{target}?excludedAttributes=title,id,name.familyName,meta")
    assert "title" not in without.json
    assert without.json["id"] == ada["id"]
    assert without.json["name"] == {"givenName": "Ada"}
    assert "meta" not in without.json
    listed = await client("GET", "/Users?attributes=userName&filter=title%20pr")
    assert set(listed.json["Resources"][0]) == {"schemas", "id", "userName"}
    created = await client("POST", "/Users?attributes=userName", {"userName": "b@contoso.com", "title": "x"})
    assert set(created.json) == {"schemas", "id", "userName"}
    patched = await client.patch(f"{target}?attributes=title", {"op": "replace", "path": "title", "value": "F"})
    assert set(patched.json) == {"schemas", "id", "title"}
    check_error(await client("GET", f"{target}?attributes=title&excludedAttributes=name"), 400, "invalidValue")


async def test_conditional_reads(client: ScimClient) -> None:
    """If-None-Match: 304 with the ETag and no body; another version gives the resource."""
    ada = await client.user()
    target, version = f"/Users/{ada['id']}", ada["meta"]["version"]
    for tags in (version, version.removeprefix("W/"), f'"x", {version}', "*"):
        heard = await client("GET", target, headers={"if-none-match": tags})
        assert (heard.status, heard.body, heard.headers["etag"]) == (304, b"", version)
    assert (await client("GET", target, headers={"if-none-match": 'W/"other"'})).status == 200


async def test_conditional_writes(client: ScimClient) -> None:
    """If-Match: 412 for a version that is not the current one, and nothing changes."""
    ada = await client.user()
    target, version = f"/Users/{ada['id']}", ada["meta"]["version"]
    stale = {"headers": {"if-match": 'W/"stale"'}}
    patch = {"op": "replace", "path": "title", "value": "E"}
    check_error(await client.patch(target, patch, **stale), 412)
    check_error(await client("PUT", target, {"userName": "x"}, **stale), 412)
    check_error(await client("DELETE", target, **stale), 412)
    assert (await client("GET", target)).json == ada
    assert (await client.patch(target, patch, headers={"if-match": version})).status == 200
    check_error(await client.patch(target, {"op": "remove", "path": "title"}, headers={"if-match": version}), 412)
    assert (await client("DELETE", target, headers={"if-match": "*"})).status == 204


async def test_cursors_lead_through_a_list(client: ScimClient) -> None:
    """RFC 9865: an empty cursor begins, nextCursor goes on, its absence ends; no startIndex is shown."""
    made = [(await client.user(f"u{number}"))["id"] for number in range(5)]
    cursor, seen = "", []
    while True:
        heard = await client("GET", f"/Users?count=2&cursor={cursor}")
        assert "startIndex" not in heard.json
        seen += [each["id"] for each in heard.json["Resources"]]
        cursor = heard.json.get("nextCursor", "")
        if not cursor:
            break
        assert cursor.replace("-", "").replace("_", "").isalnum()
    assert seen == made
    searched = await client(
        "POST",
        "/Users/.search",
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "cursor": "", "count": 3},
    )
    assert len(searched.json["Resources"]) == 3
    assert searched.json["nextCursor"]


async def test_cursors_cannot_be_bent(world: ScimWorld, client: ScimClient) -> None:
    """Another query, tenant, token or a changed character: one sentence for all; another count; too old."""
    for number in range(5):
        await client.user(f"u{number}")
    cursor = (await client("GET", "/Users?count=2&cursor")).json["nextCursor"]
    other, colleague = await world.client(tenant="fabrikam"), await world.client()
    sentences = set()
    for who, target in (
        (client, f"/Users?count=2&cursor={cursor[:-2]}AA"),
        (client, "/Users?count=2&cursor=nonsense"),
        (client, f"/Users?count=2&filter=title%20pr&cursor={cursor}"),
        (client, f"/Groups?count=2&cursor={cursor}"),
        (other, f"/Users?count=2&cursor={cursor}"),
        (colleague, f"/Users?count=2&cursor={cursor}"),
    ):
        heard = await who("GET", target)
        check_error(heard, 400, "invalidCursor")
        sentences.add(heard.json["detail"])
    assert len(sentences) == 1
    check_error(await client("GET", f"/Users?count=3&cursor={cursor}"), 400, "invalidCount")
    for count in ("5000", "0", "-1", "two"):
        check_error(await client("GET", f"/Users?count={count}&cursor"), 400, "invalidCount")
    check_error(await client("GET", f"/Users?count=2&startIndex=1&cursor={cursor}"), 400, "invalidValue")
    world.clock.passed += 3601
    check_error(await client("GET", f"/Users?count=2&cursor={cursor}"), 400, "expiredCursor")


async def test_discovery_says_what_is_there(client: ScimClient) -> None:
    """One config object, every resource type, every schema with its characteristics; nothing is null."""
    config = (await client("GET", "/ServiceProviderConfig")).json
    assert "Resources" not in config
    for feature in ("patch", "filter", "sort", "etag"):
        assert config[feature]["supported"] is True, feature
    assert config["changePassword"]["supported"] is False
    assert config["authenticationSchemes"][0]["type"] == "oauthbearertoken"
    assert config["pagination"]["cursor"] is True
    types = (await client("GET", "/ResourceTypes")).json
    assert [each["endpoint"] for each in types["Resources"]] == ["/Users", "/Groups"]
    assert (await client("GET", "/ResourceTypes/User")).json["schema"] == USER_SCHEMA
    schemas = (await client("GET", "/Schemas")).json
    assert {USER_SCHEMA, ENTERPRISE} <= {each["id"] for each in schemas["Resources"]}
    one = await client("GET", f"/Schemas/{USER_SCHEMA.upper()}")
    assert one.json["meta"]["resourceType"] == "Schema"
    assert b"null" not in one.body
    assert {"caseExact", "mutability", "returned", "uniqueness", "required", "multiValued", "type"} <= set(
        one.json["attributes"][0]
    )
    assert (await client("GET", "/Schemas?count=0&sortBy=x&startIndex=7")).json["totalResults"] == len(
        schemas["Resources"]
    )
    for target in ("/Schemas/urn:nothing", "/ResourceTypes/Robot", "/Schemas/a/b", "/ServiceProviderConfig/x"):
        check_error(await client("GET", target), 404)
    for target in ("/Schemas", "/ResourceTypes", "/ServiceProviderConfig"):
        check_error(await client("GET", f"{target}?filter=id%20pr"), 403)
