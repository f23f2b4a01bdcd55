"""What Entra, Okta and others send, answered as they expect (protocol spec §13, §14, §16)."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from scim_world import ENTERPRISE, GROUP_SCHEMA, USER_SCHEMA, ScimClient, ScimWorld, check_error, scim_world

from provisor.scim.patch import PATCH_SCHEMA

ADSCIM = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[ScimWorld]:
    async with scim_world(tmp_path) as world:
        yield world


@pytest.fixture(params=["default", "entra", "okta"])
async def client(world: ScimWorld, request: pytest.FixtureRequest) -> ScimClient:
    """Every kind profile in turn: forms are understood by all of them."""
    return await world.client(profile=request.param)


@pytest.fixture
async def entra(world: ScimWorld) -> ScimClient:
    return await world.client(profile="entra")


async def patched(client: ScimClient, target: str, *operations: dict[str, Any]) -> Any:
    """The resource after a PATCH that must be done."""
    heard = await client.patch(target, *operations)
    assert heard.status in {200, 204}, heard
    return (await client("GET", target)).json


async def test_entras_create_with_its_nulls_and_oddities(client: ScimClient) -> None:
    """Nulls, empty lists, a client's meta, un-namespaced names, roles with text booleans, unknown attributes."""
    heard = await client(
        "POST",
        "/Users",
        {
            "schemas": [USER_SCHEMA, ENTERPRISE, "urn:unknown:2.0:User"],
            "externalId": "e1",
            "userName": "ada@contoso.com",
            "active": "True",
            "displayName": None,
            "emails": [{"Primary": True, "type": "work", "value": "Ada@contoso.com"}],
            "meta": {"resourceType": "User", "version": "mine"},
            "id": "mine",
            "roles": [{"primary": "True", "value": "r"}],
            "addresses": [],
            "department": None,
            "manager": None,
            "madeUp": {"x": 1},
            ENTERPRISE: {"department": "Sales", "manager": {"value": "random"}},
        },
    )
    assert heard.status == 201
    body = heard.json
    assert body["active"] is True
    assert body["roles"] == [{"primary": True, "value": "r"}]
    assert body["id"] != "mine"
    assert body["meta"]["version"] != "mine"
    assert body["schemas"] == [USER_SCHEMA, ENTERPRISE]
    assert body[ENTERPRISE]["manager"]["value"] == "random"
    assert {"displayName", "addresses", "madeUp"}.isdisjoint(body)
    assert b"null" not in heard.body


async def test_disabling_with_a_text(client: ScimClient) -> None:
    """`"False"` is false, and the person stays to be read and found (§16, 2)."""
    ada = await client.user(active=True)
    after = await patched(client, f"/Users/{ada['id']}", {"op": "Replace", "path": "active", "value": "False"})
    assert after["active"] is False
    assert len(await client.found("/Users?filter=userName%20eq%20%22ada@contoso.com%22")) == 1


async def test_pathless_patches_with_dotted_and_qualified_names(client: ScimClient) -> None:
    """The newer form of Entra: several attributes in one value (§16, 3)."""
    ada = await client.user(name={"familyName": "L"})
    after = await patched(
        client,
        f"/Users/{ada['id']}",
        {
            "op": "replace",
            "value": {
                "displayName": "Ada L",
                "name.givenName": "Ada",
                f"{ENTERPRISE}:employeeNumber": "7",
                f"{ENTERPRISE}:manager": "m1",
            },
        },
    )
    assert (after["displayName"], after["name"]) == ("Ada L", {"familyName": "L", "givenName": "Ada"})
    assert after[ENTERPRISE]["employeeNumber"] == "7"
    assert after[ENTERPRISE]["manager"]["value"] == "m1"
    assert ENTERPRISE in after["schemas"]


async def test_values_of_elements_that_are_not_there_yet(client: ScimClient) -> None:
    """`x[type eq "y"].z` makes the element, and all parts land in one (§16, 4)."""
    ada = await client.user()
    after = await patched(
        client,
        f"/Users/{ada['id']}",
        {"op": "Add", "path": 'phoneNumbers[type eq "mobile"].value', "value": "1"},
        {"op": "Add", "path": 'roles[primary eq "True"].display', "value": "d"},
        {"op": "Add", "path": 'roles[primary eq "True"].value', "value": "v"},
        {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "a@contoso.com"},
    )
    assert after["phoneNumbers"] == [{"type": "mobile", "value": "1"}]
    assert after["roles"] == [{"primary": True, "display": "d", "value": "v"}]
    assert after["emails"] == [{"type": "work", "value": "a@contoso.com"}]


