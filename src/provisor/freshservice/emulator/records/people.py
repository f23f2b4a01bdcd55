"""People: one record under one id for a requester and an agent, and what each call does to it.

The state machine is that of the API: POST makes either kind, DELETE deactivates, reactivate brings back, the
conversions keep the id, forget removes for good. Rules about seats, the flags that a PUT resets, and the pool of
addresses that deactivated people keep blocking are all here; the shape of single values is `checking.py`'s.
"""

from typing import Final

from provisor.freshservice.emulator.answers import (
    ApiError,
    FieldError,
    JsonObject,
    bad_state,
    not_found,
    refused,
    validation_failed,
)
from provisor.freshservice.emulator.records.accepted import SEES_CHANGES, SEES_TICKETS
from provisor.freshservice.emulator.records.checking import check_body
from provisor.freshservice.emulator.state import (
    AGENT_GROUPS,
    DEPARTMENTS,
    FIELDS,
    PEOPLE,
    REQUESTER_GROUPS,
    ROLES,
    State,
    emails_of,
    find_by_name,
    phones_of,
)

DEFAULT_ROLE: Final = "SD Agent"
_BLANK: Final[JsonObject] = {
    "first_name": None,
    "last_name": None,
    "job_title": None,
    "primary_email": None,
    "secondary_emails": [],
    "work_phone_number": None,
    "mobile_phone_number": None,
    "department_ids": [],
    SEES_TICKETS: False,
    SEES_CHANGES: False,
    "reporting_manager_id": None,
    "address": None,
    "time_format": "12h",
    "location_id": None,
    "background_information": None,
    "external_id": None,
    "custom_fields": {},
    "active": True,
    "vip_user": False,
    "has_logged_in": False,
    "work_schedule_id": None,
}
_BLANK_AGENT: Final[JsonObject] = {
    "occasional": False,
    "roles": [],
    "member_of": [],
    "observer_of": [],
    "scoreboard_level_id": 1,
    "signature": None,
    "auto_assign_tickets": True,
    "workspace_ids": [],
    "license_type": "IT",
}


def find(state: State, number: int, *, is_agent: bool) -> JsonObject:
    """The person of that kind with that id. Raises 404."""
    person = state.tables[PEOPLE].get(number)
    if person is not None and person["is_agent"] == is_agent:
        return person
    if person is not None and not is_agent and state.knobs.agents_answer_as_requesters:
        return person
    raise not_found()


def create(state: State, body: JsonObject, *, is_agent: bool) -> JsonObject:
    """A new, active person."""
    values, errors = check_body(state, body, is_agent=is_agent)
    person = {
        **_BLANK,
        "time_zone": state.knobs.account_time_zone,
        "language": state.knobs.account_language,
        **(_BLANK_AGENT if is_agent else {}),
        **values,
        "is_agent": is_agent,
    }
    _judge(state, person, errors, known=0)
    if is_agent:
        if not person["roles"]:
            person["roles"] = _default_roles(state)
        if not person["occasional"]:
            _take_seat(state)
    person = state.add(PEOPLE, person)
    _sync_groups(state, person)
    return person


def update(state: State, person: JsonObject, body: JsonObject, *, as_agent: bool) -> JsonObject:
    """Change what the body names; the flags it leaves out go back to false. `as_agent` is whose names it uses."""
    if not person["active"] and not state.knobs.edits_inactive_people:
        raise bad_state("A deactivated person cannot be changed.")
    values, errors = check_body(state, body, is_agent=as_agent)
    values.setdefault(SEES_TICKETS, False)
    if state.knobs.resets_changes_flag:
        values.setdefault(SEES_CHANGES, False)
    if "custom_fields" in values and state.knobs.custom_fields_are_merged:
        values["custom_fields"] = {**person["custom_fields"], **values["custom_fields"]}
    changed = {**person, **values}
    _judge(state, changed, errors, known=person["id"])
    if changed["is_agent"] and changed["active"] and person["occasional"] and not changed["occasional"]:
        _take_seat(state)
    person = state.change(PEOPLE, person, values)
    if "member_of" in values or "observer_of" in values:
        _sync_groups(state, person)
    return person


