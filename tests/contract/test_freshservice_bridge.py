"""The bridge against the emulated account: what it sends, what it shows, and how few calls it needs."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from emulated_desk import KEY, InProcessHttp, TurnedClock, new_database, open_desk
from provisor.freshservice.bridge import FreshserviceBridge
from provisor.freshservice.bridge_settings import BridgeSettings
from provisor.freshservice.people import ENTERPRISE, FRESHSERVICE
from provisor.freshservice.rest import FreshserviceApi
from provisor.gallery import __file__ as gallery_file
from provisor.model.errors import Conflict, NotFound, PreconditionFailed, Reject, Transient
from provisor.ports.resources import Query
from provisor.scim.filter import parse_filter
from provisor.scim.patch import PATCH_SCHEMA, parse_patch
from provisor.scim.registry import read_schema, user_type
from provisor.store.database import sqlite_url
from provisor.store.migrating import upgrade
from provisor.store.people_index import DatabasePeopleIndex

EXTENSION = read_schema(
    msgspec.json.decode((Path(gallery_file).parent / "schemas" / "freshservice-user.json").read_bytes())
)
USERS = user_type([EXTENSION])
SCHEMAS = ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE, FRESHSERVICE]


class Tenant:
    """A bridge with its account; the calls sent to the account are counted."""

    def __init__(self, desk: Any, database: Any, clock: TurnedClock, **settings: Any) -> None:
        self.desk, self.clock = desk, clock
        self.http = InProcessHttp(desk.emulator.app)
        self._database, self._settings = database, settings
        self.reopen()

    def reopen(self) -> None:
        """A new bridge on the same index, as after a restart."""
        api = FreshserviceApi(self.http, "127.0.0.1:8081", KEY, self.clock, jitter=lambda: 0.5)
        index = DatabasePeopleIndex(self._database)
        settings = BridgeSettings(**self._settings)
        self.bridge = FreshserviceBridge("contoso", api, index, self.clock, USERS, settings)

    def sent(self) -> list[str]:
        """Calls since the last time somebody asked, as `METHOD /path` without ids and queries."""
        calls = [
            f"{method} {'/'.join('{id}' if part.isdigit() else part for part in path.partition('?')[0].split('/')[3:])}"
            for method, path in self.http.requests
        ]
        self.http.requests.clear()
        return calls

    async def start(self) -> None:
        """Load the index, and forget what that cost."""
        await self.find("nobody@contoso.example")
        self.sent()

    async def find(self, user_name: str) -> list[dict[str, Any]]:
        """Everybody with that user name."""
        query = Query(filter=parse_filter(f'userName eq "{user_name}"', schemas=USERS.schema_ids))
        return list((await self.bridge.query("User", query)).resources)

    async def patch(self, person_id: str, *operations: Any, expected: list[str] | None = None) -> dict[str, Any]:
        """PATCH with operations given as (op, path, value)."""
        body = {
            "schemas": [PATCH_SCHEMA],
            "Operations": [
                {"op": op, **({"path": path} if path else {}), **({} if value is None else {"value": value})}
                for op, path, value in operations
            ],
        }
        return await self.bridge.patch("User", person_id, parse_patch(body, schemas=USERS.schema_ids), expected)

    def stored(self, person_id: str) -> dict[str, Any]:
        """The account's own record."""
        return self.desk.emulator.state.tables["people"][int(person_id)]


@pytest.fixture
async def tenants(tmp_path: Path) -> AsyncIterator[Callable[..., Any]]:
    """A function that opens a tenant with settings of the bridge and knobs of the account."""
    database = new_database(sqlite_url(tmp_path / "emulator.db"))
    upgrade(database.engine, "scim")
    opened: list[Tenant] = []

    async def open_tenant(settings: Any = None, faults: Any = None, **knobs: Any) -> Tenant:
        clock = TurnedClock()
        desk = await open_desk(database, clock, faults, **knobs)
        tenant = Tenant(desk, database, clock, **(settings or {}))
        opened.append(tenant)
        return tenant

    yield open_tenant
    for tenant in opened:
        await tenant.bridge.close()
    await database.close()


