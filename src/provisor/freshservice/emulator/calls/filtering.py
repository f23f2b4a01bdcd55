"""Lists with `query=`: what the search index finds, newest first, in pages of thirty up to the fortieth."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from provisor.freshservice.emulator.answers import (
    Answer,
    Call,
    FieldError,
    JsonObject,
    read_number,
    refused,
    validation_failed,
)
from provisor.freshservice.emulator.knobs import FILTER_LENGTH_MAX, FILTER_PAGE_MAX, PER_PAGE_DEFAULT
from provisor.freshservice.emulator.query import FieldReader, QueryError, parse_query
from provisor.freshservice.emulator.state import FIELDS, State

_PERSON_FIELDS: Final = {
    "first_name": "first_name",
    "last_name": "last_name",
    "job_title": "job_title",
    "email": "primary_email",
    "work_phone_number": "work_phone_number",
    "mobile_phone_number": "mobile_phone_number",
    "department_id": "department_ids",
    "reporting_manager_id": "reporting_manager_id",
    "time_zone": "time_zone",
    "language": "language",
    "location_id": "location_id",
    "created_at": "created_at",
    "updated_at": "updated_at",
}
AGENT_FIELDS: Final = _PERSON_FIELDS
REQUESTER_FIELDS: Final = {
    **_PERSON_FIELDS,
    "primary_email": "primary_email",
    "secondary_emails": "secondary_emails",
}
NAME_FIELDS: Final = {"name": "name", "created_at": "created_at", "updated_at": "updated_at"}
_CUSTOM_TYPES: Final = frozenset({"custom_text", "custom_number", "custom_dropdown", "custom_date", "custom_phone"})


def person_reader(state: State, fields: Mapping[str, str]) -> FieldReader:
    """How a query reads people: the listed fields, the joined name, and the custom fields that can be searched."""
    custom = {f["name"] for f in state.tables[FIELDS].values() if f["type"] in _CUSTOM_TYPES}

    def find(name: str) -> Callable[[JsonObject], Any] | None:
        if name == "name":
            return lambda person: " ".join(p for p in (person["first_name"], person["last_name"]) if p)
        if name in fields:
            stored = fields[name]
            return lambda person: person[stored]
        if name in custom:
            return lambda person: person["custom_fields"].get(name)
        return None

    return find


def plain_reader(fields: Mapping[str, str]) -> FieldReader:
    """How a query reads other records."""

    def find(name: str) -> Callable[[JsonObject], Any] | None:
        stored = fields.get(name)
        return None if stored is None else lambda document: document.get(stored)

    return find


def filtered_page(
    state: State,
    call: Call,
    plural: str,
    rows: Sequence[JsonObject],
    *,
    reader: FieldReader,
    render: Callable[[JsonObject], JsonObject],
) -> Answer:
    """The asked page of those that the query keeps, with their total in a header and no Link."""
    text = call.query["query"]
    if len(text) < 2 or not (text.startswith('"') and text.endswith('"')):
        if state.knobs.unquoted_query_status == 500:
            raise refused(500, "internal_error", "Something went wrong.")
        raise _invalid("The query has to be wrapped in double quotes")
    if len(text) - 2 > FILTER_LENGTH_MAX:
        raise _invalid(f"The query should not be longer than {FILTER_LENGTH_MAX} characters")
    page = read_number(call.query, "page", 1, FILTER_PAGE_MAX)
    try:
        keeps = parse_query(text[1:-1], reader)
    except QueryError as error:
        raise _invalid(str(error)) from error
    found = sorted((row for row in rows if keeps(row)), key=lambda r: (r["created_at"], r["id"]), reverse=True)
    start = (page - 1) * PER_PAGE_DEFAULT
    shown = [render(row) for row in found[start : start + PER_PAGE_DEFAULT]]
    return Answer(200, {plural: shown}, {"X-Search-Results-Count": str(len(found))})


def _invalid(message: str) -> Exception:
    return validation_failed([FieldError("query", message, "invalid_value")])
