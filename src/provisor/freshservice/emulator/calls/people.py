"""`/requesters` and `/agents`: two faces of one record (`people.py` holds the rules, `views.py` the faces)."""

from collections.abc import Callable

from provisor.freshservice.emulator.answers import (
    Answer,
    Call,
    FieldError,
    JsonObject,
    access_denied,
    not_found,
    one,
    page_of,
    read_flag,
    validation_failed,
)
from provisor.freshservice.emulator.calls.filtering import AGENT_FIELDS, REQUESTER_FIELDS, filtered_page, person_reader
from provisor.freshservice.emulator.records import people
from provisor.freshservice.emulator.records.views import as_agent, as_requester
from provisor.freshservice.emulator.state import FIELDS, PEOPLE, State

Handler = Callable[[State, Call], Answer]


def list_requesters(state: State, call: Call) -> Answer:
    """Both active and deactivated ones, unless told; agents only with `include_agents`."""
    has_agents = bool(read_flag(call.query, "include_agents"))
    if has_agents:
        _need_agent_rights(state)

    def belongs(person: JsonObject) -> bool:
        return has_agents or not person["is_agent"]

    def render(person: JsonObject) -> JsonObject:
        return as_requester(state, person)

    if "query" in call.query:
        rows = [person for person in state.indexed_people() if belongs(person)]
        return filtered_page(
            state, call, "requesters", rows, reader=person_reader(state, REQUESTER_FIELDS), render=render
        )
    return page_of(call, "requesters", [p for p in _candidates(state, call) if belongs(p)], render)


def list_agents(state: State, call: Call) -> Answer:
    """Agents of either state; `state` tells full-time from occasional ones."""
    _need_agent_rights(state)

    def render(person: JsonObject) -> JsonObject:
        return as_agent(state, person)

    if "query" in call.query:
        rows = [person for person in state.indexed_people() if person["is_agent"]]
        return filtered_page(state, call, "agents", rows, reader=person_reader(state, AGENT_FIELDS), render=render)
    kind = call.query.get("state")
    if kind not in {None, "fulltime", "occasional"}:
        message = "It should be one of these values: 'fulltime,occasional'"
        raise validation_failed([FieldError("state", message, "invalid_value")])
    rows = [p for p in _candidates(state, call) if p["is_agent"]]
    if kind is not None:
        rows = [person for person in rows if person["occasional"] == (kind == "occasional")]
    return page_of(call, "agents", rows, render)


def get_requester(state: State, call: Call) -> Answer:
    """One requester."""
    return one("requester", as_requester(state, people.find(state, call.ids["id"], is_agent=False)))


def get_agent(state: State, call: Call) -> Answer:
    """One agent."""
    _need_agent_rights(state)
    return one("agent", as_agent(state, people.find(state, call.ids["id"], is_agent=True)))


def get_me(state: State, call: Call) -> Answer:
    """The owner of the key; works with the least of keys."""
    me = as_agent(state, state.tables[PEOPLE][call.owner_id])
    return one("agent", {**me, "api_key_enabled": True})


def create_requester(state: State, call: Call) -> Answer:
    """A new requester."""
    return one("requester", as_requester(state, people.create(state, call.body, is_agent=False)), 201)


def create_agent(state: State, call: Call) -> Answer:
    """A new agent, full-time unless the body says otherwise."""
    _need_agent_rights(state)
    return one("agent", as_agent(state, people.create(state, call.body, is_agent=True)), 201)


def update_requester(state: State, call: Call) -> Answer:
    """Change a requester."""
    person = people.find(state, call.ids["id"], is_agent=False)
    return one("requester", as_requester(state, people.update(state, person, call.body, as_agent=False)))


def update_agent(state: State, call: Call) -> Answer:
    """Change an agent."""
    _need_agent_rights(state)
    person = people.find(state, call.ids["id"], is_agent=True)
    return one("agent", as_agent(state, people.update(state, person, call.body, as_agent=True)))


def delete_requester(state: State, call: Call) -> Answer:
    """Deactivate a requester."""
    person = _exactly(state, call, is_agent=False)
    return Answer(204 if people.deactivate(state, person) else state.knobs.repeated_delete_status)