@pytest.fixture
async def tenant(tenants: Callable[..., Any]) -> Tenant:
    """An account with the department Finance, its index loaded."""
    tenant = await tenants()
    await tenant.desk.make("/departments", name="Finance")
    await tenant.start()
    return tenant


def ada(**changes: Any) -> dict[str, Any]:
    """Ada as the engine sends her."""
    return {
        "schemas": SCHEMAS,
        "userName": "Ada@contoso.example",
        "displayName": "Lindqvist, Ada",
        "name": {"givenName": "Ada", "familyName": "Lindqvist"},
        "emails": [{"type": "work", "value": "Ada@contoso.example", "primary": True}],
        "phoneNumbers": [{"type": "work", "value": "+46 8 1"}, {"type": "mobile", "value": "+46 70 1"}],
        "addresses": [{"type": "work", "formatted": "1 Quay"}],
        "title": "Analyst",
        "locale": "sv",
        "timezone": "W. Europe Standard Time",
        "active": True,
        "externalId": "a-1",
        ENTERPRISE: {"department": "Finance", "employeeNumber": "4"},
        FRESHSERVICE: {"cost_centre": "44"},
        **changes,
    }


def agent(**changes: Any) -> dict[str, Any]:
    """Grace, who is an agent."""
    grace = {
        "userName": "grace@contoso.example",
        "emails": [{"type": "work", "value": "grace@contoso.example"}],
        "name": {"givenName": "Grace", "familyName": "Ito"},
        "externalId": "g-1",
        "phoneNumbers": [],
        FRESHSERVICE: {"isAgent": "True"},
    }
    return ada(**{**grace, **changes})


def without_meta(resource: dict[str, Any]) -> dict[str, Any]:
    """What a client compares."""
    return {key: value for key, value in resource.items() if key not in {"meta", "id", "schemas"}}


async def test_a_new_requester_is_one_call_and_reads_back_as_sent(tenant: Tenant) -> None:
    """One POST stores everything translated, and reading shows what was sent, without another call."""
    made = await tenant.bridge.create("User", ada())
    assert tenant.sent() == ["POST requesters"]
    stored = tenant.stored(made["id"])
    assert stored["primary_email"] == "Ada@contoso.example"
    assert (stored["language"], stored["time_zone"]) == ("sv-SE", "Berlin")
    assert stored["department_ids"] == [tenant.bridge._index.names.lookups.departments["finance"]]
    expected = ada(**{FRESHSERVICE: {"isAgent": "False", "cost_centre": "44"}})
    assert without_meta(made) == without_meta(expected)
    assert await tenant.bridge.get("User", made["id"]) == made
    assert await tenant.find("ada@CONTOSO.example") == [made]
    assert tenant.sent() == []


async def test_a_new_agent_is_one_call(tenant: Tenant) -> None:
    """A POST with the role and a full-time seat; the role's id is read once for everybody."""
    made = await tenant.bridge.create("User", agent())
    assert tenant.sent() == ["GET roles", "POST agents"]
    stored = tenant.stored(made["id"])
    assert stored["is_agent"]
    assert not stored["occasional"]
    assert len(stored["roles"]) == 1
    assert made[FRESHSERVICE]["isAgent"] == "True"
    second = agent(userName="h@contoso.example", emails=[{"type": "work", "value": "h@contoso.example"}])
    await tenant.bridge.create("User", second)
    assert tenant.sent() == ["POST agents"]


async def test_the_index_is_loaded_once_and_survives_a_restart(tenants: Callable[..., Any]) -> None:
    """Listing the account happens once; after a restart lookups cost nothing."""
    tenant = await tenants()
    for number in range(150):
        await tenant.desk.make("/requesters", first_name="P", primary_email=f"p{number}@contoso.example")
    assert len(await tenant.find("p77@contoso.example")) == 1
    assert sorted(tenant.sent()) == ["GET agents", "GET departments", "GET requesters", "GET requesters"]
    tenant.reopen()
    assert len(await tenant.find("p78@contoso.example")) == 1
    page = await tenant.bridge.query("User", Query(start_index=101, count=100))
    assert (page.total, len(page.resources)) == (151, 51)
    assert tenant.sent() == []