def deactivate(state: State, person: JsonObject) -> bool:
    """Take away access and memberships; False when the person was inactive before."""
    if not person["active"]:
        return False
    _leave_groups(state, person["id"])
    agent_changes: JsonObject = {"member_of": [], "observer_of": []} if person["is_agent"] else {}
    state.change(PEOPLE, person, {"active": False, **agent_changes})
    if state.knobs.delete_clears_reports:
        _clear_reports(state, person["id"])
    return True


def reactivate(state: State, person: JsonObject) -> JsonObject:
    """Bring back; memberships stay lost, a full-time agent needs a seat."""
    if person["active"]:
        return person
    if person["is_agent"] and not person["occasional"]:
        _take_seat(state)
    return state.change(PEOPLE, person, {"active": True})


def forget(state: State, person: JsonObject) -> None:
    """Remove for good; the id is never used again."""
    _leave_groups(state, person["id"])
    _clear_reports(state, person["id"])
    state.remove(PEOPLE, person["id"])


def convert_to_agent(state: State, person: JsonObject) -> JsonObject:
    """Always an occasional agent with the default role and no groups."""
    _may_convert(state, person)
    if not person["primary_email"]:
        raise validation_failed([FieldError("email", "This field cannot be empty", "missing_field")])
    changes = {**_BLANK_AGENT, "is_agent": True, "occasional": True, "roles": _default_roles(state)}
    _leave_groups(state, person["id"])
    return state.change(PEOPLE, person, changes)


def convert_to_requester(state: State, person: JsonObject) -> JsonObject:
    """The agent's own members are gone; the person stays under the same id."""
    _may_convert(state, person)
    _leave_groups(state, person["id"])
    kept = {name: value for name, value in person.items() if name not in _BLANK_AGENT}
    return state.change(PEOPLE, kept, {"is_agent": False})


def merge(state: State, survivor: JsonObject, others: list[JsonObject]) -> JsonObject:
    """The survivor takes over addresses, departments and groups; the first of the others fills empty fields."""
    changes: JsonObject = {
        name: others[0][name]
        for name, value in survivor.items()
        if value is None and others and others[0].get(name) is not None and name != "primary_email"
    }
    moved = [email for other in others for email in emails_of(other)]
    if survivor["primary_email"] is None and moved:
        changes["primary_email"] = moved.pop(0)
    changes["secondary_emails"] = [*survivor["secondary_emails"], *moved]
    departments = [*survivor["department_ids"], *(d for other in others for d in other["department_ids"])]
    changes["department_ids"] = list(dict.fromkeys(departments))
    gone = {other["id"] for other in others}
    if survivor["reporting_manager_id"] in gone:
        changes["reporting_manager_id"] = None
    for group in list(state.tables[REQUESTER_GROUPS].values()):
        if gone & set(group["members"]):
            kept = [member for member in group["members"] if member not in gone]
            state.put(REQUESTER_GROUPS, {**group, "members": list(dict.fromkeys([*kept, survivor["id"]]))})
    for other in others:
        state.remove(PEOPLE, other["id"])
    for report in list(state.people()):
        if report["reporting_manager_id"] in gone and report["id"] != survivor["id"]:
            state.change(PEOPLE, report, {"reporting_manager_id": survivor["id"]})
    return state.change(PEOPLE, survivor, changes)


def full_time_agents(state: State) -> int:
    """How many seats are taken."""
    return sum(1 for p in state.people() if p["is_agent"] and p["active"] and not p["occasional"])


