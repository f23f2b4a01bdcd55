"""`/departments`, `/locations` and `/roles`: what people refer to by number."""

from collections.abc import Mapping
from typing import Any, Final

from provisor.freshservice.emulator.answers import (
    Answer,
    ApiError,
    Call,
    FieldError,
    JsonObject,
    not_found,
    one,
    page_of,
    validation_failed,
)
from provisor.freshservice.emulator.calls.filtering import NAME_FIELDS, filtered_page, plain_reader
from provisor.freshservice.emulator.knobs import TEXT_LENGTH_MAX
from provisor.freshservice.emulator.state import (
    DEPARTMENTS,
    LOCATIONS,
    PEOPLE,
    ROLES,
    State,
    find_by_name,
)

_DEPARTMENT: Final[JsonObject] = {
    "description": None,
    "head_user_id": None,
    "prime_user_id": None,
    "domains": [],
    "custom_fields": {},
}
_LOCATION: Final[JsonObject] = {
    "parent_location_id": None,
    "primary_contact_id": None,
    "contact_name": None,
    "email": None,
    "phone": None,
    "address": None,
}
_REFERENCES: Final[Mapping[str, str]] = {
    "head_user_id": PEOPLE,
    "prime_user_id": PEOPLE,
    "primary_contact_id": PEOPLE,
    "parent_location_id": LOCATIONS,
}
_TYPES: Final[Mapping[str, type]] = {"domains": list, "custom_fields": dict, "address": dict}


def list_departments(state: State, call: Call) -> Answer:
    """All departments, or those of a query by name."""
    return _list(state, call, DEPARTMENTS)


def get_department(state: State, call: Call) -> Answer:
    """One department."""
    return one("department", find(state, DEPARTMENTS, call.ids["id"]))


def create_department(state: State, call: Call) -> Answer:
    """A new department; its name may be taken."""
    check_fields(state, call.body, _DEPARTMENT, needs_name=True)
    _check_department_name(state, call.body, 0)
    return one("department", state.add(DEPARTMENTS, {**_DEPARTMENT, **call.body}), 201)


def update_department(state: State, call: Call) -> Answer:
    """Change a department."""
    department = find(state, DEPARTMENTS, call.ids["id"])
    check_fields(state, call.body, _DEPARTMENT, needs_name=False)
    _check_department_name(state, call.body, department["id"])
    return one("department", state.change(DEPARTMENTS, department, call.body))


def delete_department(state: State, call: Call) -> Answer:
    """Remove a department; its people stay, without it."""
    number = find(state, DEPARTMENTS, call.ids["id"])["id"]
    state.remove(DEPARTMENTS, number)
    for person in list(state.people()):
        if number in person["department_ids"]:
            kept = [other for other in person["department_ids"] if other != number]
            state.change(PEOPLE, person, {"department_ids": kept})
    return Answer(204)


def list_locations(state: State, call: Call) -> Answer:
    """All locations, or those of a query by name."""
    return _list(state, call, LOCATIONS)


def get_location(state: State, call: Call) -> Answer:
    """One location."""
    return one("location", find(state, LOCATIONS, call.ids["id"]))


def create_location(state: State, call: Call) -> Answer:
    """A new location; the same name may stand under different parents."""
    check_fields(state, call.body, _LOCATION, needs_name=True)
    _check_location_name(state, {**_LOCATION, **call.body}, 0)
    return one("location", state.add(LOCATIONS, {**_LOCATION, **call.body}), 201)


def update_location(state: State, call: Call) -> Answer:
    """Change a location."""
    location = find(state, LOCATIONS, call.ids["id"])
    check_fields(state, call.body, _LOCATION, needs_name=False)
    _check_location_name(state, {**location, **call.body}, location["id"])
    return one("location", state.change(LOCATIONS, location, call.body))