async def test_a_change_is_one_call_and_no_change_is_none(tenant: Tenant) -> None:
    """A PATCH sends one minimal PUT; the same PATCH again sends nothing and keeps the version."""
    made = await tenant.bridge.create("User", ada())
    tenant.sent()
    changed = await tenant.patch(made["id"], ("replace", "title", "Lead"), ("replace", "displayName", "A. L."))
    assert tenant.sent() == ["PUT requesters/{id}"]
    assert (changed["title"], changed["displayName"]) == ("Lead", "A. L.")
    assert changed["meta"]["version"] == 'W/"2"'
    again = await tenant.patch(made["id"], ("replace", "title", "Lead"))
    replaced = await tenant.bridge.replace("User", made["id"], ada(title="Lead", displayName="A. L."), None)
    assert again == changed == replaced
    assert tenant.sent() == []


async def test_what_the_desk_cannot_hold_costs_no_call(tenant: Tenant) -> None:
    """A new display name or external id is kept here, and moves the version."""
    made = await tenant.bridge.create("User", ada())
    tenant.sent()
    changed = await tenant.patch(made["id"], ("replace", "displayName", "New"), ("replace", "externalId", "z"))
    assert tenant.sent() == []
    assert (changed["externalId"], changed["meta"]["version"]) == ("z", 'W/"2"')
    query = Query(filter=parse_filter('externalId eq "z"', schemas=USERS.schema_ids))
    assert (await tenant.bridge.query("User", query)).total == 1


async def test_flags_set_at_the_desk_survive_our_put(tenant: Tenant) -> None:
    """A PUT repeats the visibility flags, which it would otherwise reset; an old entry is read first."""
    made = await tenant.bridge.create("User", ada())
    flag = "can_see_all_tickets_from_associated_departments"
    await tenant.desk.call("PUT", f"/requesters/{made['id']}", {flag: True, "job_title": "Chief", "address": "2 Hill"})
    tenant.clock.turn(16 * 60)
    tenant.sent()
    shown = await tenant.patch(made["id"], ("replace", f"{ENTERPRISE}:department", "IT"))
    assert tenant.sent() == ["GET requesters/{id}", "POST departments", "PUT requesters/{id}"]
    assert tenant.stored(made["id"])[flag] is True
    assert (shown["title"], shown["addresses"][0]["formatted"]) == ("Chief", "2 Hill")
    assert shown[ENTERPRISE]["department"] == "IT"


async def test_deactivating_and_coming_back(tenant: Tenant) -> None:
    """`active` false is a DELETE, true a reactivation; other changes of the same request come along."""
    made = await tenant.bridge.create("User", ada())
    tenant.sent()
    off = await tenant.patch(made["id"], ("replace", "active", False))
    assert (off["active"], tenant.sent()) == (False, ["DELETE requesters/{id}"])
    assert (await tenant.find("ada@contoso.example"))[0]["active"] is False
    on = await tenant.patch(made["id"], ("replace", "active", True), ("replace", "title", "Back"))
    assert tenant.sent() == ["PUT requesters/{id}/reactivate", "PUT requesters/{id}"]
    assert (on["active"], tenant.stored(made["id"])["job_title"]) == (True, "Back")


async def test_changes_wait_where_deactivated_people_cannot_be_edited(tenants: Callable[..., Any]) -> None:
    """What the account refuses for a deactivated person is shown as taken, and sent on the return."""
    tenant = await tenants(edits_inactive_people=False)
    await tenant.start()
    made = await tenant.bridge.create("User", ada(active=False))
    changed = await tenant.patch(made["id"], ("replace", "title", "Later"), ("add", f"{FRESHSERVICE}:isAgent", "True"))
    assert (changed["title"], changed[FRESHSERVICE]["isAgent"]) == ("Later", "True")
    tenant.reopen()
    back = await tenant.patch(made["id"], ("replace", "active", True))
    stored = tenant.stored(made["id"])
    assert (stored["job_title"], stored["is_agent"], stored["active"]) == ("Later", True, True)
    assert (back["title"], back["active"]) == ("Later", True)


