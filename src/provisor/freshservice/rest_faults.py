"""What the API's refusals mean to us: both error shapes parsed once and mapped onto `model/errors`.

    400 duplicate_value, 409       AddressTaken or another Conflict
    400 anything else              FieldsRefused, with the complaint about each field
    401; 403 of the key            JobFailed: nothing goes until somebody sees to the key
    403 max_agents_reached         NoSeat: this person cannot become a full-time agent
    403 require_feature            Forbidden: the plan lacks the module
    404                            NotFound
    405, 406, 413, 415             ResourceFailed: the account and this client do not fit together
    3xx, or no JSON                NotAnAccount
    5xx                            Transient

Texts that the account sent are bounded and never carry the key.
"""

from dataclasses import dataclass
from typing import Any, Final

import msgspec

from provisor.model.errors import (
    Conflict,
    Forbidden,
    JobFailed,
    NotFound,
    ProvisorError,
    ResourceFailed,
    Transient,
)

TEXT_LENGTH_MAX: Final = 300
COMPLAINTS_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class FieldComplaint:
    """What the account has against one field."""

    field: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class ApiFault:
    """A refusal, whichever of the two shapes it came in. `code` is empty in the validating shape."""

    status: int
    code: str = ""
    message: str = ""
    complaints: tuple[FieldComplaint, ...] = ()

    def has_code(self, code: str) -> bool:
        """Whether the refusal, or a complaint in it, has this code."""
        return self.code == code or any(complaint.code == code for complaint in self.complaints)

    def sentence(self) -> str:
        """What the account said, as one text."""
        said = [f"{c.field}: {c.message}" for c in self.complaints] or [self.message or f"HTTP {self.status}"]
        return "; ".join(said)[:TEXT_LENGTH_MAX]


class FieldsRefused(ResourceFailed):
    """The values of a record were refused; `fault` names the fields."""

    def __init__(self, fault: ApiFault) -> None:
        missing = fault.has_code("missing_field")
        super().__init__(
            f"Freshservice refuses these values: {fault.sentence()}.",
            code="MandatoryFieldsMissing" if missing else "InvalidValue",
            remedy="Correct them at the source or in the attribute mapping.",
        )
        self.fault = fault


class AddressTaken(Conflict):
    """A value that must be unique belongs to somebody else, who may be deactivated, an agent, or hold it second."""

    def __init__(self, fault: ApiFault) -> None:
        super().__init__(
            f"Freshservice holds this value for somebody else: {fault.sentence()}.",
            remedy="Look among deactivated people, agents and secondary addresses.",
        )
        self.fault = fault


class NoSeat(ResourceFailed):
    """No full-time seat is free."""

    def __init__(self, fault: ApiFault) -> None:
        super().__init__(
            f"No full-time agent seat is free in Freshservice: {fault.sentence()}",
            code="LicenseLimitExceeded",
            remedy="Buy seats, deactivate an agent, or make this person an occasional agent.",
        )
        self.fault = fault


class KeyRefused(JobFailed):
    """The key is not accepted, or may not do what is needed; `fault` holds the status."""

    def __init__(self, fault: ApiFault) -> None:
        if fault.status == 401:
            message = "Freshservice does not accept the API key."
            remedy = (
                "It was reset or switched off, or its owner is no longer an active agent: "
                "give a key of an active, full-time agent with admin rights (rotate-key)."
            )
        else:
            message = f"The API key's owner may not do this in Freshservice: {fault.sentence()}"
            remedy = "Give the key's owner a role that may manage requesters and agents; avoid occasional agents."
        code = "Unauthorized" if fault.status == 401 else "InsufficientRights"
        super().__init__(message, code=code, remedy=remedy)
        self.fault = fault


class NotAnAccount(JobFailed):
    """Whatever answers there, it is not the API of an account."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"The answer to {what} is not one of the Freshservice API.",
            code="UnprocessableEntity",
            remedy="Check the domain: it is the account's own, such as example.freshservice.com.",
        )


def read_fault(status: int, body: bytes) -> ApiFault:
    """The refusal in an answer; a body that is empty or not as documented is no obstacle."""
    try:
        said: Any = msgspec.json.decode(body)
    except msgspec.DecodeError:
        said = None
    if not isinstance(said, dict):
        return ApiFault(status)
    errors = said.get("errors")
    complaints = [
        FieldComplaint(_text(error.get("field")), _text(error.get("code")), _text(error.get("message")))
        for error in (errors if isinstance(errors, list) else [])[:COMPLAINTS_MAX]
        if isinstance(error, dict)
    ]
    message = said.get("message") or said.get("description")
    return ApiFault(status, _text(said.get("code")), _text(message), tuple(complaints))


def to_error(fault: ApiFault, what: str) -> ProvisorError:
    """The error of ours that has the same remedy. `what` names the call, such as `GET /agents`."""
    match fault.status:
        case 401:
            return KeyRefused(fault)
        case 403 if fault.has_code("max_agents_reached"):
            return NoSeat(fault)
        case 403 if fault.has_code("require_feature"):
            return Forbidden(f"This Freshservice plan lacks what {what} needs: {fault.sentence()}")
        case 403:
            return KeyRefused(fault)
        case 404:
            return NotFound(f"Freshservice has nothing at {what}.")
        case 400 if fault.has_code("duplicate_value"):
            return AddressTaken(fault)
        case 409 if fault.code == "inconsistent_state":
            return Conflict(f"Freshservice refuses {what} now: {fault.sentence()}", code="")
        case 409:
            return AddressTaken(fault)
        case 400 | 422:
            return FieldsRefused(fault)
        case status if 300 <= status < 400:
            return NotAnAccount(what)
        case status if status >= 500:
            return Transient(f"Freshservice answered {what} with {status}.", code="InternalServerError")
        case status:
            return ResourceFailed(
                f"Freshservice answered {what} with {status}: {fault.sentence()}",
                code="UnprocessableEntity",
                remedy="Check that the domain is a Freshservice account.",
            )


def _text(value: Any) -> str:
    return str(value)[:TEXT_LENGTH_MAX] if value is not None else ""
