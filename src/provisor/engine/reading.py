"""Reading the source into the mirror, page by page, each page with its marks in one transaction.

A read that cannot be trusted brings in joiners and movers, but nobody who left (`policy/source_sanity.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from provisor.engine.run import PAGE_SIZE, Run
from provisor.model.resource import APP_ROLES, ObjectType, SourceResource
from provisor.policy.source_sanity import judge_full_read
from provisor.ports.work import Imported
from provisor.stages.importing import fingerprint, import_resource
from provisor.stages.rules.compiled import CompiledRules

ALWAYS_READ = frozenset({APP_ROLES, "accountEnabled", "displayName", "manager", "userPrincipalName", "mail"})
"""What scoping, ordering and people's names need, whatever the mappings use."""


@dataclass(frozen=True, slots=True)
class ReadOutcome:
    """Where the next read starts; None when this one could not be trusted, with the reason."""

    watermark: str | None
    refusal: str = ""


async def read_source(run: Run, saved: CompiledRules | None = None) -> ReadOutcome:
    """Bring the mirror up to date and mark whoever is to be evaluated.

    `saved` are the stored rules where the run has others: the mirror must serve both, and everybody is read where
    those of the run ask for more.
    """
    wanted = run.rules.source_attributes | ALWAYS_READ
    mirrored = saved.source_attributes | ALWAYS_READ if saved else wanted
    is_wider, wanted = not wanted <= mirrored, wanted | mirrored
    if run.is_initial or is_wider:
        return await _read_everybody(run, wanted)
    watermark = run.app.watermark
    assert watermark is not None
    async for page in run.source.read_changes(watermark, wanted, PAGE_SIZE):
        await run.brake.check()
        await run.work.store_page(
            run.app.id,
            import_people(page.resources, wanted),
            run.cycle_id,
            marks_all=False,
            marks_reports=run.needs_managers,
        )
        watermark = page.watermark or watermark
    return ReadOutcome(watermark)


async def _read_everybody(run: Run, wanted: frozenset[str]) -> ReadOutcome:
    watermark: str | None = None
    seen = 0
    async for page in run.source.read_all(wanted, PAGE_SIZE):
        await run.brake.check()
        await run.work.store_page(run.app.id, import_people(page.resources, wanted), run.cycle_id, marks_all=True)
        watermark = page.watermark or watermark
        seen += len(page.resources)
    missing = await run.work.missing_people(run.app.id, run.cycle_id)
    problem = "the read ended before its last page" if watermark is None else None
    verdict = judge_full_read(missing.known, missing.missing, problem=problem, accepted=None)
    if not verdict.is_accepted:
        examples = f" For example: {', '.join(missing.examples)}." if missing.examples else ""
        return ReadOutcome(None, f"{verdict.reason}{examples}")
    await run.work.mark_missing_gone(run.app.id, run.cycle_id)
    return ReadOutcome(watermark)


def import_people(resources: Sequence[SourceResource], wanted: frozenset[str]) -> list[Imported]:
    """The people among these resources as the mirror keeps them, with the attributes that are wanted."""
    imported = []
    for resource in resources:
        if resource.type is not ObjectType.USER:
            continue
        kept = import_resource(_only(resource, wanted))
        manager = kept.attributes.get("manager")
        imported.append(Imported(kept, fingerprint(kept), manager if isinstance(manager, str) else None))
    return imported


def _only(resource: SourceResource, wanted: frozenset[str]) -> SourceResource:
    """The mirror holds only what a decision can use (DESIGN §5, personal data)."""
    return replace(resource, attributes={name: value for name, value in resource.attributes.items() if name in wanted})
