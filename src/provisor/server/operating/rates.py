"""How many requests a token may send (RFC 6585 §4): a rate that it may keep up for long, and a burst above it.

Judged in memory, for each process by itself, by the generic cell rate algorithm: one number per token, the moment up to
which its requests are paid for. A token that sends at its rate is never refused; one that sends faster first uses up
its burst. Without a rate of its own a token has the default, which is no limit unless an operator sets one.
"""

import math
from dataclasses import dataclass, field

from provisor.model.errors import Transient
from provisor.ports.tokens import TokenGrant

BURST_SECONDS = 2.0
"""So many seconds' worth of requests may come at once."""
TOKENS_REMEMBERED_MAX = 10_000


@dataclass(slots=True)
class Rates:
    """Counts the requests of tokens. `default` is a rate in requests per second; zero is no limit."""

    default: int = 0
    _paid_until: dict[str, float] = field(default_factory=dict)

    def take(self, grant: TokenGrant, now: float) -> None:
        """Count one request at a moment (seconds that never go back). Raises `Transient` when it is one too many."""
        rate = self.default if grant.rate is None else grant.rate
        if not rate:
            return
        paid_until = max(now, self._paid_until.get(grant.id, now)) + 1 / rate
        wait = paid_until - now - max(BURST_SECONDS, 1 / rate)
        if wait > 0:
            raise Transient(
                f"This token may send {rate} requests a second, and sends more.",
                remedy="Wait as long as Retry-After says.",
                retry_after_seconds=math.ceil(wait),
            )
        if len(self._paid_until) >= TOKENS_REMEMBERED_MAX and grant.id not in self._paid_until:
            self._forget(now)
        self._paid_until[grant.id] = paid_until

    def _forget(self, now: float) -> None:
        """Drop tokens that have nothing used up: they are like new ones. If all are busy, start anew."""
        self._paid_until = {token: until for token, until in self._paid_until.items() if until > now}
        if len(self._paid_until) >= TOKENS_REMEMBERED_MAX:
            self._paid_until = {}