def delete_location(state: State, call: Call) -> Answer:
    """Remove a location; people and locations below lose it."""
    number = find(state, LOCATIONS, call.ids["id"])["id"]
    state.remove(LOCATIONS, number)
    for person in list(state.people()):
        if person["location_id"] == number:
            state.change(PEOPLE, person, {"location_id": None})
    for location in list(state.tables[LOCATIONS].values()):
        if location["parent_location_id"] == number:
            state.change(LOCATIONS, location, {"parent_location_id": None})
    return Answer(204)


def list_roles(state: State, call: Call) -> Answer:
    """The roles of agents."""
    return page_of(call, "roles", list(state.tables[ROLES].values()), dict)


def get_role(state: State, call: Call) -> Answer:
    """One role."""
    return one("role", find(state, ROLES, call.ids["id"]))


def find(state: State, collection: str, number: int) -> JsonObject:
    """The record with that id. Raises 404."""
    document = state.tables[collection].get(number)
    if document is None:
        raise not_found()
    return document


def check_fields(state: State, body: JsonObject, known: Mapping[str, Any], *, needs_name: bool) -> None:
    """Raise every complaint about a body whose fields are `name` and those of `known`."""
    errors = [
        FieldError(name, "Unexpected/invalid field in request", "invalid_field")
        for name in body
        if name != "name" and name not in known
    ]
    if needs_name or "name" in body:
        errors += _name_errors(body.get("name"))
    for name, value in body.items():
        if name in known and value is not None and (error := _value_error(state, name, value, known)):
            errors.append(error)
    if errors:
        raise validation_failed(errors)


def taken(field: str) -> ApiError:
    """A name that must be unique is not."""
    return validation_failed([FieldError(field, "It should be a unique value", "duplicate_value")], 409)


def _name_errors(name: Any) -> list[FieldError]:
    if name is None or name == "":
        return [FieldError("name", "This field cannot be empty", "missing_field")]
    if not isinstance(name, str):
        return [FieldError("name", "It should be a/an String", "datatype_mismatch")]
    if not name.strip() or len(name) > TEXT_LENGTH_MAX:
        return [FieldError("name", f"It should have 1 to {TEXT_LENGTH_MAX} characters", "invalid_value")]
    return []


def _value_error(state: State, name: str, value: Any, known: Mapping[str, Any]) -> FieldError | None:
    if name in _REFERENCES:
        if not isinstance(value, int) or isinstance(value, bool):
            return FieldError(name, "It should be a/an Integer", "datatype_mismatch")
        if value not in state.tables[_REFERENCES[name]]:
            return FieldError(name, "There is no record with this id", "invalid_value")
        return None
    expected = _TYPES.get(name, str if known[name] is None else type(known[name]))
    if not isinstance(value, expected):
        return FieldError(name, f"It should be a/an {expected.__name__}", "datatype_mismatch")
    return None


def _check_department_name(state: State, body: JsonObject, known: int) -> None:
    if "name" in body and state.knobs.department_names_are_unique:
        other = find_by_name(state, DEPARTMENTS, body["name"])
        if other is not None and other["id"] != known:
            raise taken("name")


def _check_location_name(state: State, wanted: JsonObject, known: int) -> None:
    for other in state.tables[LOCATIONS].values():
        is_same = other["name"].casefold() == wanted["name"].casefold()
        if is_same and other["parent_location_id"] == wanted["parent_location_id"] and other["id"] != known:
            raise taken("name")
    parent = wanted["parent_location_id"]
    while parent is not None:
        if parent == known:
            raise validation_failed([FieldError("parent_location_id", "It would be its own parent", "invalid_value")])
        parent = state.tables[LOCATIONS][parent]["parent_location_id"]


def _list(state: State, call: Call, collection: str) -> Answer:
    rows = list(state.tables[collection].values())
    if "query" in call.query:
        return filtered_page(state, call, collection, rows, reader=plain_reader(NAME_FIELDS), render=dict)
    return page_of(call, collection, rows, dict)