MANAGER_FORMS = [
    (path, value)
    for path in (f"{ENTERPRISE}:manager", "manager")
    for value in ("m2", {"value": "m2"}, [{"value": "m2"}], {"$ref": None, "value": "m2"})
] + [(f"{ENTERPRISE}:manager.value", "m2")]


@pytest.mark.parametrize(("path", "value"), MANAGER_FORMS)
async def test_managers_in_every_form(world: ScimWorld, path: str, value: Any) -> None:
    """As text, object or list, with and without its schema."""
    client = await world.client(profile="entra")
    ada = await client.user(**{ENTERPRISE: {"manager": {"value": "m1"}}})
    after = await patched(client, f"/Users/{ada['id']}", {"op": "Replace", "path": path, "value": value})
    assert after[ENTERPRISE]["manager"]["value"] == "m2"


@pytest.mark.parametrize("value", [{"value": ""}, "", None, [], [{"value": ""}]])
async def test_managers_taken_away_in_every_form(entra: ScimClient, value: Any) -> None:
    """Empty in any way is no manager, and an extension without data is gone."""
    ada = await entra.user(**{ENTERPRISE: {"manager": {"value": "m1"}}})
    after = await patched(
        entra, f"/Users/{ada['id']}", {"op": "Replace", "path": f"{ENTERPRISE}:manager", "value": value}
    )
    assert ENTERPRISE not in after
    assert after["schemas"] == [USER_SCHEMA]


async def test_clearing_with_empty_text_and_null(client: ScimClient) -> None:
    """Both read back as nothing (§13.3, Null_Update)."""
    ada = await client.user(title="E", nickName="A")
    after = await patched(
        client,
        f"/Users/{ada['id']}",
        {"op": "Replace", "path": "title", "value": ""},
        {"op": "Replace", "path": "nickName", "value": None},
    )
    assert {"title", "nickName"}.isdisjoint(after)


async def test_entras_questions(client: ScimClient) -> None:
    """Its matching filters, in other cases, for nobody, and the reference check with two terms."""
    ada = await client.user(
        emails=[{"type": "work", "value": "Ada@contoso.com"}], **{ENTERPRISE: {"manager": {"value": "m"}}}
    )
    for text, count in (
        ('userName eq "ADA@CONTOSO.COM"', 1),
        ('emails[type eq "work"].value eq "ada@contoso.com"', 1),
        ('emails[type eq "home"].value eq "ada@contoso.com"', 0),
        (f'id eq "{ada["id"]}" and manager eq "m"', 1),
        (f'id eq "{ada["id"]}" and manager eq "n"', 0),
        ('userName eq "2b0a1f9a-0000-4000-8000-000000000000"', 0),
        ('externalId eq "x" or userName sw "ada" and title pr', 0),
        ('(externalId eq "x" or userName sw "ada") and not (title pr)', 1),
    ):
        quoted = text.replace(" ", "%20").replace('"', "%22")
        assert len(await client.found(f"/Users?attributes=id&filter={quoted}")) == count, text


async def test_entras_groups(entra: ScimClient) -> None:
    """Made with its own schema, found without members, renamed, filled and emptied with 204 each time."""
    ada, boris = await entra.user("ada"), await entra.user("boris")
    heard = await entra(
        "POST",
        "/Groups",
        {"schemas": [GROUP_SCHEMA, ADSCIM], "externalId": "g", "displayName": "G", "meta": {"resourceType": "Group"}},
    )
    assert heard.status == 201
    assert heard.json["schemas"] == [GROUP_SCHEMA]
    target = f"/Groups/{heard.json['id']}"
    add = {
        "op": "Add",
        "path": "members",
        "value": [{"$ref": None, "value": ada["id"]}, {"$ref": None, "value": boris["id"]}],
    }
    heard = await entra.patch(target, {"name": "rename", "op": "Replace", "path": "displayName", "value": "H"}, add)
    assert (heard.status, heard.body) == (204, b"")
    found = await entra.found("/Groups?excludedAttributes=members&filter=displayName%20eq%20%22h%22")
    assert "members" not in found[0]
    remove = {"op": "Remove", "path": "members", "value": [{"$ref": None, "value": ada["id"]}]}
    assert (await entra.patch(target, remove)).status == 204
    assert [each["value"] for each in (await entra("GET", target)).json["members"]] == [boris["id"]]
    assert "members" not in (await entra("GET", f"{target}?excludedAttributes=members")).json


