"""Match: find out whether there is already a target resource for this person (engine spec §1.3).

Asked in two steps, so that the engine can fetch for a whole page at once: first which values to look for, then what
the hits mean. Attributes are tried in order of precedence; the first that finds anything decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from provisor.expressions.breaker import NO_BREAKER, Breaker
from provisor.expressions.compiler import Context
from provisor.expressions.values import IGNORE_ATTRIBUTE, IGNORE_OBJECT, canonical_text
from provisor.model.resource import TargetResource
from provisor.stages.mapping import map_one
from provisor.stages.rules.compiled import CompiledRules
from provisor.stages.rules.conforming import is_empty


@dataclass(frozen=True, slots=True)
class MatchKey:
    """One question to the target: does anybody have this value?"""

    attribute: str
    value: str
    is_case_exact: bool

    @property
    def folded(self) -> str:
        """The value as the target compares it."""
        return self.value if self.is_case_exact else self.value.casefold()


@dataclass(frozen=True, slots=True)
class Joined:
    """Exactly one: this is the person's account."""

    target: TargetResource
    key: MatchKey


@dataclass(frozen=True, slots=True)
class Unmatched:
    """Nobody: an account is to be created."""

    tried: tuple[MatchKey, ...]


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Several: nothing is written, somebody has to look (`DuplicateTargetEntries`)."""

    target_ids: tuple[str, ...]
    key: MatchKey


Match = Joined | Unmatched | Ambiguous


def matching_keys(rules: CompiledRules, context: Context, breaker: Breaker = NO_BREAKER) -> tuple[MatchKey, ...]:
    """The values to look for, in order of precedence; empty when the person has none (`ImportSkipped`)."""
    keys = []
    for compiled in rules.matching:
        value: Any = map_one(compiled, context, breaker)
        if value is IGNORE_ATTRIBUTE or value is IGNORE_OBJECT or is_empty(value):
            continue
        keys.append(MatchKey(compiled.target, canonical_text(value), compiled.definition.is_case_exact))
    return tuple(keys)


def decide_match(keys: Sequence[MatchKey], hits: Sequence[Sequence[TargetResource]]) -> Match:
    """What the hits mean; `hits[i]` belongs to `keys[i]`, and later ones may be missing once one has decided."""
    for key, found in zip(keys, hits, strict=False):
        if len(found) == 1:
            return Joined(found[0], key)
        if found:
            return Ambiguous(tuple(resource.id for resource in found), key)
    return Unmatched(tuple(keys))