async def test_a_scim_delete_deactivates_and_a_create_brings_back(tenant: Tenant) -> None:
    """DELETE hides somebody and deactivates them; creating them again reactivates the same person."""
    made = await tenant.bridge.create("User", ada())
    await tenant.bridge.delete("User", made["id"], None)
    assert tenant.stored(made["id"])["active"] is False
    with pytest.raises(NotFound):
        await tenant.bridge.get("User", made["id"])
    assert await tenant.find("ada@contoso.example") == []
    tenant.sent()
    again = await tenant.bridge.create("User", ada(title="Returned"))
    assert tenant.sent() == ["PUT requesters/{id}/reactivate", "PUT requesters/{id}"]
    assert again["id"] == made["id"]
    assert tenant.stored(made["id"])["job_title"] == "Returned"


async def test_somebody_active_is_a_conflict_without_a_call(tenant: Tenant) -> None:
    """An active person with the address makes the create a conflict, so that the client matches."""
    person = await tenant.desk.make("/requesters", first_name="Ada", primary_email="ada@contoso.example")
    tenant.reopen()
    await tenant.bridge._index.load()
    tenant.sent()
    with pytest.raises(Conflict, match="Match by userName") as caught:
        await tenant.bridge.create("User", ada())
    assert caught.value.code == "uniqueness"
    assert tenant.sent() == []
    found = await tenant.find("ada@contoso.example")
    assert [one["id"] for one in found] == [str(person["id"])]
    matched = await tenant.bridge.replace("User", found[0]["id"], ada(), None)
    assert tenant.sent() == ["PUT requesters/{id}"]
    assert without_meta(matched) == without_meta(ada(**{FRESHSERVICE: {"isAgent": "False", "cost_centre": "44"}}))


async def test_an_address_taken_behind_our_back_is_looked_up_once(tenant: Tenant) -> None:
    """A refused POST leads to one look; a deactivated holder comes back, an active one is a conflict."""
    frank = await tenant.desk.make("/agents", first_name="Frank", email="ada@contoso.example")
    with pytest.raises(Conflict, match="an active agent"):
        await tenant.bridge.create("User", ada())
    assert tenant.sent() == ["POST requesters", "GET requesters", "GET agents/{id}"]
    await tenant.desk.call("DELETE", f"/agents/{frank['id']}")
    tenant.clock.turn(16 * 60)
    made = await tenant.bridge.create("User", ada())
    assert (made["id"], made["active"], made[FRESHSERVICE]["isAgent"]) == (str(frank["id"]), True, "True")


async def test_a_secondary_address_is_named_in_the_conflict(tenant: Tenant) -> None:
    """The trap of merged people: the error says who holds the address and what to do."""
    await tenant.desk.make(
        "/requesters", first_name="Dana", primary_email="dana@contoso.example",
        secondary_emails=["ada@contoso.example"],
    )  # fmt: skip
    await tenant.bridge._index.load()
    with pytest.raises(Conflict, match=r"dana@contoso\.example"):
        await tenant.bridge.create("User", ada())


async def test_becoming_an_agent_is_two_calls_and_keeps_the_id(tenant: Tenant) -> None:
    """Conversion makes an occasional agent; the PUT that follows sets the seat. False does not demote."""
    made = await tenant.bridge.create("User", ada())
    await tenant.bridge.create("User", agent())
    tenant.sent()
    promoted = await tenant.patch(made["id"], ("add", f"{FRESHSERVICE}:isAgent", "true"))
    assert tenant.sent() == ["PUT requesters/{id}/convert_to_agent", "PUT agents/{id}"]
    assert promoted["id"] == made["id"]
    assert promoted[FRESHSERVICE]["isAgent"] == "true"
    assert tenant.stored(made["id"])["occasional"] is False
    kept = await tenant.patch(made["id"], ("replace", f"{FRESHSERVICE}:isAgent", "False"))
    assert (kept[FRESHSERVICE]["isAgent"], tenant.sent()) == ("True", [])


