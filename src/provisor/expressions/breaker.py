"""Stops what keeps timing out: after so many time-outs in a cycle a mapping or clause is not evaluated any more.

One hostile pattern may cost its time limit a few times, and not once for each of 100,000 people. Whoever needs what was
stopped is escrowed; the next cycle begins with a new breaker.
"""

from collections import Counter

from provisor.expressions.choices import TIMEOUTS_PER_CYCLE_MAX
from provisor.expressions.faults import CODE_REGEX_STOPPED, CODE_REGEX_TIMEOUT, EvaluationFault
from provisor.model.errors import ResourceFailed


class Breaker:
    """The time-outs of one cycle, by the name of the mapping or clause; `timeouts_max` 0 stops nothing."""

    def __init__(self, timeouts_max: int = TIMEOUTS_PER_CYCLE_MAX) -> None:
        self._timeouts_max = timeouts_max
        self._timeouts: Counter[str] = Counter()
        self._stopped: set[str] = set()

    def check(self, name: str) -> None:
        """Raise `EvaluationFault` with code `RegexStopped` for what was stopped in this cycle."""
        if name in self._stopped:
            raise EvaluationFault(
                f"It was stopped for the rest of this cycle: its regular expression timed out "
                f"{self._timeouts_max} times.",
                code=CODE_REGEX_STOPPED,
                remedy="Simplify the pattern: avoid repetitions inside repetitions, such as `(a+)+`.",
            )

    def note(self, name: str, fault: ResourceFailed) -> None:
        """Count a failure, if it is a time-out."""
        if fault.code != CODE_REGEX_TIMEOUT or not self._timeouts_max:
            return
        self._timeouts[name] += 1
        if self._timeouts[name] >= self._timeouts_max:
            self._stopped.add(name)


NO_BREAKER = Breaker(timeouts_max=0)
"""Counts and stops nothing, for evaluations outside of a cycle."""
