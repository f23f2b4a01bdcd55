"""Sending calls to one Freshservice account so that none is lost and none is done twice.

Reads, PUT and DELETE are repeated a few times when the account fails or the connection breaks: doing them again
changes nothing. A POST or a conversion is sent again only when it certainly did not arrive or was turned away for
the rate; otherwise `AmbiguousWrite` says that somebody has to look first. A 429 waits for `Retry-After` seconds, as
long as the caller's patience allows.
"""

import asyncio
import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from provisor.freshservice.rest_faults import NotAnAccount, read_fault, to_error
from provisor.freshservice.rest_pacing import Pacer, out_of_calls, read_retry_after
from provisor.model.errors import AmbiguousWrite, Transient, Unreachable
from provisor.ports.clock import Clock
from provisor.ports.http import HttpAnswer, HttpClient

ATTEMPTS_MAX: Final = 4
BACKOFF_SECONDS: Final = 0.5
IN_FLIGHT_MAX: Final = 32
PATIENCE_SECONDS: Final = 90.0
"""How long one call may wait for its turn, more than one of the vendor's minutes."""
TIMEOUT_SECONDS: Final = 30.0
LISTINGS: Final = frozenset({"/requesters", "/agents"})
"""Paths whose GET falls under a tighter limit."""


@dataclass(frozen=True, slots=True)
class Request:
    """One call. `path` is below `/api/v2`; `is_repeatable` says that doing it twice is as good as once."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    is_repeatable: bool = True

    @property
    def name(self) -> str:
        """For messages: without the query, which may hold personal data."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class JsonAnswer:
    """A successful answer; `body` is None where there was none."""

    body: Any
    headers: Mapping[str, str]


class Transport:
    """Calls of one account with one key. `jitter` draws a number between 0 and 1."""

    def __init__(
        self,
        http: HttpClient,
        base_url: str,
        api_key: str,
        clock: Clock,
        *,
        jitter: Callable[[], float],
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self.calls = 0
        self._http = http
        self._base_url = base_url
        self._clock = clock
        self._jitter = jitter
        self._patience_seconds = patience_seconds
        self._account = Pacer(clock)
        self._listings = {path: Pacer(clock) for path in LISTINGS}
        self._slots = asyncio.Semaphore(IN_FLIGHT_MAX)
        credentials = base64.b64encode(f"{api_key}:X".encode()).decode()
        self._headers = {"Authorization": f"Basic {credentials}", "Accept": "application/json"}

    async def send(self, request: Request) -> JsonAnswer:
        """The answer to a call, or the error of ours that its refusal means."""
        deadline = self._clock.monotonic() + self._patience_seconds
        attempt = 1
        while True:
            failure: Transient
            try:
                answer = await self._attempt(request, deadline)
            except Unreachable as unreachable:
                failure = unreachable
            except Transient as broken:
                failure = self._after_sending(request, broken)
            else:
                if answer.status == 429:
                    self._pause(request, answer, deadline)
                    continue
                if answer.status < 500:
                    return _read(request, answer)
                error = to_error(read_fault(answer.status, answer.body), request.name)
                failure = self._after_sending(request, error)
            if attempt >= ATTEMPTS_MAX:
                raise failure
            attempt += 1
            await self._clock.sleep(BACKOFF_SECONDS * 2**attempt * (0.5 + self._jitter()) / 2)

    async def _attempt(self, request: Request, deadline: float) -> HttpAnswer:
        listing = self._listings.get(request.path) if request.method == "GET" else None
        if listing is None:
            async with self._slots, self._account.turn(deadline):
                return await self._request(request, self._account)
        async with listing.turn(deadline), self._slots, self._account.turn(deadline):
            return await self._request(request, listing)

    async def _request(self, request: Request, pacer: Pacer) -> HttpAnswer:
        url = self._base_url + request.path + (f"?{urlencode(request.query)}" if request.query else "")
        headers, body = self._headers, None
        if request.body is not None:
            headers = headers | {"Content-Type": "application/json"}
            body = msgspec.json.encode(request.body)
        self.calls += 1
        try:
            answer = await self._http.request(
                request.method, url, headers=headers, body=body, timeout_seconds=TIMEOUT_SECONDS
            )
        except Unreachable:
            self.calls -= 1  # nothing was sent
            raise
        pacer.learn(answer.headers)
        return answer

    def _after_sending(self, request: Request, error: Exception) -> Transient:
        """What a call without a usable answer means; raises at once where it must not be repeated."""
        if request.is_repeatable and isinstance(error, Transient):
            if request.method == "GET":
                return error
            return AmbiguousWrite(str(error), code=error.code)
        code = error.code if isinstance(error, Transient) else ""
        raise AmbiguousWrite(
            f"{error} Whether {request.name} was carried out is not known.",
            remedy="It is looked up before it is tried again.",
            code=code,
        ) from error

    def _pause(self, request: Request, answer: HttpAnswer, deadline: float) -> None:
        seconds = read_retry_after(answer.headers)
        listing = self._listings.get(request.path) if request.method == "GET" else None
        (listing or self._account).close_for(seconds)
        if self._clock.monotonic() + seconds > deadline:
            raise out_of_calls(seconds)


def _read(request: Request, answer: HttpAnswer) -> JsonAnswer:
    if answer.status >= 300:
        raise to_error(read_fault(answer.status, answer.body), request.name)
    if not answer.body.strip():
        return JsonAnswer(None, answer.headers)
    try:
        return JsonAnswer(msgspec.json.decode(answer.body), answer.headers)
    except msgspec.DecodeError:
        raise NotAnAccount(request.name) from None
