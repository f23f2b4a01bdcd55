"""What the check has made at the server, so that it touches nothing else and takes everything away again.

Every name that it gives begins with one random prefix. A write is let through only to a resource that was made here, or
to an id that was invented here and that nobody has.
"""

import re
import secrets
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from provisor.connectors.scim.check.announced import GROUPS, USERS
from provisor.connectors.scim.check.exchange import Exchange

PREFIX = "provisor-check"
RUN_BYTES = 4
ENDPOINTS = (USERS, GROUPS)
_ITEM = re.compile(r"^/(Users|Groups)/([^/?]+)/?$")


class NotOurs(AssertionError):
    """A check tried to write to something that it did not make: a fault of the check, stopped before it was sent."""


class Belongings:
    """The resources of one run. `prefix` begins all their names."""

    def __init__(self, run: str | None = None) -> None:
        self.prefix = f"{PREFIX}-{run or secrets.token_hex(RUN_BYTES)}"
        self._made: dict[str, None] = {}
        self._ids: set[str] = set()
        self._invented: set[str] = set()
        self._counter = 0
        self.made_count = 0

    def new_name(self, who: str) -> str:
        """A name that nobody has, for somebody of the cast."""
        self._counter += 1
        return f"{self.prefix}-{self._counter}-{who}"

    def cast_name(self, who: str) -> str:
        """The name of somebody whom all checks share; all of these begin alike."""
        return f"{self.cast_prefix}{who}"

    @property
    def cast_prefix(self) -> str:
        """What the names of the shared cast begin with."""
        return f"{self.prefix}-cast-"

    def invent_id(self) -> str:
        """An id that no resource has."""
        number = secrets.token_hex(16)
        invented = f"{number[:8]}-{number[8:12]}-4{number[13:16]}-8{number[17:20]}-{number[20:]}"
        self._invented.add(invented)
        return invented

    def check(self, method: str, path: str, body: Any) -> None:
        """Raise `NotOurs` for a write to something that is not ours."""
        if path == "/Bulk" and isinstance(body, Mapping):
            for each in body.get("Operations") or ():
                if isinstance(each, Mapping):
                    self._check_item(str(each.get("method", "")).upper(), str(each.get("path", "")))
        else:
            self._check_item(method, path)

    def _check_item(self, method: str, path: str) -> None:
        found = _ITEM.match(path)
        if method not in {"PUT", "PATCH", "DELETE"} or found is None:
            return
        identifier = unquote(found[2])
        is_known = path.rstrip("/") in self._made or identifier in self._ids or identifier in self._invented
        if not is_known and not identifier.startswith("bulkId:"):
            raise NotOurs(f"{method} {path} would change a resource that the check did not make.")

    def note(self, method: str, path: str, exchange: Exchange) -> list[str]:
        """Note what a request made; returns the paths of new resources."""
        if not exchange.is_success or method not in {"POST", "PUT"} or path.endswith("/.search"):
            return []
        if path == "/Bulk":
            return [new for each in _operations(exchange.resource) if (new := self._note_location(each))]
        endpoint = next((each for each in ENDPOINTS if path.rstrip("/") == each), None)
        if endpoint is None:
            return []
        identifier = exchange.resource.get("id")
        if isinstance(identifier, str) and identifier:
            return self._add(endpoint, identifier)
        made = self._note_location(exchange.header("location"))
        return [made] if made else []

    def _note_location(self, location: str) -> str:
        for endpoint in ENDPOINTS:
            _, found, rest = urlsplit(location).path.rpartition(f"{endpoint}/")
            if found and rest and "/" not in rest:
                return next(iter(self._add(endpoint, unquote(rest))), "")
        return ""

    def _add(self, endpoint: str, identifier: str) -> list[str]:
        path = path_of(endpoint, identifier)
        if path in self._made:
            return []
        self._made[path] = None
        self._ids.add(identifier)
        self.made_count += 1
        return [path]

    def adopt(self, endpoint: str, resource: Mapping[str, Any]) -> str:
        """Note a resource that was found at the server, if its name says that it is ours; returns its path."""
        names = [str(resource.get(key, "")) for key in ("userName", "externalId", "displayName")]
        identifier = resource.get("id")
        if not isinstance(identifier, str) or not any(name.lower().startswith(self.prefix) for name in names):
            return ""
        self._add(endpoint, identifier)
        return path_of(endpoint, identifier)

    def forget(self, path: str) -> None:
        """It is gone."""
        self._made.pop(path, None)

    @property
    def ids(self) -> frozenset[str]:
        """Ids of everything made in this run."""
        return frozenset(self._ids)

    def remaining(self) -> Iterator[str]:
        """Paths of what is still there, groups first, for they refer to users."""
        yield from sorted(self._made, key=lambda path: path.startswith(USERS))


def path_of(endpoint: str, identifier: str) -> str:
    """The path of a resource; the id is one segment, whatever characters it has."""
    return f"{endpoint}/{quote(identifier, safe='')}"


def _operations(content: Mapping[str, Any]) -> Iterator[str]:
    """Locations of what a bulk request created."""
    listed = content.get("Operations")
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, Mapping) and each.get("method") == "POST" and str(each.get("status", "")).startswith("2"):
            yield str(each.get("location", ""))
