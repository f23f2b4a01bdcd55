"""A SCIM server with faults that can be switched on: our own, with something wrong between it and the client.

Our server passes every check, so whatever is found is the fault's doing. A fault sees the request, may change it or
pass it on, and may change the answer.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from asgi import AsgiClient, Heard

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
SCIM = "application/scim+json"


@dataclass
class Asked:
    """A request. `path` is below the endpoint; `body` is decoded where it is JSON, `raw` are its bytes."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    raw: bytes
    body: Any = None

    @property
    def filter(self) -> str:
        """The filter of a search, in a query or a body."""
        if self.path.endswith("/.search") and isinstance(self.body, dict):
            return str(self.body.get("filter", ""))
        return self.query.get("filter", "")

    @property
    def operations(self) -> list[Any]:
        """The operations of a PATCH."""
        return self.body.get("Operations") or [] if self.method == "PATCH" and isinstance(self.body, dict) else []

    def with_filter(self, text: str) -> "Asked":
        """The same search with another filter."""
        if text == self.filter:
            return self
        if self.path.endswith("/.search"):
            return replace(self, body={**self.body, "filter": text})
        return replace(self, query={**self.query, "filter": text})

    def with_operations(self, operations: list[Any]) -> "Asked":
        """The same PATCH with other operations."""
        return replace(self, body={**self.body, "Operations": operations})

    def without(self, *names: str) -> "Asked":
        """The same request without these query parameters."""
        return replace(self, query={name: value for name, value in self.query.items() if name not in names})


Forward = Callable[[Asked], Awaitable[Heard]]
Fault = Callable[[Asked, Forward], Awaitable[Heard]]


@dataclass
class FaultySCIM:
    """An ASGI application: another one, behind faults."""

    app: Any
    faults: list[Fault]
    token: str = ""
    asked: list[Asked] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        raw = b""
        while True:
            message = await receive()
            raw += message.get("body", b"")
            if not message.get("more_body"):
                break
        path = scope["raw_path"].decode().removeprefix(scope["root_path"])
        query = dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True))
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        asked = Asked(scope["method"], path, query, headers, raw, _decode(raw))
        self.asked.append(asked)
        heard = await self._ask(asked, 0)
        given = [(name.encode(), value.encode("latin-1")) for name, value in heard.headers.items()]
        await send({"type": "http.response.start", "status": heard.status, "headers": given})
        await send({"type": "http.response.body", "body": heard.body})

    async def _ask(self, asked: Asked, depth: int) -> Heard:
        if depth < len(self.faults):
            return await self.faults[depth](asked, lambda each: self._ask(each, depth + 1))
        client = AsgiClient(self.app, root_path="/scim/v2", headers=asked.headers)
        target = asked.path + (f"?{urlencode(asked.query)}" if asked.query else "")
        data = asked.raw if _decode(asked.raw) == asked.body else json.dumps(asked.body).encode()
        headers = {"content-length": str(len(data))} if data else {}
        return await client(asked.method, target, data or None, headers=headers)


def _decode(raw: bytes) -> Any:
    try:
        return json.loads(raw) if raw else None
    except (ValueError, RecursionError):
        return None


def said(heard: Heard, value: Any = None, *, status: int | None = None, **headers: str | None) -> Heard:
    """The answer with another body, status or headers; a header given as None is left out."""
    body = heard.body if value is None else json.dumps(value).encode()
    given = {**heard.headers, **{name.replace("_", "-"): each for name, each in headers.items()}}
    known = {name: each for name, each in given.items() if each is not None}
    if "content-length" in known:
        known["content-length"] = str(len(body))
    return Heard(heard.status if status is None else status, known, body)


def refused(status: int, scim_type: str = "", detail: str = "no") -> Heard:
    """A SCIM error."""
    body = {"schemas": [ERROR], "status": str(status), "detail": detail} | (
        {"scimType": scim_type} if scim_type else {}
    )
    return Heard(status, {"content-type": SCIM}, json.dumps(body).encode())


def empty(status: int = 204) -> Heard:
    """An answer without a body."""
    return Heard(status, {}, b"")


def listed(heard: Heard) -> list[Any]:
    """The resources of a list; empty for any other answer."""
    content = _decode(heard.body)
    return content.get("Resources", []) if isinstance(content, dict) else []


def with_resources(heard: Heard, resources: list[Any]) -> Heard:
    """A list of other resources."""
    body = {**heard.json, "Resources": resources, "totalResults": len(resources), "itemsPerPage": len(resources)}
    return said(heard, body)