def delete_agent(state: State, call: Call) -> Answer:
    """Deactivate an agent; the status is a knob, and so is that of doing it twice."""
    _need_agent_rights(state)
    person = _exactly(state, call, is_agent=True)
    if not people.deactivate(state, person) and state.knobs.repeated_delete_status == 404:
        raise not_found()
    if state.knobs.agent_delete_status == 204:
        return Answer(204)
    return one("agent", as_agent(state, state.tables[PEOPLE][person["id"]]))


def reactivate_requester(state: State, call: Call) -> Answer:
    """Bring a requester back."""
    person = _exactly(state, call, is_agent=False)
    return one("requester", as_requester(state, people.reactivate(state, person)))


def reactivate_agent(state: State, call: Call) -> Answer:
    """Bring an agent back, if there is a seat."""
    _need_agent_rights(state)
    person = _exactly(state, call, is_agent=True)
    return one("agent", as_agent(state, people.reactivate(state, person)))


def convert_requester(state: State, call: Call) -> Answer:
    """Requester to agent; answers with the agent."""
    _need_agent_rights(state)
    person = _exactly(state, call, is_agent=False)
    return one("agent", as_agent(state, people.convert_to_agent(state, person)))


def convert_agent(state: State, call: Call) -> Answer:
    """Agent to requester; answers with the requester."""
    _need_agent_rights(state)
    person = _exactly(state, call, is_agent=True)
    return one("requester", as_requester(state, people.convert_to_requester(state, person)))


def forget_requester(state: State, call: Call) -> Answer:
    """Destroy a requester."""
    people.forget(state, _exactly(state, call, is_agent=False))
    return Answer(204)


def forget_agent(state: State, call: Call) -> Answer:
    """Destroy an agent."""
    _need_agent_rights(state)
    people.forget(state, _exactly(state, call, is_agent=True))
    return Answer(204)


def merge_requesters(state: State, call: Call) -> Answer:
    """Other requesters into this one."""
    survivor = _exactly(state, call, is_agent=False)
    numbers = [text.strip() for text in call.query.get("secondary_requesters", "").split(",")]
    if not all(text.isascii() and text.isdigit() for text in numbers) or str(survivor["id"]) in numbers:
        message = "It should be a list of the ids of other requesters"
        raise validation_failed([FieldError("secondary_requesters", message, "invalid_value")])
    others = [people.find(state, int(text), is_agent=False) for text in dict.fromkeys(numbers)]
    if any(other["is_agent"] for other in others):
        raise not_found()
    return one("requester", as_requester(state, people.merge(state, survivor, others)))


def list_requester_fields(state: State, call: Call) -> Answer:
    """The definitions of all fields, as requesters have them."""
    return page_of(call, "requester_fields", list(state.tables[FIELDS].values()), dict)


def list_agent_fields(state: State, call: Call) -> Answer:
    """The same for agents."""
    _need_agent_rights(state)
    return page_of(call, "agent_fields", list(state.tables[FIELDS].values()), dict)


def _exactly(state: State, call: Call, *, is_agent: bool) -> JsonObject:
    """The person, never through the other kind's door: such a step would mean another thing."""
    person = people.find(state, call.ids["id"], is_agent=is_agent)
    if person["is_agent"] != is_agent:
        raise not_found()
    return person


def _candidates(state: State, call: Call) -> list[JsonObject]:
    """Those whom the plain list parameters leave; an address is looked up, not searched for."""
    active = read_flag(call.query, "active")
    email = call.query.get("email")
    if email is not None:
        owner = state.email_owner(email.strip())
        finds = [] if owner is None else [owner]
        if finds and not state.knobs.email_finds_secondary:
            finds = [p for p in finds if (p["primary_email"] or "").casefold() == email.strip().casefold()]
    else:
        finds = list(state.people())
    for name in ("work_phone_number", "mobile_phone_number"):
        if name in call.query:
            finds = [person for person in finds if person[name] == call.query[name]]
    return finds if active is None else [person for person in finds if person["active"] == active]


def _need_agent_rights(state: State) -> None:
    if not state.knobs.key_may_manage_agents:
        raise access_denied()
