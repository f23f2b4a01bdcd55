"""Conditional requests and preferences: `If-Match`, `If-None-Match` (RFC 7644 §3.14) and `Prefer` (RFC 7240)."""

import re
from collections.abc import Sequence

_TAG = re.compile(r'\*|(?:W/)?"[^"]*"|[^\s,"]+')


def read_tags(value: str | None) -> Sequence[str] | None:
    """The versions in a header, None without one. Unquoted versions, which some clients send, are quoted."""
    if value is None or not value.strip():
        return None
    return [tag if tag == "*" or tag.endswith('"') else f'"{tag}"' for tag in _TAG.findall(value)]


def is_named(version: str, tags: Sequence[str]) -> bool:
    """Whether a version is among the tags, compared weakly: SCIM's versions are weak (RFC 7644 §3.14)."""
    current = version.removeprefix("W/")
    return any(tag == "*" or tag.removeprefix("W/") == current for tag in tags)


def prefers(prefer: str | None) -> str:
    """`minimal`, `representation`, or empty where the client has no preference."""
    for part in (prefer or "").split(","):
        name, _, value = part.partition(";")[0].partition("=")
        choice = value.strip(' "').lower()
        if name.strip().lower() == "return" and choice in {"minimal", "representation"}:
            return choice
    return ""
