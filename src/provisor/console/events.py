"""`/events`: what happens, as it happens, as server-sent events (WHATWG HTML, "Server-sent events").

Two events: `status` carries the HTML of the status part whenever it differs from what this reader has, `log` says
that there are new entries. The stream ends when the reader leaves, signs out, or the server stops.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from provisor.console.guarding import Door, Visitor
from provisor.console.overview import Overview
from provisor.console.rendering import HEADERS
from provisor.console.watching import LOOK_EVERY_SECONDS, Watch
from provisor.policy.access import reaches_every_application

LOOKS_PER_CHECK = 30
"""After so many looks, 15 seconds, the session is checked again; a comment keeps proxies from closing a silent line."""
RETRY_MILLISECONDS = 3000
"""How soon a browser connects again after a break."""


class Feed:
    """What one reader is told. Remembers what they have."""

    def __init__(self, watch: Watch, overview: Overview, visitor: Visitor) -> None:
        self._watch = watch
        self._overview = overview
        self._visitor = visitor
        self._status = ""
        self._newest: tuple[str, ...] | None = None

    async def news(self) -> bytes:
        """Events since the last time, encoded; empty when there is nothing new."""
        events = b""
        status = self._overview.status(await self._overview.standings(self._visitor), self._visitor)
        if status != self._status:
            self._status = status
            events += encode_event("status", {"html": status})
        newest = (await self._watch.look()).newest_entries
        if not reaches_every_application(self._visitor.session.role):
            newest = ()
        if self._newest is not None and newest != self._newest:
            events += encode_event("log", {})
        self._newest = newest
        return events


class EventStream(Response):
    """An answer that goes on until somebody ends it."""

    def __init__(
        self, news: Callable[[], Awaitable[bytes]], may_stay: Callable[[], Awaitable[bool]], stopping: asyncio.Event
    ) -> None:
        super().__init__(headers={**HEADERS, "x-accel-buffering": "no"}, media_type="text/event-stream")
        del self.headers["content-length"]
        self._news = news
        self._may_stay = may_stay
        self._stopping = stopping

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Send events until the reader is gone, may not stay, or the server stops."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        leaving = asyncio.create_task(_disconnected(receive))
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await _send_part(send, b"retry: %d\n\n" % RETRY_MILLISECONDS)
            await self._tell(send, {leaving, stopping})
            if not leaving.done():
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            leaving.cancel()
            stopping.cancel()

    async def _tell(self, send: Send, ends: set[asyncio.Task[Any]]) -> None:
        looks = 0
        while not any(end.done() for end in ends):
            events = await self._news()
            looks += 1
            if looks % LOOKS_PER_CHECK == 0:
                if not await self._may_stay():
                    return
                events = events or b": still here\n\n"
            if events:
                await _send_part(send, events)
            await asyncio.wait(ends, timeout=LOOK_EVERY_SECONDS, return_when=asyncio.FIRST_COMPLETED)


def event_endpoint(
    watch: Watch, overview: Overview, door: Door, stopping: asyncio.Event
) -> Callable[[Request, Visitor], Awaitable[Response]]:
    """`GET /events`."""

    async def follow(request: Request, visitor: Visitor) -> Response:
        async def may_stay() -> bool:
            return await door.visitor(request, is_use=False) is not None

        if request.method == "HEAD":
            return Response(headers=HEADERS, media_type="text/event-stream")
        return EventStream(Feed(watch, overview, visitor).news, may_stay, stopping)

    return follow


def encode_event(name: str, data: Any) -> bytes:
    """One event; JSON has no line breaks, so one `data` line holds it."""
    return f"event: {name}\ndata: {msgspec.json.encode(data).decode()}\n\n".encode()


async def _send_part(send: Send, part: bytes) -> None:
    await send({"type": "http.response.body", "body": part, "more_body": True})


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
