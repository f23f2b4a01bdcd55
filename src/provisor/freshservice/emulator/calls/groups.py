"""`/requester_groups` with their members one at a time, and `/groups` of agents with members as whole lists."""

from typing import Any, Final

from provisor.freshservice.emulator.answers import (
    Answer,
    Call,
    FieldError,
    JsonObject,
    bad_state,
    not_found,
    one,
    page_of,
    validation_failed,
)
from provisor.freshservice.emulator.calls.organization import check_fields, find, taken
from provisor.freshservice.emulator.records.views import as_member
from provisor.freshservice.emulator.state import AGENT_GROUPS, PEOPLE, REQUESTER_GROUPS, State, find_by_name

_REQUESTER_GROUP: Final[JsonObject] = {"description": None, "type": "manual"}
_ROSTERS: Final = ("members", "observers", "leaders")
_AGENT_GROUP: Final[JsonObject] = {
    "description": None,
    "members": [],
    "observers": [],
    "leaders": [],
    "escalate_to": 0,
    "unassigned_for": None,
    "business_hours_id": 0,
    "auto_ticket_assign": False,
    "restricted": False,
    "approval_required": False,
    "workspace_id": 0,
}
_AGENT_GROUP_NEW: Final = {"escalate_to": None, "business_hours_id": None, "workspace_id": None}


def list_requester_groups(state: State, call: Call) -> Answer:
    """All requester groups, without their members."""
    return page_of(call, "requester_groups", list(state.tables[REQUESTER_GROUPS].values()), _without_members)


def get_requester_group(state: State, call: Call) -> Answer:
    """One requester group."""
    return one("requester_group", _without_members(find(state, REQUESTER_GROUPS, call.ids["id"])))


def create_requester_group(state: State, call: Call) -> Answer:
    """A new group, always a manual one."""
    check_fields(state, call.body, _REQUESTER_GROUP, needs_name=True)
    _check_name(state, REQUESTER_GROUPS, call.body, 0)
    group = state.add(REQUESTER_GROUPS, {**_REQUESTER_GROUP, **call.body, "type": "manual", "members": []})
    return one("requester_group", _without_members(group), 201)


def update_requester_group(state: State, call: Call) -> Answer:
    """Change the name or the description."""
    group = _manual(state, call)
    check_fields(state, call.body, {"description": None}, needs_name=False)
    _check_name(state, REQUESTER_GROUPS, call.body, group["id"])
    return one("requester_group", _without_members(state.change(REQUESTER_GROUPS, group, call.body)))


def delete_requester_group(state: State, call: Call) -> Answer:
    """Remove the group; its people stay."""
    state.remove(REQUESTER_GROUPS, find(state, REQUESTER_GROUPS, call.ids["id"])["id"])
    return Answer(204)


def list_members(state: State, call: Call) -> Answer:
    """The members of a requester group, page by page."""
    group = find(state, REQUESTER_GROUPS, call.ids["id"])
    rows = [state.tables[PEOPLE][number] for number in group["members"]]
    return page_of(call, "requesters", rows, lambda person: as_member(state, person))


def add_member(state: State, call: Call) -> Answer:
    """One person into a manual group; somebody who is in it already stays in it."""
    group = _manual(state, call)
    person = state.tables[PEOPLE].get(call.ids["member_id"])
    if person is None:
        raise not_found()
    if not person["active"]:
        raise bad_state("A deactivated person cannot be in a group.")
    if person["id"] not in group["members"]:
        state.change(REQUESTER_GROUPS, group, {"members": [*group["members"], person["id"]]})
    return Answer(200)


def remove_member(state: State, call: Call) -> Answer:
    """One person out of a manual group."""
    group = _manual(state, call)
    number = call.ids["member_id"]
    if number not in group["members"]:
        if state.knobs.remove_non_member_status == 404:
            raise not_found()
        return Answer(204)
    kept = [member for member in group["members"] if member != number]
    state.change(REQUESTER_GROUPS, group, {"members": kept})
    return Answer(204)


