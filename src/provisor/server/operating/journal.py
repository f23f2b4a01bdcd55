"""One request as the log remembers it, and as events tell of it (ports/changes.py).

Made when a request comes, closed when it is answered. A write is stored by the backend together with the change; all
else is appended to the log and stored a moment later. Whatever costs anything, such as masking, is put off until a row
is rendered, which happens in the writer's thread.
"""

import itertools
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from provisor.ports.changes import Action, Change
from provisor.ports.clock import Clock
from provisor.ports.request_log import LoggedRequest, RequestLog
from provisor.ports.tokens import TokenGrant
from provisor.scim.events import changed_attributes, event_claims
from provisor.scim.patch import PATCH_SCHEMA
from provisor.scim.schema import ResourceType
from provisor.server.operating.masking import Masking, shortened
from provisor.server.transport.answers import Answer
from provisor.server.transport.requests import ScimRequest

SEARCH = ".search"
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
QUOTING = frozenset({400, 404, 409})
"""Refusals whose reasons quote what the client sent."""
IDENTITY = ("userName", "externalId", "displayName")
"""What the log keeps of a resource that was deleted: enough to say who it was."""
FLOODING = frozenset({401, 429})
FLOOD_ROWS_MAX = 50
"""Rows in a second about requests that cost nothing to send: a stranger must not fill the disk."""
NAMES_TOLD_MAX = 20
"""Attributes that a decision names."""
PROCESS_ID_BYTES = 6
FULL_BYTES_MAX = 256 * 1024
"""Of a request that a full event repeats; larger ones are told as a notice."""

_decode = msgspec.json.Decoder().decode


@dataclass(slots=True)
class Journals:
    """Makes the journals of a process."""

    log: RequestLog
    clock: Clock
    masking: Masking
    wake: Callable[[], None]
    """Called when an event has been written with a change."""
    skipped: int = 0
    """Requests without a row, since the process began."""
    _second: datetime | None = None
    _in_second: int = 0
    _process: str = field(default_factory=lambda: secrets.token_hex(PROCESS_ID_BYTES))
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def keeps(self, status: int, at: datetime) -> bool:
        """Whether a row is kept: of those who may not ask, or ask too often, a bounded number in a second."""
        if status not in FLOODING:
            return True
        second = at.replace(microsecond=0)
        if second != self._second:
            self._second, self._in_second = second, 0
        self._in_second += 1
        if self._in_second <= FLOOD_ROWS_MAX:
            return True
        self.skipped += 1
        return False

    def open(self, request: ScimRequest, address: str) -> "RequestJournal":
        """The journal of a request that has just come."""
        identifier = f"{self._process}-{next(self._numbers):x}"
        return RequestJournal(self, request, address, identifier, self.clock.now(), self.clock.monotonic())


