"""The emulated desk over HTTP: leaving, coming back, changing kind, merging, seats and roles."""

from emulated_desk import Desk, ada, complaints, grace

pytest_plugins = ["emulated_desk_fixtures"]


async def test_deactivating_takes_groups_and_coming_back_does_not_restore_them(desk: Desk) -> None:
    """DELETE answers 204 for a requester, keeps the record and its address, and empties the groups."""
    person = await ada(desk)
    group = await desk.make("/requester_groups", name="Payroll")
    members = f"/requester_groups/{group['id']}/members"
    await desk.call("POST", f"{members}/{person['id']}")
    reply = await desk.call("DELETE", f"/requesters/{person['id']}")
    assert (reply.status, reply.text) == (204, "")
    assert (await desk.call("GET", members)).json["requesters"] == []
    reply = await desk.call("PUT", f"/requesters/{person['id']}/reactivate")
    assert reply.json["requester"]["active"]
    assert (await desk.call("GET", members)).json["requesters"] == []


async def test_deactivating_an_agent_takes_headships(desk: Desk) -> None:
    """DELETE answers 200 for an agent, who leads no department and is in no group any more."""
    agent = await grace(desk)
    department = await desk.make("/departments", name="IT", head_user_id=agent["id"])
    team = await desk.make("/groups", name="Team", members=[agent["id"]], leaders=[agent["id"]])
    reply = await desk.call("DELETE", f"/agents/{agent['id']}")
    assert reply.status == 200
    assert reply.json["agent"]["member_of"] == []
    assert (await desk.call("GET", f"/departments/{department['id']}")).json["department"]["head_user_id"] is None
    team = (await desk.call("GET", f"/groups/{team['id']}")).json["group"]
    assert (team["members"], team["leaders"]) == ([], [])


async def test_reports_keep_their_manager_unless_told_otherwise(opened) -> None:
    """Whether a deactivated manager leaves their reports is a knob; a forgotten one always does."""
    desk = await opened()
    boss = await grace(desk)
    person = await ada(desk, reporting_manager_id=boss["id"])
    path = f"/requesters/{person['id']}"
    await desk.call("DELETE", f"/agents/{boss['id']}")
    assert (await desk.call("GET", path)).json["requester"]["reporting_manager_id"] == boss["id"]
    await desk.call("DELETE", f"/agents/{boss['id']}/forget")
    assert (await desk.call("GET", path)).json["requester"]["reporting_manager_id"] is None
    desk = await opened(delete_clears_reports=True)
    boss = await grace(desk)
    await desk.call("PUT", path, {"reporting_manager_id": boss["id"]})
    await desk.call("DELETE", f"/agents/{boss['id']}")
    assert (await desk.call("GET", path)).json["requester"]["reporting_manager_id"] is None


async def test_what_inactive_people_allow_are_knobs(opened) -> None:
    """Changing, converting and deleting somebody inactive, either way."""
    desk = await opened()
    person = await ada(desk)
    path = f"/requesters/{person['id']}"
    await desk.call("DELETE", path)
    assert (await desk.call("DELETE", path)).status == 204
    assert (await desk.call("PUT", path, {"job_title": "x"})).status == 200
    desk = await opened(edits_inactive_people=False, converts_inactive_people=False, repeated_delete_status=404)
    assert (await desk.call("DELETE", path)).status == 404
    assert (await desk.call("PUT", path, {"job_title": "x"})).json["code"] == "inconsistent_state"
    assert (await desk.call("PUT", path + "/convert_to_agent")).status == 409
    desk = await opened()
    reply = await desk.call("PUT", path + "/convert_to_agent")
    assert (reply.status, reply.json["agent"]["active"]) == (200, False)


async def test_conversions(opened) -> None:
    """To an agent: occasional, the default role, no groups, same id; back: a requester with the same address."""
    desk = await opened(full_time_seats=1)
    person = await ada(desk, secondary_emails=["second@contoso.example"], last_name="L")
    agent = (await desk.call("PUT", f"/requesters/{person['id']}/convert_to_agent")).json["agent"]
    assert (agent["id"], agent["email"], agent["occasional"]) == (person["id"], "ada@contoso.example", True)
    roles = {r["id"]: r["name"] for r in (await desk.call("GET", "/roles")).json["roles"]}
    assert [roles[role["role_id"]] for role in agent["roles"]] == ["SD Agent"]
    assert "secondary_emails" not in agent
    assert (await desk.call("GET", f"/requesters/{person['id']}")).status == 404
    assert (await desk.call("PUT", f"/requesters/{person['id']}/convert_to_agent")).status == 404
    back = (await desk.call("PUT", f"/agents/{person['id']}/convert_to_requester")).json["requester"]
    assert {**back, "updated_at": None} == {**person, "updated_at": None}


