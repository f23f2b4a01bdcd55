"""What of a target's answer may be shown to people: short, on one line, without secrets.

Test Connection shows at most 200 characters, with mail addresses masked as well (DESIGN §5): it can be pointed at
any address, so it must not become a way to read what answers there.
"""

import re
from collections.abc import Iterable

EXCERPT_MAX = 200
DETAIL_MAX = 500
MASK = "•••"

_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{4,}")
_NAMED = re.compile(
    r"""(?i)("?[\w-]{0,40}(?:password|passwd|secret|token|api[_-]?key|authorization|cookie)"?\s*[:=]\s*)"""
    r"""("[^"]*"?|'[^']*'?|[^\s,;&}]+)"""
)
_LONG = re.compile(r"(?<![A-Za-z0-9._~+/=-])(?=[A-Za-z0-9_~+/=.-]*\d)[A-Za-z0-9_~+/=-]{32,}(?:\.[A-Za-z0-9_-]+)*")
_SIGNED = re.compile(r"\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)*")
_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_MAIL = re.compile(r"[^\s@\"'<>:,;()]{1,64}@([^\s@\"'<>:,;()]+)")


def masked(text: str, secrets: Iterable[str] = (), *, limit: int = DETAIL_MAX) -> str:
    """The text on one line, at most `limit` characters, with known secrets and what looks like one masked."""
    text = text[: 20 * limit]  # the rest is never shown
    for secret in secrets:
        if secret:
            text = text.replace(secret, MASK)
    text = "".join(character if character.isprintable() else " " for character in text)
    text = _BEARER.sub(rf"\1 {MASK}", text)
    text = _NAMED.sub(rf"\1{MASK}", text)
    text = _SIGNED.sub(MASK, text)
    text = _LONG.sub(_mask_unless_id, text)
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def excerpt(body: bytes, secrets: Iterable[str] = ()) -> str:
    """The beginning of an answer for Test Connection: at most 200 characters, mail addresses masked too."""
    text = masked(body[: 20 * EXCERPT_MAX].decode(errors="replace"), secrets, limit=10 * EXCERPT_MAX)
    text = _MAIL.sub(rf"{MASK}@\1", text)
    return text if len(text) <= EXCERPT_MAX else text[: EXCERPT_MAX - 1] + "…"


def _mask_unless_id(match: re.Match[str]) -> str:
    """Ids of resources look like secrets and are none."""
    return match[0] if _GUID.fullmatch(match[0].rpartition("/")[2]) else MASK
