"""The emulated desk over HTTP: pages, filters, limits, faults, and what HTTP demands."""

import asyncio
import base64
from typing import Any

import pytest

from emulated_desk import KEY, Desk, ada, basic, call_app, complaints, grace, many
from provisor.freshservice.emulator.faults import Faults, read_faults
from provisor.freshservice.emulator.knobs import Plan
from provisor.freshservice.emulator.query import QueryError, parse_query
from provisor.freshservice.emulator.routes import ROUTES, find_route
from provisor.model.errors import Reject

pytest_plugins = ["emulated_desk_fixtures"]


# ---------------------------------------------------------------- pages


async def test_pages_follow_the_link(desk: Desk) -> None:
    """The Link header names the next page with the same parameters, and is missing on the last one."""
    await many(desk, 7)
    seen, target = [], "/api/v2/requesters?per_page=3&active=true"
    while target:
        reply = await call_app(
            desk.emulator.app, "GET", target, {"Authorization": basic(KEY), "Host": "d.example"}, b""
        )
        seen.append([row["first_name"] for row in reply.json["requesters"]])
        link = reply.headers.get("link", "")
        assert not link or link.startswith("<http://d.example/api/v2/requesters?per_page=3&active=true&page=")
        target = link.partition("<http://d.example")[2].partition(">")[0]
    assert seen == [["P0", "P1", "P2"], ["P3", "P4", "P5"], ["P6"]]
    assert len((await desk.call("GET", "/requesters")).json["requesters"]) == 7
    beyond = await desk.call("GET", "/requesters", page=99)
    assert (beyond.json, "link" in beyond.headers) == ({"requesters": []}, False)


@pytest.mark.parametrize("query", [{"per_page": 101}, {"per_page": 0}, {"page": "x"}, {"page": -1}, {"active": "yes"}])
async def test_paging_out_of_range_is_an_error(desk: Desk, query: dict[str, Any]) -> None:
    """Nothing is clamped in silence."""
    reply = await desk.call("GET", "/requesters", **query)
    assert (reply.status, complaints(reply)) == (400, {next(iter(query)): "invalid_value"})


async def test_plain_list_parameters(opened) -> None:
    """Address, state, phone, agents included or not."""
    desk = await opened()
    person = await ada(desk, secondary_emails=["s@contoso.example"], work_phone_number="+44 1")
    agent = await grace(desk, occasional=True)
    await desk.call("DELETE", f"/requesters/{person['id']}")

    async def ids(path: str, **query: Any) -> list[int]:
        reply = await desk.call("GET", path, **query)
        (rows,) = reply.json.values()
        return [row["id"] for row in rows]

    assert await ids("/requesters") == [person["id"]]
    assert await ids("/requesters", active="true") == []
    assert await ids("/requesters", email="ADA@contoso.example") == [person["id"]]
    assert await ids("/requesters", email="s@contoso.example") == []
    assert await ids("/requesters", work_phone_number="+44 1", active="false") == [person["id"]]
    assert await ids("/requesters", email="grace@contoso.example") == []
    assert await ids("/requesters", email="grace@contoso.example", include_agents="true") == [agent["id"]]
    assert await ids("/agents", state="occasional") == [agent["id"]]
    assert agent["id"] not in await ids("/agents", state="fulltime")
    assert (await desk.call("GET", "/agents", state="x")).status == 400
    desk = await opened(email_finds_secondary=True)
    assert await ids("/requesters", email="s@contoso.example") == [person["id"]]


# ---------------------------------------------------------------- the filter language

PEOPLE = [
    {
        "id": 1,
        "first_name": "Ines",
        "last_name": "Okafor",
        "department": [7, 8],
        "n": 4410,
        "at": "2026-03-02T08:15:11Z",
    },
    {"id": 2, "first_name": "Adaeze", "last_name": None, "department": [], "n": None, "at": "2026-01-01T00:00:00Z"},
]


