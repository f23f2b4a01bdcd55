"""The emulator as a real process with the real client: what was answered survives `kill -9`."""

import asyncio
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from emulator_process import SystemClock

from provisor.connectors.http.client import GuardedHttpClient
from provisor.freshservice.rest import FreshserviceApi
from provisor.model.errors import ProvisorError, Transient
from provisor.store.database import sqlite_url

pytestmark = pytest.mark.e2e
KEY = "a-key-of-a-real-process"
SCRIPT = Path(__file__).with_name("emulator_process.py")


def free_port() -> int:
    """A port that nobody uses just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(url: str, port: int) -> subprocess.Popen[bytes]:
    """A process that will answer soon."""
    return subprocess.Popen([sys.executable, str(SCRIPT), url, str(port), KEY])


async def until_it_answers(process: subprocess.Popen[bytes], api: FreshserviceApi) -> None:
    """Returns once the process serves."""
    for _ in range(100):
        try:
            await api.me()
        except Transient:
            assert process.poll() is None
            await asyncio.sleep(0.1)
        else:
            return
    raise AssertionError("the emulator did not start")


async def test_what_was_answered_survives_kill_9(tmp_path: Path) -> None:
    """Killed in the midst of creates, the desk comes back with everybody who was answered, and nobody twice."""
    url, port = sqlite_url(tmp_path / "emulator.db"), free_port()
    http = GuardedHttpClient()
    api = FreshserviceApi(http, f"127.0.0.1:{port}", KEY, SystemClock())
    answered: dict[str, int] = {}
    has_fifty = asyncio.Event()

    async def create(number: int) -> None:
        email = f"p{number}@contoso.example"
        try:
            answered[email] = (await api.create("requester", {"first_name": "P", "primary_email": email}))["id"]
        except ProvisorError:
            return
        if len(answered) >= 50:
            has_fifty.set()

    first = start(url, port)
    try:
        await until_it_answers(first, api)
        creates = [asyncio.create_task(create(number)) for number in range(400)]
        await asyncio.wait_for(has_fifty.wait(), 60)
    finally:
        first.kill()
        first.wait()
    second = start(url, port)
    try:
        await until_it_answers(second, api)
        await asyncio.gather(*creates)
        rows = [row async for page in api.list_requesters() for row in page]
        by_email = {row["primary_email"]: row["id"] for row in rows}
        assert len(by_email) == len(rows) == len({row["id"] for row in rows})
        assert answered.items() <= by_email.items()
        assert len(answered) >= 50
    finally:
        second.kill()
        second.wait()
        await http.close()
