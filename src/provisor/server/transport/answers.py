"""What the SCIM endpoint answers: a status, a JSON body as bytes, and headers. Says nothing about when."""

from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec

MEDIA_TYPE = b"application/scim+json"
"""The content type of every body, errors included (RFC 7644 §3.1; clients ignore anything else)."""

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Header = tuple[bytes, bytes]

encode_json = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Pieces:
    """A JSON value that is too large to be held at once: how it begins, and the pieces that follow."""

    start: bytes
    rest: AsyncIterator[bytes]


Shape = bytes | Pieces
"""A JSON value as it is sent, at once or in pieces."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer. Header names are lower case; `note` says for the log what was found or decided.

    `rest` follows the body in pieces, each read only when the one before is sent.
    """

    status: int
    body: bytes = b""
    headers: tuple[Header, ...] = ()
    note: str = ""
    rest: AsyncIterator[bytes] | None = None

    def with_headers(self, *headers: Header) -> "Answer":
        """The same with further headers."""
        return replace(self, headers=(*self.headers, *headers))


def json_answer(value: Any, status: int = 200, *headers: Header, note: str = "") -> Answer:
    """An answer with a JSON body."""
    return Answer(status, encode_json(value), headers, note)


def shaped_answer(shape: Shape, status: int = 200, *headers: Header, note: str = "") -> Answer:
    """An answer with a JSON body that is written already."""
    if isinstance(shape, bytes):
        return Answer(status, shape, headers, note)
    return Answer(status, shape.start, headers, note, shape.rest)


def header(name: str, value: str) -> Header:
    """A header as bytes; characters that have no place in a header become question marks."""
    safe = value.replace("\r", "?").replace("\n", "?")
    return name.encode("ascii"), safe.encode("latin-1", "replace")


async def send_answer(answer: Answer, send: Send, *, without_body: bool = False) -> None:
    """Write an answer to the client. An answer to HEAD has the headers of its GET, and no body.

    What comes in pieces has no announced length. A fault among them ends the connection, so that nobody takes the
    beginning for the whole.
    """
    headers = [*answer.headers]
    if answer.body:
        headers.append((b"content-type", MEDIA_TYPE))
    if answer.status not in {204, 304} and answer.rest is None:
        headers.append((b"content-length", b"%d" % len(answer.body)))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if answer.rest is None or without_body:
        await send({"type": "http.response.body", "body": b"" if without_body else answer.body})
        return
    await send({"type": "http.response.body", "body": answer.body, "more_body": True})
    async for piece in answer.rest:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