def _judge(state: State, person: JsonObject, errors: list[FieldError], *, known: int) -> None:
    """Raise what is wrong with the whole record: complaints first, then clashes. `known` is its id, 0 if new."""
    address = "email" if person["is_agent"] else "primary_email"
    if not person["first_name"] and not any(error.field == "first_name" for error in errors):
        errors.append(FieldError("first_name", "This field cannot be empty", "missing_field"))
    needs_address = person["is_agent"] or not phones_of(person)
    if needs_address and not person["primary_email"] and not any(error.field == address for error in errors):
        errors.append(FieldError(address, "This field cannot be empty", "missing_field"))
    folded = [email.casefold() for email in emails_of(person)]
    if len(set(folded)) < len(folded):
        errors.append(FieldError("secondary_emails", "It should not repeat an address", "invalid_value"))
    if known and person["reporting_manager_id"] == known:
        errors.append(FieldError("reporting_manager_id", "Nobody can report to themselves", "invalid_value"))
    named = {error.field for error in errors}
    errors.extend(error for error in _missing_custom_fields(state, person) if error.field not in named)
    if errors:
        raise validation_failed(errors)
    for email in emails_of(person):
        owner = state.email_owner(email)
        if owner is not None and owner["id"] != known:
            raise _taken(state, address if email == person["primary_email"] else "secondary_emails", owner)
    for phone in phones_of(person):
        owners = [o for o in state.phone_owners(phone) if o["id"] != known]
        if not state.knobs.phones_are_unique:
            owners = [] if person["primary_email"] else [o for o in owners if not o["primary_email"]]
        if owners:
            field = "work_phone_number" if phone == person["work_phone_number"] else "mobile_phone_number"
            raise _taken(state, field, owners[0])


def _missing_custom_fields(state: State, person: JsonObject) -> list[FieldError]:
    flag = "required_for_agents" if person["is_agent"] else "required_for_requesters"
    return [
        FieldError(field["name"], "This field cannot be empty", "missing_field")
        for field in state.tables[FIELDS].values()
        if not field["default"] and field[flag] and person["custom_fields"].get(field["name"]) in {None, ""}
    ]


def _taken(state: State, field: str, owner: JsonObject) -> ApiError:
    status = 409 if owner["is_agent"] else state.knobs.duplicate_status
    return validation_failed([FieldError(field, "It should be a unique value", "duplicate_value")], status)


def _take_seat(state: State) -> None:
    seats = state.knobs.full_time_seats
    if seats is not None and full_time_agents(state) >= seats:
        raise refused(403, "max_agents_reached", state.knobs.seat_message)


def _may_convert(state: State, person: JsonObject) -> None:
    if not person["active"] and not state.knobs.converts_inactive_people:
        raise bad_state("A deactivated person cannot be converted.")


def _default_roles(state: State) -> list[JsonObject]:
    role = find_by_name(state, ROLES, DEFAULT_ROLE)
    return [] if role is None else [{"role_id": role["id"], "assignment_scope": "entire_helpdesk", "groups": []}]


def _sync_groups(state: State, person: JsonObject) -> None:
    """Make the agent groups list this agent where the agent lists them."""
    if not person["is_agent"]:
        return
    for group in list(state.tables[AGENT_GROUPS].values()):
        changes: JsonObject = {}
        for own, theirs in (("member_of", "members"), ("observer_of", "observers")):
            is_in, should_be = person["id"] in group[theirs], group["id"] in person[own]
            if is_in and not should_be:
                changes[theirs] = [member for member in group[theirs] if member != person["id"]]
            elif should_be and not is_in:
                changes[theirs] = [*group[theirs], person["id"]]
        if changes:
            state.change(AGENT_GROUPS, group, changes)


def _leave_groups(state: State, number: int) -> None:
    for collection in (REQUESTER_GROUPS, AGENT_GROUPS):
        for group in list(state.tables[collection].values()):
            lists = [name for name in ("members", "observers", "leaders") if number in group.get(name, ())]
            if lists:
                kept = {name: [member for member in group[name] if member != number] for name in lists}
                state.change(collection, group, kept)
    for department in list(state.tables[DEPARTMENTS].values()):
        heads = [name for name in ("head_user_id", "prime_user_id") if department[name] == number]
        if heads:
            state.change(DEPARTMENTS, department, dict.fromkeys(heads))


def _clear_reports(state: State, number: int) -> None:
    for report in list(state.people()):
        if report["reporting_manager_id"] == number:
            state.change(PEOPLE, report, {"reporting_manager_id": None})
