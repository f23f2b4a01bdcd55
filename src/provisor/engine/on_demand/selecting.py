"""Whom somebody means: people by name, the members of groups, those whom a filter lets pass, those who are failing."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from provisor.engine.run import PAGE_SIZE, Run
from provisor.model.errors import NotFound, Reject
from provisor.model.rules import Clause, FilterGroup
from provisor.stages.scoping import compile_scope, judge_filters

PEOPLE_MAX = 1000
"""People in one go; more of them are a cycle."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The parts add up. `clauses` are those of one filter group: all of them hold for whoever is meant."""

    people: Sequence[str] = ()
    groups: Sequence[str] = ()
    clauses: Sequence[Clause] = field(default=())
    is_failing: bool = False


async def select_people(run: Run, selection: Selection) -> Sequence[str]:
    """The source ids of whom a selection means, each once, in the order of the selection.

    Raises `NotFound` for a name that nobody has, and `Reject` for one that several have, for more people than go at
    once, and for a filter that cannot be judged.
    """
    found: dict[str, None] = {}
    for reference in selection.people:
        found[await _find(run, reference)] = None
    for group in selection.groups:
        found.update(dict.fromkeys(await run.source.member_ids(group, PEOPLE_MAX + 1)))
    if selection.is_failing:
        found.update(dict.fromkeys(held.source_id for held in await run.work.escrows(run.app.id)))
    if selection.clauses:
        found.update(dict.fromkeys(await _filtered(run, selection.clauses)))
    if len(found) > PEOPLE_MAX:
        raise Reject(
            f"More than {PEOPLE_MAX} people are meant, which is too many for provisioning on demand.",
            remedy="`provisor plan` shows what a cycle would do to everybody, and `provisor run` runs one.",
        )
    return list(found)


async def _find(run: Run, reference: str) -> str:
    """One person: as the source knows them, else as we remember them, for somebody who is not there any more."""
    ids = await run.source.find_ids(reference) or await run.work.find_people(run.app.id, reference)
    if not ids:
        raise NotFound(
            f"Nobody answers to {reference!r}.", remedy="Give an id, a user name, a mail address or an employee id."
        )
    if len(ids) > 1:
        raise Reject(f"{len(ids)} people answer to {reference!r}: {', '.join(ids[:5])}.", remedy="Give the id.")
    return ids[0]


async def _filtered(run: Run, clauses: Sequence[Clause]) -> list[str]:
    """Those known people for whom all clauses hold, one more than go at once at most."""
    scope = compile_scope((FilterGroup("on demand", tuple(clauses)),), run.rules.source_definitions)
    found: list[str] = []
    after = ""
    while len(found) <= PEOPLE_MAX and (page := await run.work.list_people(run.app.id, after, PAGE_SIZE)):
        after = page[-1].resource.id
        found += (
            one.resource.id for one in page if judge_filters(one.resource.attributes, scope, run.now).passed is not None
        )
    return found
