"""The Freshservice client against the emulator, under each answer to the questions the vendor leaves open."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from emulated_desk import KEY, Desk, InProcessHttp, SharedClock, TurnedClock, new_database, open_desk
from provisor.freshservice.emulator.faults import Faults
from provisor.freshservice.emulator.knobs import Plan
from provisor.freshservice.emulator.records import people
from provisor.freshservice.rest import FreshserviceApi
from provisor.freshservice.rest_faults import AddressTaken, FieldsRefused, KeyRefused, NoSeat
from provisor.model.errors import (
    AmbiguousWrite,
    Conflict,
    JobFailed,
    NotFound,
    Reject,
    Transient,
    Unreachable,
)
from provisor.store.database import sqlite_url

ANSWERS: dict[str, dict[str, Any]] = {
    "defaults": {},
    "the other answers": {
        "agent_delete_status": 204,
        "repeated_delete_status": 404,
        "duplicate_status": 400,
        "remove_non_member_status": 204,
        "email_finds_secondary": True,
        "custom_fields_are_merged": False,
        "resets_changes_flag": False,
        "unquoted_query_status": 500,
        "listing_headers": "listing",
        "rate_window": "sliding",
    },
}


class Account:
    """An emulated account with its client."""

    def __init__(self, desk: Desk, key: str = KEY, **options: Any) -> None:
        self.desk = desk
        self.http = InProcessHttp(desk.emulator.app)
        self.api = FreshserviceApi(self.http, "127.0.0.1:8081", key, desk.clock, jitter=lambda: 0.5, **options)


@pytest.fixture
async def opened(tmp_path) -> AsyncIterator[Any]:
    """A function that opens accounts on one database."""
    database = new_database(sqlite_url(tmp_path / "emulator.db"))

    async def open_account(
        faults: Faults | None = None, options: Any = None, clock: TurnedClock | None = None, **knobs: Any
    ) -> Account:
        desk = await open_desk(database, clock or TurnedClock(), faults, **knobs)
        return Account(desk, **(options or {}))

    yield open_account
    await database.close()


@pytest.fixture(params=list(ANSWERS))
async def account(request, opened) -> Account:
    """An account of each character in turn."""
    return await opened(**ANSWERS[request.param])


async def collect(pages: Any) -> list[Any]:
    """All rows of a list."""
    return [row async for page in pages for row in page]


async def test_a_requester_lives_and_leaves(account: Account) -> None:
    """Create, read, update, find, deactivate twice, reactivate: each step is seen by the next."""
    api = account.api
    ada = await api.create("requester", {"first_name": "Ada", "primary_email": "ada@contoso.example"})
    assert ada["id"] > 2**32
    changed = await api.update("requester", ada["id"], {"job_title": "Analyst", "time_zone": "London"})
    assert changed["job_title"] == "Analyst"
    assert await api.get("requester", ada["id"]) == changed
    found = await api.find_by_email("ADA@contoso.example")
    assert found is not None
    assert found["id"] == ada["id"]
    assert not found["is_agent"]
    await api.deactivate("requester", ada["id"])
    await api.deactivate("requester", ada["id"])
    assert not (await api.get("requester", ada["id"]))["active"]
    assert (await api.reactivate("requester", ada["id"]))["active"]


async def test_an_agent_lives_and_leaves(account: Account) -> None:
    """The same for an agent, whose address stands under another name."""
    api = account.api
    body = {"first_name": "Grace", "email": "grace@contoso.example", "occasional": True}
    grace = await api.create("agent", body)
    assert grace["email"] == "grace@contoso.example"
    assert (await api.update("agent", grace["id"], {"job_title": "Lead"}))["job_title"] == "Lead"
    found = await api.find_by_email("grace@contoso.example")
    assert found is not None
    assert found["is_agent"]
    await api.deactivate("agent", grace["id"])
    await api.deactivate("agent", grace["id"])
    assert not (await api.get("agent", grace["id"]))["active"]
    assert (await api.reactivate("agent", grace["id"]))["active"]


async def test_a_conversion_keeps_the_id_both_ways(account: Account) -> None:
    """Requester to agent and back under one id; asking twice does no harm."""
    api = account.api
    boris = await api.create("requester", {"first_name": "Boris", "primary_email": "boris@contoso.example"})
    agent = await api.convert("requester", boris["id"])
    assert (agent["id"], agent["email"], agent["occasional"]) == (boris["id"], "boris@contoso.example", True)
    assert await api.convert("requester", boris["id"]) == agent
    with pytest.raises(NotFound):
        await api.get("requester", boris["id"])
    back = await api.convert("agent", boris["id"])
    assert (back["id"], back["primary_email"]) == (boris["id"], "boris@contoso.example")
    with pytest.raises(NotFound):
        await api.convert("agent", 21999999999)


async def test_a_taken_address_is_a_conflict_whoever_holds_it(account: Account) -> None:
    """Requesters, agents, deactivated people and secondary addresses block an address in the same way."""
    api = account.api
    await api.create(
        "requester",
        {"first_name": "A", "primary_email": "a@contoso.example", "secondary_emails": ["b@contoso.example"]},
    )
    await api.create("agent", {"first_name": "C", "email": "c@contoso.example"})
    gone = await api.create("requester", {"first_name": "D", "primary_email": "d@contoso.example"})
    await api.deactivate("requester", gone["id"])
    for email in ("A@contoso.example", "b@contoso.example", "c@contoso.example", "d@contoso.example"):
        with pytest.raises(AddressTaken) as caught:
            await api.create("requester", {"first_name": "X", "primary_email": email})
        assert caught.value.fault.has_code("duplicate_value")


async def test_refused_values_name_their_fields(account: Account) -> None:
    """Every complaint of the account reaches the caller with its field."""
    with pytest.raises(FieldsRefused) as caught:
        await account.api.create("requester", {"primary_email": "no address", "time_zone": "Europe/London", "zip": 1})
    complaints = {c.field: c.code for c in caught.value.fault.complaints}
    assert complaints == {
        "first_name": "missing_field",
        "primary_email": "invalid_value",
        "time_zone": "invalid_value",
        "zip": "invalid_field",
    }
    assert "time_zone" in str(caught.value)


async def test_lists_are_read_to_their_end(account: Account) -> None:
    """More than one page arrives whole, agents only where they are asked for."""
    api = account.api
    for number in range(205):
        await account.desk.make("/requesters", first_name="P", primary_email=f"p{number}@contoso.example")
    await api.create("agent", {"first_name": "G", "email": "g@contoso.example"})
    calls = api.calls
    assert len(await collect(api.list_requesters())) == 205
    assert api.calls - calls == 3
    everybody = await collect(api.list_requesters(include_agents=True))
    assert len({row["id"] for row in everybody}) == 207
    assert {row["email"] for row in await collect(api.list_agents())} == {
        "g@contoso.example",
        "desk.admin@freshservice.example",
    }
    assert await collect(api.list_requesters(active=False)) == []


async def test_a_search_sees_through_pages_of_thirty(account: Account) -> None:
    """A search collects its pages, says when it is complete, and refuses to send too long a query."""
    for number in range(65):
        await account.desk.make("/requesters", first_name="Pat", primary_email=f"p{number}@contoso.example")
    rows, is_complete = await account.api.search("requester", "~[first_name]:'pa' AND location_id:null")
    assert (len(rows), is_complete) == (65, True)
    rows, is_complete = await account.api.search("agent", "email:'desk.admin@freshservice.example'")
    assert (len(rows), is_complete) == (1, True)
    with pytest.raises(Reject):
        await account.api.search("requester", "x" * 513)


async def test_what_people_refer_to_is_listed_and_made(account: Account) -> None:
    """Departments, locations, roles and field definitions."""
    api = account.api
    finance = await api.create_department("Finance")
    assert [row["name"] for row in await collect(api.list_departments())] == ["Finance"]
    with pytest.raises(Conflict):
        await api.create_department("finance")
    london = await account.desk.make("/locations", name="London HQ")
    assert await collect(api.list_locations()) == [london]
    assert "SD Agent" in {row["name"] for row in await collect(api.list_roles())}
    assert {"first_name", "employee_id"} <= {field["name"] for field in await api.requester_fields()}
    assert {"first_name", "employee_id"} <= {field["name"] for field in await api.agent_fields()}
    body = {"first_name": "I", "primary_email": "i@contoso.example", "department_ids": [finance["id"]]}
    assert (await api.create("requester", body))["department_names"] == "Finance"


async def test_groups_change_member_by_member(account: Account) -> None:
    """Requester groups take one person a call, agent groups whole lists; repeating is harmless."""
    api = account.api
    ada = await api.create("requester", {"first_name": "Ada", "primary_email": "ada@contoso.example"})
    group = await api.create_requester_group("Payroll")
    for _ in range(2):
        await api.add_requester_group_member(group["id"], ada["id"])
    members = await collect(api.list_requester_group_members(group["id"]))
    assert [(row["id"], row["email"]) for row in members] == [(ada["id"], "ada@contoso.example")]
    for _ in range(2):
        await api.remove_requester_group_member(group["id"], ada["id"])
    assert await collect(api.list_requester_group_members(group["id"])) == []
    assert (await api.update_requester_group(group["id"], {"name": "Pay"}))["name"] == "Pay"
    for _ in range(2):
        await api.delete_requester_group(group["id"])
    assert await collect(api.list_requester_groups()) == []

    grace = await api.create("agent", {"first_name": "Grace", "email": "grace@contoso.example"})
    team = await account.desk.make("/groups", name="Team")
    await api.change_agent_group_members(team["id"], add=[grace["id"]])
    assert (await api.get("agent", grace["id"]))["member_of"] == [team["id"]]
    await api.change_agent_group_members(team["id"], remove=[grace["id"]])
    assert [g["members"] for g in await collect(api.list_agent_groups())] == [[]]


async def test_a_key_without_rights_still_finds_requesters(opened) -> None:
    """Without the right to manage agents the connection test works, agents are refused, requesters are found."""
    account = await opened(key_may_manage_agents=False)
    assert (await account.api.me())["email"] == "desk.admin@freshservice.example"
    with pytest.raises(KeyRefused, match="owner"):
        await collect(account.api.list_agents())
    await account.api.create("requester", {"first_name": "Ada", "primary_email": "ada@contoso.example"})
    assert await account.api.find_by_email("ada@contoso.example") is not None
    assert await account.api.find_by_email("nobody@contoso.example") is None


async def test_a_wrong_key_stops_the_job_and_is_not_told(opened) -> None:
    """A refused key is a job's failure whose text helps and holds no key."""
    account = await opened(options={"key": "some-other-key-9999"})
    with pytest.raises(JobFailed) as caught:
        await account.api.me()
    assert caught.value.code == "Unauthorized"
    assert "some-other-key-9999" not in str(caught.value) + repr(caught.value)
    assert len(account.http.requests) == 1


