"""A desk for tests: an open emulator called in process, with a clock that only the test moves."""

import asyncio
import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from provisor.freshservice.emulator.faults import Faults
from provisor.freshservice.emulator.knobs import Knobs, Plan
from provisor.freshservice.emulator.serving import Emulator, open_emulator
from provisor.ports.http import HttpAnswer
from provisor.store.database import Database
from provisor.store.documents import Documents
from provisor.store.migrating import upgrade

KEY = "an-api-key-for-tests-0001"


class TurnedClock:
    """A clock that stands still until somebody sleeps or turns it."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 23, 18, 0, 0, tzinfo=UTC)
        self.seconds = 0.0

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.turn(seconds)
        await asyncio.sleep(0)

    def turn(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)
        self.seconds += seconds


class SharedClock(TurnedClock):
    """The same for many at once: who sleeps least is woken first, after the others had a moment to go to sleep."""

    def __init__(self) -> None:
        super().__init__()
        self._wakings: list[float] = []

    async def sleep(self, seconds: float) -> None:
        waking = self.seconds + seconds
        self._wakings.append(waking)
        while self.seconds < waking:
            await asyncio.sleep(0.002)
            if min(self._wakings) == waking and self.seconds < waking:
                self.turn(waking - self.seconds)
        self._wakings.remove(waking)


@dataclass
class Reply:
    """An answer, decoded."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


async def call_app(app: Any, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
    """One ASGI request."""
    path, _, query = target.partition("?")
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
        "headers": [(k.lower().encode(), v.encode()) for k, v in headers.items()],
        "server": ("127.0.0.1", 8081), "client": ("127.0.0.1", 40000),
    }  # fmt: skip
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    answer_headers = {k.decode().lower(): v.decode() for k, v in sent[0]["headers"]}
    return Reply(sent[0]["status"], answer_headers, b"".join(m.get("body", b"") for m in sent[1:]).decode())


class Desk:
    """A desk and somebody who calls its API with a key."""

    def __init__(self, emulator: Emulator, clock: TurnedClock, database: Database) -> None:
        self.emulator = emulator
        self.clock = clock
        self.database = database

    async def call(self, method: str, path: str, body: Any = None, *, key: str = KEY, **query: Any) -> Reply:
        """One call; `path` is below `/api/v2` unless it starts with `/emulator` or is `/`."""
        target = path if path == "/" or path.startswith("/emulator") else "/api/v2" + path
        if query:
            target += "?" + urlencode(query)
        headers = {"Host": "127.0.0.1:8081", "Authorization": basic(key)}
        content = b"" if body is None else json.dumps(body).encode()
        if content:
            headers["Content-Type"] = "application/json"
        return await call_app(self.emulator.app, method, target, headers, content)

    async def make(self, path: str, **body: Any) -> Any:
        """Create one record that must be accepted, and return it without its envelope."""
        reply = await self.call("POST", path, body)
        assert reply.status == 201, reply.text
        (document,) = reply.json.values()
        return document


def complaints(reply: Reply) -> dict[str, str]:
    """Field and code of each complaint."""
    return {error["field"]: error["code"] for error in reply.json["errors"]}


async def ada(desk: Desk, **more: Any) -> Any:
    """Ada, a requester."""
    return await desk.make("/requesters", **{"first_name": "Ada", "primary_email": "ada@contoso.example", **more})


async def grace(desk: Desk, **more: Any) -> Any:
    """Grace, an agent."""
    return await desk.make("/agents", **{"first_name": "Grace", "email": "grace@contoso.example", **more})


async def many(desk: Desk, count: int) -> None:
    """Numbered requesters."""
    for number in range(count):
        await desk.make("/requesters", first_name=f"P{number}", primary_email=f"p{number}@contoso.example")


def basic(key: str) -> str:
    """The header of HTTP Basic with the key as user name."""
    return "Basic " + base64.b64encode(f"{key}:X".encode()).decode()


async def open_desk(database: Database, clock: TurnedClock, faults: Faults | None = None, **knobs: Any) -> Desk:
    """Open (again) the desk that lives in a database; without limits unless a plan is named."""
    chosen = Knobs(**{"plan": Plan.UNLIMITED, **knobs})
    emulator = await open_emulator(Documents(database), chosen, clock, faults)
    await emulator.ensure_key(KEY)
    return Desk(emulator, clock, database)


def new_database(url: str) -> Database:
    """A database with the emulator's tables."""
    database = Database(url)
    upgrade(database.engine, "emulator")
    return database


class InProcessHttp:
    """An `HttpClient` that calls an emulator's application directly, and can be told to misbehave.

    `before` and `after` are asked with method and URL, and may raise what a network would.
    """

    def __init__(self, app: Any) -> None:
        self.app = app
        self.requests: list[tuple[str, str]] = []
        self.statuses: list[int] = []
        self.before: Callable[[str, str], None] = lambda _method, _url: None
        self.after: Callable[[str, str], None] = lambda _method, _url: None

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        timeout_seconds: float | None = None,
    ) -> HttpAnswer:
        self.before(method, url)
        parts = urlsplit(url)
        self.requests.append((method, parts.path + (f"?{parts.query}" if parts.query else "")))
        target = self.requests[-1][1]
        reply = await call_app(self.app, method, target, {"Host": parts.netloc, **headers}, body or b"")
        self.statuses.append(reply.status)
        self.after(method, url)
        return HttpAnswer(reply.status, reply.headers, reply.text.encode())

    async def close(self) -> None:
        """Nothing is open."""