def read(name: str) -> Any:
    """Readers of the fields above."""
    if name == "name":
        return lambda r: f"{r['first_name']} {r['last_name']}"
    names = {"first_name", "last_name", "department", "n", "at"}
    return (lambda r: r[name]) if name in names else None


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("first_name:'ines'", [1]),
        ("department:7", [1]),
        ("department:9", []),
        ("department:null", [2]),
        ("last_name:null OR n:4410", [1, 2]),
        ("last_name:null AND n:4410", []),
        ("first_name:'ines' OR first_name:'x' AND n:1", [1]),
        ("(first_name:'ines' OR first_name:'x') AND n:1", []),
        ("at:>'2026-03-01'", [1]),
        ("at:<'2026-01-01'", [2]),
        ("at:>'2026-01-01T00:00:00Z'", [1, 2]),
        ("at:'2026-03-02'", [1]),
        ("n:>4410 AND n:<4410", [1]),
        ("~[first_name|last_name]:'OK'", [1]),
        ("~[name]:'adae'", [2]),
    ],
)
def test_queries_that_are_understood(query: str, ids: list[int]) -> None:
    """Every construct of the language picks whom it should."""
    keeps = parse_query(query, read)
    assert [person["id"] for person in PEOPLE if keeps(person)] == ids


@pytest.mark.parametrize(
    "query",
    [
        "", "first_name", "first_name:ines", "first_name:'ines", "unknown:'x'", "first_name:'a' AND", "AND n:1",
        "(n:1", "n:1)", "n:1 n:2", "first_name:>'ines'", "last_name:>null", "~[at]:'2026'", "n:1 XOR n:2",
        "(" * 25 + "n:1" + ")" * 25,
    ],
)  # fmt: skip
def test_queries_that_are_refused(query: str) -> None:
    """What is not the language is an error, never an empty list."""
    with pytest.raises(QueryError):
        parse_query(query, read)


async def test_a_filtered_list(opened) -> None:
    """Thirty a page, newest first, no Link, a total, forty pages at most; quotes and length are enforced."""
    desk = await opened()
    await many(desk, 35)
    first = await desk.call("GET", "/requesters", query="\"~[primary_email]:'p'\"")
    assert (len(first.json["requesters"]), first.headers["x-search-results-count"]) == (30, "35")
    assert first.json["requesters"][0]["first_name"] == "P34"
    assert "link" not in first.headers
    second = await desk.call("GET", "/requesters", query="\"~[primary_email]:'p'\"", page=2)
    assert len(second.json["requesters"]) == 5
    for wrong in ({"query": "first_name:'P1'"}, {"query": f"\"first_name:'{'x' * 512}'\""}):
        assert (await desk.call("GET", "/requesters", **wrong)).status == 400
    assert (await desk.call("GET", "/requesters", query="\"first_name:'P1'\"", page=41)).status == 400
    assert (await desk.call("GET", "/requesters", query='"external_id:null"')).status == 400
    await desk.make("/departments", name="Finance")
    reply = await desk.call("GET", "/departments", query="\"name:'finance'\"")
    assert [row["name"] for row in reply.json["departments"]] == ["Finance"]
    desk = await opened(unquoted_query_status=500)
    assert (await desk.call("GET", "/requesters", query="first_name:'P1'")).status == 500


@pytest.mark.parametrize("lag", [120.0, float("inf")])
async def test_the_search_index_is_behind(opened, lag: float) -> None:
    """A filter sees writes only after the lag, or when flushed; the plain parameter sees them at once."""
    desk = await opened(index_lag_seconds=lag)
    person = await ada(desk, job_title="Old")

    async def found(query: str) -> int:
        return len((await desk.call("GET", "/requesters", query=f'"{query}"')).json["requesters"])

    assert await found("first_name:'Ada'") == 0
    assert len((await desk.call("GET", "/requesters", email="ada@contoso.example")).json["requesters"]) == 1
    desk.clock.turn(121)
    if lag == float("inf"):
        assert await found("first_name:'Ada'") == 0
        assert (await desk.call("POST", "/emulator/flush")).status == 204
    assert await found("job_title:'Old'") == 1
    await desk.call("PUT", f"/requesters/{person['id']}", {"job_title": "New"})
    assert (await found("job_title:'Old'"), await found("job_title:'New'")) == (1, 0)
    await desk.call("POST", "/emulator/flush")
    assert (await found("job_title:'Old'"), await found("job_title:'New'")) == (0, 1)


