"""Choosing values that nobody in the target has: SelectUniqueValue, asked rule by rule (mapping spec §3.3)."""

from typing import Any

from provisor.engine.run import TARGET_KIND, Asking, Run
from provisor.expressions.compiler import Context
from provisor.stages.mapping import no_unique_value, unique_candidates
from provisor.stages.rules.compiled import CompiledMapping

RESERVED_MAX = 1_000
"""Values remembered as on their way, many times the people in flight; older ones the target knows by now."""


async def choose_unique_values(run: Run, context: Context, source_id: str) -> dict[str, Any]:
    """A free value for each such mapping, by target attribute; one request per value that is tried.

    Without asking the target it is the first value that nobody else in this run has chosen. Raises `ResourceFailed`
    when all values of a mapping are taken: the person is escrowed, not created.
    """
    return {compiled.target: await _choose(run, compiled, context, source_id) for compiled in run.rules.unique}


async def _choose(run: Run, compiled: CompiledMapping, context: Context, source_id: str) -> Any:
    tried = 0
    for candidate in unique_candidates(compiled, context):
        tried += 1
        # Somebody in flight may be about to take it, before the target knows.
        key = (compiled.target, candidate.casefold())
        if run.reserved.get(key, source_id) != source_id:
            continue
        _reserve(run, key, source_id)
        if run.asking is Asking.NOT_AT_ALL:
            return compiled.convert(candidate)
        await run.brake.check()
        if not await run.target.find(TARGET_KIND, compiled.target, candidate, run.rules.paths):
            return compiled.convert(candidate)
        run.reserved.pop(key, None)
    if tried:
        raise no_unique_value(compiled, tried)
    return None


def _reserve(run: Run, key: tuple[str, str], source_id: str) -> None:
    run.reserved[key] = source_id
    while len(run.reserved) > RESERVED_MAX:
        run.reserved.pop(next(iter(run.reserved)))
