"""Encryption of secrets at rest with a key that lies outside the database (DESIGN §5)."""

from typing import Protocol


class SecretBox(Protocol):
    """Seals and opens small secrets."""

    def seal(self, plain: str) -> bytes:
        """Encrypt; a different result each time."""
        ...

    def open(self, sealed: bytes) -> str:
        """Decrypt. Raises `Reject` when the key is not the one that sealed it."""
        ...
