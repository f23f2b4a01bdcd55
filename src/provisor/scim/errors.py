"""The table between our errors and SCIM's (RFC 7644 §3.12, RFC 9865), read in both directions.

An error of any other class is internal: its text is not shown to a client.
"""

from collections.abc import Mapping
from typing import Any

from provisor.model.errors import (
    Conflict,
    Forbidden,
    NotFound,
    PreconditionFailed,
    ProvisorError,
    Reject,
    ResourceFailed,
    Transient,
    Unauthenticated,
)

ERROR_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:Error"
TOO_LARGE = "tooLarge"
"""Our code for a Reject that is answered 413; it is no scimType and is not sent."""
DETAIL_CHARACTERS_MAX = 1_000

SCIM_TYPES = frozenset(
    {
        "invalidFilter",
        "tooMany",
        "uniqueness",
        "mutability",
        "invalidSyntax",
        "invalidPath",
        "noTarget",
        "invalidValue",
        "invalidVers",
        "sensitive",
        "invalidCursor",
        "expiredCursor",
        "invalidCount",
    }
)
_STATUS_OF_CODE = {"uniqueness": 409, "sensitive": 403, TOO_LARGE: 413}
_STATUS_OF_CLASS: tuple[tuple[type[ProvisorError], int], ...] = (
    (Unauthenticated, 401),
    (Forbidden, 403),
    (NotFound, 404),
    (Conflict, 409),
    (PreconditionFailed, 412),
    (ResourceFailed, 400),
)


def error_body(error: BaseException) -> tuple[int, dict[str, Any]]:
    """HTTP status and SCIM Error body for an error."""
    if isinstance(error, Reject):
        return make_error(_STATUS_OF_CODE.get(error.code, 400), str(error), error.code)
    if isinstance(error, Transient):
        return make_error(429 if error.retry_after_seconds is not None else 503, str(error))
    if isinstance(error, ResourceFailed):
        return make_error(400, str(error), "invalidValue")
    for kind, status in _STATUS_OF_CLASS:
        if isinstance(error, kind):
            return make_error(status, str(error), error.code if isinstance(error, Conflict) else "")
    return make_error(500, "The server met an error of its own; its log says more.")


def make_error(status: int, detail: str, scim_type: str = "") -> tuple[int, dict[str, Any]]:
    """Status and body from their parts. The status in the body is text, as the RFC demands."""
    body: dict[str, Any] = {"schemas": [ERROR_SCHEMA], "status": str(status)}
    if scim_type in SCIM_TYPES:
        body["scimType"] = scim_type
    body["detail"] = detail[:DETAIL_CHARACTERS_MAX]
    return status, body


def read_error(status: int, body: Any, *, retry_after_seconds: float | None = None) -> ProvisorError:
    """Our error for the answer of a SCIM service provider, whatever its body looks like."""
    members = {str(key).lower(): value for key, value in body.items()} if isinstance(body, Mapping) else {}
    code = members.get("scimtype")
    scim_type = code if isinstance(code, str) else ""
    detail = members.get("detail")
    text = detail if isinstance(detail, str) and detail else f"The target answered with status {status}."
    text = text[:DETAIL_CHARACTERS_MAX]
    if status in {408, 425, 429, 500, 502, 503, 504}:
        return Transient(text, retry_after_seconds=retry_after_seconds)
    if status == 409:
        return Conflict(text, code=scim_type or "uniqueness")
    for kind, known in ((Unauthenticated, 401), (Forbidden, 403), (NotFound, 404), (PreconditionFailed, 412)):
        if status == known and scim_type != "sensitive":
            return kind(text)
    return Reject(text, code=scim_type)
