"""Evaluating many people at once without a question per person: what a page will ask is fetched before."""

from collections.abc import Mapping, Sequence

from provisor.engine.person.candidates import Candidates
from provisor.engine.person.evaluating import Evaluation, TargetIds, evaluate
from provisor.engine.person.judging import see_manager
from provisor.engine.run import Asking, Run
from provisor.model.errors import ResourceFailed
from provisor.model.resource import Presence
from provisor.ports.work import Marked
from provisor.stages.matching import Joined, MatchKey, matching_keys


class Foreseeing:
    """Evaluates people page by page: call `prepare` with each page, then `evaluate` its people."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._candidates = Candidates(run)
        self._managers: frozenset[str] = frozenset()
        self._accounts: Mapping[str, str] = {}

    async def prepare(self, page: Sequence[Marked]) -> None:
        """Fetch what these people will ask about."""
        run = self._run
        if run.asking is Asking.NOT_AT_ALL:
            await self._candidates.foresee(_questions(run, page))
        self._managers = frozenset(str(one.resource.attributes.get("manager")) for one in page)
        self._accounts = await run.work.target_ids(run.app.id, sorted(self._managers))

    async def evaluate(self, marked: Marked) -> Evaluation:
        """Decide about one of them. An account that had to be looked up is remembered. Raises `ResourceFailed`."""
        evaluation = await evaluate(self._run, marked, self._candidates, self._target_ids)
        if self._run.asking is Asking.ONE_BY_ONE and isinstance(evaluation.match, Joined):
            await self._candidates.remember(evaluation.match.target)
        return evaluation

    @property
    def _target_ids(self) -> TargetIds:
        return self._look_up

    async def _look_up(self, source_ids: Sequence[str]) -> Mapping[str, str]:
        others = [one for one in source_ids if one not in self._managers]
        found = await self._run.work.target_ids(self._run.app.id, others) if others else {}
        return {**self._accounts, **found}


def _questions(run: Run, page: Sequence[Marked]) -> list[MatchKey]:
    """What will be asked about those of a page who have no account."""
    keys: list[MatchKey] = []
    for marked in page:
        if marked.link is None and marked.resource.presence is Presence.PRESENT:
            resource = see_manager(run, marked).resource
            try:
                keys += matching_keys(run.rules, run.context(resource, is_soft_deleted=False), run.breaker)
            except ResourceFailed:
                continue  # it is told when their turn comes
    return keys