async def test_demotion_needs_the_setting(tenants: Callable[..., Any]) -> None:
    """With `demote_agents`, False makes a requester of an agent."""
    tenant = await tenants({"demote_agents": True})
    await tenant.start()
    made = await tenant.bridge.create("User", agent())
    tenant.sent()
    shown = await tenant.patch(made["id"], ("replace", f"{FRESHSERVICE}:isAgent", "False"))
    assert tenant.sent() == ["PUT agents/{id}/convert_to_requester"]
    assert shown[FRESHSERVICE]["isAgent"] == "False"
    assert not tenant.stored(made["id"])["is_agent"]


async def test_managers_by_id_by_address_and_late(tenant: Tenant) -> None:
    """A known manager travels in the POST; an unknown one is linked when they appear, also after a restart."""
    frank = await tenant.bridge.create("User", agent(userName="frank@contoso.example", externalId="f", emails=[]))
    tenant.sent()
    by_id = await tenant.bridge.create("User", ada(**{ENTERPRISE: {"manager": {"value": frank["id"]}}}))
    assert tenant.sent() == ["POST requesters"]
    assert tenant.stored(by_id["id"])["reporting_manager_id"] == int(frank["id"])
    boris = ada(userName="b@contoso.example", emails=[], externalId="b", phoneNumbers=[])
    boris[ENTERPRISE] = {"manager": {"value": "Chen@contoso.example"}}
    waiting = await tenant.bridge.create("User", boris)
    assert waiting[ENTERPRISE]["manager"] == {"value": "Chen@contoso.example"}
    assert tenant.stored(waiting["id"])["reporting_manager_id"] is None
    tenant.reopen()
    chen = await tenant.bridge.create("User", ada(userName="chen@contoso.example", emails=[], phoneNumbers=[]))
    await tenant.bridge.settle()
    assert tenant.stored(waiting["id"])["reporting_manager_id"] == int(chen["id"])
    shown = await tenant.bridge.get("User", waiting["id"])
    assert shown[ENTERPRISE]["manager"] == {"value": "Chen@contoso.example"}


async def test_nobody_manages_themselves(tenant: Tenant) -> None:
    """A reference to oneself is left out."""
    made = await tenant.bridge.create("User", ada(**{ENTERPRISE: {"manager": {"value": "ada@contoso.example"}}}))
    assert tenant.stored(made["id"])["reporting_manager_id"] is None
    await tenant.patch(made["id"], ("replace", f"{ENTERPRISE}:manager", {"value": made["id"]}))
    assert tenant.stored(made["id"])["reporting_manager_id"] is None


@pytest.mark.parametrize("policy", ["create", "ignore", "fail"])
async def test_an_unknown_department_follows_the_policy(tenants: Callable[..., Any], policy: str) -> None:
    """It is created, left out, or the error names the person, the department and the remedy."""
    tenant = await tenants({"department_policy": policy})
    await tenant.start()
    if policy == "fail":
        with pytest.raises(Reject, match=r"Ada@contoso.example: Freshservice has no department 'Finance'"):
            await tenant.bridge.create("User", ada())
        assert "POST requesters" not in tenant.sent()
        return
    made = await tenant.bridge.create("User", ada())
    assert bool(tenant.stored(made["id"])["department_ids"]) == (policy == "create")
    assert made[ENTERPRISE]["department"] == "Finance"


