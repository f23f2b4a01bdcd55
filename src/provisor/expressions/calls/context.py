"""What an evaluation may look at: the source object, the time, randomness, and who has which value already."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Context:
    """The world of one evaluation; the same context gives the same result.

    `source` holds the attributes of the source object, a missing one is null. `now` is aware. `random(n)` gives an
    integer from 0 to n - 1. `is_taken` says whether a value exists in the target; without it, every value is free.
    """

    source: Mapping[str, Any]
    now: datetime
    random: Callable[[int], int]
    new_guid: Callable[[], str]
    is_taken: Callable[[str], bool] | None = None
    default_domain: str = ""


Evaluate = Callable[[Context], Any]
"""A compiled expression, or a part of one."""
