"""One person's turn, whatever may go wrong in it: an outcome to be stored, or the end of the cycle.

A fault of the person becomes an escrow and stops nobody else. A target that does not answer is a fault of the person
too, at first; after several in a row it is the target that is down, and the cycle ends instead of failing everybody.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from provisor.engine.brake import Stopped
from provisor.engine.person.evaluating import Evaluation
from provisor.engine.person.finishing import finish_failed
from provisor.engine.run import Run
from provisor.model.errors import JobFailed, ResourceFailed, Transient
from provisor.ports.work import Finished, Marked
from provisor.stages.recording import Journey

OUTAGES_IN_A_ROW_MAX = 5
"""Answers that failed to come, one after the other, until the target counts as down."""


@dataclass(slots=True)
class Turn:
    """One person being worked; `evaluation` is what was decided, once it is. `began` is on the monotonic clock."""

    marked: Marked
    began: float
    evaluation: Evaluation | None = None

    @property
    def journey(self) -> Journey:
        """The way so far, for the log."""
        resource = self.marked.resource
        return self.evaluation.journey if self.evaluation else Journey(resource.id, resource.person)


@dataclass(frozen=True, slots=True)
class Done:
    """What is to be stored of a turn, and the field of `Counts` that it adds to, if any."""

    finished: Finished
    counted: str | None = None


class Attempts:
    """Counts outages over all the people whose turns go through it."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._outages = 0

    async def attempt(self, turn: Turn, work: Callable[[Turn], Awaitable[Done]]) -> Done | None:
        """Do the work of one turn. None when the cycle is to end, and the person is left as they were."""
        brake = self._run.brake
        try:
            await brake.check()
            done = await work(turn)
        except Stopped:
            return None
        except JobFailed as fault:
            brake.pull(fault)
            return None
        except ResourceFailed as fault:
            return self._fail(turn, fault.code, str(fault))
        except Transient as fault:
            self._outages += 1
            if self._outages >= OUTAGES_IN_A_ROW_MAX:
                brake.pull(fault)
                return None
            return self._fail(turn, fault.code or "Timeout", str(fault))
        self._outages = 0
        return done

    def _fail(self, turn: Turn, code: str, message: str) -> Done:
        return Done(finish_failed(self._run, turn.marked, turn.journey, code, message, turn.began), "failed")
