"""One run: the ports and values that a cycle works with, bundled so that the steps can be read on one screen each."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from provisor.engine.brake import Brake
from provisor.engine.progress import Progress
from provisor.expressions.breaker import Breaker
from provisor.expressions.compiler import Context
from provisor.model.job import Application
from provisor.model.resource import SOFT_DELETED, SourceResource
from provisor.ports.clock import Clock
from provisor.ports.source import Source
from provisor.ports.target import Target
from provisor.ports.work import WorkStore
from provisor.stages.rules.compiled import CompiledRules

TARGET_KIND = "User"
PAGE_SIZE = 500
"""People read from the source, or worked, in one page."""


class Asking(Enum):
    """How a run finds out which accounts exist, before it writes."""

    CHEAPLY = "by listing the target or by looking people up, whichever takes fewer requests"
    ONE_BY_ONE = "by looking up each person"
    NOT_AT_ALL = "from what is known: no request is sent"


@dataclass(frozen=True, slots=True)
class Run:
    """A cycle under way. `now` is read once, so that every decision of a cycle is made at the same instant."""

    app: Application
    cycle_id: str
    now: datetime
    rules: CompiledRules
    source: Source
    target: Target
    work: WorkStore
    clock: Clock
    progress: Progress
    brake: Brake
    new_id: Callable[[], str]
    random: Callable[[int], int]
    asking: Asking = Asking.CHEAPLY
    breaker: Breaker = field(default_factory=Breaker)
    reserved: dict[tuple[str, str], str] = field(default_factory=dict)
    """Unique values that are on their way to the target: attribute and folded value, and for whom."""

    @property
    def is_initial(self) -> bool:
        """Whether everybody is read and evaluated."""
        return self.app.watermark is None

    @property
    def needs_managers(self) -> bool:
        """Whether people are judged by what is known of their managers."""
        return bool(self.rules.managers_attributes)

    def context(self, resource: SourceResource, *, is_soft_deleted: bool) -> Context:
        """What expressions see of one person."""
        return Context(
            source={**resource.attributes, SOFT_DELETED: is_soft_deleted},
            now=self.now,
            random=self.random,
            new_guid=self.new_id,
        )
