"""Admin Credentials of an application: what the engine shows to a target (engine spec §8.1). Never logged, never shown.

They are sealed as one text. A text that is not JSON is a bearer token as it stands.
"""

from dataclasses import dataclass, field

import msgspec


@dataclass(frozen=True, slots=True)
class BearerToken:
    """A long-lived Secret Token (RFC 6750)."""

    token: str = field(repr=False)


class ClientCredentials(msgspec.Struct, frozen=True, tag="client-credentials", tag_field="kind"):
    """OAuth client credentials (RFC 6749 §4.4): a short-lived token is fetched from `token_url`.

    `oauth_scope` and `audience` are sent where they are given. `sends_basic` puts id and secret into the header, as
    RFC 6749 §2.3.1 prefers; else they are in the body.
    """

    token_url: str
    client_id: str
    client_secret: str
    oauth_scope: str = ""
    audience: str = ""
    sends_basic: bool = True

    def __repr__(self) -> str:
        """Without the secret."""
        return f"ClientCredentials({self.token_url!r}, {self.client_id!r})"


Credentials = BearerToken | ClientCredentials | None
"""None: the target asks for none."""


def credentials_text(credentials: BearerToken | ClientCredentials) -> str:
    """The text that is sealed."""
    if isinstance(credentials, BearerToken):
        return credentials.token
    return msgspec.json.encode(credentials).decode()


def read_credentials(text: str) -> Credentials:
    """What `credentials_text` wrote."""
    if not text.startswith("{"):
        return BearerToken(text)
    return msgspec.json.decode(text, type=ClientCredentials)
