"""Scope: is this person to have an account? Every gate is judged and named, so that the answer has a reason.

The gates are those of engine spec §1.2: the scope setting with assignment and entitlement, the source account being
active, and the scoping filters (clauses are AND, groups are OR, none configured passes).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from provisor.expressions.breaker import NO_BREAKER, Breaker
from provisor.expressions.faults import EvaluationFault
from provisor.model.job import ScopeSetting
from provisor.model.resource import APP_ROLES, Presence, SourceResource
from provisor.model.rules import Definitions, FilterGroup
from provisor.stages.clauses.compiling import CompiledClause, compile_clause
from provisor.stages.clauses.operand import find_definition


@dataclass(frozen=True, slots=True)
class CompiledGroup:
    """A filter group, ready to be judged. The first clause that fails decides against it."""

    name: str
    clauses: tuple[CompiledClause, ...]

    @property
    def text(self) -> str:
        """The group in words."""
        return f"{self.name}: " + " and ".join(clause.text for clause in self.clauses)


@dataclass(frozen=True, slots=True)
class FilterDecision:
    """What the filters said of somebody: the group that passed, or the clause in each group that failed.

    `attributes` are those that were judged, `masked` those whose values must not be shown.
    """

    attributes: Mapping[str, Any]
    masked: frozenset[str]
    passed: CompiledGroup | None = None
    failed: tuple[tuple[CompiledGroup, CompiledClause], ...] = ()

    @property
    def reason(self) -> str:
        """The deciding clauses in words, with the values that decided."""
        if self.passed is not None:
            shown = ", ".join(self._explain(clause) for clause in self.passed.clauses)
            return f"passes the scoping filter {self.passed.text}" + (f" ({shown})" if shown else "")
        failures = [
            f"{group.name}: {clause.text} does not hold, {self._explain(clause)}" for group, clause in self.failed
        ]
        return "passes no scoping filter (" + "; ".join(failures) + ")"

    def _explain(self, clause: CompiledClause) -> str:
        return clause.explain(self.attributes, is_masked=clause.clause.attribute in self.masked)


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition: its name in the log, whether it holds, and why, in words that follow the person's name."""

    name: str
    passes: bool
    words: str = ""
    decision: FilterDecision | None = None

    @property
    def reason(self) -> str:
        """Why it holds or does not; empty where a gate that holds has nothing to say."""
        return self.decision.reason if self.decision else self.words


@dataclass(frozen=True, slots=True)
class ScopeVerdict:
    """In or out, with every gate that was judged."""

    gates: tuple[Gate, ...]

    @property
    def is_in(self) -> bool:
        """Whether every gate holds. Its negation is the computed source attribute `IsSoftDeleted`."""
        return all(gate.passes for gate in self.gates)

    @property
    def reason(self) -> str:
        """Why the person is out, in plain words; empty when in."""
        return "; ".join(gate.reason for gate in self.gates if not gate.passes)

    @property
    def deciding_filter(self) -> str:
        """What the scoping filters said, in words; empty without any."""
        return next((gate.reason for gate in self.gates if gate.decision), "")


@dataclass(frozen=True, slots=True)
class CompiledScope:
    """The filter groups, ready to be judged many times. `masked` are attributes whose values must not be shown."""

    groups: tuple[CompiledGroup, ...] = ()
    masked: frozenset[str] = frozenset()

    @property
    def references(self) -> frozenset[str]:
        """The source attributes that the filters read."""
        return frozenset(one.clause.attribute for group in self.groups for one in group.clauses)

    @property
    def follows_time(self) -> bool:
        """Whether a clause counts from the present."""
        return any(clause.changes is not None for group in self.groups for clause in group.clauses)

    def next_instant(self, attributes: Mapping[str, Any], now: datetime) -> datetime | None:
        """When a clause on a date will next change by itself; None when none does."""
        instants = [
            clause.changes(attributes, now) for group in self.groups for clause in group.clauses if clause.changes
        ]
        return min((instant for instant in instants if instant is not None), default=None)


def compile_scope(
    groups: tuple[FilterGroup, ...], definitions: Definitions | None = None, masked: frozenset[str] = frozenset()
) -> CompiledScope:
    """Prepare filters. Raises `ClauseFault` for an operator or value that has no meaning."""
    return CompiledScope(
        tuple(
            CompiledGroup(
                group.name,
                tuple(compile_clause(one, find_definition(one.attribute, definitions or {})) for one in group.clauses),
            )
            for group in groups
        ),
        masked,
    )


_PRESENT = Gate("present", passes=True)
_ACTIVE = Gate("active", passes=True)
_BLOCKED = Gate("active", passes=False, words="is blocked from signing in")
_ASSIGNED = Gate("assigned", passes=True)
_NOT_ASSIGNED = Gate("assigned", passes=False, words="is not assigned to the application")
_ABSENT = {
    Presence.SOFT_DELETED: Gate("present", passes=False, words="has been deleted in the directory"),
    Presence.GONE: Gate("present", passes=False, words="no longer exists in the directory"),
}


def judge_scope(
    resource: SourceResource,
    setting: ScopeSetting,
    scope: CompiledScope,
    now: datetime,
    breaker: Breaker = NO_BREAKER,
) -> ScopeVerdict:
    """Judge every gate for one resource. Raises `EvaluationFault` where a filter cannot be judged: nothing follows."""
    attributes = resource.attributes
    present = _ABSENT.get(resource.presence, _PRESENT)
    active = _BLOCKED if attributes.get("accountEnabled") is False else _ACTIVE
    gates = [present, active]
    if setting is ScopeSetting.ASSIGNED:
        gates.append(_ASSIGNED if attributes.get(APP_ROLES) else _NOT_ASSIGNED)
    if scope.groups:
        decision = judge_filters(attributes, scope, now, breaker)
        gates.append(Gate("filters", decision.passed is not None, decision=decision))
    return ScopeVerdict(tuple(gates))


def judge_filters(
    attributes: Mapping[str, Any], scope: CompiledScope, now: datetime, breaker: Breaker = NO_BREAKER
) -> FilterDecision:
    """The group that passes, or what failed in each. Raises `EvaluationFault` naming the clause."""
    failed = []
    for group in scope.groups:
        for clause in group.clauses:
            try:
                if clause.has_pattern:
                    breaker.check(clause.text)
                if clause.holds(attributes, now):
                    continue
            except EvaluationFault as fault:
                breaker.note(clause.text, fault)
                raise EvaluationFault(
                    f"The scoping filter {group.name} ({clause.text}) cannot be judged: {fault.message}",
                    code=fault.code,
                    remedy=fault.remedy,
                ) from fault
            failed.append((group, clause))
            break
        else:
            return FilterDecision(attributes, scope.masked, group)
    return FilterDecision(attributes, scope.masked, failed=tuple(failed))
