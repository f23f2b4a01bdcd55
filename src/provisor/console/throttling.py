"""Slowing down whoever tries sign-in links that do not work: a count of failures per address, in memory.

Links have 256 random bits, so guessing is hopeless anyway; this keeps a stranger from keeping the database busy. Each
process counts for itself, and forgets when it restarts.
"""

from collections import OrderedDict
from dataclasses import dataclass

from provisor.ports.clock import Clock

FAILURES_MAX = 10
"""So many failed attempts from one address are answered; the next is refused."""
WINDOW_SECONDS = 300.0
ADDRESSES_MAX = 10_000
"""Addresses remembered; beyond that the oldest is forgotten."""


@dataclass(slots=True)
class _Failures:
    began: float
    count: int


class FailureCount:
    """Failed attempts of late, per address."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._addresses: OrderedDict[str, _Failures] = OrderedDict()

    def seconds_to_wait(self, address: str) -> float:
        """0 when an attempt is allowed, else after how many seconds one will be."""
        failures = self._addresses.get(address)
        if failures is None:
            return 0.0
        left = failures.began + WINDOW_SECONDS - self._clock.monotonic()
        if left <= 0:
            del self._addresses[address]
            return 0.0
        return left if failures.count >= FAILURES_MAX else 0.0

    def note(self, address: str) -> None:
        """One more attempt has failed."""
        if self.seconds_to_wait(address) > 0:
            return
        failures = self._addresses.setdefault(address, _Failures(self._clock.monotonic(), 0))
        failures.count += 1
        while len(self._addresses) > ADDRESSES_MAX:
            self._addresses.popitem(last=False)