async def test_okta_sends_back_what_it_read(world: ScimWorld) -> None:
    """A whole object with id, meta and groups; without `active` nobody is suspended; passwords come and go."""
    okta = await world.client(profile="okta")
    ada = await okta.user(active=True, password="placeholder")
    assert "password" not in ada
    desk = await okta.group("Desk", ada["id"])
    whole = (await okta("GET", f"/Users/{ada['id']}")).json
    heard = await okta("PUT", f"/Users/{ada['id']}", {**whole, "title": "E", "password": "new"})
    assert heard.status == 200
    assert heard.json["groups"] == whole["groups"]
    assert heard.json["title"] == "E"
    heard = await okta("PUT", f"/Users/{ada['id']}", {"schemas": [USER_SCHEMA], "userName": "ada@contoso.com"})
    assert heard.json["active"] is True
    heard = await okta.patch(f"/Users/{ada['id']}", {"op": "replace", "value": {"active": False}})
    assert (heard.status, heard.json["active"]) == (200, False)
    heard = await okta.patch(
        f"/Groups/{desk['id']}", {"op": "replace", "value": {"id": desk["id"], "displayName": "Service Desk"}}
    )
    assert (heard.status, heard.json["displayName"], len(heard.json["members"])) == (200, "Service Desk", 1)


async def test_a_client_says_how_it_wants_a_patch_answered(world: ScimWorld, entra: ScimClient) -> None:
    """`Prefer` wins over the profile, and `attributes` over both."""
    default = await world.client()
    ada = await default.user()
    target, change = f"/Users/{ada['id']}", {"op": "replace", "path": "title", "value": "E"}
    assert (await default.patch(target, change)).status == 200
    assert (await default.patch(target, change, headers={"prefer": "return=minimal"})).status == 204
    assert (await entra.patch(target, change)).status == 204
    assert (await entra.patch(target, change, headers={"prefer": 'return="representation"; a=b'})).status == 200
    heard = await entra.patch(f"{target}?attributes=title", change)
    assert (heard.status, heard.json["title"]) == (200, "E")


async def test_only_one_value_is_primary(client: ScimClient) -> None:
    """Making one primary makes the others not (§16, 8)."""
    ada = await client.user(emails=[{"value": "a", "type": "work", "primary": True}, {"value": "b", "type": "home"}])
    after = await patched(
        client, f"/Users/{ada['id']}", {"op": "replace", "path": 'emails[type eq "home"].primary', "value": True}
    )
    assert [each.get("primary", False) for each in after["emails"]] == [False, True]


async def test_what_changes_nothing_keeps_its_version(client: ScimClient) -> None:
    """A repeated PATCH or PUT (§16, 9)."""
    ada = await client.user(emails=[{"value": "a", "type": "work"}], active=True)
    target = f"/Users/{ada['id']}"
    for change in (
        {"op": "add", "path": "emails", "value": [{"value": "a", "type": "work"}]},
        {"op": "replace", "path": "active", "value": "true"},
        {"op": "remove", "path": 'emails[type eq "home"]'},
        {"op": "remove", "path": "title"},
    ):
        assert (await patched(client, target, change))["meta"] == ada["meta"]
    put = await client("PUT", target, ada)
    assert put.json["meta"] == ada["meta"]


async def test_the_strict_profile_says_what_others_read_over(world: ScimWorld) -> None:
    """Each departure from the RFC is a 400 that names it; the RFC's own forms pass."""
    strict = await world.client(profile="strict")
    body = {"schemas": [USER_SCHEMA], "userName": "ada@contoso.com"}
    check_error(await strict("POST", "/Users", {**body, "active": "True"}), 400, "invalidValue")
    check_error(await strict("POST", "/Users", {**body, "madeUp": 1}), 400, "invalidSyntax")
    check_error(await strict("POST", "/Users", {"userName": "a"}), 400, "invalidSyntax")
    ada = (await strict("POST", "/Users", {**body, "emails": [{"value": "a", "type": "work"}]})).json
    target = f"/Users/{ada['id']}"
    check_error(
        await strict.patch(target, {"op": "replace", "path": 'emails[type eq "home"].value', "value": "x"}),
        400,
        "noTarget",
    )
    check_error(await strict("GET", "/Users?filter=nonsense%20eq%20%22x%22"), 400, "invalidFilter")
    heard = await strict.patch(target, {"op": "replace", "path": 'emails[type eq "work"].value', "value": "x"})
    assert (heard.status, heard.json["emails"]) == (200, [{"value": "x", "type": "work"}])
    group = (
        await strict(
            "POST", "/Groups", {"schemas": [GROUP_SCHEMA], "displayName": "G", "members": [{"value": ada["id"]}]}
        )
    ).json
    heard = await strict.patch(f"/Groups/{group['id']}", {"op": "remove", "path": f'members[value eq "{ada["id"]}"]'})
    assert (heard.status, heard.json.get("members")) == (200, None)