def list_agent_groups(state: State, call: Call) -> Answer:
    """All agent groups."""
    return page_of(call, "groups", list(state.tables[AGENT_GROUPS].values()), _as_agent_group)


def get_agent_group(state: State, call: Call) -> Answer:
    """One agent group."""
    return one("group", _as_agent_group(find(state, AGENT_GROUPS, call.ids["id"])))


def create_agent_group(state: State, call: Call) -> Answer:
    """A new agent group."""
    body = _agent_group_body(state, call.body, 0)
    group = state.add(AGENT_GROUPS, {**_AGENT_GROUP, **_AGENT_GROUP_NEW, **body})
    _sync_agents(state, group)
    return one("group", _as_agent_group(group), 201)


def update_agent_group(state: State, call: Call) -> Answer:
    """Change an agent group; lists of people are replaced whole."""
    group = find(state, AGENT_GROUPS, call.ids["id"])
    group = state.change(AGENT_GROUPS, group, _agent_group_body(state, call.body, group["id"]))
    _sync_agents(state, group)
    return one("group", _as_agent_group(group))


def delete_agent_group(state: State, call: Call) -> Answer:
    """Remove an agent group."""
    group = find(state, AGENT_GROUPS, call.ids["id"])
    _sync_agents(state, {**group, "members": [], "observers": []})
    state.remove(AGENT_GROUPS, group["id"])
    return Answer(204)


def _manual(state: State, call: Call) -> JsonObject:
    group = find(state, REQUESTER_GROUPS, call.ids["id"])
    if group["type"] != "manual":
        raise validation_failed([FieldError("type", "Only manual groups can be changed", "invalid_value")])
    return group


def _without_members(group: JsonObject) -> JsonObject:
    return {name: value for name, value in group.items() if name != "members"}


def _as_agent_group(group: JsonObject) -> JsonObject:
    pending: dict[str, Any] = {f"{name}_pending_approval": [] for name in _ROSTERS}
    return {**group, "agent_ids": group["members"], **pending}


def _agent_group_body(state: State, body: JsonObject, known: int) -> JsonObject:
    if "agent_ids" in body:  # the older name of the members
        body = {"members": body["agent_ids"], **{k: v for k, v in body.items() if k != "agent_ids"}}
    check_fields(state, body, _AGENT_GROUP, needs_name=not known)
    _check_name(state, AGENT_GROUPS, body, known)
    errors = [
        FieldError(roster, "It should contain ids of active agents only", "invalid_value")
        for roster in _ROSTERS
        if any(not _is_active_agent(state, number) for number in body.get(roster) or [])
    ]
    if errors:
        raise validation_failed(errors)
    return {name: ([] if name in _ROSTERS and value is None else value) for name, value in body.items()}


def _is_active_agent(state: State, number: Any) -> bool:
    person = state.tables[PEOPLE].get(number) if isinstance(number, int) else None
    return person is not None and bool(person["is_agent"]) and bool(person["active"])


def _check_name(state: State, collection: str, body: JsonObject, known: int) -> None:
    if "name" in body:
        other = find_by_name(state, collection, body["name"])
        if other is not None and other["id"] != known:
            raise taken("name")


def _sync_agents(state: State, group: JsonObject) -> None:
    """Make agents list this group where the group lists them."""
    number = group["id"]
    for person in [person for person in state.people() if person["is_agent"]]:
        changes: JsonObject = {}
        for own, theirs in (("member_of", "members"), ("observer_of", "observers")):
            is_in, should_be = number in person[own], person["id"] in group[theirs]
            if is_in and not should_be:
                changes[own] = [other for other in person[own] if other != number]
            elif should_be and not is_in:
                changes[own] = [*person[own], number]
        if changes:
            state.change(PEOPLE, person, changes)