class RequestJournal:
    """A `Journal` of one request, or of one operation of a bulk request."""

    __slots__ = (
        "_address",
        "_began",
        "_has_events",
        "_is_stored",
        "_journals",
        "_request",
        "at",
        "grant",
        "identifier",
        "status",
        "types",
    )

    def __init__(
        self, journals: Journals, request: ScimRequest, address: str, identifier: str, at: datetime, began: float
    ) -> None:
        self._journals = journals
        self._request = request
        self._address = address
        self._began = began
        self._is_stored = False
        self._has_events = False
        self.identifier = identifier
        """The transaction: events name it, and a bulk request's operations append their number (RFC 9967 §2.5)."""
        self.at = at
        self.grant: TokenGrant | None = None
        self.types: Mapping[str, ResourceType] = {}
        self.status = 200
        """What a write that succeeds will be answered with; said before the backend is called."""

    def for_operation(self, number: int, request: ScimRequest) -> "RequestJournal":
        """The journal of one operation of this bulk request, counted from zero."""
        journals = self._journals
        identifier = f"{self.identifier}:{number}"
        made = RequestJournal(
            journals, request, self._address, identifier, journals.clock.now(), journals.clock.monotonic()
        )
        made.grant, made.types = self.grant, self.types
        return made

    def seconds(self) -> float:
        """How long ago the request came."""
        return self._journals.clock.monotonic() - self._began

    def logged(self, change: Change) -> LoggedRequest:
        """The row of a write; the backend stores it with the change."""
        self._is_stored = True
        names = _names(change)
        masking = self._journals.masking
        return self._row(
            status=self.status,
            scim_type=None,
            detail=_decision(change, names),
            resource_id=change.resource_id,
            body=masking.body(self._request.body),
            before=_part(masking, change.before, IDENTITY if change.action is Action.DELETE else names),
            after=_part(masking, change.after, names),
        )

    def event(self, change: Change, *, is_full: bool) -> Mapping[str, Any]:
        """The claims of the event, but for its audience."""
        self._has_events = True
        return event_claims(
            action=change.action,
            uri=f"{self.types[change.kind].endpoint}/{change.resource_id}",
            resource_id=change.resource_id,
            before=change.before,
            after=change.after,
            more=("members",) if change.members_changed else (),
            issuer=self._request.origin,
            identifier=secrets.token_hex(16),
            transaction=self.identifier,
            issued_at=int(self.at.timestamp()),
            data=self._data(change) if is_full else None,
        )

    def close(self, answer: Answer) -> float:
        """The request was answered: note it, unless a row of it is stored and says so already; the seconds it took."""
        seconds = self.seconds()
        if self._has_events:
            self._journals.wake()
        if (self._is_stored and answer.status < 500) or not self._journals.keeps(answer.status, self.at):
            return seconds
        request = self._request
        body = None
        if request.method in WRITES and request.body:
            body = self._journals.masking.body(request.body)
            request.body = b""
        self._journals.log.append(self._renderer(answer, body, seconds * 1000))
        return seconds

    def _renderer(self, answer: Answer, body: str | None, milliseconds: float) -> Callable[[], LoggedRequest]:
        status = answer.status
        scim_type, detail = _reasons(answer) if status >= 400 else (None, answer.note)
        if status >= 400:
            detail = self._journals.masking.reason(detail) if status in QUOTING else shortened(detail)
        if self._is_stored:
            detail = f"The change was stored, but answering failed. {detail}"
        segments = self._request.segments
        resource_id = segments[1] if len(segments) == 2 and segments[1] != SEARCH else None

        def render() -> LoggedRequest:
            return self._row(
                status=status,
                scim_type=scim_type,
                detail=detail,
                resource_id=resource_id,
                body=body,
                milliseconds=milliseconds,
            )

        return render

    def _row(
        self,
        *,
        status: int,
        scim_type: str | None,
        detail: str,
        resource_id: str | None,
        body: str | None,
        before: str | None = None,
        after: str | None = None,
        milliseconds: float | None = None,
    ) -> LoggedRequest:
        request, grant = self._request, self.grant
        return LoggedRequest(
            at=self.at,
            id=self.identifier,
            tenant=None if grant is None else grant.tenant,
            token_id=None if grant is None else grant.id,
            address=self._address,
            agent=shortened(request.headers.get("user-agent", "")),
            method=shortened(request.method),
            path=_kind_of_path(request.segments),
            resource_id=None if resource_id is None else shortened(resource_id),
            query=self._journals.masking.query(request.query_string),
            body=body,
            status=status,
            scim_type=scim_type,
            detail=detail,
            before=before,
            after=after,
            milliseconds=self.seconds() * 1000 if milliseconds is None else milliseconds,
        )

    def _data(self, change: Change) -> Any:
        """What a full event says: the resource, or the operations that changed it (RFC 9967 §2.4). None: a notice."""
        if change.is_consequence or len(self._request.body) > FULL_BYTES_MAX or change.after is None:
            return None
        if change.action is not Action.PATCH and not change.members_changed:
            return change.after
        said = {str(key).lower(): value for key, value in _decode(self._request.body).items()}
        if change.action is Action.PATCH:
            operations = self._journals.masking.without_secrets(said.get("operations"))
            return {"schemas": [PATCH_SCHEMA], "Operations": operations}
        return {**change.after, "members": said.get("members", [])}


def _names(change: Change) -> tuple[str, ...]:
    """The attributes that changed."""
    if not change.changes_anything:
        return ()
    names = changed_attributes(change.before, change.after)
    return (*names, "members") if change.members_changed and "members" not in names else names


def _decision(change: Change, names: tuple[str, ...]) -> str:
    match change.action:
        case Action.CREATE:
            return "created"
        case Action.DELETE:
            return "deleted"
    if not change.changes_anything:
        return "unchanged"
    told = ", ".join(names[:NAMES_TOLD_MAX])
    more = f" and {len(names) - NAMES_TOLD_MAX} more" if len(names) > NAMES_TOLD_MAX else ""
    return f"updated {len(names)} attribute{'' if len(names) == 1 else 's'}: {told}{more}"


def _part(masking: Masking, resource: Mapping[str, Any] | None, names: Iterable[str]) -> str | None:
    """Some attributes of a resource."""
    if resource is None or not names:
        return None
    return masking.value({name: resource[name] for name in names if name in resource})


def _reasons(answer: Answer) -> tuple[str | None, str]:
    """Why a request was refused, as the client was told."""
    if not answer.body:
        return None, answer.note
    error = _decode(answer.body)
    return error.get("scimType"), str(error.get("detail", ""))


def _kind_of_path(segments: tuple[str, ...]) -> str:
    """The path with a resource's id left out, which stands beside it."""
    if len(segments) == 2 and segments[1] != SEARCH:
        return shortened(f"/{segments[0]}/{{id}}")
    return shortened("/" + "/".join(segments))
