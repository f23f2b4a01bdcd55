"""The door of the console: nobody sees anything without a session whose role allows it (DESIGN §5).

A session is a cookie that scripts cannot read and other sites cannot send. Requests that change something must
moreover come from our own pages: the browser says so, and a token that only our pages know confirms it.
"""

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request
from starlette.responses import Response

from provisor.console.rendering import Pages
from provisor.model.errors import Forbidden, NotFound, ProvisorError, Reject, Transient
from provisor.policy.access import Action, is_allowed
from provisor.ports.clock import Clock
from provisor.ports.sessions import Session, SessionStore

FORM_BYTES_MAX = 16 * 1024
FORM_FIELDS_MAX = 32
REFRESH_HEADER = "provisor-refresh"
"""Sent by our script when it asks on its own account: that is no use of the session by a person."""

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is signed in. `csrf_token` goes into every form; `token` is their cookie's."""

    session: Session
    token: str

    @property
    def csrf_token(self) -> str:
        """What only our pages and the holder of the cookie can know."""
        return hmac.new(self.token.encode("utf-8", "replace"), b"console forms", hashlib.sha256).hexdigest()


VisitorEndpoint = Callable[[Request, Visitor], Awaitable[Response]]


class Door:
    """Lets the signed-in pass, and tells everybody else how to get in."""

    def __init__(self, sessions: SessionStore, clock: Clock, pages: Pages, base_url: str | None) -> None:
        self._sessions = sessions
        self._clock = clock
        self._pages = pages
        self._base_url = base_url

    def open_to(self, action: Action, endpoint: VisitorEndpoint) -> Endpoint:
        """An endpoint that only those may use whose role allows the action."""

        async def guarded(request: Request) -> Response:
            visitor = await self.visitor(request, is_use=REFRESH_HEADER not in request.headers)
            if visitor is None:
                return self.closed()
            return await self.answer(self._pass(request, visitor, action, endpoint))

        return guarded

    async def visitor(self, request: Request, *, is_use: bool) -> Visitor | None:
        """Who is asking, None when they are not signed in. `is_use` keeps the session from ending by idleness."""
        token = request.cookies.get(self.cookie_name(request))
        session = await self._sessions.find(token, self._clock.now()) if token else None
        if token is None or session is None:
            return None
        if is_use:
            await self._sessions.touch(session, self._clock.now())
        return Visitor(session, token)

    async def answer(self, work: Awaitable[Response]) -> Response:
        """The work's answer, or a page that says what is wrong with the request."""
        try:
            return await work
        except ProvisorError as error:
            return self._pages.page("problem.html", _status(error), title="That did not work", problem=error)

    def closed(self) -> Response:
        """The page for those who are not signed in; it shows no data."""
        challenge = {"www-authenticate": 'Session realm="console"'}
        return self._pages.page("closed.html", 401, challenge, title="Sign in", problem=None)

    def cookie_name(self, request: Request) -> str:
        """Cookies are shared between the ports of a host, so the port is part of the name."""
        port = (request.scope.get("server") or ("", 0))[1]
        return f"{'__Host-' if self.is_secure(request) else ''}provisor_{port}"

    def is_secure(self, request: Request) -> bool:
        """Whether the browser reaches us by https."""
        return request.url.scheme == "https" or (self._base_url or "").startswith("https:")

    def check_origin(self, request: Request) -> None:
        """Raises `Forbidden` unless one of our own pages sent the request."""
        site = request.headers.get("sec-fetch-site")
        origin = request.headers.get("origin", "")
        ours = {request.headers.get("host", "").lower(), urlsplit(self._base_url or "").netloc.lower()} - {""}
        is_ours = site == "same-origin" if site is not None else urlsplit(origin).netloc.lower() in ours
        if not is_ours:
            raise Forbidden("The request came from another site.", remedy="Open the console itself and try again.")

    async def _pass(self, request: Request, visitor: Visitor, action: Action, endpoint: VisitorEndpoint) -> Response:
        if not is_allowed(visitor.session.role, action):
            raise Forbidden("Your role does not allow this.", remedy="Ask a Global Administrator.")
        return await endpoint(request, visitor)


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a form, within limits. Raises `Reject`."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > FORM_BYTES_MAX:
            raise Reject(f"The form is larger than {FORM_BYTES_MAX} bytes.")
    try:
        return dict(parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=FORM_FIELDS_MAX))
    except ValueError as error:
        raise Reject("The form cannot be read.", remedy="Send it from the console's own page.") from error


def _status(error: ProvisorError) -> int:
    by_class = ((NotFound, 404), (Forbidden, 403), (Reject, 400), (Transient, 503))
    return next((status for kind, status in by_class if isinstance(error, kind)), 500)
