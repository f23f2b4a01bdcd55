"""The emulated desk over HTTP: groups, departments, locations, and the page of people."""

import html
import json

from emulated_desk import Desk, ada, call_app, complaints, grace, many
from provisor.freshservice.emulator.records.accepted import LANGUAGES, TIME_ZONES

pytest_plugins = ["emulated_desk_fixtures"]


async def test_requester_groups(opened) -> None:
    """Members go in and out one at a time; only known, active people; names are unique."""
    desk = await opened()
    person, agent = await ada(desk), await grace(desk)
    group = await desk.make("/requester_groups", name="Payroll", type="rule_based")
    assert (group["type"], "members" in group) == ("manual", False)
    members = f"/requester_groups/{group['id']}/members"
    for _ in range(2):
        assert (await desk.call("POST", f"{members}/{person['id']}")).status == 200
    assert (await desk.call("POST", f"{members}/{agent['id']}")).status == 200
    assert len((await desk.call("GET", members)).json["requesters"]) == 2
    assert (await desk.call("POST", f"{members}/21999999999")).status == 404
    assert (await desk.call("DELETE", f"{members}/{person['id']}")).status == 204
    assert (await desk.call("DELETE", f"{members}/{person['id']}")).status == 404
    assert (await desk.call("POST", "/requester_groups", {"name": "payroll"})).status == 409
    assert (await desk.call("PUT", f"/requester_groups/{group['id']}", {"type": "manual"})).status == 400
    rules = desk.emulator.state.tables["requester_groups"][group["id"]]
    desk.emulator.state.put("requester_groups", {**rules, "type": "rule_based"})
    assert (await desk.call("POST", f"{members}/{person['id']}")).status == 400
    assert (await desk.call("DELETE", f"/requester_groups/{group['id']}")).status == 204
    assert (await desk.call("GET", f"/requester_groups/{group['id']}")).status == 404


async def test_agent_groups(desk: Desk) -> None:
    """Members are one list, of agents only, told alike by group and agent; the old name still works."""
    person, agent = await ada(desk), await grace(desk)
    group = await desk.make("/groups", name="Team", agent_ids=[agent["id"]])
    assert (group["members"], group["agent_ids"]) == ([agent["id"]], [agent["id"]])
    path = f"/groups/{group['id']}"
    assert complaints(await desk.call("PUT", path, {"members": [person["id"]]})) == {"members": "invalid_value"}
    reply = await desk.call("PUT", path, {"members": [], "observers": [agent["id"]]})
    assert reply.json["group"]["observers"] == [agent["id"]]
    seen = (await desk.call("GET", f"/agents/{agent['id']}")).json["agent"]
    assert (seen["member_of"], seen["observer_of"]) == ([], [group["id"]])
    assert (await desk.call("DELETE", path)).status == 204
    assert (await desk.call("GET", f"/agents/{agent['id']}")).json["agent"]["observer_of"] == []


async def test_departments_and_locations(opened) -> None:
    """Created, changed and removed; removing takes them from people; names clash where they should."""
    desk = await opened()
    finance = await desk.make("/departments", name="Finance", domains=["contoso.example"])
    europe = await desk.make("/locations", name="Europe")
    floor = await desk.make("/locations", name="Floor 2", parent_location_id=europe["id"])
    await desk.make("/locations", name="Floor 2")
    person = await ada(desk, department_ids=[finance["id"]], location_id=floor["id"])
    assert (person["department_names"], person["location_name"]) == ("Finance", "Floor 2")
    body = {"name": "floor 2", "parent_location_id": europe["id"]}
    assert (await desk.call("POST", "/locations", body)).status == 409
    looped = await desk.call("PUT", f"/locations/{europe['id']}", {"parent_location_id": floor["id"]})
    assert looped.status == 400
    assert (await desk.call("POST", "/departments", {"name": "FINANCE"})).status == 409
    assert (await desk.call("POST", "/departments", {"name": " "})).status == 400
    wrong = {"name": "X", "head_user_id": 5, "domains": "x", "parent": 1}
    assert complaints(await desk.call("POST", "/departments", wrong)).keys() == {"head_user_id", "domains", "parent"}
    assert (await desk.call("PUT", f"/departments/{finance['id']}", {"name": "Money"})).status == 200
    for path in (f"/departments/{finance['id']}", f"/locations/{europe['id']}", f"/locations/{floor['id']}"):
        assert (await desk.call("DELETE", path)).status == 204
    seen = (await desk.call("GET", f"/requesters/{person['id']}")).json["requester"]
    assert (seen["department_ids"], seen["location_id"]) == ([], None)
    desk = await opened(department_names_are_unique=False)
    await desk.make("/departments", name="A")
    await desk.make("/departments", name="a")


def test_the_value_lists_are_whole() -> None:
    """As many languages and zones as the lists have, none twice."""
    assert (len(LANGUAGES), len(set(LANGUAGES))) == (36, 36)
    assert (len(TIME_ZONES), len(set(TIME_ZONES))) == (151, 151)


# ---------------------------------------------------------------- the page


async def test_the_page_shows_people_escaped(opened) -> None:
    """Hostile values stay text, the policy forbids scripts, and the page says what it is."""
    desk = await opened()
    evil = "<script>alert('x')</script>"
    boss = await grace(desk, last_name='"Hopper" & Co')
    await ada(desk, last_name=evil, job_title=evil, reporting_manager_id=boss["id"])
    page = await desk.call("GET", "/", search="<i>")
    assert "Nobody matches." in page.text
    assert html.escape("<i>") in page.text
    page = await desk.call("GET", "/")
    assert (page.status, page.headers["x-provisor-emulator"]) == (200, "freshservice")
    assert "emulator of Freshservice" in page.text
    assert "<script" not in page.text
    assert html.escape(evil).replace("&#x27;", "&#39;") in page.text
    assert "Hopper&#34; &amp; Co" in page.text
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert "1 requesters · 2 agents" in page.text


async def test_the_page_needs_the_key(opened) -> None:
    """Without the key a browser is asked for it and sees nobody; open pages are for this machine's name only."""
    desk = await opened()
    await ada(desk)
    locked = await desk.call("GET", "/", key="wrong-key-0000000001")
    assert (locked.status, "ada@contoso.example" in locked.text) == (401, False)
    assert locked.headers["www-authenticate"].startswith("Basic realm=")
    desk = await opened(is_page_open=True)
    assert (await call_app(desk.emulator.app, "GET", "/", {"Host": "localhost:8081"}, b"")).status == 200
    assert (await call_app(desk.emulator.app, "GET", "/", {"Host": "rebound.example"}, b"")).status == 401


async def test_the_page_has_pages(desk: Desk) -> None:
    """A hundred people a page, in the order of names, with a search that keeps its words."""
    await many(desk, 120)
    first, second = await desk.call("GET", "/", search="contoso"), await desk.call("GET", "/", search="contoso", page=2)
    assert (first.text.count("@contoso.example</td>"), second.text.count("@contoso.example</td>")) == (100, 20)
    assert "/?search=contoso&amp;page=2" in first.text
    for odd in ("x", "0", "-1", "9" * 30):
        assert (await desk.call("GET", "/", page=odd)).status == 200
    assert json.loads((await desk.call("GET", "/emulator/calls")).text)["total"] == 120
