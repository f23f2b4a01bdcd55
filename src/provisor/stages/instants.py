"""When somebody must be looked at again although nothing changed: a date in the rules passes (DESIGN §2.2).

For a clause on a date the moment is computed. What an expression makes of the present can only be tried: it is
evaluated ahead for a day, and looked at again after that day in any case.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from provisor.expressions.breaker import NO_BREAKER, Breaker
from provisor.expressions.compiler import Context
from provisor.model.errors import ResourceFailed
from provisor.stages.mapping import map_one
from provisor.stages.rules.compiled import CompiledMapping, CompiledRules

HORIZON = timedelta(days=1)
STEP = timedelta(hours=1)
"""Two changes of one value within a step are taken for none."""
PRECISION = timedelta(seconds=1)
PAUSE = timedelta(minutes=15)
"""A mapping that writes the present is not followed more closely than this."""


def next_instant(
    rules: CompiledRules, attributes: Mapping[str, Any], context: Context, breaker: Breaker = NO_BREAKER
) -> datetime | None:
    """The earliest moment at which a filter or a mapping may say something else; None when none ever does."""
    now = context.now
    found = [rules.scope.next_instant(attributes, now), rules.input_scope.next_instant(attributes, now)]
    found += (max(_next_change(compiled, context, breaker), now + PAUSE) for compiled in rules.time_dependent)
    return min((instant for instant in found if instant is not None), default=None)


def _next_change(compiled: CompiledMapping, context: Context, breaker: Breaker) -> datetime:
    """When the value of a mapping changes, or the end of the horizon."""

    def value_at(moment: datetime) -> Any:
        try:
            return map_one(compiled, replace(context, now=moment), breaker)
        except ResourceFailed as fault:
            return fault.code

    low, value = context.now, value_at(context.now)
    while low < context.now + HORIZON:
        high = low + STEP
        if value_at(high) != value:
            return _first(low, high, lambda moment: value_at(moment) != value)
        low = high
    return low


def _first(low: datetime, high: datetime, differs: Callable[[datetime], bool]) -> datetime:
    while high - low > PRECISION:
        middle = low + (high - low) / 2
        if differs(middle):
            high = middle
        else:
            low = middle
    return high
