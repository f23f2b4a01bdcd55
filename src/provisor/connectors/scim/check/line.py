"""The line to the server that is checked: one for a whole run. Sends what it is told to and hands back what came.

Paced like any client of ours: few requests at a time, and a pause wherever the server asks for one (429 or 503 with
Retry-After). Redirects are answers like any other.
"""

from collections.abc import Mapping

import msgspec

from provisor.connectors.scim.answers import read_reply
from provisor.connectors.scim.check.exchange import Exchange
from provisor.connectors.scim.masking import masked
from provisor.connectors.scim.pacing import Pacer
from provisor.connectors.scim.requests import MEDIA_TYPE
from provisor.connectors.scim.tenant_url import TenantUrl
from provisor.model.errors import Transient, Unreachable
from provisor.ports.clock import Clock
from provisor.ports.http import HttpAnswer, HttpClient

IN_FLIGHT_MAX = 4
TIMEOUT_SECONDS = 30.0
"""Clients wait about a minute; half of it leaves room for their own work."""
PATIENCE_SECONDS = 120.0
"""How long one request waits where the server asks for pauses."""
TIMEOUT = "Timeout"
PAUSE_SECONDS = 1.0
"""Where it asks for a pause without saying how long."""


class Line:
    """Requests to one server. `requests` counts every one that was sent."""

    def __init__(
        self,
        http: HttpClient,
        tenant: TenantUrl,
        token: str | None,
        clock: Clock,
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
        in_flight_max: int = IN_FLIGHT_MAX,
        anonymous_http: HttpClient | None = None,
    ) -> None:
        self._http = http
        self._anonymous_http = anonymous_http or http
        self._clock = clock
        self._pacer = Pacer(clock, in_flight_max=in_flight_max)
        self._timeout_seconds = timeout_seconds
        self.tenant = tenant
        self.token = token
        self.requests = 0

    async def send(
        self,
        method: str,
        path: str,
        *,
        query: str = "",
        headers: Mapping[str, str | None] | None = None,
        body: bytes | None = None,
        with_user_agent: bool = True,
        is_patient: bool = True,
    ) -> Exchange:
        """One request and its answer. A header given as None is left out.

        Where the server asks to wait, the request is sent again later, unless `is_patient` is false.

        Raises `Transient` when nothing came back, or nothing but requests to wait, and `Reject` for an address that
        may not be reached.
        """
        url = self.tenant.with_path(path, query)
        sent = self._headers(headers or {}, has_body=body is not None)
        http = self._http if with_user_agent else self._anonymous_http
        waited_since = self._clock.monotonic()
        while True:
            entered = await self._pacer.enter()
            try:
                self.requests += 1
                began = self._clock.monotonic()
                answer = await self._ask(http, method, url, sent, body)
                seconds = self._clock.monotonic() - began
            finally:
                self._pacer.leave()
            pause = self._pause(answer)
            if pause is None:
                self._pacer.succeeded()
                return _exchange(method, url, sent, body, answer, seconds)
            self._pacer.throttled(entered, pause)
            if not is_patient:
                return _exchange(method, url, sent, body, answer, seconds)
            if self._clock.monotonic() + pause - waited_since > PATIENCE_SECONDS:
                raise Transient(
                    f"The server asks to wait ({answer.status}) for longer than {PATIENCE_SECONDS:.0f} seconds.",
                    remedy="Check it at a quieter time, or raise its limit: clients send about 25 requests a second.",
                    retry_after_seconds=pause,
                )

    async def _ask(
        self, http: HttpClient, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> HttpAnswer:
        """One request; tried a second time where nothing can have happened yet: no connection, or a GET cut off."""
        try:
            return await http.request(method, url, headers=headers, body=body, timeout_seconds=self._timeout_seconds)
        except Transient as fault:
            if not isinstance(fault, Unreachable) and (method != "GET" or fault.code == TIMEOUT):
                raise
        await self._clock.sleep(PAUSE_SECONDS)
        self.requests += 1
        return await http.request(method, url, headers=headers, body=body, timeout_seconds=self._timeout_seconds)

    def hide(self, text: str) -> str:
        """A text of the server's for people, with secrets masked."""
        return masked(text, (self.token,) if self.token else ())

    def _headers(self, given: Mapping[str, str | None], *, has_body: bool) -> dict[str, str]:
        headers: dict[str, str | None] = {"Accept": MEDIA_TYPE}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if has_body:
            headers["Content-Type"] = MEDIA_TYPE
        headers.update(given)
        return {name: value for name, value in headers.items() if value is not None}

    def _pause(self, answer: HttpAnswer) -> float | None:
        """Seconds to wait before the request is sent again; None where the answer is the last word."""
        if answer.status not in {429, 503}:
            return None
        asked = read_reply(answer, self._clock.now()).retry_after_seconds
        return PAUSE_SECONDS if asked is None and answer.status == 429 else asked


def _exchange(
    method: str, url: str, headers: Mapping[str, str], body: bytes | None, answer: HttpAnswer, seconds: float
) -> Exchange:
    content, is_json = None, False
    text = answer.body.removeprefix(b"\xef\xbb\xbf").strip()
    if text:
        try:
            content, is_json = msgspec.json.decode(text), True
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            is_json = False
    return Exchange(
        method, url, dict(headers), body, answer.status, answer.headers, answer.body, content, is_json, seconds
    )
