"""kill -9 of the SCIM endpoint under load: what was answered is there, what was not is there whole or not at all."""

import asyncio
import random
import signal
import sqlite3
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from main_job import free_ports, is_listening, running, wait_until

from provisor.scim.patch import PATCH_SCHEMA

pytestmark = pytest.mark.e2e

TOKEN = "a-token-for-the-test-of-durability-0123456789"
CREATES = 10_000
CONNECTIONS = 16
KILLS = 10
NEW, CHANGED = "new", "changed"
EVERY_TENTH, EVERY_TWENTY_FIFTH = 10, 25


@dataclass
class Ledger:
    """What we were told: the state of each user by name (None: deleted), and what it may be where nobody answered."""

    numbers: "count[int]" = field(default_factory=count)
    certain: dict[str, str | None] = field(default_factory=dict)
    possible: dict[str, set[str | None]] = field(default_factory=lambda: defaultdict(set))
    created: int = 0
    wanted: int = 0
    enough: asyncio.Event = field(default_factory=asyncio.Event)

    def count_creation(self) -> None:
        """One more, and perhaps enough for now."""
        self.created += 1
        if self.created >= self.wanted:
            self.enough.set()


class Client:
    """One of several that write at once."""

    def __init__(self, session: aiohttp.ClientSession, url: str, ledger: Ledger) -> None:
        self.session, self.url, self.ledger = session, url, ledger

    async def work(self) -> None:
        """Create users, and change or delete some, until the server is gone."""
        for number in self.ledger.numbers:
            name = f"ada{number}@contoso.com"
            body = {"userName": name, "title": NEW, "emails": [{"value": name}]}
            created = await self.ask(name, NEW, "POST", f"{self.url}/Users", body, 201)
            self.ledger.count_creation()
            if number % EVERY_TENTH == 0:
                operation = {"op": "replace", "path": "title", "value": CHANGED}
                patch = {"schemas": [PATCH_SCHEMA], "Operations": [operation]}
                await self.ask(name, CHANGED, "PATCH", f"{self.url}/Users/{created['id']}", patch, 200)
            elif number % EVERY_TWENTY_FIFTH == 1:
                await self.ask(name, None, "DELETE", f"{self.url}/Users/{created['id']}", None, 204)

    async def ask(self, name: str, state: str | None, method: str, url: str, body: Any, status: int) -> Any:
        """Send a write; the ledger knows of it before it is sent and when it was answered."""
        self.ledger.possible[name].add(state)
        async with self.session.request(method, url, json=body) as answer:
            assert answer.status == status, await answer.text()
            found = await answer.json(content_type=None) if status != 204 else None
        self.ledger.possible.pop(name)
        self.ledger.certain[name] = state
        return found


async def write_until_killed(url: str, ledger: Ledger, process: Any, chance: random.Random) -> None:
    """All clients write; at some moment after so many creations the process is killed, and they notice."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/scim+json"}
    connector = aiohttp.TCPConnector(limit=CONNECTIONS)
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:
        clients = [asyncio.create_task(Client(session, url, ledger).work()) for _ in range(CONNECTIONS)]
        enough = asyncio.create_task(ledger.enough.wait())
        await asyncio.wait([enough, *clients], return_when=asyncio.FIRST_COMPLETED)
        await asyncio.sleep(chance.random() / 50)
        process.send_signal(signal.SIGKILL)
        for outcome in await asyncio.gather(*clients, return_exceptions=True):
            assert isinstance(outcome, aiohttp.ClientError | OSError), outcome


async def read_everybody(url: str) -> dict[str, dict[str, Any]]:
    """Every user by name, page by page; the total agrees with the pages."""
    found: dict[str, dict[str, Any]] = {}
    cursor: str | None = ""
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {TOKEN}"}) as session:
        while cursor is not None:
            async with session.get(f"{url}/Users", params={"cursor": cursor, "count": "1000"}) as answer:
                page = await answer.json(content_type=None)
            found |= {each["userName"]: each for each in page["Resources"]}
            cursor = page.get("nextCursor")
    assert page["totalResults"] == len(found)
    return found


def check(ledger: Ledger, found: dict[str, dict[str, Any]]) -> None:
    """Everybody is in a state that the clients were told of, or that nobody told them anything about."""
    for name in ledger.certain.keys() | ledger.possible.keys() | found.keys():
        state = found[name]["title"] if name in found else None
        allowed = {ledger.certain.get(name), *ledger.possible.get(name, ())}
        assert state in allowed, f"{name} is {state} and not {allowed}"
        assert name not in found or found[name]["emails"] == [{"value": name}]
        ledger.certain[name] = state
    ledger.possible.clear()


def test_nothing_that_was_answered_is_lost_to_kill_9(tmp_path: Path) -> None:
    """10,000 creations over 16 connections with changes and deletions between, and ten kills at any moment."""
    data, ledger, chance = tmp_path / "data", Ledger(), random.Random(3)
    environment = {"FIRST_TOKEN": TOKEN}
    for number in range(1, KILLS + 2):
        port = free_ports()
        url = f"http://127.0.0.1:{port}/scim/v2"
        arguments = ("scim", "serve", "--port", str(port), "--token-env", "FIRST_TOKEN")
        with running(data, *arguments, environment=environment) as process:
            wait_until(lambda: is_listening(port) or process.poll() is not None, "the server answers")  # noqa: B023
            assert process.poll() is None, process.stdout and process.stdout.read()
            check(ledger, asyncio.run(read_everybody(url)))
            if number <= KILLS:
                ledger.wanted, ledger.enough = CREATES * number // KILLS, asyncio.Event()
                asyncio.run(write_until_killed(url, ledger, process, chance))
                process.wait()
    assert ledger.created >= CREATES
    _check_tables(data / "scim.db", ledger)


def _check_tables(file: Path, ledger: Ledger) -> None:
    """What belongs to a resource was stored with it: where it is looked up, and its row of the request log."""
    alive = sum(state is not None for state in ledger.certain.values())
    with sqlite3.connect(file) as connection:
        counts = dict(
            connection.execute(
                "SELECT method, count(*) FROM scim_requests WHERE status < 300 GROUP BY method"
            ).fetchall()
        )
        (looked_up,) = connection.execute("SELECT count(*) FROM scim_values WHERE path = 'emails.value'").fetchone()
        (sound,) = connection.execute("PRAGMA integrity_check").fetchone()
    connection.close()
    assert sound == "ok"
    assert looked_up == alive
    assert counts["POST"] - counts["DELETE"] == alive
