"""Webhooks as an administrator makes them: the address checked, the key made and sealed, a trial sent."""

import secrets
from dataclasses import dataclass

from provisor.bootstrap.home import Home, new_id
from provisor.connectors.http.guard import check_url
from provisor.model.errors import Reject
from provisor.ports.webhooks import Payload, Webhook
from provisor.server.operating.delivering import Attempt, send_trial

KEY_BYTES = 32
ISSUER = "provisor"
"""Of a trial, which comes from the command line and from no endpoint."""
KEY_LENGTH_MIN = 32
"""Characters of a key that an operator chooses: HS256 wants 256 bits (RFC 7518 §3.2)."""


@dataclass(frozen=True, slots=True)
class NewWebhook:
    """What an administrator takes to the receiver; the key cannot be shown again."""

    webhook: Webhook
    key: str


async def add_webhook(
    home: Home,
    url: str,
    *,
    tenant: str | None,
    payload: Payload,
    key: str | None = None,
    authorization: str | None = None,
) -> NewWebhook:
    """Store a webhook. Raises `Reject` for an address that may not be reached, `Conflict` when it is there already."""
    check_url(url, home.address_rules)
    key = _checked(key) if key is not None else secrets.token_urlsafe(KEY_BYTES)
    box = home.secret_box
    webhook = Webhook(
        id=new_id(),
        url=url,
        tenant=tenant,
        created=home.clock.now(),
        sealed_key=box.seal(key),
        sealed_authorization=box.seal(authorization) if authorization is not None else None,
        payload=payload,
    )
    await home.webhooks.add(webhook)
    return NewWebhook(webhook, key)


async def rotate_key(home: Home, webhook_id: str, key: str | None = None) -> str:
    """Another key, with which everything is signed from now on. Raises `NotFound`."""
    key = _checked(key) if key is not None else secrets.token_urlsafe(KEY_BYTES)
    await home.webhooks.change_key(webhook_id, home.secret_box.seal(key))
    return key


async def try_webhook(home: Home, webhook_id: str) -> Attempt:
    """Send an event that says nothing. Raises `NotFound`."""
    webhook = await home.webhooks.get(webhook_id)
    return await send_trial(home.webhook_http, home.secret_box, home.clock, webhook, ISSUER)


def _checked(key: str) -> str:
    if len(key) < KEY_LENGTH_MIN:
        raise Reject(f"A key has at least {KEY_LENGTH_MIN} characters.", remedy="Leave it out, and one is made.")
    return key
