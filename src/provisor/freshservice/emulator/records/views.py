"""How a stored person looks in an answer: as a requester, as an agent, or as a member of a group."""

from typing import Any, Final

from provisor.freshservice.emulator.answers import JsonObject
from provisor.freshservice.emulator.records.accepted import MSP_SHAPES
from provisor.freshservice.emulator.state import DEPARTMENTS, LOCATIONS, State

_SHARED: Final = (
    "job_title",
    "work_phone_number",
    "mobile_phone_number",
    "department_ids",
    "department_names",
    "can_see_all_tickets_from_associated_departments",
    "can_see_all_changes_from_associated_departments",
    "reporting_manager_id",
    "address",
    "time_zone",
    "time_format",
    "language",
    "location_id",
    "location_name",
    "background_information",
    "external_id",
    "custom_fields",
    "active",
    "vip_user",
    "has_logged_in",
    "work_schedule_id",
    "created_at",
    "updated_at",
)
_AGENT_ONLY: Final = (
    "occasional",
    "license_type",
    "workspace_ids",
    "roles",
    "member_of",
    "observer_of",
    "scoreboard_level_id",
    "signature",
    "auto_assign_tickets",
)
_SCOPES: Final = ("ticket", "problem", "change", "release", "asset", "solution", "contract")


def as_requester(state: State, person: JsonObject) -> JsonObject:
    """With `primary_email`; an agent looks like this where agents are included."""
    return {
        "id": person["id"],
        "first_name": person["first_name"],
        "last_name": person["last_name"],
        "primary_email": person["primary_email"],
        "secondary_emails": person["secondary_emails"],
        "is_agent": person["is_agent"],
        **_shared(state, person),
    }


def as_agent(state: State, person: JsonObject) -> JsonObject:
    """With `email`, roles and groups, and the older members that are still echoed."""
    return {
        "id": person["id"],
        "first_name": person["first_name"],
        "last_name": person["last_name"],
        "email": person["primary_email"],
        **_shared(state, person),
        **{name: person[name] for name in _AGENT_ONLY},
        "role_ids": [role["role_id"] for role in person["roles"]],
        "group_ids": person["member_of"],
        "member_of_pending_approval": [],
        "observer_of_pending_approval": [],
        "scopes": dict.fromkeys(_SCOPES),
        "scoreboard_points": None,
        "auto_assign_status_changed_at": None,
        "api_key_enabled": False,
        "last_login_at": None,
        "last_active_at": None,
    }


def as_member(_state: State, person: JsonObject) -> JsonObject:
    """The short row of a requester group's members."""
    return {
        "id": person["id"],
        "first_name": person["first_name"],
        "last_name": person["last_name"],
        "email": person["primary_email"],
    }


def department_names(state: State, person: JsonObject) -> str | None:
    """The names of a person's departments as one text."""
    departments = state.tables[DEPARTMENTS]
    names = [departments[number]["name"] for number in person["department_ids"] if number in departments]
    return ", ".join(names) or None


def _shared(state: State, person: JsonObject) -> dict[str, Any]:
    location = state.tables[LOCATIONS].get(person["location_id"])
    computed = {
        "department_names": department_names(state, person),
        "location_name": None if location is None else location["name"],
    }
    msp = {name: person.get(name, []) for name in MSP_SHAPES} if state.knobs.is_msp else {}
    return {name: computed.get(name, person.get(name)) for name in _SHARED} | msp
