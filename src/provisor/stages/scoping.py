"""Scope: is this person to have an account? Every gate is judged and named, so that the answer has a reason.

The gates are those of engine spec §1.2: the scope setting with assignment and entitlement, the source account being
active, and the scoping filters (clauses are AND, groups are OR, none configured passes).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from provisor.model.job import ScopeSetting
from provisor.model.resource import Presence, SourceResource
from provisor.model.rules import Clause, FilterGroup
from provisor.stages.clauses import compile_clause

Verdict = Callable[[Mapping[str, Any]], bool]


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition: its name in the log, whether it holds, and a sentence when it does not."""

    name: str
    passes: bool
    reason: str = ""


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


@dataclass(frozen=True, slots=True)
class CompiledScope:
    """The filter groups, ready to be judged many times."""

    groups: tuple[tuple[str, tuple[tuple[Clause, Verdict], ...]], ...]

    @property
    def references(self) -> frozenset[str]:
        """The source attributes that the filters read."""
        return frozenset(clause.attribute for _, clauses in self.groups for clause, _ in clauses)


def compile_scope(groups: tuple[FilterGroup, ...]) -> CompiledScope:
    """Prepare filters. Raises `Reject` for an operator or value that has no meaning."""
    return CompiledScope(
        tuple((group.name, tuple((clause, compile_clause(clause)) for clause in group.clauses)) for group in groups)
    )


def judge_scope(resource: SourceResource, setting: ScopeSetting, scope: CompiledScope) -> ScopeVerdict:
    """Judge every gate for one resource."""
    attributes = resource.attributes
    gates = [
        Gate("present", resource.presence is Presence.PRESENT, _ABSENCE.get(resource.presence, "")),
        Gate("active", attributes.get("accountEnabled") is not False, "is blocked from signing in"),
    ]
    if setting is ScopeSetting.ASSIGNED:
        is_assigned = bool(attributes.get("appRoleAssignments"))
        gates.append(Gate("assigned", is_assigned, "is not assigned to the application"))
    if scope.groups:
        gates.append(_judge_filters(attributes, scope))
    return ScopeVerdict(tuple(gates))


_ABSENCE = {
    Presence.SOFT_DELETED: "has been deleted in the directory",
    Presence.GONE: "no longer exists in the directory",
}


def _judge_filters(attributes: Mapping[str, Any], scope: CompiledScope) -> Gate:
    failures = []
    for name, clauses in scope.groups:
        failed = next((clause for clause, holds in clauses if not holds(attributes)), None)
        if failed is None:
            return Gate("filters", passes=True)
        value = " ".join(repr(text) for text in failed.values)
        failures.append(f"{name}: {failed.attribute} {failed.operator} {value}".rstrip() + " does not hold")
    return Gate("filters", passes=False, reason="passes no scoping filter (" + "; ".join(failures) + ")")
