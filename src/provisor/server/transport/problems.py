"""Errors as SCIM error answers (RFC 7644 §3.12): the one place where exceptions of the product become HTTP.

Which status and scimType an error has is the protocol's business (scim/errors.py); here come the headers, and the
refusals that are HTTP's own.
"""

import math
from typing import Any

from provisor.model.errors import JobFailed, NotFound, ProvisorError, Transient
from provisor.scim.errors import error_body, make_error
from provisor.server.transport.answers import Answer, Header, header, json_answer


class HttpRefusal(ProvisorError):
    """Refused by HTTP's own rules, before SCIM has a say: a method, a size, a content type."""

    def __init__(self, status: int, message: str, *, remedy: str = "", headers: tuple[Header, ...] = ()) -> None:
        super().__init__(message, remedy=remedy)
        self.status = status
        self.headers = headers


class MethodRefusal(HttpRefusal):
    """405 for a method that is not there. OPTIONS is always there and asks just that (RFC 9110 §9.3.7)."""

    def __init__(self, method: str, allowed: str) -> None:
        headers = (header("allow", f"{allowed}, OPTIONS"),)
        super().__init__(405, f"{method} is not possible here.", remedy=f"Use {allowed}.", headers=headers)
        self.is_question = method == "OPTIONS"


def answer_problem(error: ProvisorError) -> Answer:
    """The SCIM error answer for an error; for the question which methods there are (OPTIONS), their list."""
    if isinstance(error, MethodRefusal) and error.is_question:
        return Answer(204, b"", error.headers)
    status, body = describe_problem(error)
    answer = json_answer(body, status)
    if isinstance(error, HttpRefusal):
        return answer.with_headers(*error.headers)
    if isinstance(error, Transient) and error.retry_after_seconds is not None:
        return answer.with_headers(header("retry-after", str(math.ceil(error.retry_after_seconds))))
    return answer


def describe_problem(error: ProvisorError) -> tuple[int, dict[str, Any]]:
    """The status, and the body that goes with it."""
    if isinstance(error, HttpRefusal):
        return make_error(error.status, str(error))
    if isinstance(error, JobFailed):  # what is behind us refuses us: not this client's fault
        return make_error(503, str(error))
    return error_body(error)


def answer_fault(identifier: str) -> Answer:
    """The answer when something of ours broke: details are in the log, under the identifier."""
    status, body = make_error(500, f"Something went wrong here. The log has the details under {identifier}.")
    return json_answer(body, status)


def refuse_method(method: str, allowed: str) -> MethodRefusal:
    """405, naming the methods that there are."""
    return MethodRefusal(method, allowed)


def refuse_path(segments: tuple[str, ...]) -> NotFound:
    """404 for a path that leads nowhere."""
    return NotFound(
        f"There is no endpoint /{'/'.join(segments)[:200]}.", remedy="See /ResourceTypes for what there is."
    )
