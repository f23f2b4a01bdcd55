"""Validating the body of a person: every field by its shape, all complaints at once.

What passes comes back under the names by which people are stored (`email` of an agent is stored as
`primary_email`). Uniqueness and required fields are judged in `people.py`, which knows the whole record.
"""

import re
from collections.abc import Callable
from datetime import date
from typing import Any, Final

from provisor.freshservice.emulator.answers import FieldError, JsonObject
from provisor.freshservice.emulator.knobs import LONG_TEXT_LENGTH_MAX, TEXT_LENGTH_MAX, Plan
from provisor.freshservice.emulator.records.accepted import (
    AGENT_SHAPES,
    MSP_SHAPES,
    REQUESTER_SHAPES,
    Shape,
    find_language,
    is_time_zone,
)
from provisor.freshservice.emulator.state import AGENT_GROUPS, DEPARTMENTS, FIELDS, LOCATIONS, PEOPLE, ROLES, State

_EMAIL: Final = re.compile(r"[^@\s<>()\[\],;:\\\"]+@[^@\s<>()\[\],;:\\\"]+\.[^@\s.<>()\[\],;:\\\"]+")
_URL: Final = re.compile(r"://|\bwww\.", re.IGNORECASE)
_SCOPES: Final = ("entire_helpdesk", "member_groups", "specified_groups", "assigned_items")
_LEVEL_MAX: Final = 6


