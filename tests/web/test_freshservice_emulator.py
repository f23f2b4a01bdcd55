"""The emulated desk over HTTP: what survives, keys, and what a person's record may hold."""

from typing import Any

import pytest

from emulated_desk import KEY, Desk, ada, complaints, grace
from provisor.freshservice.emulator.knobs import CustomField
from provisor.model.errors import Reject

pytest_plugins = ["emulated_desk_fixtures"]

TICKETS = "can_see_all_tickets_from_associated_departments"
CHANGES = "can_see_all_changes_from_associated_departments"


# ---------------------------------------------------------------- durability


async def test_everything_survives_opening_again(opened) -> None:
    """People, groups and ids are there after a restart, the key still works, and no id is given twice."""
    desk = await opened()
    one, agent = await ada(desk), await grace(desk)
    group = await desk.make("/requester_groups", name="Payroll")
    await desk.call("POST", f"/requester_groups/{group['id']}/members/{one['id']}")
    await desk.call("DELETE", f"/agents/{agent['id']}/forget")
    desk = await opened()
    assert (await desk.call("GET", f"/requesters/{one['id']}")).json["requester"] == one
    members = (await desk.call("GET", f"/requester_groups/{group['id']}/members")).json["requesters"]
    assert [row["id"] for row in members] == [one["id"]]
    assert (await desk.make("/requesters", first_name="B", primary_email="b@contoso.example"))["id"] > agent["id"]


async def test_an_answer_means_that_it_is_stored(opened) -> None:
    """When the store fails, the call is not answered with success, and nothing is answered until a restart."""
    desk = await opened()

    async def fail(_changes: Any) -> None:
        raise OSError("disk full")

    desk.emulator.state._documents.write = fail
    with pytest.raises(OSError, match="disk full"):
        await desk.call("POST", "/requesters", {"first_name": "Ada", "primary_email": "ada@contoso.example"})
    assert (await desk.call("GET", "/requesters")).status == 500
    desk = await opened()
    assert (await desk.call("GET", "/requesters")).json == {"requesters": []}


async def test_opening_again_writes_nothing_new(opened) -> None:
    """Furnishing an account and ensuring its key are idempotent."""
    desk = await opened()
    before = {name: dict(table) for name, table in desk.emulator.state.tables.items()}
    desk = await opened()
    assert desk.emulator.state.tables == before


# ---------------------------------------------------------------- keys


async def test_a_key_is_needed_and_kept_as_a_hash_only(desk: Desk) -> None:
    """No key, a wrong key and no password give 401; the plain key is nowhere in the store."""
    for key in ("wrong-key-0000000001", ""):
        reply = await desk.call("GET", "/agents/me", key=key)
        assert (reply.status, reply.json["code"]) == (401, "invalid_credentials")
    stored = await desk.database.read(lambda c: str(c.exec_driver_sql("SELECT * FROM emulator_documents").all()))
    assert KEY not in stored
    assert "keys" in stored


async def test_a_key_dies_with_its_owner(desk: Desk) -> None:
    """Deactivating or demoting the key's owner ends its power at once; `ensure_key` of a program does not hide it."""
    me = (await desk.call("GET", "/agents/me")).json["agent"]
    assert me["api_key_enabled"]
    assert (await desk.call("PUT", f"/agents/{me['id']}/convert_to_requester")).status == 200
    assert (await desk.call("GET", "/agents/me")).status == 401


@pytest.mark.parametrize("key", ["short", "with:colon-and-more-text", "with\nnewline-and-more"])
async def test_a_key_that_cannot_be_one_is_refused(desk: Desk, key: str) -> None:
    """A key that could not be sent, or guessed too easily, is not accepted at set-up."""
    with pytest.raises(Reject):
        await desk.emulator.ensure_key(key)


async def test_an_occasional_owner_needs_a_day_pass(opened) -> None:
    """Where day passes have run out, the key of an occasional agent is refused with 403."""
    desk = await opened(occasional_keys_work=False)
    me = (await desk.call("GET", "/agents/me")).json["agent"]
    assert (await desk.call("PUT", f"/agents/{me['id']}", {"occasional": True})).status == 200
    assert (await desk.call("GET", "/requesters")).status == 403


# ---------------------------------------------------------------- people


