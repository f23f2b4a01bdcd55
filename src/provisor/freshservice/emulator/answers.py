"""What a call answers: envelopes, pages, and the two shapes of an error body (API reference, "errors").

Handlers are plain functions from a `Call` to an `Answer`; they raise `ApiError` for what the API refuses.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlencode

from provisor.freshservice.emulator.knobs import PER_PAGE_DEFAULT, PER_PAGE_MAX

JsonObject = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call:
    """One API call after authentication. `base_url` is scheme and host, for the Link header."""

    path: str
    base_url: str
    ids: Mapping[str, int]
    query: Mapping[str, str]
    body: JsonObject
    owner_id: int
    """The agent whose key was sent."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A status with a JSON body, or with none."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FieldError:
    """One complaint of the validating shape."""

    field: str
    message: str
    code: str


class ApiError(Exception):
    """The API refuses the call, with one of its two bodies."""

    def __init__(self, status: int, body: JsonObject, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, body)
        self.answer = Answer(status, body, headers or {})


def validation_failed(errors: Sequence[FieldError], status: int = 400) -> ApiError:
    """The shape with a list of fields."""
    listed = [{"field": error.field, "message": error.message, "code": error.code} for error in errors]
    return ApiError(status, {"description": "Validation failed", "errors": listed})


def refused(status: int, code: str, message: str) -> ApiError:
    """The shape with one code and one message."""
    return ApiError(status, {"code": code, "message": message})


def not_found() -> ApiError:
    """404; its body is empty, as clients may not rely on one."""
    error = ApiError(404, {})
    error.answer = Answer(404)
    return error


def access_denied() -> ApiError:
    """403 for a key that lacks the permission."""
    return refused(403, "access_denied", "You are not authorized to perform this action.")


def bad_state(message: str) -> ApiError:
    """409 for a step that the record cannot take now."""
    return refused(409, "inconsistent_state", message)


def read_flag(query: Mapping[str, str], name: str) -> bool | None:
    """A list parameter that is `true` or `false`; None when it is absent."""
    text = query.get(name)
    if text is None:
        return None
    if text.lower() not in {"true", "false"}:
        raise validation_failed([FieldError(name, "It should be one of these values: 'true,false'", "invalid_value")])
    return text.lower() == "true"


def read_number(query: Mapping[str, str], name: str, default: int, most: int | None) -> int:
    """A paging parameter; out of range is an error, never clamped."""
    text = query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit()) or int(text[:12]) < 1:
        raise validation_failed([FieldError(name, "It should be a Positive Integer", "invalid_value")])
    if most is not None and int(text) > most:
        raise validation_failed([FieldError(name, f"It should not be more than {most}", "invalid_value")])
    return int(text[:12])


def one(kind: str, document: JsonObject, status: int = 200) -> Answer:
    """A single record in its envelope."""
    return Answer(status, {kind: document})


def page_of(call: Call, plural: str, rows: Sequence[T], render: Callable[[T], Any]) -> Answer:
    """The asked page of a list, with the Link header where another page follows."""
    page = read_number(call.query, "page", 1, None)
    per_page = read_number(call.query, "per_page", PER_PAGE_DEFAULT, PER_PAGE_MAX)
    start = (page - 1) * per_page
    headers = {}
    if start + per_page < len(rows):
        following = urlencode({**call.query, "page": page + 1})
        headers["Link"] = f'<{call.base_url}{call.path}?{following}>; rel="next"'
    return Answer(200, {plural: [render(row) for row in rows[start : start + per_page]]}, headers)
