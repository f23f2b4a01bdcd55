"""How a request is authorised: nothing, a bearer token, or a token fetched with OAuth client credentials.

A fetched token is kept until shortly before it ends, and fetched anew once when the target refuses it earlier; many
requests at once share one fetch (RFC 6749 §4.4).
"""

import asyncio
from base64 import b64encode
from typing import Protocol
from urllib.parse import quote, urlencode

import msgspec

from provisor.connectors.scim.masking import masked
from provisor.model.credentials import BearerToken, ClientCredentials, Credentials
from provisor.model.errors import JobFailed, ProvisorError, Reject, Transient, Unreachable
from provisor.ports.clock import Clock
from provisor.ports.http import HttpAnswer, HttpClient

EXPIRY_MARGIN_SECONDS = 60.0
"""A token is not used in its last minute, so that it cannot end while a request is under way."""
LIFETIME_SECONDS = 3600.0
"""Where the token endpoint does not say how long a token lives."""
TIMEOUT_SECONDS = 30.0


class Authorization(Protocol):
    """What goes into the Authorization header."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """Texts that must be masked wherever an answer is shown."""
        ...

    async def value(self) -> str:
        """The header's value, empty for none. Raises `JobFailed` where none can be had, `Unreachable` for now."""
        ...

    def renew(self, refused: str) -> bool:
        """The target refused this value: forget it. Whether another can be had."""
        ...


class FixedAuthorization:
    """A bearer token, or nothing."""

    def __init__(self, token: str | None) -> None:
        self.secrets = (token,) if token else ()
        self._value = f"Bearer {token}" if token else ""

    async def value(self) -> str:
        """See the protocol."""
        return self._value

    def renew(self, refused: str) -> bool:  # noqa: ARG002 - there is only this one
        """See the protocol."""
        return False


class FetchedAuthorization:
    """Tokens from a token endpoint."""

    def __init__(self, http: HttpClient, credentials: ClientCredentials, clock: Clock) -> None:
        self._http = http
        self._credentials = credentials
        self._clock = clock
        self._token = ""
        self._ends = 0.0
        self._fetching = asyncio.Lock()

    @property
    def secrets(self) -> tuple[str, ...]:
        """See the protocol."""
        return tuple(filter(None, (self._credentials.client_secret, self._token)))

    async def value(self) -> str:
        """See the protocol."""
        async with self._fetching:
            if not self._token or self._clock.monotonic() >= self._ends:
                await self._fetch()
        return f"Bearer {self._token}"

    def renew(self, refused: str) -> bool:
        """See the protocol."""
        if refused == f"Bearer {self._token}":  # else somebody has fetched a newer one already
            self._token = ""
        return True

    async def _fetch(self) -> None:
        answer = await self._ask()
        content = self._read(answer)
        token = content.get("access_token")
        if not isinstance(token, str) or not token:
            raise self._unusable(f"gave no access_token ({answer.status})")
        kind = content.get("token_type", "bearer")
        if str(kind).lower() != "bearer":
            raise self._unusable(f"gave a token of the type {masked(str(kind), limit=40)}, not bearer")
        try:
            lifetime = float(str(content.get("expires_in", LIFETIME_SECONDS)))
        except ValueError:
            lifetime = LIFETIME_SECONDS
        self._token = token
        self._ends = self._clock.monotonic() + max(1.0, lifetime - min(EXPIRY_MARGIN_SECONDS, lifetime / 2))

    async def _ask(self) -> HttpAnswer:
        held = self._credentials
        form = {"grant_type": "client_credentials"}
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        if held.sends_basic:
            pair = f"{quote(held.client_id, safe='')}:{quote(held.client_secret, safe='')}"
            headers["Authorization"] = "Basic " + b64encode(pair.encode()).decode()
        else:
            form |= {"client_id": held.client_id, "client_secret": held.client_secret}
        if held.oauth_scope:
            form["scope"] = held.oauth_scope
        if held.audience:
            form["audience"] = held.audience
        try:
            return await self._http.request(
                "POST", held.token_url, headers=headers, body=urlencode(form).encode(), timeout_seconds=TIMEOUT_SECONDS
            )
        except Reject as fault:
            raise JobFailed(fault.message, remedy=fault.remedy, code="WebExceptionProtocolError") from fault
        except Transient as fault:  # the request itself was not sent, so it may be repeated
            raise Unreachable(fault.message, remedy=fault.remedy, code=fault.code) from fault

    def _read(self, answer: HttpAnswer) -> dict[str, object]:
        try:
            content = msgspec.json.decode(answer.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            content = None
        content = content if isinstance(content, dict) else {}
        if 200 <= answer.status < 300:
            return content
        said = masked(" ".join(str(content.get(name, "")) for name in ("error", "error_description")), self.secrets)
        if answer.status == 429 or answer.status >= 500:
            raise Unreachable(
                f"The token endpoint {self._place} answers {answer.status} {said}".rstrip() + ".",
                remedy="It is tried again by itself.",
                code="Timeout",
            )
        raise self._unusable(f"refuses the client credentials ({answer.status} {said}".rstrip() + ")")

    def _unusable(self, what: str) -> ProvisorError:
        return JobFailed(
            f"The token endpoint {self._place} {what}.",
            remedy="Check token URL, client id and secret (provisor credentials set --oauth-token-url …).",
            code="Unauthorized",
        )

    @property
    def _place(self) -> str:
        return self._credentials.token_url.partition("?")[0]


def authorize(credentials: Credentials, http: HttpClient, clock: Clock) -> Authorization:
    """How requests with these credentials are authorised."""
    match credentials:
        case ClientCredentials():
            return FetchedAuthorization(http, credentials, clock)
        case BearerToken(token):
            return FixedAuthorization(token)
        case None:
            return FixedAuthorization(None)