# ---------------------------------------------------------------- limits and faults


@pytest.mark.parametrize(("plan", "total", "listing"), [(Plan.GROWTH, 200, 70), (Plan.STARTER, 100, 40)])
async def test_the_limits_of_a_plan(opened, plan: Plan, total: int, listing: int) -> None:
    """Lists run into their own limit first, everything into the account's, failed calls too; a minute heals."""
    desk = await opened(plan=plan)
    for left in range(listing):
        reply = await desk.call("GET", "/requesters")
        assert reply.headers["x-ratelimit-remaining"] == str(total - 1 - left)
    assert reply.headers["x-ratelimit-total"] == str(total)
    assert reply.headers["x-ratelimit-used-currentrequest"] == "1"
    refused = await desk.call("GET", "/requesters")
    assert (refused.status, refused.headers["retry-after"]) == (429, "60")
    assert (await desk.call("GET", "/agents")).status == 200
    for _ in range(total - listing - 1):
        assert (await desk.call("GET", "/nothing", key="wrong-key-0000000001")).status == 401
    desk.clock.turn(48.5)
    refused = await desk.call("GET", "/agents/me")
    assert (refused.status, refused.headers["retry-after"], refused.headers["x-ratelimit-remaining"]) == (
        429,
        "12",
        "0",
    )
    desk.clock.turn(12)
    assert (await desk.call("GET", "/requesters")).status == 200


async def test_a_sliding_minute(opened) -> None:
    """Room comes back call by call, sixty seconds after each; a list's own numbers can be in the headers."""
    desk = await opened(plan="starter", rate_window="sliding", listing_headers="listing")
    for _ in range(40):
        assert (await desk.call("GET", "/agents")).headers["x-ratelimit-total"] == "40"
        desk.clock.turn(1)
    refused = await desk.call("GET", "/agents")
    assert (refused.status, refused.headers["retry-after"]) == (429, "20")
    desk.clock.turn(20)
    assert (await desk.call("GET", "/agents")).status == 200
    assert (await desk.call("GET", "/agents")).status == 429


async def test_included_records_cost_credits(opened) -> None:
    """A list with `include` costs what the knob says, a single record two."""
    desk = await opened(plan="pro", include_credits_list=3)
    person = await ada(desk)
    assert (await desk.call("GET", "/requesters", include="x")).headers["x-ratelimit-used-currentrequest"] == "3"
    reply = await desk.call("GET", f"/requesters/{person['id']}", include="x")
    assert (reply.headers["x-ratelimit-used-currentrequest"], reply.headers["x-ratelimit-remaining"]) == ("2", "394")


async def test_faults_are_repeatable(opened, tmp_path) -> None:
    """The same seed gives the same bad day; a lost answer has done its work; a revoked key stays revoked."""
    desk = await opened()

    async def statuses(faults: Faults) -> list[int]:
        bad = await opened(faults=faults)
        return [(await bad.call("GET", "/agents/me")).status for _ in range(40)]

    bad_day = Faults(seed=5, error_share=0.3)
    assert await statuses(bad_day) == await statuses(bad_day)
    assert set(await statuses(bad_day)) == {200, 500}
    assert await statuses(Faults(revoke_after_calls=3)) == [200] * 3 + [401] * 37
    lossy = await opened(faults=Faults(lost_answer_share=1))
    body = {"first_name": "A", "primary_email": "a@contoso.example"}
    assert (await lossy.call("POST", "/requesters", body)).status == 500
    slow = await opened(faults=Faults(slow_share=1, slow_seconds=3))
    before = desk.clock.seconds
    assert len((await slow.call("GET", "/requesters")).json["requesters"]) == 1
    assert desk.clock.seconds == before + 3


