"""Rate limits of one account: calls in a minute in all, and tighter ones for the two lists of people.

Every call counts, valid or not, whoever sent it; a call that is turned away for the rate does not. Whether the
vendor's minute is fixed or sliding is not documented: a knob.
"""

import math
from collections import deque
from dataclasses import dataclass
from typing import Final

from provisor.freshservice.emulator.knobs import PLAN_LIMITS, WINDOW_SECONDS, Knobs

ACCOUNT: Final = "account"
LIST_REQUESTERS: Final = "list requesters"
LIST_AGENTS: Final = "list agents"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a call may go, and the headers that its answer carries either way."""

    may_go: bool
    headers: dict[str, str]


class _Window:
    """The credits used in the current minute of one limit."""

    def __init__(self, limit: int, *, is_sliding: bool) -> None:
        self.limit = limit
        self._is_sliding = is_sliding
        self._used: deque[tuple[float, int]] = deque()
        self._total = 0

    def remaining(self, now: float) -> int:
        """Credits left, once what has left the window is forgotten."""
        start = now - WINDOW_SECONDS if self._is_sliding else math.floor(now / WINDOW_SECONDS) * WINDOW_SECONDS
        while self._used and (self._used[0][0] <= start if self._is_sliding else self._used[0][0] < start):
            self._total -= self._used.popleft()[1]
        return self.limit - self._total

    def use(self, now: float, credit: int) -> None:
        """Count a call."""
        self._used.append((now, credit))
        self._total += credit

    def opens_in(self, now: float) -> int:
        """Whole seconds until there is room again."""
        if self._is_sliding and self._used:
            return max(1, math.ceil(self._used[0][0] + WINDOW_SECONDS - now))
        return max(1, math.ceil(WINDOW_SECONDS - now % WINDOW_SECONDS))


class RateLimits:
    """The limits of a plan. `now` is in seconds on a clock that does not go back."""

    def __init__(self, knobs: Knobs) -> None:
        self._knobs = knobs
        limits = PLAN_LIMITS[knobs.plan]
        is_sliding = knobs.rate_window == "sliding"
        self._windows: dict[str, _Window] = {}
        if limits is not None:
            self._windows[ACCOUNT] = _Window(limits.total, is_sliding=is_sliding)
            for name in (LIST_REQUESTERS, LIST_AGENTS):
                self._windows[name] = _Window(limits.listing, is_sliding=is_sliding)

    def admit(self, now: float, listing: str | None, credit: int) -> Verdict:
        """Count one call, `listing` naming the tighter limit that it falls under, if any."""
        if not self._windows:
            return Verdict(may_go=True, headers={})
        names = [ACCOUNT] if listing is None else [ACCOUNT, listing]
        windows = [self._windows[name] for name in names]
        full = [window for window in windows if window.remaining(now) < credit]
        if full:
            shown = full[-1] if self._knobs.listing_headers == "listing" else windows[0]
            wait = max(window.opens_in(now) for window in full)
            return Verdict(may_go=False, headers=_headers(shown, 0) | {"Retry-After": str(wait)})
        for window in windows:
            window.use(now, credit)
        shown = windows[-1] if self._knobs.listing_headers == "listing" else windows[0]
        used = {"X-Ratelimit-Used-CurrentRequest": str(credit)}
        return Verdict(may_go=True, headers=_headers(shown, max(0, shown.remaining(now))) | used)


def _headers(window: _Window, remaining: int) -> dict[str, str]:
    return {"X-Ratelimit-Total": str(window.limit), "X-Ratelimit-Remaining": str(remaining)}
