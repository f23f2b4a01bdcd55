"""One person's turn, whatever may go wrong in it: an outcome that is stored, or the end of the cycle.

A fault of the person becomes an escrow and stops nobody else. Whether a missing answer is a fault of the person or of
the target shows only afterwards: when somebody else is answered, it was the person's. When several in a row are not,
the target is down; then the cycle ends, and nobody is charged for it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from provisor.engine.brake import Stopped
from provisor.engine.person.evaluating import Evaluation
from provisor.engine.person.finishing import finish_failed
from provisor.engine.person.storing import Storing
from provisor.engine.run import Run
from provisor.model.errors import JobFailed, ResourceFailed, Transient, Unreachable
from provisor.model.operation import Outcome
from provisor.ports.work import Finished, Marked
from provisor.stages.exporting import link_unanswered
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

    def doubt(self) -> None:
        """The target may or may not have carried out what was sent."""
        operation, link = self.journey.operation, self.marked.link
        if operation and link:
            self.marked = replace(self.marked, link=link_unanswered(operation, link))


@dataclass(frozen=True, slots=True)
class Done:
    """What is to be stored of a turn, the field of `Counts` that it adds to, if any, and what came of a write."""

    finished: Finished
    counted: str | None = None
    outcome: Outcome | None = None

    @property
    def is_answered(self) -> bool:
        """Whether the target answered a write, so that it is not down."""
        return self.outcome is not None


Tell = Callable[[Turn, Done], None]
"""Hears what came of a turn, once it is stored."""


def tell_nobody(_turn: Turn, _done: Done) -> None:
    """Nobody follows what comes of each turn."""


class Attempts:
    """The turns of one round; their outcomes are stored here. Call `settle` when all have ended."""

    def __init__(self, run: Run, storing: Storing, tell: Tell = tell_nobody) -> None:
        self._run = run
        self._storing = storing
        self._tell = tell
        self._unanswered: list[tuple[Turn, Transient]] = []

    async def attempt(self, turn: Turn, work: Callable[[Turn], Awaitable[Done]]) -> Done | None:
        """Do the work of one turn. None when nothing is known of it yet, and the person is left as they were."""
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
            done = self._failed(turn, fault.code, str(fault))
        except Transient as fault:
            if not isinstance(fault, Unreachable):
                turn.doubt()
            self._unanswered.append((turn, fault))
            if len(self._unanswered) >= OUTAGES_IN_A_ROW_MAX:
                brake.pull(fault)
            return None
        if done.is_answered:
            await self.settle()
        await self._store(turn, done)
        return done

    async def settle(self) -> None:
        """Those who found no answer have failed, unless it is the target that is down."""
        if not self._run.brake.is_on:
            unanswered, self._unanswered = self._unanswered, []
            for turn, fault in unanswered:
                await self._store(turn, self._failed(turn, fault.code or "Timeout", str(fault)))

    async def _store(self, turn: Turn, done: Done) -> None:
        await self._storing.store(done.finished)
        self._tell(turn, done)
        await self._run.progress.count(done.counted, self._run.target.requests)

    def _failed(self, turn: Turn, code: str, message: str) -> Done:
        return Done(finish_failed(self._run, turn.marked, turn.journey, code, message, turn.began), "failed")
