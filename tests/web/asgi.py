"""Calls an ASGI application in process: no server, no socket, the same bytes."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote


@dataclass
class Heard:
    """An answer as a client hears it."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class AsgiClient:
    """A client of one application, with the headers it always sends."""

    def __init__(self, app: Any, *, root_path: str = "", headers: dict[str, str] | None = None) -> None:
        self.app = app
        self.root_path = root_path
        self.headers = {"host": "scim.example", **(headers or {})}

    async def __call__(
        self,
        method: str,
        target: str,
        body: Any = None,
        *,
        headers: dict[str, str] | None = None,
        chunks: int = 1,
    ) -> Heard:
        path, _, query = target.partition("?")
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        given = {**self.headers, **(headers or {})}
        if data and "content-type" not in given:
            given["content-type"] = "application/scim+json"
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "https",
            "path": self.root_path + unquote(path),
            "raw_path": (self.root_path + path).encode(),
            "root_path": self.root_path,
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in given.items()],
            "client": ("127.0.0.1", 1),
            "server": ("scim.example", 443),
        }
        size = max(1, -(-len(data) // chunks))
        parts = [data[at : at + size] for at in range(0, len(data), size)] or [b""]
        incoming = [
            {"type": "http.request", "body": part, "more_body": at < len(parts) - 1} for at, part in enumerate(parts)
        ]
        sent: list[Any] = []

        async def receive() -> Any:
            return incoming.pop(0) if incoming else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        start = sent[0]
        names = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
        return Heard(start["status"], names, b"".join(each.get("body", b"") for each in sent[1:]))
