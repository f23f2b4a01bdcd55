"""Faults to inject, read from a JSON file, so that a client can be tried against bad days.

    {"seed": 7, "error_share": 0.02, "lost_answer_share": 0.01, "slow_share": 0.1, "slow_seconds": 2,
     "revoke_after_calls": 500}

Shares are between 0 and 1. A *lost answer* is the nasty kind: the call is carried out, then answered with 500.
"""

import random
from dataclasses import dataclass

import msgspec

from provisor.model.errors import Reject


class Faults(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What goes wrong, and how often; the default is nothing."""

    seed: int = 0
    error_share: float = 0.0
    lost_answer_share: float = 0.0
    slow_share: float = 0.0
    slow_seconds: float = 0.0
    revoke_after_calls: int | None = None


@dataclass(frozen=True, slots=True)
class Mishap:
    """What happens to one call."""

    fails_before: bool = False
    fails_after: bool = False
    delay_seconds: float = 0.0
    key_is_revoked: bool = False


def read_faults(text: bytes | str) -> Faults:
    """The faults of a file's content. Raises `Reject` with what is wrong with it."""
    try:
        faults = msgspec.json.decode(text, type=Faults)
    except msgspec.MsgspecError as error:
        raise Reject(
            f"The faults file cannot be used: {error}.", remedy="Its members are those of the emulator's documentation."
        ) from error
    for name in ("error_share", "lost_answer_share", "slow_share"):
        if not 0 <= getattr(faults, name) <= 1:
            raise Reject(f"The faults file cannot be used: {name} has to be between 0 and 1.")
    if faults.slow_seconds < 0 or (faults.revoke_after_calls or 0) < 0:
        raise Reject("The faults file cannot be used: seconds and counts cannot be negative.")
    return faults


class Mishaps:
    """Draws what happens to each call; the same seed gives the same bad day."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._random = random.Random(faults.seed)  # noqa: S311 - repeatable on purpose
        self._calls = 0

    def draw(self) -> Mishap:
        """What happens to the next call."""
        faults = self._faults
        self._calls += 1
        draws = [self._random.random() for _ in range(3)]
        return Mishap(
            fails_before=draws[0] < faults.error_share,
            fails_after=draws[1] < faults.lost_answer_share,
            delay_seconds=faults.slow_seconds if draws[2] < faults.slow_share else 0.0,
            key_is_revoked=faults.revoke_after_calls is not None and self._calls > faults.revoke_after_calls,
        )