async def test_required_fields(desk: Desk) -> None:
    """A first name always; one of three identifiers for a requester; an address for an agent."""
    assert complaints(await desk.call("POST", "/requesters", {"primary_email": "a@contoso.example"})) == {
        "first_name": "missing_field"
    }
    assert complaints(await desk.call("POST", "/requesters", {"first_name": "A"})) == {"primary_email": "missing_field"}
    assert complaints(await desk.call("POST", "/agents", {"first_name": "A", "work_phone_number": "1"})) == {
        "email": "missing_field"
    }
    assert (await ada(desk, primary_email=None, mobile_phone_number="+44 1"))["primary_email"] is None


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"zip": "1"}, "invalid_field"),
        ({"active": False}, "invalid_field"),
        ({"email": "x@contoso.example"}, "invalid_field"),
        ({"vip_user": True}, "invalid_field"),
        ({"first_name": 5}, "datatype_mismatch"),
        ({"work_phone_number": 441234}, "datatype_mismatch"),
        ({"job_title": "x" * 256}, "invalid_value"),
        ({"time_zone": "Europe/London"}, "invalid_value"),
        ({"language": "en-US"}, "invalid_value"),
        ({"time_format": "13h"}, "invalid_value"),
        ({"department_ids": [7]}, "invalid_value"),
        ({"department_ids": "Finance"}, "datatype_mismatch"),
        ({"reporting_manager_id": 7}, "invalid_value"),
        ({"location_id": "7"}, "datatype_mismatch"),
        ({"secondary_emails": ["ADA@contoso.example"]}, "invalid_value"),
        ({"secondary_emails": ["nothing"]}, "invalid_value"),
        ({"custom_fields": {"cf_unknown": 1}}, "invalid_field"),
        ({"custom_fields": {"employee_id": 1}}, "datatype_mismatch"),
        ({TICKETS: "true"}, "datatype_mismatch"),
    ],
)
async def test_refused_values(desk: Desk, body: dict[str, Any], code: str) -> None:
    """Each wrong value is refused with its field and the documented code, and nothing is stored."""
    reply = await desk.call("POST", "/requesters", {"first_name": "A", "primary_email": "ada@contoso.example", **body})
    assert reply.status == 400
    assert reply.json["description"] == "Validation failed"
    assert set(complaints(reply).values()) == {code}
    assert (await desk.call("GET", "/requesters")).json["requesters"] == []


async def test_accepted_values_come_back(desk: Desk) -> None:
    """Values are stored as written, a language in the account's own spelling, blanks as null."""
    person = await ada(
        desk,
        last_name="O'Brien",
        language="JA-jp",
        time_zone="Nuku'alofa",
        job_title="  ",
        custom_fields={"employee_id": "E-1"},
    )
    assert (person["last_name"], person["language"], person["time_zone"]) == ("O'Brien", "ja-JP", "Nuku'alofa")
    assert person["job_title"] is None
    assert person["custom_fields"] == {"employee_id": "E-1"}


async def test_a_put_resets_the_flags_it_leaves_out(opened) -> None:
    """The trap of the real API: any PUT without the flags about tickets and changes sets them to false."""
    desk = await opened()
    person = await ada(desk, **{TICKETS: True, CHANGES: True})
    path = f"/requesters/{person['id']}"
    kept = (await desk.call("PUT", path, {TICKETS: True, CHANGES: True, "job_title": "x"})).json["requester"]
    assert (kept[TICKETS], kept[CHANGES]) == (True, True)
    lost = (await desk.call("PUT", path, {"job_title": "y"})).json["requester"]
    assert (lost[TICKETS], lost[CHANGES], lost["job_title"], lost["first_name"]) == (False, False, "y", "Ada")
    desk = await opened(resets_changes_flag=False)
    await desk.call("PUT", path, {TICKETS: True, CHANGES: True})
    half = (await desk.call("PUT", path, {})).json["requester"]
    assert (half[TICKETS], half[CHANGES]) == (False, True)


async def test_custom_fields_merge_or_replace(opened) -> None:
    """Whether a PUT replaces the custom fields it does not name is a knob."""
    desk = await opened()
    person = await ada(desk, custom_fields={"employee_id": "E-1", "cost_centre": "4410"})
    path = f"/requesters/{person['id']}"
    merged = await desk.call("PUT", path, {"custom_fields": {"employee_id": None}})
    assert merged.json["requester"]["custom_fields"] == {"employee_id": None, "cost_centre": "4410"}
    desk = await opened(custom_fields_are_merged=False)
    replaced = await desk.call("PUT", path, {"custom_fields": {"employee_id": "E-2"}})
    assert replaced.json["requester"]["custom_fields"] == {"employee_id": "E-2"}