async def test_a_full_desk_says_that_seats_are_missing(opened) -> None:
    """The seat error concerns one person, not the job."""
    account = await opened(full_time_seats=1)
    with pytest.raises(NoSeat) as caught:
        await account.api.create("agent", {"first_name": "G", "email": "g@contoso.example"})
    assert caught.value.code == "LicenseLimitExceeded"


async def test_the_rate_limit_delays_but_loses_nothing(opened) -> None:
    """At plan Starter 250 creates at once arrive, each once, in the minutes that the limit asks for."""
    account = await opened(clock=SharedClock(), plan=Plan.STARTER, options={"patience_seconds": 600})
    bodies = [{"first_name": "P", "primary_email": f"p{n}@contoso.example"} for n in range(250)]
    made = await asyncio.gather(*(account.api.create("requester", body) for body in bodies))
    assert len({person["id"] for person in made}) == 250
    assert 120 <= account.desk.clock.seconds < 180
    assert account.http.statuses.count(429) <= 6
    assert sum(not p["is_agent"] for p in account.desk.emulator.state.people()) == 250


@pytest.mark.parametrize("window", ["fixed", "sliding"])
async def test_the_permitted_rate_is_used(opened, window: str) -> None:
    """One caller after another gets at least 95 % of the rate over five minutes, with hardly a call turned away."""
    account = await opened(plan=Plan.PRO, rate_window=window)
    for _ in range(2000):
        await account.api.me()
    assert account.desk.clock.seconds <= 5 * 60 / 0.95
    assert account.http.statuses.count(429) <= 10


