"""A console in one process on a real store, a browser that calls it without a socket, and things to look at."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette

from provisor.console.app import create_console_routes
from provisor.model.escrow import Escrow
from provisor.model.job import Application, Cycle, CycleKind
from provisor.model.log import LogEntry, ModifiedProperty, Step, StepStatus, StepType
from provisor.model.removal import StagedRemoval
from provisor.ports.work import Finished
from provisor.store.applications import SqlApplications
from provisor.store.database import Database
from provisor.store.records import SqlRecords
from provisor.store.sessions import DatabaseSessions
from provisor.store.work import SqlWork

START = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
HOST = "127.0.0.1:8080"


class HandClock:
    """Stands still until it is turned."""

    def __init__(self) -> None:
        self.time = START

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return (self.time - START).total_seconds()

    async def sleep(self, seconds: float) -> None:
        self.turn(seconds)

    def turn(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@dataclass
class Page:
    """An answer as a browser has it."""

    status: int
    headers: dict[str, str]
    text: str
    cookies: list[str]


@dataclass
class Browser:
    """Calls the application with its cookies, and says of itself what browsers say."""

    app: Any
    scheme: str = "http"
    address: str = "127.0.0.1"
    cookies: dict[str, str] = field(default_factory=dict)

    async def get(self, target: str, **headers: str) -> Page:
        return await self._call("GET", target, b"", headers)

    async def post(self, target: str, form: dict[str, str] | bytes, **headers: str) -> Page:
        body = form if isinstance(form, bytes) else urlencode(form).encode()
        return await self._call("POST", target, body, {"sec_fetch_site": "same-origin", **headers})

    async def head(self, target: str) -> Page:
        return await self._call("HEAD", target, b"", {})

    @asynccontextmanager
    async def follow(self, target: str) -> AsyncIterator["Stream"]:
        """An event stream; leaving the block is closing the page."""
        gone = asyncio.Event()
        stream = Stream()

        async def receive() -> dict[str, Any]:
            await gone.wait()
            return {"type": "http.disconnect"}

        scope = self._scope("GET", target, {})
        stream.task = asyncio.create_task(self.app(scope, receive, stream.send))
        try:
            yield stream
        finally:
            gone.set()
            await asyncio.wait_for(stream.task, 5)

    async def _call(self, method: str, target: str, body: bytes, headers: dict[str, str]) -> Page:
        messages = [{"type": "http.request", "body": body, "more_body": False}]
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return messages.pop() if messages else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        await asyncio.wait_for(self.app(self._scope(method, target, headers), receive, send), 10)
        names = [(name.decode(), value.decode("latin-1")) for name, value in sent[0]["headers"]]
        cookies = [value for name, value in names if name == "set-cookie"]
        for cookie in cookies:
            self._keep(cookie)
        text = b"".join(message.get("body", b"") for message in sent[1:]).decode()
        return Page(sent[0]["status"], dict(names), text, cookies)

    def _keep(self, cookie: str) -> None:
        for name, morsel in SimpleCookie(cookie).items():
            if morsel["max-age"] == "0":
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = morsel.value

    def _scope(self, method: str, target: str, headers: dict[str, str]) -> dict[str, Any]:
        path, _, query = target.partition("?")
        given = {"host": HOST, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if self.cookies:
            given["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": self.scheme,
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
            "client": (self.address, 50000),
            "server": ("127.0.0.1", 8080),
        }


class Stream:
    """What came over an event stream."""

    def __init__(self) -> None:
        self.task: asyncio.Task[None]
        self.start: dict[str, Any] = {}
        self.ended = asyncio.Event()
        self._parts: asyncio.Queue[str] = asyncio.Queue()

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.start = message
            return
        self._parts.put_nowait(message["body"].decode())
        if not message.get("more_body"):
            self.ended.set()

    async def until(self, text: str) -> str:
        """Everything up to the part that has the text."""
        heard = ""
        while text not in heard:
            heard += await asyncio.wait_for(self._parts.get(), 5)
        return heard

    def rest(self) -> str:
        """What has come since, without waiting."""
        heard = ""
        while not self._parts.empty():
            heard += self._parts.get_nowait()
        return heard


class ConsoleWorld:
    """Stores, a clock, the console on them, and what can be put before it."""

    def __init__(self, database: Database, clock: Any = None, **console: Any) -> None:
        self.clock = clock or HandClock()
        self.applications = SqlApplications(database)
        self.records = SqlRecords(database)
        self.work = SqlWork(database)
        self.sessions = DatabaseSessions(database)
        self.stopping = asyncio.Event()
        self._numbers = itertools.count(1)
        self.app = Starlette(
            routes=create_console_routes(
                applications=self.applications,
                records=self.records,
                work=self.work,
                sessions=self.sessions,
                clock=self.clock,
                stopping=self.stopping,
                **console,
            )
        )

    def browser(self, scheme: str = "http", address: str = "127.0.0.1") -> Browser:
        return Browser(self.app, scheme, address)

    async def link(self, role: str = "global-administrator", person: str = "Grace") -> str:
        return await self.sessions.create_link(person=person, role=role, now=self.clock.now())

    async def signed_in(self, role: str = "global-administrator", scheme: str = "http") -> Browser:
        browser = self.browser(scheme)
        page = await browser.post("/sign-in", {"token": await self.link(role)})
        assert page.status == 303, page.text
        return browser

    async def add_app(self, name: str = "Contoso Desk", *, is_configured: bool = True) -> str:
        app_id = f"app-{next(self._numbers)}"
        await self.applications.add(Application(app_id, f"job-{app_id}", name, "scim", created=self.clock.now()), {})
        if is_configured:
            await self.applications.set_credentials(app_id, "https://desk.example.org/scim/v2", b"sealed")
        return app_id

    async def add_cycle(self, app_id: str, **values: Any) -> Cycle:
        given: dict[str, Any] = {
            "id": f"cycle-{next(self._numbers)}",
            "app_id": app_id,
            "kind": CycleKind.INITIAL,
            "began": self.clock.now(),
        }
        cycle = Cycle(**{**given, **values})
        await self.records.save_cycle(cycle)
        return cycle

    async def add_entry(self, app_id: str, person: str, **values: Any) -> LogEntry:
        """One entry of a creation, unless values say otherwise."""
        number = next(self._numbers)
        given: dict[str, Any] = {
            "id": f"entry-{number}",
            "app_id": app_id,
            "cycle_id": "cycle-0",
            "change_id": f"change-{number}",
            "at": self.clock.now(),
            "action": "create",
            "status": StepStatus.SUCCESS,
            "source_id": f"source-{number}",
            "person": person,
            "target_id": f"target-{number}",
            "duration_milliseconds": 640,
            "steps": (
                Step("EntryImport", StepType.IMPORT, StepStatus.SUCCESS, f"{person} was read from the source."),
                Step("EntryExportAdd", StepType.EXPORT, StepStatus.SUCCESS, "Sent.", {"userName": person}),
            ),
            "modified": (ModifiedProperty("userName", None, person),),
            "reason": f"{person} is in scope and has no account.",
        }
        entry = LogEntry(**{**given, **values})
        await self.work.finish(app_id, [Finished(entry.source_id, 0, None, entry=entry)])
        return entry

    async def add_failing(self, app_id: str, person: str) -> None:
        now = self.clock.now()
        held = Escrow(f"escrow-{person}", person, person, "create", "Conflict", "Taken.", 1, now, now)
        await self.work.finish(app_id, [Finished(person, 0, None, escrow=held)])

    async def add_held(self, app_id: str, person: str) -> None:
        staged = StagedRemoval(f"removal-{person}", person, person, "disable", "left", self.clock.now())
        await self.work.finish(app_id, [Finished(person, 0, None, staged=staged)])