@pytest.mark.parametrize("text", ["", "[]", '{"error_share": 2}', '{"eror_share": 0.1}', '{"slow_seconds": -1}'])
def test_a_faults_file_that_is_wrong(text: str) -> None:
    """A typing mistake in the file is told, not ignored."""
    with pytest.raises(Reject):
        read_faults(text)
    assert read_faults('{"seed": 1, "error_share": 0.5}') == Faults(seed=1, error_share=0.5)


# ---------------------------------------------------------------- HTTP


async def test_what_http_demands(desk: Desk) -> None:
    """Media types, verbs, unknown paths and broken bodies; every answer says that it is the emulator's."""

    async def raw(method: str, path: str, body: bytes = b"", **headers: str) -> Any:
        named = {"authorization": basic(KEY), **{k.replace("_", "-"): v for k, v in headers.items()}}
        reply = await call_app(desk.emulator.app, method, path, named, body)
        assert reply.headers["x-provisor-emulator"] == "freshservice"
        return reply

    good = {"content_type": "application/json"}
    assert (await raw("POST", "/api/v2/requesters", b"{", **good)).json["code"] == "invalid_json"
    assert (await raw("POST", "/api/v2/requesters", b"[]", **good)).status == 400
    assert (await raw("POST", "/api/v2/requesters", b"{}", content_type="text/plain")).status == 415
    assert (await raw("POST", "/api/v2/requesters", b" " * 1_048_577, **good)).status == 413
    assert (await raw("GET", "/api/v2/requesters", accept="text/html")).status == 406
    assert (await raw("PATCH", "/api/v2/requesters/21000000001")).status == 405
    assert (await raw("GET", "/api/v2/requesters/0021x")).status == 404
    assert (await raw("GET", "/api/v2/nothing")).text == ""
    assert (await raw("GET", "/elsewhere")).status == 404
    assert (await raw("GET", "/api/v2/requesters", authorization="Bearer " + KEY)).status == 401
    no_password = "Basic " + base64.b64encode(f"{KEY}:".encode()).decode()
    assert (await raw("GET", "/api/v2/requesters", authorization=no_password)).status == 401
    assert (await raw("GET", "/api/v2/requesters", authorization="Basic %%%")).status == 401


def test_every_route_is_found_by_its_own_path() -> None:
    """No route hides another; `/agents/me` is not an id."""
    for route in ROUTES:
        path = route.path.replace("{id}", "21000000001").replace("{member_id}", "21000000002")
        assert find_route(route.method, path)[0] == route
    assert find_route("PATCH", "/agents") == (None, {}, True)


async def test_calls_are_counted_by_kind(desk: Desk) -> None:
    """The counter tells methods, paths and statuses, and needs the key."""
    person = await ada(desk)
    await desk.call("GET", f"/requesters/{person['id']}")
    await desk.call("GET", "/nothing")
    body = (await desk.call("GET", "/emulator/calls")).json
    assert (body["total"], body["writes"], body["statuses"]) == (3, 1, {"200": 1, "201": 1, "404": 1})
    assert body["calls"] == [
        {"method": "GET", "path": "(unknown)", "count": 1},
        {"method": "GET", "path": "/requesters/{id}", "count": 1},
        {"method": "POST", "path": "/requesters", "count": 1},
    ]
    assert (await desk.call("GET", "/emulator/calls", key="wrong-key-0000000001")).status == 401
    assert (await desk.call("POST", "/emulator/flush", key="wrong-key-0000000001")).status == 401


async def test_calls_at_once_do_not_make_twins(desk: Desk) -> None:
    """Of many creates with one address at the same time, exactly one is accepted."""
    body = {"first_name": "Ada", "primary_email": "ada@contoso.example"}
    replies = await asyncio.gather(*(desk.call("POST", "/requesters", body) for _ in range(20)))
    assert sorted(reply.status for reply in replies) == [201] + [409] * 19