async def test_the_tighter_limit_of_lists_holds_up_lists_only(opened) -> None:
    """While listing waits for its own limit, other calls go on."""
    account = await opened(plan=Plan.STARTER, options={"patience_seconds": 0})
    for _ in range(40):
        await account.api.find_by_email("x@contoso.example")
    with pytest.raises(Transient) as caught:
        await account.api.find_by_email("x@contoso.example")
    assert 0 < (caught.value.retry_after_seconds or 0) <= 60
    assert (await account.api.me())["active"]


async def test_impatience_is_transient_and_says_when(opened) -> None:
    """A caller who cannot wait learns after how many seconds to come again; the write was not made."""
    account = await opened(plan=Plan.STARTER, options={"patience_seconds": 1})
    for number in range(100):
        await account.desk.make("/requesters", first_name="P", primary_email=f"p{number}@contoso.example")
    with pytest.raises(Transient) as caught:
        await account.api.create("requester", {"first_name": "Z", "primary_email": "z@contoso.example"})
    assert not isinstance(caught.value, AmbiguousWrite)
    assert caught.value.retry_after_seconds


async def test_faults_of_the_desk_are_outlived_by_what_may_be_repeated(opened) -> None:
    """With one call in five failing, reads and updates get through."""
    account = await opened(Faults(seed=3, error_share=0.2))
    body = {"first_name": "Ada", "primary_email": "ada@contoso.example"}
    ada = people.create(account.desk.emulator.state, body, is_agent=False)
    for number in range(30):
        assert (await account.api.update("requester", ada["id"], {"job_title": str(number)}))["job_title"] == str(
            number
        )
        await account.api.get("requester", ada["id"])
    assert 500 in account.http.statuses


