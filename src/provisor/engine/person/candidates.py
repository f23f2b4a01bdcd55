"""Candidates for matching: by listing the target once, or by looking people up, whichever takes fewer requests."""

from collections.abc import Sequence

from provisor.engine.run import TARGET_KIND, Run
from provisor.expressions.values import canonical_text
from provisor.model.resource import TargetResource
from provisor.stages.matching import Match, MatchKey, decide_match

LOOKUPS_WITHOUT_ASKING = 3
"""For so few people the size of the target is not worth a request."""
LISTING_PAGE_SIZE = 100


class Candidates:
    """Answers matching questions of one cycle."""

    def __init__(self, run: Run, *, is_listed: bool) -> None:
        self._run = run
        self._is_listed = is_listed

    async def match(self, keys: Sequence[MatchKey], *, ask_target: bool = False) -> Match:
        """Try the keys in order; the first that finds anything decides. `ask_target` distrusts the listing."""
        hits: list[Sequence[TargetResource]] = []
        for key in keys:
            if self._is_listed and not ask_target:
                found = await self._run.work.find_in_shadow(self._run.app.id, key.attribute, key.folded)
            else:
                found = await self._run.target.find(TARGET_KIND, key.attribute, key.value, self._run.rules.paths)
            hits.append(found)
            if found:
                break
        return decide_match(keys, hits)


async def prepare_candidates(run: Run) -> Candidates:
    """List the target into the shadow when that is cheaper than looking up everybody who has no account."""
    unlinked = await run.work.count_unlinked_marks(run.app.id)
    if unlinked <= LOOKUPS_WITHOUT_ASKING:
        return Candidates(run, is_listed=False)
    total = await run.target.count(TARGET_KIND)
    if total is None or total / LISTING_PAGE_SIZE > unlinked:
        return Candidates(run, is_listed=False)
    await run.work.clear_shadow(run.app.id)
    if total:
        async for page in run.target.list_all(TARGET_KIND, run.rules.paths):
            await run.work.store_shadow_page(run.app.id, [(resource, _keys(run, resource)) for resource in page])
    return Candidates(run, is_listed=True)


def _keys(run: Run, resource: TargetResource) -> list[tuple[str, str]]:
    keys = []
    for compiled in run.rules.matching:
        value = resource.attributes.get(compiled.target)
        if value is not None:
            key = MatchKey(compiled.target, canonical_text(value), compiled.definition.is_case_exact)
            keys.append((key.attribute, key.folded))
    return keys
