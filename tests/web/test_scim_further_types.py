"""Resource types and extensions of an administrator's own, served like users and groups (RFC 7643 §3.2, §3.3)."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from scim_world import ScimClient, ScimWorld, check_error, scim_world

from provisor.bootstrap.schema_files import load_resource_types
from provisor.model.errors import Reject
from provisor.scim.path import USER_SCHEMA
from provisor.store.scim_tables import metadata

DEVICE = "urn:example:params:scim:schemas:contoso:2.0:Device"
BADGES = "urn:example:params:scim:schemas:extension:contoso:2.0:User"
SUPPORT = "urn:example:params:scim:schemas:extension:contoso:2.0:Support"

FILES = {
    "devices.json": [
        {
            "id": DEVICE,
            "name": "Device",
            "description": "A thing with a plug.",
            "attributes": [
                {"name": "serial", "required": True, "mutability": "immutable", "uniqueness": "server"},
                {"name": "displayName", "type": "integer"},
                {"name": "state", "canonicalValues": ["new", "used"]},
                {"name": "weight", "type": "decimal"},
                {"name": "bought", "type": "dateTime"},
                {"name": "image", "type": "binary"},
                {"name": "hint", "returned": "request"},
                {"name": "pin", "mutability": "writeOnly", "returned": "never"},
                {"name": "age", "type": "integer", "mutability": "readOnly"},
                {
                    "name": "ports",
                    "type": "complex",
                    "multiValued": True,
                    "subAttributes": [{"name": "value"}, {"name": "speed", "type": "integer"}, {"name": "type"}],
                },
                {
                    "name": "owner",
                    "type": "complex",
                    "subAttributes": [
                        {"name": "value", "caseExact": True},
                        {"name": "$ref", "type": "reference", "referenceTypes": ["User"]},
                    ],
                },
            ],
        },
        {"id": SUPPORT, "attributes": [{"name": "contract", "required": True}]},
        {
            "name": "Device",
            "endpoint": "/Devices",
            "schema": DEVICE,
            "schemaExtensions": [{"schema": SUPPORT, "required": True}],
        },
    ],
    "badges.json": {"id": BADGES, "attributes": [{"name": "badge", "caseExact": True, "uniqueness": "global"}]},
    "users.json": {
        "name": "User",
        "endpoint": "/Users",
        "schema": USER_SCHEMA,
        "schemaExtensions": [{"schema": BADGES, "required": False}],
    },
    "notes.txt": "not read",
}


def write_files(folder: Path) -> Path:
    """The files in a folder."""
    folder.mkdir()
    for name, content in FILES.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    return folder


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[ScimWorld]:
    types = load_resource_types(write_files(tmp_path / "scim-schemas"))
    async with scim_world(tmp_path, types) as world:
        yield world


@pytest.fixture
async def client(world: ScimWorld) -> ScimClient:
    return await world.client()


def everything(connection: sa.Connection) -> str:
    """Every row of every table."""
    return str([connection.execute(sa.select(table)).all() for table in metadata.sorted_tables])


def body(serial: str, **attributes: object) -> dict[str, object]:
    """A device."""
    return {"schemas": [DEVICE, SUPPORT], "serial": serial, SUPPORT: {"contract": "gold"}, **attributes}


async def test_discovery_shows_what_the_files_define(client: ScimClient) -> None:
    """The type with its endpoint and extension, the schemas with every characteristic written out."""
    types = {each["id"]: each for each in await client.found("/ResourceTypes")}
    assert types["Device"]["endpoint"] == "/Devices"
    assert types["Device"]["schemaExtensions"] == [{"schema": SUPPORT, "required": True}]
    assert BADGES in [each["schema"] for each in types["User"]["schemaExtensions"]]
    schema = (await client("GET", f"/Schemas/{DEVICE}")).json
    serial = next(each for each in schema["attributes"] if each["name"] == "serial")
    assert {key: serial[key] for key in ("type", "required", "mutability", "uniqueness", "returned")} == {
        "type": "string",
        "required": True,
        "mutability": "immutable",
        "uniqueness": "server",
        "returned": "default",
    }
    assert {DEVICE, SUPPORT, BADGES} <= {each["id"] for each in await client.found("/Schemas")}


async def test_a_device_lives_like_a_user(client: ScimClient) -> None:
    """Created, read, found, patched, replaced, deleted, at its own endpoint."""
    made = await client(
        "POST", "/Devices", body("S1", ports=[{"value": "usb", "speed": 10}], bought="2026-11-23T18:00:00Z")
    )
    assert made.status == 201
    device = made.json
    target = f"/Devices/{device['id']}"
    assert device["meta"]["resourceType"] == "Device"
    assert device["schemas"] == [DEVICE, SUPPORT]
    assert made.headers["location"].endswith(target)
    assert (await client("GET", target)).json == device
    check_error(await client("GET", f"/Users/{device['id']}"), 404)
    patched = await client.patch(
        target,
        {"op": "add", "path": 'ports[value eq "lan"].speed', "value": 1000},
        {"op": "replace", "path": f"{SUPPORT}:contract", "value": "silver"},
    )
    assert patched.json["ports"] == [{"value": "usb", "speed": 10}, {"value": "lan", "speed": 1000}]
    assert patched.json[SUPPORT] == {"contract": "silver"}
    replaced = await client("PUT", target, body("S1", state="worn"))
    assert (replaced.json["state"], "ports" in replaced.json) == ("worn", False)
    assert (await client("DELETE", target)).status == 204
    check_error(await client("GET", target), 404)


async def test_characteristics_are_enforced(client: ScimClient) -> None:
    """Required, immutable, readOnly, unique, never shown, shown on request; required extensions."""
    device = (await client("POST", "/Devices", body("S1", pin="0000", age=5, hint="h"))).json
    assert {"pin", "age", "hint"}.isdisjoint(device)
    target = f"/Devices/{device['id']}"
    assert (await client("GET", f"{target}?attributes=hint,pin")).json["hint"] == "h"
    check_error(await client("POST", "/Devices", {"schemas": [DEVICE], "serial": "x"}), 400, "invalidValue")
    check_error(
        await client("POST", "/Devices", {"schemas": [DEVICE], SUPPORT: {"contract": "x"}}), 400, "invalidValue"
    )
    check_error(await client("POST", "/Devices", body("s1")), 409, "uniqueness")
    check_error(await client.patch(target, {"op": "replace", "path": "serial", "value": "S2"}), 400, "mutability")
    check_error(await client.patch(target, {"op": "replace", "path": "age", "value": 5}), 400, "mutability")
    check_error(await client.patch(target, {"op": "remove", "path": SUPPORT}), 400, "mutability")
    check_error(await client("PUT", target, body("S2")), 400, "mutability")
    for faulty in ({"weight": "heavy"}, {"bought": "yesterday"}, {"image": "no base64!"}, {"displayName": "x"}):
        check_error(await client("POST", "/Devices", body("S9", **faulty)), 400, "invalidValue")
    check_error(await client("GET", '/Devices?filter=pin%20eq%20"0000"'), 400, "invalidFilter")
    ada = await client.user("ada", **{BADGES: {"badge": "B1"}})
    assert BADGES in ada["schemas"]
    check_error(await client("POST", "/Users", {"userName": "boris", BADGES: {"badge": "B1"}}), 409, "uniqueness")


async def test_what_is_never_shown_lies_nowhere(world: ScimWorld, client: ScimClient) -> None:
    """Neither a password nor what a schema file calls so is in any table."""
    await client("POST", "/Devices", body("S1", pin="pin-of-the-device"))
    await client.user("ada", password="password-of-ada")
    content = await world.database.read(everything)
    assert "ada@contoso.com" in content
    assert "pin-of-the-device" not in content
    assert "password-of-ada" not in content


async def test_filters_sorting_and_pages_know_every_type(client: ScimClient) -> None:
    """Numbers and instants by size, texts in any case, parts of lists; also a displayName that is no text."""
    for at, (serial, weight, bought) in enumerate(
        (("b", 10.5, "2026-01-01T00:00:00Z"), ("A", 9.0, "2025-12-31T23:30:00-01:00"), ("c", None, None))
    ):
        extra = {} if weight is None else {"weight": weight, "bought": bought}
        await client(
            "POST", "/Devices", body(serial, displayName=at, ports=[{"value": f"p{at}", "speed": at}], **extra)
        )
    for text, found in (
        ("weight gt 9.5", "b"),
        ("weight ge 9", "bA"),
        ('bought gt "2026-01-01T00:00:00.0000000Z"', "A"),
        ("displayName eq 1", "A"),
        ("displayName ge 1", "Ac"),
        ("displayName gt 5", ""),
        ('ports[speed ge 1 and value sw "P"]', "Ac"),
        (f'{DEVICE}:serial eq "B"', "b"),
        (f'{SUPPORT}:contract eq "GOLD" and not (weight pr)', "c"),
    ):
        quoted = text.replace(" ", "%20").replace('"', "%22")
        assert "".join(each["serial"] for each in await client.found(f"/Devices?filter={quoted}")) == found, text
    assert "".join(each["serial"] for each in await client.found("/Devices?sortBy=weight")) == "Abc"
    assert (
        "".join(each["serial"] for each in await client.found("/Devices?sortBy=displayName&sortOrder=descending"))
        == "cAb"
    )
    first = (await client("GET", "/Devices?count=2&cursor&sortBy=serial")).json
    second = (await client("GET", f"/Devices?count=2&cursor={first['nextCursor']}&sortBy=serial")).json
    assert [each["serial"] for each in (*first["Resources"], *second["Resources"])] == ["A", "b", "c"]


async def test_references_to_known_types_are_given_their_url(client: ScimClient) -> None:
    """Where a part called $ref names one resource type, beside the id (RFC 7643 §2.4)."""
    ada = await client.user("ada")
    device = (await client("POST", "/Devices", body("S1", owner={"value": ada["id"]}))).json
    assert device["owner"] == {"value": ada["id"], "$ref": ada["meta"]["location"]}


async def test_bulk_and_root_know_further_types(client: ScimClient) -> None:
    """A device that refers to a user of the same bulk request, and both in one search."""
    heard = await client(
        "POST",
        "/Bulk",
        {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
            "Operations": [
                {"method": "POST", "path": "/Devices", "bulkId": "d", "data": body("S1", owner={"value": "bulkId:u"})},
                {"method": "POST", "path": "/Users", "bulkId": "u", "data": {"userName": "ada"}},
            ],
        },
    )
    assert [each["status"] for each in heard.json["Operations"]] == ["201", "201"]
    found = {each["meta"]["resourceType"]: each for each in await client.found("/")}
    assert found["Device"]["owner"]["value"] == found["User"]["id"]


async def test_the_strict_profile_knows_them_too(world: ScimWorld) -> None:
    """Unknown attributes of a device are refused like those of a user."""
    strict = await world.client(profile="strict")
    check_error(await strict("POST", "/Devices", body("S1", colour="red")), 400, "invalidSyntax")
    check_error(await strict("POST", "/Devices", {**body("S1"), "schemas": [USER_SCHEMA]}), 400, "invalidSyntax")
    assert (await strict("POST", "/Devices", body("S1"))).status == 201


def test_faulty_files_are_all_told_at_once(tmp_path: Path) -> None:
    """What is no JSON, too large or wrong, each with its file; nothing is half used."""
    folder = write_files(tmp_path / "scim-schemas")
    (folder / "a.json").write_text("{")
    (folder / "b.json").write_bytes(b"\xff")
    (folder / "c.json").write_text(json.dumps({"name": "X", "endpoint": "/Users", "schema": DEVICE}))
    (folder / "d.json").write_text(" " * (1024 * 1024 + 1))
    (folder / "e.json").mkdir()
    with pytest.raises(Reject) as caught:
        load_resource_types(folder)
    assert str(folder) in caught.value.message
    assert [each.partition(":")[0].partition(",")[0] for each in caught.value.reasons] == [
        "a.json",
        "b.json",
        "d.json",
        "e.json",
        "c.json",
    ]


def test_without_a_folder_there_are_users_and_groups(tmp_path: Path) -> None:
    """Nobody has to write a file."""
    assert list(load_resource_types(tmp_path / "none")) == ["User", "Group"]