async def test_open_extensions_keep_what_they_are_given(client: ScimClient) -> None:
    """Keys that no schema declares, in the case in which they came, found in any."""
    urn = "urn:example:params:scim:schemas:extension:desk:2.0:User"
    ada = await client.user(**{urn: {"isAgent": "True", "floor": 3}})
    assert ada[urn] == {"isAgent": "True", "floor": 3}
    after = await patched(client, f"/Users/{ada['id']}", {"op": "Replace", "path": f"{urn}:isagent", "value": "False"})
    assert after[urn] == {"isAgent": "False", "floor": 3}
    assert len(await client.found(f"/Users?filter={urn}:ISAGENT%20eq%20%22false%22")) == 1


async def test_a_validator_deletes_twice(client: ScimClient) -> None:
    """The second time there is nothing: 404, for users and groups."""
    ada, desk = await client.user(), await client.group("Desk")
    for target in (f"/Users/{ada['id']}", f"/Groups/{desk['id']}"):
        assert (await client("DELETE", target)).status == 204
        check_error(await client("DELETE", target), 404)


async def test_many_members_in_one_patch(client: ScimClient) -> None:
    """Thousands of members come and go in one operation, and the group counts its changes."""
    ids = [f"member-{number}" for number in range(3000)]
    desk = await client.group("Desk")
    target = f"/Groups/{desk['id']}"
    after = await patched(client, target, {"op": "add", "path": "members", "value": [{"value": each} for each in ids]})
    assert {each["value"] for each in after["members"]} == set(ids)
    assert after["meta"]["version"] == 'W/"2"'
    after = await patched(
        client, target, {"op": "remove", "path": "members", "value": [{"value": each} for each in ids[:2999]]}
    )
    assert [each["value"] for each in after["members"]] == ids[2999:]


async def test_message_keys_are_read_in_any_case(client: ScimClient) -> None:
    """`operations`, `Op`, `PATH`: JSON by people who do not mind case."""
    ada = await client.user()
    heard = await client(
        "PATCH",
        f"/Users/{ada['id']}",
        {"schemas": [PATCH_SCHEMA], "operations": [{"Op": "ADD", "PATH": "TITLE", "Value": "E"}]},
    )
    assert heard.status in {200, 204}
    assert (await client("GET", f"/Users/{ada['id']}")).json["title"] == "E"


async def test_an_extension_may_name_its_own_schema(world: ScimWorld) -> None:
    """`schemas` within an extension says what is known already, on create and PATCH, also strictly."""
    strict = await world.client(profile="strict")
    ada = await strict.user(
        schemas=[USER_SCHEMA, ENTERPRISE], **{ENTERPRISE: {"schemas": [ENTERPRISE], "division": "D"}}
    )
    assert ada[ENTERPRISE] == {"division": "D"}
    for op in ("add", "replace"):
        value = {"schemas": [ENTERPRISE], "costCenter": op}
        after = await patched(strict, f"/Users/{ada['id']}", {"op": op, "path": ENTERPRISE, "value": value})
        assert after[ENTERPRISE] == {"division": "D", "costCenter": op}
    heard = await strict.patch(f"/Users/{ada['id']}", {"op": "add", "path": ENTERPRISE, "value": {"x": 1}})
    check_error(heard, 400, "invalidPath")


async def test_the_strict_profile_shows_members_as_the_rfc_declares_them(world: ScimWorld) -> None:
    """Names of members are for those who ask for them, and the schema says so; other profiles show them."""
    strict = await world.client(profile="strict")
    ada = await strict.user(displayName="Ada")
    desk = await strict.group("Desk", ada["id"])
    assert set(desk["members"][0]) == {"value", "$ref", "type"}
    (schema,) = [each for each in await strict.found("/Schemas") if each["id"] == GROUP_SCHEMA]
    (members,) = [each for each in schema["attributes"] if each["name"] == "members"]
    assert [each["returned"] for each in members["subAttributes"] if each["name"] == "display"] == ["request"]
    asked = (await strict("GET", f"/Groups/{desk['id']}?attributes=members.display")).json
    assert asked["members"] == [{"display": "Ada"}]
    default = await world.client()
    assert (await default("GET", f"/Groups/{desk['id']}")).json["members"][0]["display"] == "Ada"
