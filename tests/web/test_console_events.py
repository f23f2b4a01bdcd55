"""The console's event stream: progress as it happens, only while somebody listens, ended cleanly."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from console_world import START, ConsoleWorld
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server

from provisor.connectors.clock import SystemClock
from provisor.console import events
from provisor.console.watching import LOOK_EVERY_SECONDS, NUMBERS_EVERY_SECONDS, Watch
from provisor.model.job import CycleState
from provisor.store.database import Database, sqlite_url
from provisor.store.migrating import upgrade


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(sqlite_url(tmp_path / "engine.db"))
    upgrade(database.engine, "engine")
    yield database
    await database.close()


@pytest.fixture
def world(database: Database) -> ConsoleWorld:
    return ConsoleWorld(database, SystemClock())


@pytest.fixture(autouse=True)
def look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests do not wait half a second for each look."""
    monkeypatch.setattr("provisor.console.watching.LOOK_EVERY_SECONDS", 0.01)
    monkeypatch.setattr(events, "LOOK_EVERY_SECONDS", 0.01)


def html_of(heard: str) -> str:
    """The status part in the last event that has one."""
    data = [line.removeprefix("data: ") for line in heard.splitlines() if line.startswith('data: {"html"')]
    return str(json.loads(data[-1])["html"])


async def test_progress_comes_as_it_happens(world: ConsoleWorld) -> None:
    """From reading through done-of-total to the end, without asking again."""
    app_id = await world.add_app("Contoso Desk")
    browser = await world.signed_in()
    async with browser.follow("/events") as stream:
        assert "none yet" in html_of(await stream.until("event: status"))
        headers = dict(stream.start["headers"])
        assert headers[b"content-type"].startswith(b"text/event-stream")
        assert b"content-length" not in headers
        cycle = await world.add_cycle(app_id, phase="read")
        assert "Reading the directory" in html_of(await stream.until("Reading the directory"))
        cycle = replace(cycle, phase="people", done=120, total=300, requests=121)
        await world.records.save_cycle(cycle)
        shown = html_of(await stream.until("of 300 people"))
        assert '<progress value="120" max="300"' in shown
        await world.records.save_cycle(replace(cycle, state=CycleState.SUCCEEDED, ended=world.clock.now()))
        assert "<progress" not in html_of(await stream.until("succeeded"))


async def test_new_log_entries_are_announced(world: ConsoleWorld) -> None:
    """Not those that were there before; and names in events are escaped."""
    app_id = await world.add_app("<script>alert(1)</script>")
    await world.add_entry(app_id, "Ada")
    browser = await world.signed_in()
    async with browser.follow("/events") as stream:
        first = await stream.until("event: status")
        assert "event: log" not in first
        assert "<script>" not in first
        await world.add_entry(app_id, "Boris")
        await stream.until("event: log")


async def test_the_stream_ends_when_the_server_stops(world: ConsoleWorld) -> None:
    """So that stopping does not wait for readers."""
    browser = await world.signed_in()
    async with browser.follow("/events") as stream:
        await stream.until("event: status")
        world.stopping.set()
        await asyncio.wait_for(stream.ended.wait(), 5)