async def test_an_agent_behind_the_requesters_door(opened) -> None:
    """Reading and changing an agent as a requester works or not, by a knob; converting that way never does."""
    desk = await opened(agents_answer_as_requesters=True)
    agent = await grace(desk)
    path = f"/requesters/{agent['id']}"
    reply = await desk.call("PUT", path, {"primary_email": "grace2@contoso.example"})
    assert (reply.json["requester"]["primary_email"], reply.json["requester"]["is_agent"]) == (
        "grace2@contoso.example",
        True,
    )
    assert (await desk.call("PUT", path + "/convert_to_agent")).status == 404
    assert (await desk.call("DELETE", path)).status == 404


async def test_seats(opened) -> None:
    """Full-time agents take seats when made, brought back or made full-time; occasional ones do not."""
    desk = await opened(full_time_seats=2, seat_message="Nobody fits in.")
    first = await grace(desk)
    body = {"first_name": "H", "email": "h@contoso.example"}
    reply = await desk.call("POST", "/agents", body)
    assert (reply.status, reply.json) == (403, {"code": "max_agents_reached", "message": "Nobody fits in."})
    second = await desk.make("/agents", **body, occasional=True)
    assert (await desk.call("PUT", f"/agents/{second['id']}", {"occasional": False})).status == 403
    await desk.call("DELETE", f"/agents/{first['id']}")
    assert (await desk.call("PUT", f"/agents/{second['id']}", {"occasional": False})).status == 200
    assert (await desk.call("PUT", f"/agents/{first['id']}/reactivate")).status == 403


async def test_forgetting_frees_the_address_but_not_the_id(desk: Desk) -> None:
    """The person is gone, the address can be used, the id answers 404 for ever."""
    person = await ada(desk)
    assert (await desk.call("DELETE", f"/requesters/{person['id']}/forget")).status == 204
    assert (await desk.call("GET", f"/requesters/{person['id']}")).status == 404
    assert (await ada(desk))["id"] > person["id"]


async def test_merging(desk: Desk) -> None:
    """The survivor gets addresses, departments, groups, reports and the values it lacked; the others are gone."""
    finance = await desk.make("/departments", name="Finance")
    keep = await ada(desk)
    other = await desk.make(
        "/requesters",
        first_name="A.",
        primary_email="old@contoso.example",
        secondary_emails=["older@contoso.example"],
        job_title="Analyst",
        department_ids=[finance["id"]],
    )
    report = await desk.make(
        "/requesters", first_name="R", primary_email="r@contoso.example", reporting_manager_id=other["id"]
    )
    group = await desk.make("/requester_groups", name="G")
    await desk.call("POST", f"/requester_groups/{group['id']}/members/{other['id']}")
    path = f"/requesters/{keep['id']}/merge"
    merged = (await desk.call("PUT", path, secondary_requesters=str(other["id"]))).json["requester"]
    assert merged["secondary_emails"] == ["old@contoso.example", "older@contoso.example"]
    assert (merged["job_title"], merged["department_names"], merged["first_name"]) == ("Analyst", "Finance", "Ada")
    assert (await desk.call("GET", f"/requesters/{other['id']}")).status == 404
    moved = (await desk.call("GET", f"/requesters/{report['id']}")).json["requester"]
    assert moved["reporting_manager_id"] == keep["id"]
    members = (await desk.call("GET", f"/requester_groups/{group['id']}/members")).json["requesters"]
    assert [row["id"] for row in members] == [keep["id"]]
    reply = await desk.call("POST", "/requesters", {"first_name": "X", "primary_email": "old@contoso.example"})
    assert reply.status == 409
    agent = await grace(desk)
    assert (await desk.call("PUT", path, secondary_requesters=str(agent["id"]))).status == 404
    for wrong in ("", "x", str(keep["id"])):
        assert (await desk.call("PUT", path, secondary_requesters=wrong)).status == 400


async def test_roles_of_agents_are_checked(opened) -> None:
    """A role needs a known id and a known scope; certain groups need a plan that has them, and groups."""
    desk = await opened()
    role = (await desk.call("GET", "/roles")).json["roles"][0]["id"]
    agent = await grace(desk)
    path = f"/agents/{agent['id']}"
    team = await desk.make("/groups", name="Team")
    good = {"role_id": role, "assignment_scope": "specified_groups", "groups": [team["id"]]}
    reply = await desk.call("PUT", path, {"roles": [good], "member_of": [team["id"]]})
    assert reply.json["agent"]["roles"] == [good]
    assert (await desk.call("GET", f"/groups/{team['id']}")).json["group"]["members"] == [agent["id"]]
    for wrong in (
        {**good, "role_id": 1},
        {**good, "assignment_scope": "all"},
        {**good, "groups": []},
        {**good, "privileges": []},
        "admin",
    ):
        assert complaints(await desk.call("PUT", path, {"roles": [wrong]})).keys() == {"roles"}
    desk = await opened(plan="growth")
    assert (await desk.call("PUT", path, {"roles": [good]})).status == 400
