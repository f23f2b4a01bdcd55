"""Security event tokens as they travel: signed with a key that both ends know (RFC 8417, RFC 7515, RFC 8935).

The signature is HS256 over the compact form, so a receiver verifies it with any JWT library: `typ` is `secevent+jwt`,
`kid` names the webhook, `aud` is the webhook's address.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

import msgspec

MEDIA_TYPE = "application/secevent+jwt"
VERIFICATION = "https://schemas.openid.net/secevent/ssf/event-type/verification"
"""The event of the Shared Signals Framework that only asks whether events arrive."""

_encode = msgspec.json.Encoder().encode


def sign_claims(claims: Mapping[str, Any], key: str, key_id: str) -> str:
    """The compact form of a token with these claims."""
    header = {"typ": "secevent+jwt", "alg": "HS256", "kid": key_id}
    signed = f"{_text(_encode(header))}.{_text(_encode(claims))}"
    mac = hmac.new(key.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{_text(mac)}"


def verification_claims(*, issuer: str, audience: str, identifier: str, subject: str, issued_at: int) -> dict[str, Any]:
    """The claims of a trial."""
    return {
        "iss": issuer,
        "iat": issued_at,
        "jti": identifier,
        "aud": audience,
        "sub_id": {"format": "opaque", "id": subject},
        "events": {VERIFICATION: {"state": identifier}},
    }


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
