"""Notices by webhook: one JSON document, posted through the guarded client and signed where there is a secret.

The signature is the hex HMAC-SHA256 of the time stamp, a dot, and the body, so that neither can be changed and an old
message cannot be sent again as a new one.
"""

import hashlib
import hmac

import msgspec

from provisor.model.errors import Reject, Transient
from provisor.model.notice import Notice
from provisor.ports.http import HttpClient
from provisor.ports.notices import Recipients

TIMEOUT_SECONDS = 15.0
TIMESTAMP_HEADER = "X-Provisor-Timestamp"
SIGNATURE_HEADER = "X-Provisor-Signature"


class WebhookCourier:
    """Posts a notice to the application's webhook."""

    def __init__(self, http: HttpClient, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._http = http
        self._timeout_seconds = timeout_seconds

    async def deliver(self, notice: Notice, to: Recipients) -> None:
        """See the port."""
        if not to.webhook_url:
            return
        body = write_body(notice)
        stamp = f"{int(notice.at.timestamp())}"
        headers = {"Content-Type": "application/json", TIMESTAMP_HEADER: stamp}
        if to.webhook_secret:
            headers[SIGNATURE_HEADER] = sign(to.webhook_secret, stamp, body)
        answer = await self._http.request(
            "POST", to.webhook_url, headers=headers, body=body, timeout_seconds=self._timeout_seconds
        )
        if 200 <= answer.status < 300:
            return
        sentence = f"The webhook of {notice.app_name} answered {answer.status}."
        if answer.status in {408, 425, 429} or answer.status >= 500:
            raise Transient(sentence, remedy="It is tried again by itself.")
        raise Reject(sentence, remedy="Check its address and whether it accepts a POST with JSON.")


def write_body(notice: Notice) -> bytes:
    """The document that is posted."""
    return msgspec.json.encode(
        {
            "kind": notice.kind.value,
            "application": {"id": notice.app_id, "name": notice.app_name},
            "at": notice.at.isoformat(),
            "subject": notice.subject,
            "text": "\n".join(notice.lines),
        }
    )


def sign(secret: str, stamp: str, body: bytes) -> str:
    """`sha256=` and the hex digest."""
    return "sha256=" + hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
