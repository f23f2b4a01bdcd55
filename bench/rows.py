"""What a benchmark says: rows, each a figure of ours beside others that were taken in turn with it.

A benchmark is a module of this folder with a `TITLE` and a generator `measure` of `Row`s, listed in run.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Beside:
    """Somebody else's figure, and ours divided by it: the median over the rounds. `wanted` is the least ratio."""

    name: str
    figure: float
    ratio: float
    wanted: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `most` is the largest and `least` the smallest that is wanted, where that depends on nobody else."""

    work: str
    ours: float
    unit: str = "/s"
    beside: tuple[Beside, ...] = ()
    most: float | None = None
    least: float | None = None
    note: str = ""


def compare(name: str, ours: Sequence[float], theirs: Sequence[float], wanted: float | None = None) -> Beside:
    """Ours beside theirs, both by rounds; where they had fewer rounds, only those count."""
    ratios = [mine / other for mine, other in zip(ours, theirs, strict=False)]
    return Beside(name, median(theirs), median(ratios), wanted)
