"""Scope: the filter vectors, every gate with its reason, and operators that have no meaning."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from provisor.expressions.breaker import Breaker
from provisor.model.errors import Reject, ResourceFailed
from provisor.model.job import ScopeSetting
from provisor.model.resource import ObjectType, Presence, SourceResource
from provisor.model.rules import Clause, FilterGroup
from provisor.stages.scoping import compile_scope, judge_scope

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
CORPUS = Path(__file__).parents[2] / "corpus"
VECTORS = [
    vector
    for name in ("scoping_filters.json", "scoping_filters_beyond.json")
    for vector in json.loads((CORPUS / name).read_text())
]


def groups_of(vector) -> tuple[FilterGroup, ...]:
    """The filter groups of a vector."""
    return tuple(
        FilterGroup(f"group {number}", tuple(Clause(one[0], one[1], tuple(one[2:])) for one in clauses))
        for number, clauses in enumerate(vector["groups"])
    )


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["why"] for vector in VECTORS])
def test_filter_vectors(vector) -> None:
    """Each vector is in or out as it says: F1 to F28 of the specification, and those of our own operators."""
    resource = SourceResource("x", ObjectType.USER, vector["object"])
    now = datetime.fromisoformat(vector["now"]) if "now" in vector else NOW
    verdict = judge_scope(resource, ScopeSetting.ALL, compile_scope(groups_of(vector)), now)
    assert verdict.is_in is vector["in"]
    assert bool(verdict.reason) is not vector["in"]


@pytest.mark.parametrize(
    ("attributes", "presence", "words"),
    [
        ({"accountEnabled": False, "appRoleAssignments": [1]}, Presence.PRESENT, "blocked from signing in"),
        ({"appRoleAssignments": []}, Presence.PRESENT, "not assigned"),
        ({"appRoleAssignments": [1]}, Presence.SOFT_DELETED, "deleted in the directory"),
        ({"appRoleAssignments": [1]}, Presence.GONE, "no longer exists"),
    ],
)
def test_each_gate_has_its_reason(attributes, presence, words) -> None:
    """Whoever is out is told by which gate, in plain words."""
    verdict = judge_scope(
        SourceResource("x", ObjectType.USER, attributes, presence), ScopeSetting.ASSIGNED, compile_scope(()), NOW
    )
    assert not verdict.is_in
    assert words in verdict.reason


def test_the_reason_names_the_deciding_clause() -> None:
    """A failed filter names its group, attribute, operator and value."""
    scope = compile_scope((FilterGroup("Berlin", (Clause("city", "EQUALS", ("Berlin",)),)),))
    verdict = judge_scope(SourceResource("x", ObjectType.USER, {"city": "Rome"}), ScopeSetting.ALL, scope, NOW)
    assert "Berlin: city EQUALS 'Berlin' does not hold" in verdict.reason


@pytest.mark.parametrize(
    "clause",
    [
        Clause("city", "SOUNDS LIKE", ("x",)),
        Clause("city", "EQUALS", ()),
        Clause("city", "REGEX MATCH", ("(",)),
        Clause("level", "GREATER_THAN", ("many",)),
    ],
)
def test_a_clause_without_meaning_is_refused(clause) -> None:
    """An unknown operator, a missing value, a bad pattern and a number that is none are refused when compiled."""
    with pytest.raises(Reject) as refused:
        compile_scope((FilterGroup("g", (clause,)),))
    assert clause.attribute in str(refused.value)


HOSTILE = compile_scope((FilterGroup("g", (Clause("city", "REGEX MATCH", ("(a|a|aa)+$",)),)),))
LONG = SourceResource("x", ObjectType.USER, {"city": "a" * 64 + "!"})


def test_a_hostile_pattern_is_stopped() -> None:
    """A pattern that would run for ever ends within its limit: this person cannot be judged, and the fault says why."""
    with pytest.raises(ResourceFailed) as failed:
        judge_scope(LONG, ScopeSetting.ALL, HOSTILE, NOW)
    assert failed.value.code == "RegexTimeout"
    assert "g (city REGEX MATCH" in str(failed.value)


def test_after_five_time_outs_a_clause_is_not_tried_again_in_the_cycle() -> None:
    """The sixth person costs no time; a new cycle, with a new breaker, begins anew."""
    breaker = Breaker()
    codes = []
    for _ in range(7):
        with pytest.raises(ResourceFailed) as failed:
            judge_scope(LONG, ScopeSetting.ALL, HOSTILE, NOW, breaker)
        codes.append(failed.value.code)
    assert codes == ["RegexTimeout"] * 5 + ["RegexStopped"] * 2
