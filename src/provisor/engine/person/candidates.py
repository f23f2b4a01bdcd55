"""Candidates for matching: by listing the target once, or by looking people up, whichever takes fewer requests."""

import asyncio
from collections.abc import Sequence
from math import ceil

from provisor.engine.person.judging import is_wanted
from provisor.engine.run import PAGE_SIZE, TARGET_KIND, Asking, Run
from provisor.expressions.breaker import Breaker
from provisor.expressions.values import canonical_text
from provisor.model.resource import TargetResource
from provisor.stages.matching import Match, MatchKey, decide_match

LOOKUPS_WITHOUT_ASKING = 3
"""For so few people the size of the target is not worth a request."""
LISTING_PAGE_SIZE = 100


class Candidates:
    """Answers matching questions of one cycle. Nothing is asked before somebody in scope has no account."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._preparing = asyncio.Lock()
        self._is_listed: bool | None = None
        self._breaker = Breaker()
        self._foreseen: dict[tuple[str, str], Sequence[TargetResource]] = {}

    async def match(self, keys: Sequence[MatchKey], *, ask_target: bool = False) -> Match:
        """Try the keys in order; the first that finds anything decides. `ask_target` distrusts the listing."""
        is_listed = False if ask_target else await self._prepare()
        knows_only = self._run.asking is Asking.NOT_AT_ALL
        hits: list[Sequence[TargetResource]] = []
        for key in keys:
            if knows_only and (key.attribute, key.folded) in self._foreseen:
                found = self._foreseen[key.attribute, key.folded]
            elif is_listed or knows_only:
                found = await self._run.work.find_in_shadow(self._run.app.id, key.attribute, key.folded)
            else:
                await self._run.brake.check()
                found = await self._run.target.find(TARGET_KIND, key.attribute, key.value, self._run.rules.paths)
            hits.append(found)
            if found:
                break
        return decide_match(keys, hits)

    async def foresee(self, keys: Sequence[MatchKey]) -> None:
        """Fetch what is known for many questions at once; what was fetched before is forgotten."""
        self._foreseen = {(key.attribute, key.folded): () for key in keys}
        for attribute in {key.attribute for key in keys}:
            folded = [key.folded for key in keys if key.attribute == attribute]
            found = await self._run.work.find_all_in_shadow(self._run.app.id, attribute, folded)
            self._foreseen.update(((attribute, value), accounts) for value, accounts in found.items())

    async def remember(self, account: TargetResource) -> None:
        """Keep an account that was looked up among those that are known."""
        await self._run.work.store_shadow_page(self._run.app.id, [(account, _keys(self._run, account))])

    async def list_target(self, seekers: int) -> bool:
        """List the target now, unless so few seekers are looked up with fewer requests; says whether it was."""
        total = await self._run.target.count(TARGET_KIND) if seekers > LOOKUPS_WITHOUT_ASKING else None
        if total is None or ceil(total / LISTING_PAGE_SIZE) > seekers:
            return False
        await self._list(ceil(total / LISTING_PAGE_SIZE))
        return True

    async def _prepare(self) -> bool:
        """List the target into the shadow, once, when that is cheaper than looking everybody up; says whether it is."""
        async with self._preparing:
            if self._is_listed is None:
                pages = await self._pages_to_list()
                self._is_listed = pages is not None
                if pages is not None:
                    await self._list(pages)
        return self._is_listed

    async def _pages_to_list(self) -> int | None:
        """How many requests a listing takes; None where looking people up takes fewer."""
        if self._run.asking is not Asking.CHEAPLY:
            return None
        if await self._count_seekers(LOOKUPS_WITHOUT_ASKING + 1) <= LOOKUPS_WITHOUT_ASKING:
            return None
        total = await self._run.target.count(TARGET_KIND)
        if total is None:
            return None
        pages = ceil(total / LISTING_PAGE_SIZE)
        return pages if await self._count_seekers(pages) >= pages else None

    async def _count_seekers(self, enough: int) -> int:
        """How many of the marked are in scope and have no account, counted up to `enough`."""
        run, seekers = self._run, 0
        after: tuple[int, str] | None = None
        while seekers < enough:
            page = await run.work.next_marks(
                run.app.id, after, PAGE_SIZE, only_unlinked=True, with_manager=run.needs_managers
            )
            if not page:
                break
            after = (page[-1].depth, page[-1].resource.id)
            seekers += sum(is_wanted(run, one, self._breaker) for one in page)
        return seekers

    async def _list(self, pages: int) -> None:
        run = self._run
        await run.work.clear_shadow(run.app.id)
        if pages:
            async for page in run.target.list_all(TARGET_KIND, run.rules.paths):
                await run.work.store_shadow_page(run.app.id, [(resource, _keys(run, resource)) for resource in page])
                await run.brake.check()
        await run.work.note_listing(run.app.id, run.clock.now(), [one.target for one in run.rules.matching])


def _keys(run: Run, resource: TargetResource) -> list[tuple[str, str]]:
    keys = []
    for compiled in run.rules.matching:
        value = resource.attributes.get(compiled.target)
        if value is not None:
            key = MatchKey(compiled.target, canonical_text(value), compiled.definition.is_case_exact)
            keys.append((key.attribute, key.folded))
    return keys
