"""Who is asking: a bearer token in the Authorization header (RFC 6750), and whether it may speak SCIM."""

from provisor.model.errors import Forbidden
from provisor.ports.tokens import SCIM_ROLE, TokenGrant, TokenStore
from provisor.server.transport.answers import header
from provisor.server.transport.problems import HttpRefusal

REALM = 'Bearer realm="SCIM"'
TOKEN_LENGTH_MAX = 4096


async def authenticate(tokens: TokenStore, authorization: str | None) -> TokenGrant:
    """The grant of the caller. Raises 401 without a valid token and `Forbidden` for a token of another role."""
    if authorization is None:
        raise _refuse("No bearer token was sent.", REALM)
    token = read_bearer(authorization)
    if token is None:
        raise _refuse("The Authorization header holds no bearer token.", f'{REALM}, error="invalid_request"')
    grant = await tokens.find(token)
    if grant is None:
        raise _refuse("The bearer token is unknown, expired or revoked.", f'{REALM}, error="invalid_token"')
    if grant.role != SCIM_ROLE:
        raise Forbidden(
            f"A token with the role {grant.role} does not speak SCIM.", remedy=f"Use one with the role {SCIM_ROLE}."
        )
    return grant


def read_bearer(authorization: str | None) -> str | None:
    """The token in an Authorization header, None where there is none."""
    scheme, _, token = (authorization or "").strip().partition(" ")
    token = token.strip()
    return token if scheme.lower() == "bearer" and 0 < len(token) <= TOKEN_LENGTH_MAX else None


def _refuse(message: str, challenge: str) -> HttpRefusal:
    return HttpRefusal(
        401,
        message,
        remedy="Send the header Authorization: Bearer TOKEN.",
        headers=(header("www-authenticate", challenge),),
    )
