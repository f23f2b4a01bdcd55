"""Real processes for the end-to-end tests: the sample company provisioned once, its data folder copied per test."""

import csv
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from provisor.bootstrap.home import Home
from provisor.config import read_settings

DEADLINE_SECONDS = 90.0
APPLICATION = "Freshservice Provisioning"


def free_ports() -> int:
    """The first of two neighbouring ports that nobody uses."""
    while True:
        with socket.socket() as one, socket.socket() as two:
            one.bind(("127.0.0.1", 0))
            port = int(one.getsockname()[1])
            try:
                two.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


@dataclass(frozen=True, slots=True)
class Done:
    """A finished command."""

    code: int
    out: str
    err: str


def provisor(data: Path, *arguments: str, environment: dict[str, str] | None = None) -> Done:
    """Run a command to its end; no command ever shows a traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "provisor", "--data", str(data), *arguments],
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
        check=False,
    )
    assert "Traceback" not in done.stderr + done.stdout, done.stderr
    return Done(done.returncode, done.stdout, done.stderr)


def demo(data: Path, port: int) -> Done:
    """The sample, once, to its summary."""
    return provisor(data, "demo", "--port", str(port), "--once")


def numbers(out: str) -> dict[str, int]:
    """The summary's numbers."""
    found = {name: int(value) for name, value in re.findall(r"^(\w+) +(\d+) *$", out, re.MULTILINE)}
    holds = re.search(r"(\d+) requesters and (\d+) agents, (\d+) of them deactivated", out.split("now holds")[1])
    assert holds
    return {**found, "requesters": int(holds[1]), "agents": int(holds[2]), "deactivated": int(holds[3])}


@contextmanager
def running(data: Path, *arguments: str, environment: dict[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    """A process of ours in a session of its own; whatever happens, nothing of it is left behind."""
    process = subprocess.Popen(
        [sys.executable, "-m", "provisor", "--data", str(data), *arguments],
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)
        if process.stdout:
            process.stdout.close()


def wait_until(holds: Callable[[], Any], what: str) -> Any:
    """Ask until the answer is true."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        if answer := holds():
            return answer
        time.sleep(0.05)
    raise AssertionError(f"never: {what}")


def is_listening(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Desk:
    """The emulated desk, asked by its own API as any other client would."""

    def __init__(self, port: int, key: str) -> None:
        self._url = f"http://127.0.0.1:{port}"
        self._headers = {"Authorization": aiohttp.encode_basic_auth(key, "X")}

    async def people(self) -> dict[str, dict[str, Any]]:
        """Everybody by address, with `is_agent`, department and manager by name; the key's owner left out."""
        async with aiohttp.ClientSession(headers=self._headers) as session:
            departments = {one["id"]: one["name"] for one in await self._list(session, "departments")}
            requesters = await self._list(session, "requesters")
            agents = await self._list(session, "agents")
        found: dict[str, dict[str, Any]] = {}
        for person in requesters:
            found[person["primary_email"]] = {**person, "is_agent": False}
        for person in agents:
            found[person["email"]] = {**person, "is_agent": True}
        addresses = {person["id"]: address for address, person in found.items()}
        for person in found.values():
            person["department"] = next((departments[one] for one in person["department_ids"]), None)
            person["manager"] = addresses.get(person["reporting_manager_id"])
        assert len(found) == len(requesters) + len(agents), "somebody stands there twice"
        return {address: one for address, one in found.items() if not address.startswith("desk.admin")}

    async def writes(self) -> int:
        """Calls that changed something, since the emulator was started."""
        async with (
            aiohttp.ClientSession(headers=self._headers) as session,
            session.get(f"{self._url}/emulator/calls") as response,
        ):
            return int((await response.json())["writes"])

    async def _list(self, session: aiohttp.ClientSession, what: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        page = 1
        while True:
            async with session.get(f"{self._url}/api/v2/{what}?per_page=100&page={page}") as response:
                assert response.status == 200, await response.text()
                rows += (await response.json())[what]
                if "Link" not in response.headers:
                    return rows
            page += 1


async def api_key(data: Path) -> str:
    """The desk's API key, opened with the key of the installation."""
    home = Home(read_settings(data, {}))
    try:
        (installation,) = [one for one in await home.installations.list() if one.is_active]
        sealed = await home.installations.sealed_key(installation.id)
        assert sealed is not None
        return home.secret_box.open(sealed)
    finally:
        await home.close()


async def look_at_desk(data: Path) -> dict[str, dict[str, Any]]:
    """Everybody at the desk, by an emulator started for this look."""
    key, port = await api_key(data), free_ports()
    with running(data, "emulate", "freshservice", "--port", str(port), "--plan", "enterprise", "--quiet"):
        wait_until(lambda: is_listening(port), "the emulator answers")
        return await Desk(port, key).people()


def edit(data: Path, change: Callable[[list[dict[str, str]]], list[dict[str, str]]]) -> Path:
    """The people file with a change, as an administrator would make it."""
    file = data / "contoso.csv"
    with file.open(newline="", encoding="utf-8-sig") as text:
        rows = list(csv.DictReader(text))
    changed = change(rows)
    with file.open("w", newline="", encoding="utf-8") as text:
        writer = csv.DictWriter(text, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(changed)
    return file


def rows_of(data: Path) -> dict[str, dict[str, str]]:
    """The people file, by user name."""
    with (data / "contoso.csv").open(newline="", encoding="utf-8-sig") as text:
        return {row["userPrincipalName"]: row for row in csv.DictReader(text)}


def linked(data: Path) -> int:
    """How many people have an account, as the engine knows."""
    try:
        with sqlite3.connect(f"file:{data / 'provisor.db'}?mode=ro", uri=True) as connection:
            return int(connection.execute("SELECT count(*) FROM links").fetchone()[0])
    except sqlite3.Error:
        return 0


def fingerprint(people: dict[str, dict[str, Any]]) -> dict[str, tuple[Any, ...]]:
    """What must be equal in the end, however often it was interrupted."""
    names = (
        "first_name",
        "last_name",
        "is_agent",
        "department",
        "manager",
        "job_title",
        "language",
        "time_zone",
        "active",
    )
    return {address: tuple(one[name] for name in names) for address, one in people.items()}
