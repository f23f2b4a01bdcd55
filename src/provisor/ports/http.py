"""Outgoing HTTP, so that every request that leaves passes one guard (DESIGN §5, outgoing)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An answer: `headers` has lower-case names, `body` is bounded in size."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class HttpClient(Protocol):
    """Sends requests. Never follows redirects.

    Raises `Reject` when the address may not be reached (not https off loopback, link-local, metadata) and
    `Transient` when nothing, or nothing whole, came back.
    """

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        timeout_seconds: float | None = None,
    ) -> HttpAnswer:
        """Send one request and read the whole answer."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...
