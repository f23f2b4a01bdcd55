"""One request and its answer, as sent and received, and as it may be shown: bounded, without secrets.

A report lands in terminals and in the logs of build servers. So tokens and passwords are masked, and of resources that
the check did not make, other people's data, only the form is shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import msgspec

from provisor.connectors.scim.masking import MASK, masked

SHOWN_CHARACTERS_MAX = 4_000
SHOWN_LINES_MAX = 60
SHOWN_ELEMENTS_MAX = 5
TEXT_CHARACTERS_MAX = 300
SECRET_KEYS = frozenset({"password", "token", "secret", "authorization"})
OPEN_KEYS = frozenset({"schemas", "id", "meta", "location", "resourceType", "$ref", "type", "primary", "active"})
"""Members that say nothing about a person."""
SHOWN_HEADERS = ("content-type", "location", "etag", "www-authenticate", "allow", "retry-after", "preference-applied")


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer. Header names of the answer are lower case; `content` is the decoded JSON, if any."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None
    status: int
    answer_headers: Mapping[str, str]
    answer_body: bytes
    content: Any = None
    is_json: bool = False
    seconds: float = 0.0

    def header(self, name: str) -> str:
        """A header of the answer; empty when it is missing."""
        return self.answer_headers.get(name.lower(), "")

    @property
    def media_type(self) -> str:
        """The answer's media type without parameters, in lower case."""
        return self.header("content-type").partition(";")[0].strip().lower()

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    @property
    def resource(self) -> dict[str, Any]:
        """The JSON object in the answer; empty when there is none."""
        return self.content if isinstance(self.content, dict) else {}

    @property
    def resources(self) -> list[dict[str, Any]]:
        """The resources of a list; empty when the answer is none."""
        listed = self.resource.get("Resources")
        return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []


@dataclass(frozen=True, slots=True)
class Shown:
    """An exchange as it may be shown to people."""

    request: str
    """Method and URL."""
    request_headers: Mapping[str, str]
    request_body: str
    status: str
    """Number and name."""
    answer_headers: Mapping[str, str]
    answer_body: str


@dataclass(frozen=True, slots=True)
class Discretion:
    """What must not be shown, and whose resources may be: those whose names begin with `prefix`."""

    secrets: tuple[str, ...] = ()
    prefix: str = ""
    own_ids: frozenset[str] = field(default_factory=frozenset)

    def show(self, exchange: Exchange) -> Shown:
        """The exchange as it may be shown."""
        sent = _decode(exchange.body or b"")
        headers = {
            name: (MASK if name.lower() == "authorization" and value.partition(" ")[2] else value)
            for name, value in exchange.headers.items()
        }
        return Shown(
            f"{exchange.method} {self._hide(exchange.url)}",
            {name: self._hide(value) for name, value in headers.items()},
            self._bound(self._text(sent, exchange.body or b"", is_ours=True)),
            describe_status(exchange.status),
            {name: self._hide(exchange.header(name)) for name in SHOWN_HEADERS if exchange.header(name)},
            self._bound(self._text(exchange.content, exchange.answer_body, is_ours=False)),
        )

    def _text(self, content: Any, body: bytes, *, is_ours: bool) -> str:
        if not body:
            return ""
        if content is None:
            return masked(body[:SHOWN_CHARACTERS_MAX].decode(errors="replace"), self.secrets)
        shown = self._clean(content, is_open=is_ours or not self._is_foreign(content))
        return msgspec.json.format(msgspec.json.encode(shown), indent=2).decode()

    def _is_foreign(self, content: Any) -> bool:
        """Whether this is a resource that we did not make."""
        if not isinstance(content, dict) or "id" not in content or "attributes" in content or "endpoint" in content:
            return False
        names = [str(content.get(key, "")) for key in ("userName", "externalId", "displayName")]
        return content["id"] not in self.own_ids and not any(name.startswith(self.prefix) for name in names)

    def _clean(self, value: Any, *, is_open: bool, key: str = "") -> Any:
        if isinstance(value, dict):
            is_open = is_open and not self._is_foreign(value)
            return {
                str(name): MASK
                if str(name).lower() in SECRET_KEYS and isinstance(each, str) and each
                else self._clean(each, is_open=is_open or name in OPEN_KEYS, key=str(name))
                for name, each in value.items()
            }
        if isinstance(value, list):
            shown = [self._clean(each, is_open=is_open, key=key) for each in value[:SHOWN_ELEMENTS_MAX]]
            more = len(value) - SHOWN_ELEMENTS_MAX
            return [*shown, f"… and {more} more"] if more > 0 else shown
        if isinstance(value, str):
            if not is_open and value:
                return MASK
            text = self._hide(value)
            return text if len(text) <= TEXT_CHARACTERS_MAX else text[:TEXT_CHARACTERS_MAX] + "…"
        return value if is_open or value is None or isinstance(value, bool) else MASK

    def _hide(self, text: str) -> str:
        for secret in self.secrets:
            if secret:
                text = text.replace(secret, MASK)
        return text

    @staticmethod
    def _bound(text: str) -> str:
        lines = text[:SHOWN_CHARACTERS_MAX].splitlines()
        is_cut = len(text) > SHOWN_CHARACTERS_MAX or len(lines) > SHOWN_LINES_MAX
        return "\n".join(lines[:SHOWN_LINES_MAX]) + ("\n…" if is_cut else "")


def describe_status(status: int) -> str:
    """A status with its name, such as `404 Not Found`."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _decode(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body) if body else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
