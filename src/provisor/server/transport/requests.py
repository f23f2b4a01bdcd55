"""One SCIM request as it came over HTTP: path, query, headers and a JSON body within limits (RFC 7644 §3.1, §3.8).

Reading is all that happens here; what a request means is decided elsewhere. Faults of transport are raised as
`HttpRefusal`, faults of JSON as `Reject` with `invalidSyntax`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

import msgspec

from provisor.model.errors import Reject
from provisor.server.transport.problems import HttpRefusal

BODY_BYTES_MAX = 4 * 1024 * 1024
JSON_DEPTH_MAX = 32
HEADER_BYTES_MAX = 32 * 1024
"""All headers together; a token has at most 4 KiB."""
BODY_SECONDS_MAX = 30.0
"""How long a client may take to send a body."""
QUERY_BYTES_MAX = 16 * 1024
QUERY_PARAMETERS_MAX = 64
MEDIA_TYPES = frozenset({"application/scim+json", "application/json", "text/json", ""})
LENGTH_DIGITS_MAX = 15
CLOSE = (b"connection", b"close")
CHARSETS = frozenset({"utf-8", "utf8", "us-ascii"})

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

_decode = msgspec.json.Decoder().decode


@dataclass(slots=True)
class ScimRequest:
    """A request. `segments` is the path below the endpoint, without empty parts; header names are lower case."""

    method: str
    segments: tuple[str, ...]
    query_string: bytes
    headers: dict[str, str]
    origin: str
    """The URL of the endpoint as the client wrote it, such as `https://example.org/scim/v2`."""
    receive: Receive
    header_bytes: int = 0
    body: bytes = b""
    """What was read of the body; nothing before `json`."""

    def check_headers(self) -> None:
        """Raises `HttpRefusal` for headers beyond all measure."""
        if self.header_bytes > HEADER_BYTES_MAX:
            raise HttpRefusal(431, f"The headers are larger than {HEADER_BYTES_MAX} bytes.")

    def parameters(self) -> dict[str, str]:
        """The query parameters, names in lower case. `+` and `%20` are both a space."""
        if not self.query_string:
            return {}
        if len(self.query_string) > QUERY_BYTES_MAX:
            raise HttpRefusal(414, f"The query is longer than {QUERY_BYTES_MAX} bytes.", remedy="Use POST to /.search.")
        text = self.query_string.decode("utf-8", "replace")
        try:
            pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=QUERY_PARAMETERS_MAX)
        except ValueError as error:
            raise Reject(f"More than {QUERY_PARAMETERS_MAX} query parameters.", code="invalidValue") from error
        return {name.lower(): value for name, value in pairs}

    async def json(self) -> Any:
        """The body as a JSON value."""
        self._check_content_type()
        self.body = await self._read()
        return decode_json(self.body)

    def _check_content_type(self) -> None:
        if self.headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
            raise HttpRefusal(415, "The body is compressed, by its Content-Encoding.", remedy="Send it as it is.")
        media, _, rest = self.headers.get("content-type", "").lower().partition(";")
        charset = rest.partition("charset=")[2].strip(' "').partition(";")[0].strip(' "') or "utf-8"
        if media.strip() not in MEDIA_TYPES or charset not in CHARSETS:
            raise HttpRefusal(
                415,
                "The body is not JSON in UTF-8, by its Content-Type.",
                remedy="Send application/scim+json or application/json.",
            )

    async def _read(self) -> bytes:
        announced = self.headers.get("content-length", "")
        if announced.isdecimal() and (len(announced) > LENGTH_DIGITS_MAX or int(announced) > BODY_BYTES_MAX):
            raise _too_large()
        first = await self.receive()
        if first["type"] == "http.request" and not first.get("more_body", False):
            return _within(first.get("body", b""))
        try:
            return await asyncio.wait_for(self._read_on(first), BODY_SECONDS_MAX)
        except TimeoutError as error:
            raise HttpRefusal(
                408, f"The body did not come within {BODY_SECONDS_MAX:.0f} seconds.", headers=(CLOSE,)
            ) from error

    async def _read_on(self, message: MutableMapping[str, Any]) -> bytes:
        """A body that comes in several parts, of which the first is here."""
        parts: list[bytes] = []
        size = 0
        while True:
            if message["type"] == "http.disconnect":
                raise HttpRefusal(400, "The client went away before its request was complete.")
            part = message.get("body", b"")
            size += len(part)
            if size > BODY_BYTES_MAX:
                raise _too_large()
            parts.append(part)
            if not message.get("more_body", False):
                return b"".join(parts)
            message = await self.receive()


def read_request(scope: Scope, receive: Receive, base_url: str | None) -> ScimRequest:
    """The request of an ASGI scope; `base_url` overrides what the client's Host header says."""
    headers, header_bytes = _read_headers(scope["headers"])
    root: str = scope.get("root_path", "")
    origin = base_url or f"{scope.get('scheme', 'http')}://{headers.get('host', 'localhost')}{root}"
    return ScimRequest(
        method=scope["method"],
        segments=_read_segments(scope, root),
        query_string=scope.get("query_string", b""),
        headers=headers,
        origin=origin.rstrip("/"),
        receive=receive,
        header_bytes=header_bytes,
    )


