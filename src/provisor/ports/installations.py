"""Installations: the service desk accounts that a SCIM token speaks for, each with its API key sealed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Installation:
    """One account. `domain` is its host, or a loopback address of an emulator; the key is kept apart.

    `settings` holds the bridge's settings for this account, as plain values.
    """

    id: str
    domain: str
    created: datetime
    owner: str = ""
    """Whose key it is, for messages: the name and address of an agent."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    key_changed: datetime | None = None
    revoked_at: datetime | None = None

    @property
    def is_active(self) -> bool:
        """Whether its token still opens it."""
        return self.revoked_at is None


class InstallationStore(Protocol):
    """Keeps installations and their sealed keys."""

    async def add(self, installation: Installation, sealed_key: bytes) -> None:
        """Store a new one. Raises `Conflict` when the domain has an active installation."""
        ...

    async def get(self, installation_id: str) -> Installation | None:
        """One installation, revoked ones included."""
        ...

    async def list(self) -> Sequence[Installation]:
        """All of them, oldest first, revoked ones included."""
        ...

    async def sealed_key(self, installation_id: str) -> bytes | None:
        """The sealed API key; None when there is none, because it was revoked or never existed."""
        ...

    async def update(self, installation: Installation, sealed_key: bytes | None = None) -> None:
        """Store changed fields, and a new key where one is given. A revoked installation loses its key."""
        ...
