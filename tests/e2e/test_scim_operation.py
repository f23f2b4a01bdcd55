"""The SCIM service provider as a process of its own: killed, stopped under load, flooded, and asked what happened."""

import asyncio
import base64
import json
import os
import signal
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import aiohttp
import pytest
from main_job import free_ports, is_listening, provisor, running, wait_until

from certificates import make_certificate

pytestmark = pytest.mark.e2e

TOKEN = "a-token-for-the-operation-of-scim"
HEADERS = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/scim+json"}
USER_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:User"


@contextmanager
def serving(data: Path, port: int, *options: str) -> Iterator[subprocess.Popen[str]]:
    """The service provider on a data folder, once it answers."""
    arguments = ("scim", "serve", "--port", str(port), "--token-env", "TOKEN", *options)
    with running(data, *arguments, environment={"TOKEN": TOKEN}) as process:
        wait_until(lambda: is_listening(port) or process.poll() is not None, "the server answers")
        assert process.poll() is None, process.stdout and process.stdout.read()
        yield process


def kill(process: subprocess.Popen[str], port: int) -> None:
    """kill -9."""
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    wait_until(lambda: not is_listening(port), "it is gone")


async def create(port: int, *names: str) -> list[int]:
    """Create users; the statuses."""
    statuses = []
    async with aiohttp.ClientSession(headers=HEADERS) as session:
        for name in names:
            body = json.dumps({"schemas": [USER_SCHEMA], "userName": name})
            async with session.post(f"http://127.0.0.1:{port}/scim/v2/Users", data=body) as response:
                statuses.append(response.status)
    return statuses


@contextmanager
def receiver(port: int, may_answer: Event) -> Iterator[list[dict[str, Any]]]:
    """Somebody who hears of changes; answers once it may. Gives the claims of what it was sent."""
    told: list[dict[str, Any]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            token = self.rfile.read(int(self.headers["Content-Length"])).decode()
            claims = token.split(".")[1]
            told.append(json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4))))
            may_answer.wait(30)
            self.send_response(202)
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Hook)
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield told
    finally:
        may_answer.set()
        server.shutdown()
        server.server_close()


async def test_kill_between_commit_and_delivery_loses_no_event(tmp_path: Path) -> None:
    """Killed before a delivery, and in the middle of one: after a restart each event arrives, in order."""
    data, port, hook = tmp_path / "data", free_ports(), free_ports()
    may_answer = Event()
    assert provisor(data, "scim", "webhook", "add", f"http://127.0.0.1:{hook}/").code == 0
    with serving(data, port) as process:
        assert await create(port, "ada") == [201]
        kill(process, port)
    with receiver(hook, may_answer) as told:
        with serving(data, port) as process:
            wait_until(lambda: len(told) == 1, "the delivery is under way")
            assert await create(port, "boris") == [201]
            kill(process, port)
        may_answer.set()
        with serving(data, port):
            wait_until(lambda: len(told) >= 3, "everything has arrived")
    names = [next(iter(each["events"].values()))["attributes"] for each in told]
    assert names == [["userName"]] * 3
    assert told[0]["jti"] == told[1]["jti"] != told[2]["jti"]
    listed = provisor(data, "scim", "webhook", "deliveries", "--format", "json")
    outcomes = [each["outcome"] for each in json.loads(listed.out)]
    assert outcomes.count("delivered") == 2


async def test_the_log_survives_a_kill(tmp_path: Path) -> None:
    """Every acknowledged write is in the log; of reads at most the last second is missing."""
    data, port = tmp_path / "data", free_ports()
    with serving(data, port) as process:
        url = f"http://127.0.0.1:{port}/scim/v2/Users"
        async with aiohttp.ClientSession(headers=HEADERS) as session:
            for _ in range(3):
                async with session.get(url) as response:
                    assert response.status == 200
        await asyncio.sleep(1.5)
        assert await create(port, *(f"u{number}" for number in range(20))) == [201] * 20
        kill(process, port)
    rows = json.loads(provisor(data, "scim", "log", "--format", "json", "--limit", "0").out)
    assert sum(row["method"] == "POST" and row["status"] == 201 for row in rows) == 20
    assert sum(row["method"] == "GET" for row in rows) == 3