async def test_a_hundred_creates_at_once_make_one_department_and_no_twins(tenant: Tenant) -> None:
    """Creates of the same address go one after the other, and a new department is made once."""
    people = [
        ada(userName=f"p{n % 50}@contoso.example", emails=[], **{ENTERPRISE: {"department": "Lab"}}) for n in range(100)
    ]
    outcomes = await asyncio.gather(*(tenant.bridge.create("User", one) for one in people), return_exceptions=True)
    assert sum(isinstance(outcome, dict) for outcome in outcomes) == 50
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 50
    calls = tenant.sent()
    assert (calls.count("POST requesters"), calls.count("POST departments")) == (50, 1)


async def test_versions_guard_a_write(tenant: Tenant) -> None:
    """A write that expects another version is refused before anything is sent."""
    made = await tenant.bridge.create("User", ada())
    tenant.sent()
    with pytest.raises(PreconditionFailed):
        await tenant.patch(made["id"], ("replace", "title", "X"), expected=['W/"9"'])
    assert tenant.sent() == []
    await tenant.patch(made["id"], ("replace", "title", "X"), expected=[made["meta"]["version"]])


async def test_a_refused_value_names_the_person_and_the_field(tenant: Tenant) -> None:
    """An unknown custom field is refused by the account; the error says whose and which."""
    with pytest.raises(Reject, match=r"Ada@contoso.example.*shoe_size") as caught:
        await tenant.bridge.create("User", ada(**{FRESHSERVICE: {"shoe_size": "44"}}))
    assert caught.value.code == "invalidValue"
    assert caught.value.remedy


async def test_no_seat_is_said_clearly_and_nothing_is_lost(tenants: Callable[..., Any]) -> None:
    """Without a free seat the promotion stops at the PUT; once there is one, the next request finishes it."""
    tenant = await tenants(full_time_seats=1)
    await tenant.start()
    with pytest.raises(Reject, match="seat"):
        await tenant.bridge.create("User", agent())
    made = await tenant.bridge.create("User", ada())
    promote = ("add", f"{FRESHSERVICE}:isAgent", "True")
    with pytest.raises(Reject, match="seat"):
        await tenant.patch(made["id"], promote)
    assert tenant.stored(made["id"])["occasional"] is True
    owner = tenant.desk.emulator.state.email_owner("desk.admin@freshservice.example")
    await tenant.desk.call("PUT", f"/agents/{owner['id']}", {"occasional": True})
    shown = await tenant.patch(made["id"], promote)
    assert shown[FRESHSERVICE]["isAgent"] == "True"
    assert tenant.stored(made["id"])["occasional"] is False


async def test_a_revoked_key_is_told_to_whoever_looks_after_it(tenant: Tenant) -> None:
    """With a dead key writes fail with the remedy, reads still answer, and a new key goes on."""
    made = await tenant.bridge.create("User", ada())
    tenant.desk.emulator.state.revoke_key(KEY)
    with pytest.raises(Transient, match="rotate-key"):
        await tenant.patch(made["id"], ("replace", "title", "X"))
    assert (await tenant.bridge.get("User", made["id"]))["title"] == "Analyst"
    await tenant.desk.emulator.ensure_key(KEY)
    assert (await tenant.patch(made["id"], ("replace", "title", "X")))["title"] == "X"


async def test_somebody_converted_at_the_desk_is_followed(tenant: Tenant) -> None:
    """A PUT to the wrong kind is answered 404; the person is looked up and written as what they are now."""
    made = await tenant.bridge.create("User", ada())
    await tenant.desk.call("PUT", f"/requesters/{made['id']}/convert_to_agent")
    shown = await tenant.patch(made["id"], ("replace", "title", "X"))
    assert (shown["title"], shown[FRESHSERVICE]["isAgent"]) == ("X", "True")
    await tenant.desk.call("DELETE", f"/agents/{made['id']}/forget")
    with pytest.raises(NotFound):
        await tenant.patch(made["id"], ("replace", "title", "Y"))
    assert await tenant.find("ada@contoso.example") == []