async def test_a_create_whose_answer_is_lost_is_not_repeated(opened) -> None:
    """The person exists once, and the caller is told to look."""
    account = await opened(Faults(lost_answer_share=1.0))
    with pytest.raises(AmbiguousWrite):
        await account.api.create("requester", {"first_name": "Ada", "primary_email": "ada@contoso.example"})
    assert account.http.statuses == [500]
    assert account.desk.emulator.state.email_owner("ada@contoso.example") is not None


async def test_a_broken_connection_repeats_only_what_is_safe(opened) -> None:
    """After a request that may have arrived, a PUT is sent again, a POST is not, a conversion is looked up."""
    account = await opened()
    api, http = account.api, account.http
    ada = await api.create("requester", {"first_name": "Ada", "primary_email": "ada@contoso.example"})
    broken: list[str] = []

    def break_once(method: str, url: str) -> None:
        if not broken and method != "GET":
            broken.append(url)
            raise Transient("The connection broke.")

    http.after = break_once
    assert (await api.update("requester", ada["id"], {"job_title": "Lead"}))["job_title"] == "Lead"
    broken.clear()
    assert (await api.convert("requester", ada["id"]))["id"] == ada["id"]
    broken.clear()
    with pytest.raises(AmbiguousWrite):
        await api.create("requester", {"first_name": "B", "primary_email": "b@contoso.example"})
    assert [method for method, path in http.requests if "convert" in path] == ["PUT"]


async def test_what_was_never_sent_is_sent_again(opened) -> None:
    """A refused connection lets even a POST be repeated, and does not count as a call."""
    account = await opened()
    failures = [Unreachable("Nothing answers."), Unreachable("Nothing answers.")]

    def refuse(_method: str, _url: str) -> None:
        if failures:
            raise failures.pop()

    account.http.before = refuse
    await account.api.create("requester", {"first_name": "Ada", "primary_email": "ada@contoso.example"})
    assert account.api.calls == 1


async def test_a_key_revoked_in_the_middle_fails_the_job(opened) -> None:
    """What was done before stays done."""
    account = await opened(Faults(revoke_after_calls=2))
    await account.api.create("requester", {"first_name": "A", "primary_email": "a@contoso.example"})
    await account.api.create("requester", {"first_name": "B", "primary_email": "b@contoso.example"})
    with pytest.raises(KeyRefused):
        await account.api.create("requester", {"first_name": "C", "primary_email": "c@contoso.example"})