async def test_the_stream_ends_when_the_session_ends(world: ConsoleWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """Signing out elsewhere closes an open page, too."""
    monkeypatch.setattr(events, "LOOKS_PER_CHECK", 3)
    browser = await world.signed_in()
    async with browser.follow("/events") as stream:
        await stream.until(": still here")
        await world.sessions.end_all("Grace")
        await asyncio.wait_for(stream.ended.wait(), 5)


async def test_an_owner_is_told_nothing_about_others(world: ConsoleWorld) -> None:
    """Neither names nor that something happened."""
    app_id = await world.add_app("Contoso Desk")
    browser = await world.signed_in("application-owner")
    async with browser.follow("/events") as stream:
        first = await stream.until("event: status")
        assert "Contoso" not in first
        await world.add_entry(app_id, "Ada")
        await asyncio.sleep(0.1)
        world.stopping.set()
        await asyncio.wait_for(stream.ended.wait(), 5)
        assert "event: log" not in stream.rest()


async def test_stores_are_asked_once_however_many_look(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """One look serves everybody for half a second; tables are counted seldom, and at once when a cycle ends."""
    monkeypatch.undo()
    world = ConsoleWorld(database)
    app_id = await world.add_app()
    asked = {"list_all": 0, "summary": 0}

    def counting(owner: object, name: str) -> None:
        real = getattr(owner, name)

        async def count(*arguments: object) -> object:
            asked[name] += 1
            return await real(*arguments)

        monkeypatch.setattr(owner, name, count)

    counting(world.applications, "list_all")
    counting(world.work, "summary")
    watch = Watch(world.applications, world.records, world.work, world.clock)
    for _ in range(20):
        await watch.look()
    assert asked == {"list_all": 1, "summary": 1}
    world.clock.turn(LOOK_EVERY_SECONDS)
    await watch.look()
    assert asked == {"list_all": 2, "summary": 1}
    await world.add_cycle(app_id, state=CycleState.SUCCEEDED, ended=START)
    world.clock.turn(LOOK_EVERY_SECONDS)
    await watch.look()
    assert asked == {"list_all": 3, "summary": 2}
    world.clock.turn(NUMBERS_EVERY_SECONDS)
    await watch.look()
    assert asked == {"list_all": 4, "summary": 3}


async def test_the_rate_is_that_of_late(database: Database) -> None:
    """A slow beginning is forgotten after twenty seconds; a standstill has no rate."""
    world = ConsoleWorld(database)
    app_id = await world.add_app()
    cycle = await world.add_cycle(app_id, phase="people", total=1000)
    watch = Watch(world.applications, world.records, world.work, world.clock)
    rates = []
    for second in range(61):
        done = second if second <= 30 else 30 + (second - 30) * 10
        await world.records.save_cycle(replace(cycle, done=done))
        rates.append((await watch.look()).standings[0].per_second)
        world.clock.turn(1)
    assert rates[0] is None
    assert rates[30] == pytest.approx(1.0)
    assert rates[60] == pytest.approx(10.0)


async def test_a_real_server_with_an_open_stream_stops_at_once(world: ConsoleWorld) -> None:
    """Over a real socket: events arrive while the cycle runs, and an open page does not hold the server up."""
    app_id = await world.add_app("Contoso Desk")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Server(
        world.app,
        address="127.0.0.1",
        port=port,
        interface=Interfaces.ASGI,
        websockets=False,
        log_enabled=False,
        log_level=LogLevels.critical,
    )
    serving = asyncio.create_task(server.serve())
    base = f"http://127.0.0.1:{port}"
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar, timeout=aiohttp.ClientTimeout(total=20)) as client:
        await _reachable(client, base)
        form = {"token": await world.link()}
        async with client.post(f"{base}/sign-in", data=form, headers={"origin": base}) as answer:
            assert (answer.status, answer.url.path) == (200, "/")
        async with client.get(f"{base}/events") as stream:
            await _read_until(stream, "Contoso Desk")
            await world.add_cycle(app_id, phase="people", done=7, total=9)
            await _read_until(stream, "of 9 people")
            world.stopping.set()
            server.stop()
            await asyncio.wait_for(serving, 10)


async def _reachable(client: aiohttp.ClientSession, base: str) -> None:
    for _ in range(100):
        try:
            async with client.get(f"{base}/static/icon.svg"):
                return
        except aiohttp.ClientConnectionError:
            await asyncio.sleep(0.05)
    raise AssertionError("The server did not start.")


async def _read_until(stream: aiohttp.ClientResponse, text: str) -> None:
    heard = b""
    while text.encode() not in heard:
        heard += await asyncio.wait_for(stream.content.readany(), 10)
