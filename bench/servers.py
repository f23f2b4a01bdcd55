"""Three servers that take turns: the bare answer, our SCIM endpoint, and scim2-server, each alone on the first core.

Ours is `provisor scim serve` on SQLite with `synchronous=FULL`, as anybody would start it.
"""

import asyncio
import contextlib
import http.client
import itertools
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from load import Load, drive
from people import person, resource_id
from processes import HERE, Running, free_port, process
from provisor.bootstrap.home import Home
from provisor.config import read_settings
from provisor.scim.registry import group_type, user_type
from provisor.store.resources import EmbeddedResources
from rows import Beside, compare

TENANT = "bench"
TOKEN = "a-token-for-the-benchmark"
ROUNDS = 4
PEER_EVERY = 2
"""The peer takes part in every second round: it is slow, and its figures vary little."""
SECONDS = 1.5
WARM_SECONDS = 0.3
TYPES = {"User": user_type(), "Group": group_type()}


@dataclass(slots=True)
class Endpoint:
    """A server, and how to speak to it."""

    server: Running
    root: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def request(self, method: str, path: str, body: Any = None) -> bytes:
        """One request as bytes."""
        lines = [f"{method} {self.root}{path} HTTP/1.1", "host: 127.0.0.1"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if body is None:
            return ("\r\n".join(lines) + "\r\n\r\n").encode()
        data = json.dumps(body, separators=(",", ":")).encode()
        lines += ["content-type: application/scim+json", f"content-length: {len(data)}"]
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + data

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """One request, and the JSON that answers it. Raises `RuntimeError` for a refusal."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        data = None if body is None else json.dumps(body)
        connection.request(method, self.root + path, data, {"content-type": "application/scim+json", **self.headers})
        answer = connection.getresponse()
        read = answer.read()
        connection.close()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {read[:300]!r}")
        return json.loads(read) if read else None


@dataclass(frozen=True, slots=True)
class Turns:
    """What each server did, by rounds; the peer may have none."""

    bare: Sequence[Load]
    ours: Sequence[Load]
    peer: Sequence[Load]

    def beside(self, of_bare: float | None = None, of_peer: float | None = None) -> tuple[Beside, ...]:
        """Ours beside the others, with the ratios that are wanted."""
        ours = [each.rate for each in self.ours]
        found = [compare("bare answers/s", ours, [each.rate for each in self.bare], of_bare)]
        if self.peer:
            found.append(compare("by scim2-server /s", ours[::PEER_EVERY], [each.rate for each in self.peer], of_peer))
        return tuple(found)


Requests = Callable[[Endpoint, int], Iterable[bytes]]
"""The requests of one round (from 0; -1 warms up)."""


@dataclass(slots=True)
class World:
    """The servers and the data folder of ours."""

    data: Path
    bare: Endpoint
    ours: Endpoint
    peer: Endpoint | None

    def take_turns(self, requests: Requests, *, with_peer: bool = True) -> Turns:
        """A B A B: the bare answer, ours and, less often, the peer."""
        bare, ours, peer = [], [], []
        drive(self.bare.server, self._bare(), WARM_SECONDS)
        drive(self.ours.server, requests(self.ours, -1), WARM_SECONDS)
        for number in range(ROUNDS):
            bare.append(drive(self.bare.server, self._bare(), SECONDS))
            ours.append(drive(self.ours.server, requests(self.ours, number), SECONDS))
            if with_peer and self.peer is not None and number % PEER_EVERY == 0:
                peer.append(drive(self.peer.server, requests(self.peer, number), SECONDS))
        return Turns(bare, ours, peer)

    def _bare(self) -> Iterator[bytes]:
        return itertools.repeat(self.bare.request("GET", "/bare"))

    def load(self, kind: str, resources: Iterable[dict[str, Any]], first: int, tenant: str = TENANT) -> None:
        """Store resources beside the running server; the first has the id `resource_id(first)`."""
        asyncio.run(load(self.data, tenant, kind, resources, first))

    def with_token(self, token: str) -> Endpoint:
        """Ours, as another client."""
        return Endpoint(self.ours.server, self.ours.root, {"authorization": f"Bearer {token}"})


async def load(data: Path, tenant: str, kind: str, resources: Iterable[dict[str, Any]], first: int) -> None:
    """Store resources in bulk."""
    home = Home(read_settings(data, {}))
    try:
        ids = map(resource_id, itertools.count(first))
        store = EmbeddedResources(home.database("scim"), home.clock, ids.__next__)
        await store.backend(tenant, TYPES).load(kind, resources)
        store.close()
    finally:
        await home.close()


async def make_token(data: Path, tenant: str, profile: str, token: str) -> None:
    """A token of a tenant."""
    home = Home(read_settings(data, {}))
    try:
        await home.tokens.create(tenant=tenant, backend="embedded", profile=profile, token=token)
    finally:
        await home.close()


@contextlib.contextmanager
def open_ours(data: Path) -> Iterator[Endpoint]:
    """Our endpoint on a data folder, with the token of `TENANT`."""
    port = free_port()
    environment = {**os.environ, "BENCH_TOKEN": TOKEN, "PROVISOR_DATA": str(data)}
    arguments = ["-m", "provisor", "scim", "serve", "--port", str(port), "--token-env", "BENCH_TOKEN"]
    with process(arguments, port, environment) as server:
        yield Endpoint(server, "/scim/v2", {"authorization": f"Bearer {TOKEN}"})


@contextlib.contextmanager
def open_world(users: int, *, with_peer: bool) -> Iterator[World]:
    """All servers, with as many users in ours and in the peer."""
    with contextlib.ExitStack() as stack:
        data = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        asyncio.run(make_token(data, TENANT, "default", TOKEN))
        asyncio.run(load(data, TENANT, "User", map(person, range(users)), 0))
        bare_port, peer_port = free_port(), free_port()
        bare = stack.enter_context(process([str(HERE / "sink.py"), str(bare_port)], bare_port))
        ours = stack.enter_context(open_ours(data))
        peer = None
        if with_peer:
            peer = Endpoint(stack.enter_context(process([str(HERE / "peer.py"), str(peer_port)], peer_port)), "/v2")
            creates = (peer.request("POST", "/Users", person(number)) for number in range(users))
            drive(peer.server, creates, seconds=3600)
        yield World(data, Endpoint(bare, ""), ours, peer)


def query(**parameters: Any) -> str:
    """A query string."""
    return "?" + urlencode(parameters)
