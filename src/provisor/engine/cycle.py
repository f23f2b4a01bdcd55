"""One cycle on one screen. Start reading here.

A cycle compares the directory with the target and makes the target follow. Nothing is stored that must not get lost:
after a crash at any point the next cycle reads, compares and converges.

    1. read      the source, page by page, into the mirror; whoever changed is marked
    2. sanity    an empty, shrunken or truncated read removes nobody
    3. people    everybody marked goes through the stages, managers first; what is no removal is sent at once
    4. removals  all of them together meet the deletion guard, then go out or wait for a person's decision
    5. watermark the next cycle starts where this read ended

The stages themselves, in the order in which a person passes through them, are the modules of `provisor.stages`.
"""

from dataclasses import dataclass

from provisor.engine.people import work_people
from provisor.engine.reading import read_source
from provisor.engine.removals import work_removals
from provisor.engine.run import Run
from provisor.ports.applications import ApplicationStore


@dataclass(frozen=True, slots=True)
class CycleResult:
    """What waits for a person's decision after a cycle; empty texts where nothing does."""

    refused_source: str = ""
    held_removals: str = ""


async def run_cycle(run: Run, applications: ApplicationStore) -> CycleResult:
    """Run one cycle. Raises the fault when the job as a whole cannot go; whatever was done until then is stored."""
    await run.progress.enter("read")
    read = await read_source(run)
    await run.work.mark_due(run.app.id, run.now)
    await work_people(run)
    guard = await work_removals(run)
    await run.brake.check()
    if read.watermark is not None:
        await applications.advance_watermark(run.app.id, read.watermark, run.app.watermark_generation)
    return CycleResult(read.refusal, guard.reason if guard.is_held else "")