async def test_a_mandatory_custom_field_binds_the_api(opened) -> None:
    """A field required for requesters is required of every create, and of no agent; its owner can still be made."""
    fields = (
        CustomField("badge", "Badge", "custom_dropdown", is_required_for_requesters=True, choices=("red", "blue")),
        CustomField("since", "Since", "custom_date"),
    )
    desk = await opened(custom_fields=fields)
    reply = await desk.call("POST", "/requesters", {"first_name": "A", "primary_email": "a@contoso.example"})
    assert complaints(reply) == {"badge": "missing_field"}
    await grace(desk)
    body = {"first_name": "A", "primary_email": "a@contoso.example", "custom_fields": {"badge": "green", "since": "x"}}
    reply = await desk.call("POST", "/requesters", body)
    assert {"badge": "invalid_value", "since": "invalid_value"}.items() <= complaints(reply).items()
    await ada(desk, custom_fields={"badge": "blue", "since": "2026-02-01"})
    listed = (await desk.call("GET", "/requester_fields", per_page=100)).json["requester_fields"]
    assert next(f for f in listed if f["name"] == "badge")["required_for_requesters"]


async def test_addresses_are_one_pool(desk: Desk) -> None:
    """A primary address may be nobody's primary or secondary one, in any case of letters; freed ones are free."""
    person = await ada(desk, secondary_emails=["second@contoso.example"])
    agent = await grace(desk)
    for email, field in (("SECOND@contoso.example", "primary_email"), ("Ada@Contoso.Example", "primary_email")):
        reply = await desk.call("POST", "/requesters", {"first_name": "X", "primary_email": email})
        assert (reply.status, complaints(reply)) == (409, {field: "duplicate_value"})
    reply = await desk.call("PUT", f"/agents/{agent['id']}", {"email": "ada@contoso.example"})
    assert (reply.status, complaints(reply)) == (409, {"email": "duplicate_value"})
    body = {"first_name": "X", "primary_email": "x@contoso.example", "secondary_emails": ["grace@contoso.example"]}
    assert complaints(await desk.call("POST", "/requesters", body)) == {"secondary_emails": "duplicate_value"}
    await desk.call("PUT", f"/requesters/{person['id']}", {"secondary_emails": []})
    await desk.make("/requesters", first_name="X", primary_email="second@contoso.example")


async def test_phones_are_unique_only_where_they_identify(opened) -> None:
    """By default two people may share a number unless neither has an address; strictly, never."""
    desk = await opened()
    await ada(desk, work_phone_number="+44 1")
    await grace(desk, work_phone_number="+44 1")
    await desk.make("/requesters", first_name="B", mobile_phone_number="+44 1")
    assert (await desk.call("POST", "/requesters", {"first_name": "C", "work_phone_number": "+44 1"})).status == 409
    desk = await opened(phones_are_unique=True)
    body = {"first_name": "D", "primary_email": "d@contoso.example", "work_phone_number": "+44 1"}
    assert (await desk.call("POST", "/requesters", body)).status == 409


async def test_nobody_reports_to_themselves(desk: Desk) -> None:
    """A manager is somebody else, of either kind."""
    person, agent = await ada(desk), await grace(desk)
    path = f"/requesters/{person['id']}"
    assert (await desk.call("PUT", path, {"reporting_manager_id": person["id"]})).status == 400
    reply = await desk.call("PUT", path, {"reporting_manager_id": agent["id"]})
    assert reply.json["requester"]["reporting_manager_id"] == agent["id"]


async def test_markup_in_names_is_refused_behind_a_switch(opened) -> None:
    """The vendor's announced check of names can be switched on."""
    desk = await opened()
    person = await ada(desk, first_name="<b>Ada</b>")
    desk = await opened(refuses_markup_in_names=True)
    for name in ("<i>A</i>", "www.contoso.example", "https://contoso.example"):
        assert (await desk.call("PUT", f"/requesters/{person['id']}", {"last_name": name})).status == 400