async def test_a_client_without_mail_mapping_renames_by_user_name(tenant: Tenant) -> None:
    """Where the client never sent an address, the user name is the address, also when it changes."""
    bare = {"schemas": SCHEMAS, "userName": "ada@contoso.example", "name": {"givenName": "Ada"}}
    made = await tenant.bridge.create("User", bare)
    await tenant.patch(made["id"], ("replace", "userName", "ada.l@contoso.example"))
    assert tenant.stored(made["id"])["primary_email"] == "ada.l@contoso.example"
    assert await tenant.find("ada@contoso.example") == []
    assert len(await tenant.find("ada.l@contoso.example")) == 1


async def test_general_filters_sorting_and_cursors(tenant: Tenant) -> None:
    """Filters that no column answers, and sorting, work over everybody."""
    for number in range(5):
        await tenant.bridge.create(
            "User", ada(userName=f"p{number}@contoso.example", emails=[], title=f"T{number % 2}", phoneNumbers=[])
        )
    query = Query(filter=parse_filter('title eq "T1"', schemas=USERS.schema_ids), sort_by="userName", descending=True)
    page = await tenant.bridge.query("User", query)
    assert [one["userName"] for one in page.resources] == ["p3@contoso.example", "p1@contoso.example"]
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await tenant.bridge.query("User", Query(count=4, cursor=cursor))
        seen += [one["id"] for one in page.resources]
        cursor = page.next_cursor
    assert len(seen) == len(set(seen)) == page.total == 6
    by_mail = Query(
        filter=parse_filter('emails[type eq "work"].value eq "P3@contoso.example"', schemas=USERS.schema_ids)
    )
    assert (await tenant.bridge.query("User", by_mail)).total == 1


async def test_many_old_entries_are_followed_by_one_search(tenants: Callable[..., Any]) -> None:
    """From the fourth old entry on one search per kind replaces single reads, and an edit at the desk survives."""
    tenant = await tenants(index_lag_seconds=120)
    await tenant.start()
    made = [
        await tenant.bridge.create(
            "User", ada(userName=f"p{number}@contoso.example", emails=[], phoneNumbers=[], externalId=str(number))
        )
        for number in range(20)
    ]
    tenant.clock.turn(3600)
    await tenant.desk.call("PUT", f"/requesters/{made[9]['id']}", {"address": "Edited at the desk"})
    tenant.clock.turn(3600)
    tenant.sent()
    for one in made:
        await tenant.patch(one["id"], ("replace", "title", "Lead"))
    calls = tenant.sent()
    assert calls.count("GET requesters/{id}") == 3
    assert calls.count("GET agents") == 1
    assert calls.count("PUT requesters/{id}") == 20
    assert len(calls) < 30
    shown = await tenant.bridge.get("User", made[9]["id"])
    assert (shown["addresses"][0]["formatted"], shown["title"]) == ("Edited at the desk", "Lead")


async def test_a_manager_made_at_the_desk_is_linked_after_the_next_listing(tenant: Tenant) -> None:
    """Somebody awaited who was added by hand is found by the daily listing, which drops forgotten people too."""
    boris = await tenant.bridge.create("User", ada(**{ENTERPRISE: {"manager": {"value": "frank@contoso.example"}}}))
    gone = await tenant.bridge.create("User", ada(userName="x@contoso.example", emails=[], phoneNumbers=[]))
    frank = await tenant.desk.make("/agents", first_name="Frank", email="Frank@contoso.example")
    await tenant.desk.call("DELETE", f"/requesters/{gone['id']}/forget")
    tenant.clock.turn(25 * 3600)
    await tenant.find("nobody@contoso.example")
    await tenant.bridge._index._loading
    await tenant.bridge.settle()
    assert tenant.stored(boris["id"])["reporting_manager_id"] == frank["id"]
    assert await tenant.find("x@contoso.example") == []
    assert await tenant.find("ada@contoso.example") != []


