"""Signing in by a one-time link, and signing out (DESIGN §5, "First run").

Opening the link spends nothing: it shows a button, so that whatever looks at links ahead of a person does not use
them up. The button sends the token in a form, once.
"""

import hmac
import math
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from provisor.console.guarding import Door, read_form
from provisor.console.rendering import HEADERS, Pages
from provisor.console.throttling import FailureCount
from provisor.model.errors import Forbidden
from provisor.ports.clock import Clock
from provisor.ports.sessions import SessionStore

TOKEN_LENGTH_MAX = 200


def sign_in_url(base_url: str, token: str) -> str:
    """The link to print for a token of `SessionStore.create_link`."""
    return f"{base_url.rstrip('/')}/sign-in?token={quote(token, safe='')}"


class SigningIn:
    """The pages `/sign-in` and `/sign-out`."""

    def __init__(self, sessions: SessionStore, clock: Clock, pages: Pages, door: Door) -> None:
        self._sessions = sessions
        self._clock = clock
        self._pages = pages
        self._door = door
        self._failures = FailureCount(clock)

    def routes(self) -> list[Route]:
        """`GET` and `POST /sign-in`, `POST /sign-out`."""
        return [
            Route("/sign-in", self._show, methods=["GET"]),
            Route("/sign-in", self._enter, methods=["POST"]),
            Route("/sign-out", self._leave, methods=["POST"]),
        ]

    async def _show(self, request: Request) -> Response:
        token = request.query_params.get("token", "")
        if not token:
            return self._door.closed()
        if waiting := self._must_wait(request):
            return waiting
        link = await self._sessions.peek_link(token, self._clock.now()) if len(token) <= TOKEN_LENGTH_MAX else None
        if link is None:
            return self._refuse(request)
        return self._pages.page("sign_in.html", title="Sign in", link=link, token=token)

    async def _enter(self, request: Request) -> Response:
        return await self._door.answer(self._spend(request))

    async def _spend(self, request: Request) -> Response:
        self._door.check_origin(request)
        if waiting := self._must_wait(request):
            return waiting
        token = (await read_form(request)).get("token", "")
        signed_in = await self._sessions.sign_in(token, self._clock.now()) if len(token) <= TOKEN_LENGTH_MAX else None
        if signed_in is None:
            return self._refuse(request)
        if before := await self._door.visitor(request, is_use=False):
            await self._sessions.end(before.session.id)
        response = RedirectResponse("/", 303, headers=dict(HEADERS))
        response.set_cookie(
            self._door.cookie_name(request),
            signed_in[1],
            path="/",
            secure=self._door.is_secure(request),
            httponly=True,
            samesite="strict",
        )
        return response

    async def _leave(self, request: Request) -> Response:
        return await self._door.answer(self._end(request))

    async def _end(self, request: Request) -> Response:
        self._door.check_origin(request)
        visitor = await self._door.visitor(request, is_use=False)
        if visitor is not None:
            sent = (await read_form(request)).get("csrf_token", "")
            if not hmac.compare_digest(sent.encode(), visitor.csrf_token.encode()):
                raise Forbidden("The form is not from this session.", remedy="Reload the page and try again.")
            await self._sessions.end(visitor.session.id)
        response = RedirectResponse("/", 303, headers=dict(HEADERS))
        response.delete_cookie(
            self._door.cookie_name(request),
            path="/",
            secure=self._door.is_secure(request),
            httponly=True,
            samesite="strict",
        )
        return response

    def _must_wait(self, request: Request) -> Response | None:
        seconds = self._failures.seconds_to_wait(_address(request))
        if not seconds:
            return None
        problem = f"Too many links that do not work were tried from here. Wait {math.ceil(seconds / 60)} minutes."
        headers = {"retry-after": str(math.ceil(seconds))}
        return self._pages.page("closed.html", 429, headers, title="Wait a moment", problem=problem)

    def _refuse(self, request: Request) -> Response:
        self._failures.note(_address(request))
        problem = "This link does not work: it has been used, has expired, or was cut off when it was copied."
        headers = {"www-authenticate": 'Session realm="console"'}
        return self._pages.page("closed.html", 401, headers, title="Sign in", problem=problem)


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