async def test_a_server_that_is_stopped_under_load_answers_what_it_accepted(tmp_path: Path) -> None:
    """Every request gets its answer or none of it was done; what was acknowledged is there; the exit code is 0."""
    data, port = tmp_path / "data", free_ports()
    url = f"http://127.0.0.1:{port}/scim/v2/Users"
    created: list[str] = []
    unanswered: list[str] = []
    stopping = asyncio.Event()

    async def load(session: aiohttp.ClientSession, worker: int) -> None:
        for count in range(10_000):
            name = f"w{worker}-{count}"
            body = json.dumps({"schemas": [USER_SCHEMA], "userName": name})
            try:
                async with session.post(url, data=body) as response:
                    await response.read()
            except aiohttp.ClientConnectorError:
                return  # it does not listen any more, so nothing was sent
            except (aiohttp.ClientError, ConnectionError):
                unanswered.append(name)
                return
            if response.status == 201:
                created.append(name)
            else:
                assert response.status == 503
                assert response.headers["Content-Type"] == "application/scim+json"
                assert response.headers["Retry-After"]
                assert stopping.is_set()
                return

    with serving(data, port) as process:
        async with aiohttp.ClientSession(headers=HEADERS) as session:
            workers = [asyncio.create_task(load(session, worker)) for worker in range(16)]
            while len(created) < 200:  # noqa: ASYNC110 - the load is what is waited for
                await asyncio.sleep(0.01)
            stopping.set()
            process.send_signal(signal.SIGTERM)
            await asyncio.gather(*workers)
        assert await asyncio.to_thread(process.wait, 15) == 0
    rows = json.loads(provisor(data, "scim", "log", "--format", "json", "--limit", "0").out)
    logged = {row["after"]["userName"] for row in rows if row["status"] == 201}
    assert set(created) <= logged
    assert not unanswered


async def test_a_body_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    """413 in SCIM's form, whether the length is announced or comes in chunks without end."""
    port = free_ports()
    head = f"POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n"
    head += "Content-Type: application/scim+json\r\n"
    with serving(tmp_path / "data", port):
        for rest, chunk in (
            ("Content-Length: 999999999999\r\n\r\n", b" " * 1024),
            ("Transfer-Encoding: chunked\r\n\r\n", b"100000\r\n" + b" " * 0x100000 + b"\r\n"),
        ):
            answer = await asyncio.to_thread(_flood, port, (head + rest).encode(), chunk)
            assert answer.startswith(b"HTTP/1.1 413"), answer[:200]
            assert b"application/scim+json" in answer
            assert b'"status":"413"' in answer


def _flood(port: int, head: bytes, chunk: bytes) -> bytes:
    """Send the same chunk until an answer comes, at most 64 times."""
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(head)
        connection.settimeout(0.05)
        answer = b""
        for _ in range(64):
            try:
                connection.sendall(chunk)
                answer += connection.recv(65536)
            except TimeoutError:
                continue
            except ConnectionError:
                break
            if b"detail" in answer:
                break
        return answer


async def test_it_speaks_the_tls_that_provisioning_services_speak(tmp_path: Path) -> None:
    """1.2 as well as 1.3: the documents of some services name no newer one. Links lead where the client came in."""
    _, ca_file = make_certificate(tmp_path, "localhost")
    data, port = tmp_path / "data", free_ports()
    files = ("--tls-cert", str(ca_file), "--tls-key", str(tmp_path / "key.pem"))
    with serving(data, port, *files):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = ssl.create_default_context(cafile=str(ca_file))
            context.minimum_version = context.maximum_version = version
            url = f"https://localhost:{port}/scim/v2/ServiceProviderConfig"
            async with (
                aiohttp.ClientSession(headers=HEADERS) as session,
                session.get(url, ssl=context) as response,
            ):
                assert response.status == 200
                config = await response.json(content_type=None)
        assert config["meta"]["location"] == url