async def test_an_answer_lost_on_the_way_makes_no_twin(tenant: Tenant) -> None:
    """A POST whose answer never came is looked up, and the person counts as created."""

    def lose_once(method: str, _url: str) -> None:
        if method == "POST":
            tenant.http.after = lambda _method, _url: None
            raise Transient("The connection broke.")

    tenant.http.after = lose_once
    made = await tenant.bridge.create("User", ada())
    assert tenant.sent() == ["POST requesters", "GET requesters"]
    people = tenant.desk.emulator.state.tables["people"].values()
    assert sum(person["primary_email"] == "Ada@contoso.example" for person in people) == 1
    assert without_meta(made)["title"] == "Analyst"


class Killed(Exception):
    """The process ends here."""


async def cut_off(tenant: Tenant, user: dict[str, Any]) -> None:
    """Create somebody; the process dies after the account has done it, and before anything of it is stored."""

    def die(method: str, url: str) -> None:
        if method == "POST":
            raise Killed

    tenant.http.after = die
    with pytest.raises(Killed):
        await tenant.bridge.create("User", user)
    tenant.http.after = lambda *_: None
    await tenant.bridge.close()
    tenant.reopen()
    tenant.sent()


@pytest.mark.parametrize("user", [ada(), agent()], ids=["requester", "agent"])
async def test_a_creation_that_was_cut_off_is_finished(tenant: Tenant, user: dict[str, Any]) -> None:
    """Asking again is answered as if nothing had happened: created, shown as given, and nothing is written twice."""
    await cut_off(tenant, user)
    made = await tenant.bridge.create("User", user)
    assert not [call for call in tenant.sent() if call.startswith("PUT")]
    given = {name: value for name, value in without_meta(user).items() if value}
    given[FRESHSERVICE] = {"isAgent": "False", **given[FRESHSERVICE]}
    assert without_meta(made) == given
    with pytest.raises(Conflict):
        await tenant.bridge.create("User", user)


async def test_a_creation_that_was_cut_off_is_finished_as_wanted_now(tenant: Tenant) -> None:
    """What has changed in the meantime is written, and only that."""
    await cut_off(tenant, ada())
    made = await tenant.bridge.create("User", ada(title="Head Analyst", displayName="Ada L"))
    assert [call for call in tenant.sent() if call.startswith("PUT")] == ["PUT requesters/{id}"]
    assert (made["title"], made["displayName"], made["locale"]) == ("Head Analyst", "Ada L", "sv")
    assert tenant.stored(made["id"])["job_title"] == "Head Analyst"


async def test_a_listing_shows_who_was_cut_off_as_given(tenant: Tenant) -> None:
    """Whoever reads the account again before the client asks again shows what the client said, not a translation."""
    await cut_off(tenant, ada())
    await tenant.bridge._index.load()
    (shown,) = await tenant.find("ada@contoso.example")
    assert (shown["locale"], shown["timezone"], shown["displayName"]) == (
        "sv",
        "W. Europe Standard Time",
        "Lindqvist, Ada",
    )


async def test_a_stranger_with_the_address_is_never_taken_for_a_cut_off_creation(tenant: Tenant) -> None:
    """Neither after a refusal nor before anything was tried: that is a conflict, for the client to match."""
    with pytest.raises(Reject):
        await tenant.bridge.create("User", ada(phoneNumbers=[{"type": "work", "value": "1" * 300}]))
    await tenant.desk.make("/requesters", first_name="Ada", primary_email="ada@contoso.example")
    for _ in range(2):
        with pytest.raises(Conflict):
            await tenant.bridge.create("User", ada())


async def test_a_put_that_broke_off_is_looked_at_first(tenant: Tenant) -> None:
    """After a write of unknown outcome the next one reads the person, however young the entry is."""
    made = await tenant.bridge.create("User", ada())

    def lose(method: str, _url: str) -> None:
        if method == "PUT":
            raise Transient("The connection broke.")

    tenant.http.after = lose
    with pytest.raises(Transient):
        await tenant.patch(made["id"], ("replace", "title", "Lead"))
    tenant.http.after = lambda _method, _url: None
    tenant.sent()
    shown = await tenant.patch(made["id"], ("replace", "title", "Lead"))
    assert tenant.sent() == ["GET requesters/{id}"]
    assert shown["title"] == "Lead"
