"""Where SCIM lives in a web site: `/scim/v2`, and what is said beside it (RFC 7644 §3.13).

Everything under `/scim` is answered in SCIM's own form: another version of the protocol with `invalidVers`, anything
else with 404. Doubled and trailing slashes lead to the same place, and no request is redirected: clients follow
redirects of a POST in their own ways, or not at all.
"""

import re
from collections.abc import Awaitable, Callable, Sequence

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Match

from provisor.model.errors import NotFound, Reject
from provisor.scim.errors import make_error
from provisor.server.transport.answers import Send, header, json_answer, send_answer
from provisor.server.transport.problems import answer_problem
from provisor.server.transport.requests import Receive, Scope

ROOT = "scim"
VERSION = "v2"
ENDPOINT = f"/{ROOT}/{VERSION}"
STOPPING = "The service is stopping. Ask again in a moment."
RETRY_AFTER_SECONDS = "1"

Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

_OTHER_VERSION = re.compile(r"v\d+(\.\d+)?", re.IGNORECASE)


class ScimRoute(BaseRoute):
    """Takes every path below `/scim` and hands what is below `/scim/v2` to the SCIM application."""

    def __init__(self, app: Asgi) -> None:
        self._app = app

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether the first part of the path is ours."""
        is_ours = scope["type"] == "http" and _segments(scope)[:1] == [ROOT]
        return (Match.FULL if is_ours else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request below `/scim`."""
        if _segments(scope)[1:2] != [VERSION]:
            await answer_beside(scope, receive, send)
            return
        await self._app({**scope, "root_path": ENDPOINT}, receive, send)


def scim_first(app: Asgi, site: Asgi) -> Asgi:
    """A site whose SCIM requests go straight to the SCIM application.

    Finding the route costs the web framework as much as reading a user costs the application. Paths that are written
    in an unusual way find their route in the site, which has a `ScimRoute` as well.
    """
    below = f"{ENDPOINT}/"

    async def straight(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(below):
            scope["root_path"] = ENDPOINT
            await app(scope, receive, send)
        else:
            await site(scope, receive, send)

    return straight


def scim_site(app: Asgi, routes: Sequence[BaseRoute] = ()) -> Asgi:
    """A site that has nothing but SCIM and some routes: every other path is answered in its form as well."""
    site = Starlette(routes=[ScimRoute(app), *routes])
    site.router.default = answer_beside
    return scim_first(app, site)


async def answer_beside(scope: Scope, _receive: Receive, send: Send) -> None:
    """The answer to a path that is not below `/scim/v2`: which version there is, and where."""
    if scope["type"] != "http":
        return
    remedy = f"SCIM is at {ENDPOINT}, such as {ENDPOINT}/Users."
    version = next((each for each in _segments(scope)[:2] if _OTHER_VERSION.fullmatch(each) and each != VERSION), None)
    if version is not None:
        error = Reject(f"Version {version[:20]} of SCIM is not spoken here.", remedy=remedy, code="invalidVers")
        await send_answer(answer_problem(error), send, without_body=scope["method"] == "HEAD")
        return
    missing = NotFound(f"There is nothing at {scope['path'][:200]}.", remedy=remedy)
    await send_answer(answer_problem(missing), send, without_body=scope["method"] == "HEAD")


async def answer_stopping(scope: Scope, _receive: Receive, send: Send) -> None:
    """The answer of a service that is stopping: alive, not ready, and to be asked again in a moment."""
    if _segments(scope) == ["healthz"]:
        await send_answer(json_answer({"status": "ok"}), send)
        return
    if _segments(scope) == ["readyz"]:
        body = {"status": "unavailable", "failed": ["stopping"], "reasons": {"stopping": STOPPING}}
        await send_answer(json_answer(body, 503), send)
        return
    _, problem = make_error(503, STOPPING)
    answer = json_answer(problem, 503, header("retry-after", RETRY_AFTER_SECONDS))
    await send_answer(answer, send, without_body=scope["method"] == "HEAD")


def _segments(scope: Scope) -> list[str]:
    return [each for each in scope["path"].split("/") if each]
