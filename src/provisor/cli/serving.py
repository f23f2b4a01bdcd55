"""Serving an ASGI application on a socket: where it may listen, and how it stops."""

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from granian.constants import Interfaces, SSLProtocols
from granian.log import LogLevels
from granian.server.embed import Server

from provisor.cli.processes import stop_requested
from provisor.model.errors import Reject
from provisor.server.operating.client_address import read_networks

FINISH_SECONDS = 5.0
"""How long requests under way are waited for; together with the next less than a supervisor's patience."""
GRACE_SECONDS = 3.0
RETRY_AFTER_SECONDS = b"1"

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Listening:
    """Where a server listens. Away from loopback it wants TLS or a proxy in front that brings it (DESIGN §5)."""

    host: str
    port: int
    certificate: Path | None = None
    key: Path | None = None
    trusted_proxy: str | None = None

    @property
    def url(self) -> str:
        """Where it is reached from this machine."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.certificate else 'http'}://{host}:{self.port}"


def check_listening(listening: Listening, *, leaves_loopback: bool = False, flag: str = "") -> None:
    """Raises `Reject` for an address that is not safe to listen on, a port that is used, or a proxy that is none."""
    if bool(listening.certificate) != bool(listening.key):
        raise Reject("TLS needs a certificate and its key.", remedy="Give both --tls-cert and --tls-key.")
    for file in filter(None, (listening.certificate, listening.key)):
        if not file.is_file():
            raise Reject(f"There is no file {file}.")
    read_networks(listening.trusted_proxy)
    is_safe = listening.certificate or listening.trusted_proxy or leaves_loopback
    if not is_loopback(listening.host) and not is_safe:
        remedy = f"Add {flag}." if flag else "Add --tls-cert and --tls-key, or name the proxy with --trusted-proxy."
        raise Reject(
            f"{listening.host} is open to other machines, and the traffic would not be encrypted.", remedy=remedy
        )
    _try_to_bind(listening)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches it."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def serve_app(app: Any, listening: Listening, ending: asyncio.Event | None = None) -> None:
    """Serve until asked to stop; requests under way are finished. `ending` is set first, so that streams end."""
    requests = _Requests(app)
    server = Server(
        requests,
        address=listening.host,
        port=listening.port,
        interface=Interfaces.ASGI,
        websockets=False,
        log_level=LogLevels.error,  # below that it only says that embedding is new to it
        ssl_protocol_min=SSLProtocols.tls12,  # the newest that some provisioning services speak (protocol spec §13)
        ssl_cert=listening.certificate,
        ssl_key=listening.key,
    )
    serving = asyncio.create_task(server.serve())
    asked = asyncio.create_task(stop_requested())
    await asyncio.wait({serving, asked}, return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        await serving
    if ending is not None:
        ending.set()
    await requests.finish(FINISH_SECONDS)
    server.stop()  # type: ignore[no-untyped-call]
    await asyncio.wait({serving}, timeout=GRACE_SECONDS)


class _Requests:
    """The application with its requests counted, so that those under way are answered before the server stops."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._under_way = 0
        self._is_ending = False
        self._finished = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._is_ending:
            await _ask_again(send)
            return
        self._under_way += 1
        try:
            await self._app(scope, receive, send)
        except asyncio.CancelledError:
            if not self._is_ending:
                raise  # otherwise it took longer than we wait, which is no fault of the application
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._finished.set()

    async def finish(self, seconds: float) -> None:
        """Take no more requests, and return when the last is answered or the time is over."""
        self._is_ending = True
        if self._under_way:
            self._finished.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._finished.wait(), seconds)


async def _ask_again(send: Send) -> None:
    headers = [(b"retry-after", RETRY_AFTER_SECONDS), (b"content-length", b"0"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def _try_to_bind(listening: Listening) -> None:
    family = socket.AF_INET6 if ":" in listening.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((listening.host, listening.port))
        except OSError as error:
            raise Reject(
                f"Port {listening.port} on {listening.host} cannot be used: {(error.strerror or str(error)).lower()}.",
                remedy="Choose another with --port (PORT= for make run), or stop whatever uses it.",
            ) from error
