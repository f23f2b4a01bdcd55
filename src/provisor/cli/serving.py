"""Serving an ASGI application on a socket: where it may listen, and how it stops."""

import asyncio
import contextlib
import gc
import ipaddress
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from granian.constants import Interfaces, SSLProtocols
from granian.log import LogLevels
from granian.server.embed import Server

from provisor.cli.processes import stop_requested
from provisor.model.errors import Reject
from provisor.server.mounting import answer_stopping
from provisor.server.operating.client_address import read_networks
from provisor.server.transport.answers import Send
from provisor.server.transport.requests import Receive, Scope

FINISH_SECONDS = 5.0
"""How long requests under way are waited for; with the next two, and what a store has to finish, less than 10 s."""
QUIET_SECONDS = 0.2
QUIET_SECONDS_MAX = 0.6
"""Clients that keep a connection open are told to ask again, until none has asked for a while."""
OBJECTS_BETWEEN_COLLECTIONS = 20_000
GRACE_SECONDS = 1.5
CLOSE = (b"connection", b"close")

Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]


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


async def serve_app(
    app: Asgi, listening: Listening, ending: asyncio.Event | None = None, refuse: Asgi = answer_stopping
) -> None:
    """Serve until asked to stop; requests under way are finished, later ones answered by `refuse`.

    `ending` is set first, so that streams end.
    """
    requests = _Requests(app, refuse)
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
    _look_for_garbage_less_often()
    serving = asyncio.create_task(server.serve())
    asked = asyncio.create_task(stop_requested())
    await asyncio.wait({serving, asked}, return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        await serving
    if ending is not None:
        ending.set()
    await requests.finish()
    server.stop()  # type: ignore[no-untyped-call]
    await asyncio.wait({serving}, timeout=GRACE_SECONDS)


def _look_for_garbage_less_often() -> None:
    """Leave alone what lives as long as the process: looking through it all the time is a tenth of a request's cost.

    Nearly everything of a request goes when its last reference goes; only circles wait for the collector.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS, 10, 10)


class _Requests:
    """The application with its requests counted, so that those under way are answered before the server stops."""

    def __init__(self, app: Asgi, refuse: Asgi) -> None:
        self._app = app
        self._refuse = refuse
        self._under_way = 0
        self._refused = 0
        self._is_ending = False
        self._finished = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._is_ending:
            self._refused += 1
            await self._refuse(scope, receive, partial(_send_last, send))
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

    async def finish(self) -> None:
        """Take no more requests, and return when the last is answered and nobody asks any more, or time is over."""
        self._is_ending = True
        if self._under_way:
            self._finished.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._finished.wait(), FINISH_SECONDS)
        for _ in range(round(QUIET_SECONDS_MAX / QUIET_SECONDS)):
            refused = self._refused
            await asyncio.sleep(QUIET_SECONDS)
            if refused == self._refused:
                return


async def _send_last(send: Send, message: MutableMapping[str, Any]) -> None:
    """Send a part of the last answer on a connection."""
    if message["type"] == "http.response.start":
        message["headers"] = [*message["headers"], CLOSE]
    await send(message)


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
