"""The address of a mail server, as one URL: `smtp://user:password@host:587` or `smtps://host`.

`smtp` insists on STARTTLS wherever the server is not this machine, so that neither password nor names cross a network
in the clear; `smtps` speaks TLS from the first byte (RFC 8314).
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from provisor.model.errors import Reject

PORTS = {"smtp": 587, "smtps": 465}
MAIL = re.compile(r"[^\s@,;<>\"]+@[^\s@,;<>\"]+")
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in. `is_tls` from the first byte; else `wants_starttls` before anything else is said."""

    host: str
    port: int
    is_tls: bool
    wants_starttls: bool
    user: str | None = None
    password: str | None = None


def read_mail_server(url: str) -> MailServer:
    """Raises `Reject` for anything that is no such URL; the message never contains the URL, for it holds a password."""
    parts = urlsplit(url.strip())
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in PORTS or not parts.hostname or port == -1:
        raise Reject(
            "The mail server's address is malformed.",
            remedy="Write PROVISOR_SMTP_URL as smtp://user:password@mail.example.com:587 or smtps://mail.example.com.",
        )
    is_tls = parts.scheme == "smtps"
    return MailServer(
        host=parts.hostname,
        port=port or PORTS[parts.scheme],
        is_tls=is_tls,
        wants_starttls=not is_tls and parts.hostname not in LOOPBACK,
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


def check_mail(address: str) -> None:
    """Raises `Reject` for what can be no address of a person; whether it exists only a message can tell."""
    if not MAIL.fullmatch(address):
        raise Reject(
            f"{address!r} is no mail address.", remedy="Write one address per --notify, such as ada@example.com."
        )
