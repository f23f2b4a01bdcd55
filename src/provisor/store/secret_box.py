"""Secrets at rest: AES-256-GCM with a key that lies outside the database (DESIGN §5, ports/secrets.py).

An envelope is one version byte, four bytes that tell which key sealed it, twelve random bytes, and the ciphertext
with its tag. Version and key id are authenticated too. Where the key comes from is `secret_key.py`'s business.
"""

import hashlib
import secrets
from collections.abc import Iterable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from provisor.model.errors import Reject

KEY_BYTES = 32
VERSION = b"\x01"
KEY_ID_BYTES = 4
NONCE_BYTES = 12
TAG_BYTES = 16
HEAD_BYTES = len(VERSION) + KEY_ID_BYTES


class AesSecretBox:
    """Seals with `key`, and opens what `key` or one of the `former` keys sealed."""

    def __init__(self, key: bytes, former: Iterable[bytes] = ()) -> None:
        self._keys = {_key_id(one): AESGCM(one) for one in (*former, key)}
        self._head = VERSION + _key_id(key)
        self._sealer = self._keys[_key_id(key)]

    def __repr__(self) -> str:
        """Nothing about the key."""
        return "AesSecretBox(…)"

    def seal(self, plain: str) -> bytes:
        """Encrypt; a different result each time."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return self._head + nonce + self._sealer.encrypt(nonce, plain.encode(), self._head)

    def open(self, sealed: bytes) -> str:
        """Decrypt. Raises `Reject` when the key is not the one that sealed it, or the envelope was changed."""
        if sealed[:1] != VERSION or len(sealed) < HEAD_BYTES + NONCE_BYTES + TAG_BYTES:
            raise Reject(
                "A stored secret is not in a form that this version knows.",
                remedy="Was the database written by a newer version, or damaged? Store the secret again.",
            )
        head = sealed[:HEAD_BYTES]
        opener = self._keys.get(head[len(VERSION) :])
        if opener is None:
            raise Reject(
                "A stored secret was sealed with another key than the one in use.",
                remedy="Name the key file that belongs to this database (PROVISOR_KEY_FILE),"
                " or store the secrets again.",
            )
        try:
            return opener.decrypt(sealed[HEAD_BYTES:][:NONCE_BYTES], sealed[HEAD_BYTES + NONCE_BYTES :], head).decode()
        except InvalidTag:
            raise Reject(
                "A stored secret was changed after it was sealed, and is not used.",
                remedy="Restore the database from a backup, or store the secret again.",
            ) from None

    def is_current(self, sealed: bytes) -> bool:
        """Whether the key in use sealed it, so that rotation need not touch it."""
        return sealed[:HEAD_BYTES] == self._head

    def rotate(self, sealed: bytes) -> bytes:
        """The same secret under the key in use; unchanged when it is already. Raises `Reject` as `open` does."""
        return sealed if self.is_current(sealed) else self.seal(self.open(sealed))


def _key_id(key: bytes) -> bytes:
    """Which key, without saying anything about it."""
    if len(key) != KEY_BYTES:
        raise Reject(
            f"An encryption key has {KEY_BYTES} bytes, this one has {len(key)}.",
            remedy="Name the key file that was made for this database.",
        )
    return hashlib.sha256(b"provisor key id\0" + key).digest()[:KEY_ID_BYTES]