class Refused(Exception):
    """One value does not pass."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message


def shapes_for(state: State, *, is_agent: bool) -> dict[str, Shape]:
    """The fields that may be written, for one kind of person in this account."""
    knobs = state.knobs
    shapes = dict(AGENT_SHAPES if is_agent else REQUESTER_SHAPES)
    if is_agent and not knobs.agent_external_id_is_writable:
        del shapes["external_id"]
    if knobs.vip_is_writable:
        shapes["vip_user"] = Shape.FLAG
    if knobs.is_msp:
        shapes.update(MSP_SHAPES)
    return shapes


def check_body(state: State, body: JsonObject, *, is_agent: bool) -> tuple[JsonObject, list[FieldError]]:
    """The values to store, and every complaint."""
    shapes = shapes_for(state, is_agent=is_agent)
    values: JsonObject = {}
    errors: list[FieldError] = []
    for name, value in body.items():
        shape = shapes.get(name)
        if shape is None:
            errors.append(FieldError(name, "Unexpected/invalid field in request", "invalid_field"))
        elif shape is Shape.CUSTOM:
            values["custom_fields"] = _check_custom_fields(state, value, errors)
        else:
            try:
                values["primary_email" if name == "email" else name] = _CHECKS[shape](state, value)
            except Refused as refusal:
                errors.append(FieldError(name, refusal.message, refusal.code))
    return values, errors


def _text(_state: State, value: Any, longest: int = TEXT_LENGTH_MAX) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise Refused("datatype_mismatch", "It should be a/an String")
    if len(value) > longest:
        raise Refused("invalid_value", f"It should not be longer than {longest} characters")
    return value.strip() or None


def _long_text(state: State, value: Any) -> str | None:
    return _text(state, value, LONG_TEXT_LENGTH_MAX)


def _name(state: State, value: Any) -> str | None:
    text = _text(state, value)
    if text and state.knobs.refuses_markup_in_names and ("<" in text or ">" in text or _URL.search(text)):
        raise Refused("invalid_value", "It should not contain markup or web addresses")
    return text


def _email(state: State, value: Any) -> str | None:
    text = _text(state, value)
    if text is not None and not _EMAIL.fullmatch(text):
        raise Refused("invalid_value", "It should be a valid email address")
    return text


def _emails(state: State, value: Any) -> list[str]:
    if not isinstance(value, list):
        raise Refused("datatype_mismatch", "It should be a/an Array")
    emails = [_email(state, item) for item in value]
    if None in emails:
        raise Refused("invalid_value", "It should contain valid email addresses only")
    if len(emails) > state.knobs.secondary_emails_max:
        raise Refused("invalid_value", f"It should not have more than {state.knobs.secondary_emails_max} items")
    return [email for email in emails if email]


def _flag(_state: State, value: Any) -> bool:
    if not isinstance(value, bool):
        raise Refused("datatype_mismatch", "It should be a/an Boolean")
    return value


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise Refused("datatype_mismatch", "It should be a/an Integer")
    return value


def _reference(state: State, value: Any, collection: str) -> int | None:
    if value is None:
        return None
    number = _number(value)
    if number not in state.tables[collection]:
        raise Refused("invalid_value", "There is no record with this id")
    return number


def _references(state: State, value: Any, collection: str) -> list[int]:
    if not isinstance(value, list):
        raise Refused("datatype_mismatch", "It should be a/an Array")
    found = [_reference(state, item, collection) for item in value]
    return list(dict.fromkeys(number for number in found if number is not None))


def _workspaces(_state: State, value: Any) -> list[int]:
    if not isinstance(value, list):
        raise Refused("datatype_mismatch", "It should be a/an Array")
    return [_number(item) for item in value]


def _zone(state: State, value: Any) -> str:
    text = _text(state, value)
    if text is None:
        return state.knobs.account_time_zone
    if not is_time_zone(text):
        raise Refused("invalid_value", "It should be one of the time zones of this account")
    return text


def _language(state: State, value: Any) -> str:
    text = _text(state, value)
    if text is None:
        return state.knobs.account_language
    language = find_language(text)
    if language is None:
        raise Refused("invalid_value", "It should be one of the languages of this account")
    return language


def _hours(_state: State, value: Any) -> str:
    if value not in {"12h", "24h"}:
        raise Refused("invalid_value", "It should be one of these values: '12h,24h'")
    return str(value)


def _level(_state: State, value: Any) -> int | None:
    if value is None:
        return None
    if not 1 <= _number(value) <= _LEVEL_MAX:
        raise Refused("invalid_value", "It should be one of these values: '1,2,3,4,5,6'")
    return int(value)


def _roles(state: State, value: Any) -> list[JsonObject]:
    if not isinstance(value, list):
        raise Refused("datatype_mismatch", "It should be a/an Array")
    return [_role(state, item) for item in value]


def _role(state: State, item: Any) -> JsonObject:
    if not isinstance(item, dict):
        raise Refused("datatype_mismatch", "It should contain objects with role_id and assignment_scope")
    if unknown := set(item) - {"role_id", "assignment_scope", "groups", "workspace_id"}:
        raise Refused("invalid_field", f"Unexpected/invalid field in request: {min(unknown)}")
    scope = item.get("assignment_scope")
    if scope not in _SCOPES:
        raise Refused("invalid_value", f"assignment_scope should be one of these values: '{','.join(_SCOPES)}'")
    number = _reference(state, item.get("role_id"), ROLES)
    if number is None:
        raise Refused("missing_field", "role_id cannot be empty")
    groups: list[int] = []
    if scope == "specified_groups":
        if state.knobs.plan in {Plan.STARTER, Plan.GROWTH}:
            raise Refused("invalid_value", "specified_groups is not part of this plan")
        groups = _references(state, item.get("groups", []), AGENT_GROUPS)
        if not groups:
            raise Refused("missing_field", "groups cannot be empty with specified_groups")
    role = {"role_id": number, "assignment_scope": scope, "groups": groups}
    return role | ({"workspace_id": item["workspace_id"]} if "workspace_id" in item else {})


_CHECKS: Final[dict[Shape, Callable[[State, Any], Any]]] = {
    Shape.NAME: _name,
    Shape.TEXT: _text,
    Shape.LONG_TEXT: _long_text,
    Shape.EMAIL: _email,
    Shape.EMAILS: _emails,
    Shape.PHONE: _text,
    Shape.FLAG: _flag,
    Shape.USER: lambda state, value: _reference(state, value, PEOPLE),
    Shape.LOCATION: lambda state, value: _reference(state, value, LOCATIONS),
    Shape.DEPARTMENTS: lambda state, value: _references(state, value, DEPARTMENTS),
    Shape.AGENT_GROUPS: lambda state, value: _references(state, value, AGENT_GROUPS),
    Shape.WORKSPACES: _workspaces,
    Shape.ROLES: _roles,
    Shape.ZONE: _zone,
    Shape.LANGUAGE: _language,
    Shape.HOURS: _hours,
    Shape.LEVEL: _level,
}


def _check_custom_fields(state: State, value: Any, errors: list[FieldError]) -> JsonObject:
    if value is None:
        return {}
    if not isinstance(value, dict):
        errors.append(FieldError("custom_fields", "It should be a/an Object", "datatype_mismatch"))
        return {}
    fields = {field["name"]: field for field in state.tables[FIELDS].values() if not field["default"]}
    values: JsonObject = {}
    for name, item in value.items():
        if name not in fields:
            errors.append(FieldError(name, "Unexpected/invalid field in request", "invalid_field"))
            continue
        try:
            values[name] = None if item is None else _custom_value(state, fields[name], item)
        except Refused as refusal:
            errors.append(FieldError(name, refusal.message, refusal.code))
    return values


def _custom_value(state: State, field: JsonObject, value: Any) -> Any:
    match field["type"]:
        case "custom_number":
            return _number(value)
        case "custom_checkbox":
            return _flag(state, value)
        case "custom_paragraph":
            return _long_text(state, value)
        case "custom_dropdown":
            if value not in field["choices"]:
                choices = ",".join(field["choices"])
                raise Refused("invalid_value", f"It should be one of these values: '{choices}'")
            return value
        case "custom_date":
            try:
                return date.fromisoformat(str(value)).isoformat()
            except ValueError:
                raise Refused("invalid_value", "It should be a date such as 2026-11-23") from None
        case _:
            return _text(state, value)
