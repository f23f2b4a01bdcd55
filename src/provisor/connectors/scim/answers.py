"""What an answer means (RFC 7644 §3.12, scim-protocol §12): pure reading, nothing is sent.

Whatever comes back is read without trust: another program may be listening, the JSON may be cut off, ids may be
missing. What is quoted from an answer is masked and bounded.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import unquote

import msgspec

from provisor.connectors.scim.masking import excerpt, masked
from provisor.connectors.scim.refusals import INCOMPATIBLE, refusal_code, refusal_kind
from provisor.connectors.scim.requests import SCHEMAS
from provisor.model.answer import AnswerKind, TargetAnswer
from provisor.model.errors import AmbiguousWrite, JobFailed, Transient
from provisor.model.resource import TargetResource
from provisor.ports.http import HttpAnswer
from provisor.scim.flat import flatten

RETRY_AFTER_MAX_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, read as far as it can be. `content` is the decoded JSON, None when there is none to decode."""

    status: int
    content: Any = None
    is_readable: bool = True
    """False when there is a body that is not JSON, or not all of it."""
    media_type: str = ""
    location: str = ""
    retry_after_seconds: float | None = None
    shown: str = ""
    """The beginning of the body, masked; for answers that cannot be read."""
    detail: str = ""
    """What the target itself says about its refusal, masked."""
    scim_type: str = ""

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    @property
    def said(self) -> str:
        """The status with what the target said about it, for a sentence."""
        label = f"{self.status} {self.scim_type}".rstrip()
        text = self.detail or self.shown
        return f"{label}: {text}" if text else label


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of a list; every resource has an `id`. `total` is None when the target does not tell."""

    resources: tuple[dict[str, Any], ...]
    total: int | None
    next_cursor: str | None = None


def read_reply(answer: HttpAnswer, now: datetime, secrets: Iterable[str] = ()) -> Reply:
    """Decode an answer. `now` turns a date in Retry-After into seconds."""
    content: Any = None
    is_readable = True
    body = answer.body.removeprefix(b"\xef\xbb\xbf").strip()
    if body:
        try:
            content = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            is_readable = False
    is_success = 200 <= answer.status < 300
    problem = content if isinstance(content, dict) and not is_success else {}
    return Reply(
        status=answer.status,
        content=content,
        is_readable=is_readable,
        media_type=answer.headers.get("content-type", "").partition(";")[0].strip().lower(),
        location=answer.headers.get("location", ""),
        retry_after_seconds=_retry_after(answer.headers, now),
        shown="" if is_readable and is_success else excerpt(body, secrets),
        detail=masked(_text(problem, "detail", "message", "error_description", "title"), secrets),
        scim_type=masked(_text(problem, "scimType"), secrets, limit=40),
    )


def read_list(reply: Reply, url: str) -> ListPage:
    """A ListResponse. Raises `JobFailed` for anything else: such a target cannot be worked with."""
    content = reply.content
    if not isinstance(content, dict) or not ("Resources" in content or "totalResults" in content):
        raise not_scim(reply, url)
    resources = content.get("Resources") or []
    if not isinstance(resources, list) or not all(isinstance(one, dict) for one in resources):
        raise not_scim(reply, url)
    total = content.get("totalResults")
    if isinstance(total, str) and total.isdecimal():
        total = int(total)
    cursor = content.get("nextCursor")
    return ListPage(
        tuple({**one, "id": _id_or_fail(one, url)} for one in resources),
        total if isinstance(total, int) and not isinstance(total, bool) else None,
        cursor if isinstance(cursor, str) and cursor else None,
    )


def read_resource(kind: str, resource: Mapping[str, Any], paths: Iterable[str]) -> TargetResource:
    """A resource of a list or an answer, with the attributes of these paths."""
    return TargetResource(str(resource["id"]), flatten(resource, paths, schema=SCHEMAS[kind]))


def read_created(kind: str, reply: Reply, paths: Iterable[str], url: str) -> TargetAnswer:
    """The answer to a POST. Raises `AmbiguousWrite` when it says done but not which id; else as `read_refused`."""
    if not reply.is_success:
        if reply.status == 404:
            raise no_such_endpoint(url)
        return read_refused(reply)
    content = reply.content if isinstance(reply.content, dict) else {}
    target_id = _id(content) or _id_in_location(reply.location, url)
    if not target_id:
        raise AmbiguousWrite(
            f"The target says {reply.status} to a new resource, but not under which id it keeps it.",
            remedy="It is looked up before anything is repeated.",
            code=INCOMPATIBLE,
        )
    attributes = flatten(content, paths, schema=SCHEMAS[kind]) if content else None
    return TargetAnswer(AnswerKind.DONE, target_id, attributes)


def read_updated(kind: str, reply: Reply, target_id: str, paths: Iterable[str]) -> TargetAnswer:
    """The answer to a PATCH; a body is welcome but not needed.

    Raises `Transient` for a body that is no JSON, or not all of it: whether the change was made is not known.
    """
    if reply.status == 404:
        return TargetAnswer(AnswerKind.GONE, target_id, error_code="InvalidAnchor", message=_gone(target_id))
    if not reply.is_success:
        return read_refused(reply)
    if not reply.is_readable:
        raise Transient(
            f"The target's answer to the change cannot be read ({reply.said}).",
            remedy="Whether it was made is not known, so it is sent again.",
            code=INCOMPATIBLE,
        )
    content = reply.content if isinstance(reply.content, dict) else None
    attributes = flatten(content, paths, schema=SCHEMAS[kind]) if content else None
    return TargetAnswer(AnswerKind.DONE, target_id, attributes)


def read_deleted(reply: Reply, target_id: str) -> TargetAnswer:
    """The answer to a DELETE; somebody who is already gone is as good as deleted."""
    if reply.is_success or reply.status in {404, 410}:
        return TargetAnswer(AnswerKind.DONE, target_id)
    return read_refused(reply)


def read_refused(reply: Reply) -> TargetAnswer:
    """An answer that is no success, with its code and what the target said."""
    code = refusal_code(reply.status, reply.scim_type, reply.detail)
    return TargetAnswer(refusal_kind(code), None, None, code, f"The target refused this ({reply.said}).")


def not_scim(reply: Reply, url: str) -> JobFailed:
    """What answers there is something else."""
    kind = f" ({reply.media_type})" if reply.media_type else ""
    seen = f" Its answer begins: {reply.shown}" if reply.shown else ""
    return JobFailed(
        f"{url} answered {reply.status}, but not with what a SCIM endpoint says{kind}.{seen}",
        remedy="Check the Tenant URL: it is the address right before /Users, such as https://host/scim/v2.",
        code=INCOMPATIBLE,
    )


def no_such_endpoint(url: str) -> JobFailed:
    """404 where a SCIM endpoint always answers."""
    return JobFailed(
        f"There is nothing at {url} (404).",
        remedy="Check the Tenant URL: it is the address right before /Users, such as https://host/scim/v2.",
        code=INCOMPATIBLE,
    )


def _retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds or an HTTP date (RFC 9110 §10.2.3); nonsense counts as absent."""
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            at = parsedate_to_datetime(text)
        except ValueError:
            return None
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        seconds = (at - now).total_seconds()
    return min(max(0.0, seconds), RETRY_AFTER_MAX_SECONDS) if seconds == seconds else None  # noqa: PLR0124 - NaN


def _text(problem: Mapping[str, Any], *names: str) -> str:
    """The first of these members that is a text."""
    return next((value for name in names if isinstance(value := problem.get(name), str) and value), "")


def _id(resource: Mapping[str, Any]) -> str:
    value = resource.get("id")
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _id_or_fail(resource: Mapping[str, Any], url: str) -> str:
    if target_id := _id(resource):
        return target_id
    raise JobFailed(
        f"{url} lists a resource without an id.",
        remedy="Every SCIM resource has one (RFC 7643 §3.1): report this to whoever runs the target.",
        code=INCOMPATIBLE,
    )


def _id_in_location(location: str, url: str) -> str:
    """The id at the end of a Location below the endpoint, where a target answers 201 without a body."""
    endpoint = "/" + url.partition("?")[0].rpartition("/")[2] + "/"
    _, found, rest = location.partition("?")[0].rpartition(endpoint)
    return unquote(rest) if found and rest and "/" not in rest else ""


def _gone(target_id: str) -> str:
    return f"The linked resource {target_id[:100]} is no longer there (404)."
