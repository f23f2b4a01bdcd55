"""A SCIM target that answers from a script over a real socket, and a client of it with a clock that can be turned."""

import asyncio
import contextlib
import datetime as dt
import inspect
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from other_side import web_server

from provisor.connectors.http.client import GuardedHttpClient
from provisor.connectors.scim.target import ScimTarget
from provisor.model.credentials import BearerToken, Credentials

LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
TOKEN = "s3cr3t-token-of-contoso-0123456789abcdef"
BEARER = BearerToken(TOKEN)
NOW = dt.datetime(2026, 11, 23, 18, 0, tzinfo=dt.UTC)


@dataclass
class TurningClock:
    """Time passes only by sleeping."""

    seconds: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> dt.datetime:
        """The time of day."""
        return NOW + dt.timedelta(seconds=self.seconds - 1000)

    def monotonic(self) -> float:
        """Seconds."""
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        """At once."""
        self.slept.append(seconds)
        self.seconds += max(0, seconds)
        await asyncio.sleep(0)


@dataclass
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: Any
    body: Any


Answer = tuple[int, Any] | tuple[int, Any, dict[str, str]] | str | Callable[[Seen], Any]
"""(status, JSON or bytes or None, headers), the word "reset", or a function of the request that gives one of these."""


@dataclass
class Script:
    """What the server answers, one after the other; the last answer is repeated."""

    answers: list[Answer]
    seen: list[Seen] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer the next request."""
        body = await request.read()
        seen = Seen(
            request.method,
            request.path,
            list(request.query.items()),
            request.headers,
            json.loads(body) if body else None,
        )
        self.seen.append(seen)
        answer: Any = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if callable(answer):
            answer = answer(seen)
            if inspect.isawaitable(answer):
                answer = await answer
        if answer == "reset":
            assert request.transport
            request.transport.abort()
            return web.Response()
        status, content, *more = answer
        headers = {"Content-Type": "application/scim+json", **(more[0] if more else {})}
        if content is None:
            return web.Response(status=status, headers=more[0] if more else {})
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        return web.Response(status=status, body=data, headers=headers)


@dataclass
class Scene:
    """A scripted server and a client of it."""

    script: Script
    target: ScimTarget
    clock: TurningClock
    port: int

    @property
    def seen(self) -> list[Seen]:
        """The requests so far."""
        return self.script.seen


@contextlib.asynccontextmanager
async def scene(
    *answers: Answer, path: str = "/scim/v2", credentials: Credentials = BEARER, **options: Any
) -> AsyncIterator[Scene]:
    """A server with this script, and a target that speaks to it."""
    script = Script(list(answers))
    http = GuardedHttpClient()
    clock = TurningClock()
    try:
        async with web_server(script.handle) as port:
            options = {"jitter": lambda: 0.0, "timeout_seconds": 5, **options}
            target = ScimTarget(http, f"http://127.0.0.1:{port}{path}", credentials, clock, **options)
            yield Scene(script, target, clock, port)
    finally:
        await http.close()


def user(user_id: str, **attributes: Any) -> dict[str, Any]:
    """A user as a target shows it."""
    return {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": user_id,
        "userName": f"{user_id}@contoso.example",
        **attributes,
    }


def page(*resources: dict[str, Any], total: int | None = None, **more: Any) -> tuple[int, Any]:
    """A ListResponse."""
    number = len(resources) if total is None else total
    return 200, {"schemas": [LIST], "totalResults": number, "Resources": list(resources), **more}


def problem(status: int, detail: str = "", scim_type: str = "", **headers: str) -> tuple[int, Any, dict[str, str]]:
    """A SCIM error; header names are given with underscores."""
    body = {"schemas": [ERROR], "status": str(status)}
    body |= {"detail": detail} if detail else {}
    body |= {"scimType": scim_type} if scim_type else {}
    return status, body, {name.replace("_", "-"): value for name, value in headers.items()}