def _read_headers(pairs: Iterable[tuple[bytes, bytes]]) -> tuple[dict[str, str], int]:
    """Headers by name, and their size; one that came in several lines is one list (RFC 9110 §5.2)."""
    headers: dict[str, str] = {}
    size = 0
    for key, value in pairs:
        size += len(key) + len(value)
        name, text = key.decode("latin-1").lower(), value.decode("latin-1")
        headers[name] = f"{headers[name]}, {text}" if name in headers else text
    return headers, size


def _read_segments(scope: Scope, root: str) -> tuple[str, ...]:
    """The parts of the path below the endpoint. An escaped slash belongs to the part in which it stands."""
    raw: bytes | None = scope.get("raw_path")
    if raw and b"%" in raw:
        parts = [unquote(each) for each in raw.partition(b"?")[0].decode("latin-1").split("/") if each]
    else:
        path: str = scope["path"]
        if root and path.startswith(f"{root}/") and "//" not in path and path[-1] != "/":  # nearly always
            return tuple(path[len(root) + 1 :].split("/"))
        parts = [each for each in path.split("/") if each]
    above = [each for each in root.split("/") if each]
    return tuple(parts[len(above) :] if parts[: len(above)] == above else parts)


def decode_json(data: bytes) -> Any:
    """The JSON value of a body, in UTF-8 with or without a byte order mark, at most `JSON_DEPTH_MAX` deep."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    if not data.strip():
        raise Reject("The body is empty.", remedy="Send a JSON object.", code="invalidSyntax")
    try:
        value = _decode(data)
    except RecursionError as error:
        raise _too_deep() from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Reject(f"The body is not JSON: {error}.", code="invalidSyntax") from error
    # Fewer brackets than the limit cannot nest deeper than it: nearly every body ends here.
    if data.count(b"{") + data.count(b"[") > JSON_DEPTH_MAX and nests_deeper(value, JSON_DEPTH_MAX):
        raise _too_deep()
    return value


def nests_deeper(value: Any, limit: int) -> bool:
    """Whether a JSON value has more than `limit` levels within each other; found without recursion."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(limit):
        level = [
            child
            for item in level
            for child in (item.values() if isinstance(item, dict) else item)
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True


def _within(body: bytes) -> bytes:
    if len(body) > BODY_BYTES_MAX:
        raise _too_large()
    return body


def _too_deep() -> Reject:
    return Reject(f"The body nests deeper than {JSON_DEPTH_MAX} levels.", code="invalidSyntax")


def _too_large() -> HttpRefusal:
    return HttpRefusal(413, f"The body is larger than {BODY_BYTES_MAX} bytes.", remedy="Send it in several requests.")
