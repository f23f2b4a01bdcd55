"""What the account accepts: languages, time zones, and the fields of people with their types.

The lists are the emulator's own and know nothing of other systems' names: translating is the bridge's task, and
the emulator must be able to prove it wrong.
"""

from enum import StrEnum
from importlib.resources import files
from typing import Final

_FOLDER = files("provisor.freshservice.emulator.records")
LANGUAGES: Final = tuple(_FOLDER.joinpath("languages.txt").read_text().splitlines())
TIME_ZONES: Final = tuple(_FOLDER.joinpath("time_zones.txt").read_text().splitlines())
_LANGUAGE_BY_FOLDED: Final = {language.casefold(): language for language in LANGUAGES}
_ZONES: Final = frozenset(TIME_ZONES)


class Shape(StrEnum):
    """The type of a field, as the validator tells them apart."""

    NAME = "name"
    TEXT = "text"
    LONG_TEXT = "long text"
    EMAIL = "email"
    EMAILS = "emails"
    PHONE = "phone"
    FLAG = "flag"
    USER = "user"
    LOCATION = "location"
    DEPARTMENTS = "departments"
    AGENT_GROUPS = "agent groups"
    WORKSPACES = "workspaces"
    ROLES = "roles"
    ZONE = "time zone"
    LANGUAGE = "language"
    HOURS = "time format"
    LEVEL = "scoreboard level"
    CUSTOM = "custom fields"


SEES_TICKETS: Final = "can_see_all_tickets_from_associated_departments"
SEES_CHANGES: Final = "can_see_all_changes_from_associated_departments"

PERSON_SHAPES: Final = {
    "first_name": Shape.NAME,
    "last_name": Shape.NAME,
    "job_title": Shape.TEXT,
    "work_phone_number": Shape.PHONE,
    "mobile_phone_number": Shape.PHONE,
    "department_ids": Shape.DEPARTMENTS,
    SEES_TICKETS: Shape.FLAG,
    SEES_CHANGES: Shape.FLAG,
    "reporting_manager_id": Shape.USER,
    "address": Shape.LONG_TEXT,
    "time_zone": Shape.ZONE,
    "time_format": Shape.HOURS,
    "language": Shape.LANGUAGE,
    "location_id": Shape.LOCATION,
    "background_information": Shape.LONG_TEXT,
    "external_id": Shape.TEXT,
    "custom_fields": Shape.CUSTOM,
}
REQUESTER_SHAPES: Final = {
    **PERSON_SHAPES,
    "primary_email": Shape.EMAIL,
    "secondary_emails": Shape.EMAILS,
}
AGENT_SHAPES: Final = {
    **PERSON_SHAPES,
    "email": Shape.EMAIL,
    "occasional": Shape.FLAG,
    "roles": Shape.ROLES,
    "member_of": Shape.AGENT_GROUPS,
    "observer_of": Shape.AGENT_GROUPS,
    "scoreboard_level_id": Shape.LEVEL,
    "signature": Shape.LONG_TEXT,
    "auto_assign_tickets": Shape.FLAG,
    "workspace_ids": Shape.WORKSPACES,
}
MSP_SHAPES: Final = {
    "belongs_to_workspace_ids": Shape.WORKSPACES,
    "can_see_all_tickets_from_associated_workspace_ids": Shape.WORKSPACES,
}


def find_language(text: str) -> str | None:
    """The code as the account lists it, whatever the case of `text`; None for a language it does not know."""
    return _LANGUAGE_BY_FOLDED.get(text.casefold())


def is_time_zone(text: str) -> bool:
    """Whether it is a name from the Rails list, letter by letter."""
    return text in _ZONES
