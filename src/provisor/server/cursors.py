"""Cursors of RFC 9865: a position in a list, sealed so that nobody can forge, change or borrow one.

A cursor carries the backend's position, the time, and a signature over these, the tenant, the token and the query.
Nothing is kept here between two pages. The key must be the same in every process that answers for one address.
"""

import base64
import binascii
import hashlib
import hmac
from typing import NoReturn

from provisor.model.errors import Reject
from provisor.ports.clock import Clock
from provisor.ports.tokens import TokenGrant
from provisor.scim.messages import SearchRequest

CURSOR_TIMEOUT_SECONDS = 3600
CURSOR_CHARACTERS_MAX = 8192
_MAC_BYTES = 32


class Cursors:
    """Seals and opens cursors."""

    def __init__(self, key: bytes, clock: Clock) -> None:
        self._key = key
        self._clock = clock

    def seal(self, grant: TokenGrant, kind: str, wanted: SearchRequest, position: str) -> str:
        """The cursor that the client is given, of unreserved characters (RFC 3986). Raises `Reject` (`tooMany`)."""
        payload = f"{int(self._clock.now().timestamp())}|{wanted.count}|{position}".encode()
        mac = self._sign(payload, grant, kind, wanted)
        cursor = base64.urlsafe_b64encode(mac + payload).decode().rstrip("=")
        if len(cursor) > CURSOR_CHARACTERS_MAX:  # it holds the value by which is sorted
            raise Reject(
                f"'{wanted.sort_by}' has values that are too long to go on behind.",
                remedy="Sort by another attribute, or page by startIndex.",
                code="tooMany",
            )
        return cursor

    def open(self, grant: TokenGrant, kind: str, wanted: SearchRequest) -> str | None:
        """The backend's position: None when pages go by index, empty for the first page. Raises `Reject`."""
        if not wanted.cursor:
            return wanted.cursor
        if len(wanted.cursor) > CURSOR_CHARACTERS_MAX:
            _refuse()
        try:
            data = base64.b64decode(wanted.cursor + "=" * (-len(wanted.cursor) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            _refuse()
        mac, payload = data[:_MAC_BYTES], data[_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._sign(payload, grant, kind, wanted)):
            _refuse()
        issued, count, position = payload.decode().split("|", 2)
        if int(count) != wanted.count:
            raise Reject(f"This list is read with count {count} to its end.", code="invalidCount")
        if self._clock.now().timestamp() - int(issued) > CURSOR_TIMEOUT_SECONDS:
            raise Reject("The cursor is too old.", remedy="Start again with an empty cursor.", code="expiredCursor")
        return position

    def _sign(self, payload: bytes, grant: TokenGrant, kind: str, wanted: SearchRequest) -> bytes:
        query = (wanted.filter, wanted.sort_by, wanted.descending, wanted.attributes, wanted.excluded)
        context = repr((grant.tenant, grant.id, kind, query)).encode("utf-8", "backslashreplace")
        digest = hashlib.sha256(context).digest()
        return hmac.new(self._key, digest + payload, hashlib.sha256).digest()


def _refuse() -> NoReturn:
    """One sentence for every reason: it must not tell whether a cursor exists for somebody else."""
    raise Reject(
        "The cursor is not one of this list.", remedy="Start again with an empty cursor.", code="invalidCursor"
    )
