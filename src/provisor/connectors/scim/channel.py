"""Sending to one SCIM target: credentials, pacing, and patience.

Throttling (429, or 503 with Retry-After) is never a failure: it is waited out, within a bound. Server errors, resets
and answers that broke off are repeated a few times where repeating is harmless. A create whose answer was lost is
not repeated here: `AmbiguousWrite` tells the engine to look first.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import random

from provisor.connectors.scim.answers import Reply, read_reply
from provisor.connectors.scim.authorization import Authorization
from provisor.connectors.scim.masking import masked
from provisor.connectors.scim.pacing import Pacer
from provisor.connectors.scim.refusals import INCOMPATIBLE, refusal_code
from provisor.connectors.scim.requests import MEDIA_TYPE, Request
from provisor.connectors.scim.tenant_url import TenantUrl
from provisor.model.errors import AmbiguousWrite, JobFailed, Reject, Transient, Unreachable
from provisor.ports.clock import Clock
from provisor.ports.http import HttpClient

ATTEMPTS_MAX = 3
BACKOFF_SECONDS = 0.5
"""Doubled after each failure, with jitter."""
THROTTLE_BACKOFF_SECONDS = 1.0
"""Where the target throttles without saying how long; doubled each time up to the maximum."""
THROTTLE_BACKOFF_MAX_SECONDS = 60.0
THROTTLE_WAIT_MAX_SECONDS = 900.0
"""How long one request waits out throttling altogether."""
REQUEST_TIMEOUT_SECONDS = 60.0
NOT_REPEATED = frozenset({501, 505})
OVERLOADED = frozenset({503, 504})


class ScimChannel:
    """Requests to one target. `requests` counts every one that was sent, retries included."""

    def __init__(
        self,
        http: HttpClient,
        tenant: TenantUrl,
        authorization: Authorization,
        clock: Clock,
        pacer: Pacer,
        *,
        timeout_seconds: float = REQUEST_TIMEOUT_SECONDS,
        jitter: Callable[[], float] = random,
    ) -> None:
        self._http = http
        self._tenant = tenant
        self._clock = clock
        self._pacer = pacer
        self._timeout_seconds = timeout_seconds
        self._jitter = jitter
        self._authorization = authorization
        self.requests = 0

    async def send(
        self,
        request: Request,
        *,
        attempts_max: int = ATTEMPTS_MAX,
        patience_seconds: float = THROTTLE_WAIT_MAX_SECONDS,
    ) -> Reply:
        """The answer, whatever its status, once the target gave a definite one.

        `patience_seconds` is how long throttling is waited out. Raises `JobFailed` for refused credentials,
        redirects and addresses that may not be reached, `AmbiguousWrite` for a create without an answer, and
        `Transient` when patience ends.
        """
        failures = 0
        throttles = 0
        throttled_since: float | None = None
        has_renewed = False
        while True:
            tried = await self._attempt(request)
            reply, fault, entered = tried.reply, tried.fault, tried.entered
            if reply is not None and fault is None:
                if reply.status == 401 and not has_renewed and self._authorization.renew(tried.authorization):
                    has_renewed = True
                    continue
                if not _is_throttled(reply):
                    self._pacer.succeeded()
                    self._raise_for_job(reply)
                    return reply
                if throttled_since is None:
                    throttled_since = entered
                wait = self._throttle_wait(reply, throttles)
                throttles += 1
                self._pacer.throttled(entered, wait)
                if self._clock.monotonic() + wait - throttled_since > patience_seconds:
                    raise self._still_throttled(reply, wait)
                continue
            assert fault is not None
            failures += 1
            if fault.code == "Timeout" or (reply is not None and reply.status in OVERLOADED):
                self._pacer.throttled(entered)
            if not request.is_repeatable and not isinstance(fault, Unreachable):
                raise _ambiguous(fault) from fault
            if failures >= attempts_max:
                if reply is not None and reply.is_success:
                    return reply  # unreadable to the end: whoever asked knows what that means
                raise fault
            await self._clock.sleep(BACKOFF_SECONDS * 2 ** (failures - 1) * (1 + self._jitter()))

    async def _attempt(self, request: Request) -> "_Attempt":
        """One try."""
        entered = await self._pacer.enter()
        authorization = ""
        try:
            authorization = await self._authorization.value()
            self.requests += 1
            answer = await self._http.request(
                request.method,
                request.url,
                headers=_headers(request, authorization),
                body=request.body,
                timeout_seconds=self._timeout_seconds,
            )
        except Transient as fault:
            return _Attempt(None, fault, entered, authorization)
        except Reject as error:
            raise JobFailed(error.message, remedy=error.remedy, code="WebExceptionProtocolError") from error
        finally:
            self._pacer.leave()
        reply = read_reply(answer, self._clock.now(), self._authorization.secrets)
        return _Attempt(reply, self._fault(reply, request), entered, authorization)

    def _fault(self, reply: Reply, request: Request) -> Transient | None:
        """Why this answer is not the last word, if it is not."""
        if _is_throttled(reply):
            return None
        if reply.status == 408 or (reply.status >= 500 and reply.status not in NOT_REPEATED):
            return Transient(
                f"{self._tenant.base} answers with a fault of its own ({reply.said}).",
                remedy="Look at the application's own log; it is tried again later.",
                retry_after_seconds=reply.retry_after_seconds,
                code=refusal_code(reply.status, reply.scim_type, reply.detail),
            )
        broke_off = reply.is_success and not reply.is_readable and "json" in reply.media_type
        if broke_off and request.is_repeatable:
            return Transient(f"The JSON from {self._tenant.base} is not complete.", code=INCOMPATIBLE)
        return None

    def _throttle_wait(self, reply: Reply, throttles: int) -> float:
        if reply.retry_after_seconds is not None:
            return reply.retry_after_seconds
        doubled: float = THROTTLE_BACKOFF_SECONDS * 2 ** min(throttles, 10)
        return min(THROTTLE_BACKOFF_MAX_SECONDS, doubled)

    def _still_throttled(self, reply: Reply, wait: float) -> Transient:
        return Transient(
            f"{self._tenant.base} asks us to wait ({reply.said}).",
            remedy=f"It is tried again by itself, at the earliest in {wait:.0f} seconds.",
            retry_after_seconds=wait,
            code="TooManyRequests",
        )

    def _raise_for_job(self, reply: Reply) -> None:
        """Answers after which no other request can fare better."""
        if reply.status == 401:
            raise JobFailed(
                f"{self._tenant.base} refuses the token (401).",
                remedy="Make a new token in the application and store it under Admin Credentials"
                " (provisor credentials set).",
                code="Unauthorized",
            )
        if 300 <= reply.status < 400:
            place = masked(reply.location.partition("?")[0], self._authorization.secrets, limit=200)
            to = f" to {place}" if place else ""
            raise JobFailed(
                f"{self._tenant.base} redirects{to} ({reply.status}); redirects are not followed.",
                remedy="Use the final address as Tenant URL.",
                code=INCOMPATIBLE,
            )


@dataclass(frozen=True, slots=True)
class _Attempt:
    """The answer, the fault that makes another try worth while, when it was let through, and with what."""

    reply: Reply | None
    fault: Transient | None
    entered: float
    authorization: str


def _headers(request: Request, authorization: str) -> dict[str, str]:
    headers = {"Accept": f"{MEDIA_TYPE}, application/json"}
    if authorization:
        headers["Authorization"] = authorization
    if request.body is not None:
        headers["Content-Type"] = MEDIA_TYPE
    return headers


def _is_throttled(reply: Reply) -> bool:
    return reply.status == 429 or (reply.status == 503 and reply.retry_after_seconds is not None)


def _ambiguous(fault: Transient) -> AmbiguousWrite:
    return AmbiguousWrite(
        f"Whether the resource was created is not known. {fault.message}",
        remedy="It is looked up before anything is repeated.",
        retry_after_seconds=fault.retry_after_seconds,
        code=fault.code,
    )
