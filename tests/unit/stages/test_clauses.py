"""Clauses: what is refused and how it is said, what a verdict shows, and when an answer changes by itself."""

from datetime import UTC, datetime, timedelta

import hypothesis.strategies as st
import pytest
from hypothesis import given

from provisor.model.errors import ResourceFailed
from provisor.model.job import ScopeSetting
from provisor.model.resource import ObjectType, SourceResource
from provisor.model.rules import Clause, FilterGroup
from provisor.stages.clauses.catalogue import OPERATORS, describe_operators, find_operator
from provisor.stages.clauses.compiling import ClauseFault, compile_clause
from provisor.stages.scoping import compile_scope, judge_scope

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
BERLIN = FilterGroup("Berlin", (Clause("city", "EQUALS", ("Berlin",)), Clause("jobTitle", "IS NOT NULL")))


def verdict_of(*groups: FilterGroup, masked: frozenset[str] = frozenset(), **attributes):
    """The verdict about a person with these attributes."""
    resource = SourceResource("ada", ObjectType.USER, attributes)
    return judge_scope(resource, ScopeSetting.ALL, compile_scope(groups, masked=masked), NOW)


@pytest.mark.parametrize(
    ("clause", "words"),
    [
        (Clause("city", "EQUALZ", ("x",)), "did you mean EQUALS?"),
        (Clause("city", "SOUNDS LIKE", ("x",)), "the operators are EQUALS,"),
        (Clause("cert", "VALID CERT MATCH", ("x",)), "nobody has said what it means"),
        (Clause("city", "EQUALS"), "city EQUALS needs a value"),
        (Clause("city", "IS NULL", ("x",)), "takes no value, 1 are given"),
        (Clause("city", "REGEX MATCH", ("(",)), "the group opened at character 1 of the pattern is not closed"),
        (Clause("city", "REGEX MATCH", ("(?<a-b>x)",)), "balancing group"),
        (Clause("level", "GREATER_THAN", ("many",)), "no whole number from 0"),
        (Clause("level", "GREATER_THAN", ("-1",)), "no whole number from 0"),
        (Clause("level", "GREATER_THAN", ("1", "2")), "takes one value, 2 are given"),
        (Clause("city", "INCLUDES", ("",)), "an empty value, which every text contains"),
        (Clause("level", "GREATER_THAN IGNORE CASE", ("1",)), "no variant with IGNORE CASE"),
        (Clause("city", "IS NULL OR NULL"), "no variant with OR NULL"),
        (Clause("city", "ANY IS NULL"), "write it without ANY"),
        (Clause("employeeHireDate", "BEFORE", ("soon",)), "which is no date"),
        (Clause("employeeHireDate", "BEFORE", ("now+1fortnight",)), "which is no date"),
        (Clause("employeeHireDate", "BEFORE", ("now+1q",)), "none of yyyy, m, ww, d, h, n, s"),
        (Clause("employeeHireDate", "BEFORE", ("now+999999yyyy",)), "more than 1000 years"),
    ],
)
def test_a_clause_without_meaning_says_why(clause, words) -> None:
    """The sentence names the attribute and what to write instead."""
    with pytest.raises(ClauseFault) as refused:
        compile_clause(clause)
    assert words in str(refused.value)
    assert clause.attribute in str(refused.value)


def test_a_verdict_names_the_deciding_clause_and_its_value() -> None:
    """Whoever is out is told the first clause that failed in each group; whoever is in, the group that passed."""
    out = verdict_of(BERLIN, FilterGroup("Agents", (Clause("agent", "IS TRUE"),)), city="Rome", jobTitle="Clerk")
    assert out.reason == (
        "passes no scoping filter (Berlin: city EQUALS 'Berlin' does not hold, city is 'Rome'; "
        "Agents: agent IS TRUE does not hold, agent is empty)"
    )
    inside = verdict_of(BERLIN, city="Berlin", jobTitle="Clerk")
    assert inside.reason == ""
    assert inside.deciding_filter == (
        "passes the scoping filter Berlin: city EQUALS 'Berlin' and jobTitle IS NOT NULL "
        "(city is 'Berlin', jobTitle is 'Clerk')"
    )


def test_a_redacted_attribute_is_masked_in_the_verdict() -> None:
    """What a mapping redacts is not shown by a filter either."""
    out = verdict_of(BERLIN, masked=frozenset({"city"}), city="Rome")
    assert "city is [Redact]" in out.reason
    assert "Rome" not in out.reason


def test_a_date_that_cannot_be_read_decides_nothing() -> None:
    """An unreadable date is no reason to take an account away: this person fails, with the remedy."""
    with pytest.raises(ResourceFailed) as failed:
        verdict_of(FilterGroup("Staff", (Clause("leaves", "AFTER", ("now",)),)), leaves="soon")
    assert failed.value.code == "ScopingFailed"
    assert "Staff (leaves AFTER 'now')" in str(failed.value)


def test_every_operator_has_metadata_and_is_found_by_its_name() -> None:
    """Graph's eight come with their types; each name is read in any case, with spaces or underscores."""
    described = {one["name"]: one for one in describe_operators()}
    assert described["EQUALS"]["multivaluedComparisonType"] == "All"
    assert described["ANY EQUALS"]["multivaluedComparisonType"] == "Any"
    assert described["IS TRUE"] == {
        "name": "IS TRUE",
        "arity": "Unary",
        "multivaluedComparisonType": "All",
        "supportedAttributeTypes": ["Boolean"],
    }
    for name in OPERATORS:
        assert find_operator(name.lower().replace(" ", "_")).operator is OPERATORS[name]
        assert find_operator(name).name == name


MOMENTS = st.integers(0, 15 * 366 * 86_400).map(
    lambda seconds: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
LIMITS = st.builds(
    lambda start, sign, count, interval: f"{start}{sign}{count}{interval}",
    st.sampled_from(["now", "today"]),
    st.sampled_from("+-"),
    st.integers(0, 500),
    st.sampled_from(["d", "h", "ww", "m", "yyyy", "n", "s"]),
)


@given(st.sampled_from(["BEFORE", "AFTER", "ON_OR_BEFORE", "ON_OR_AFTER"]), LIMITS, MOMENTS, MOMENTS)
def test_an_answer_changes_at_the_next_instant_and_not_before(operator, limit, moment, now) -> None:
    """Until just before the instant the answer is that of now, at the instant it is the other one."""
    compiled = compile_clause(Clause("when", operator, (limit,)))
    assert compiled.changes is not None
    attributes = {"when": moment.isoformat()}
    answer = compiled.holds(attributes, now)
    instant = compiled.changes(attributes, now)
    if instant is None:
        assert compiled.holds(attributes, now + timedelta(days=365)) is answer
        return
    assert instant > now
    assert compiled.holds(attributes, instant) is not answer
    assert compiled.holds(attributes, instant - timedelta(microseconds=1)) is answer
    assert compiled.holds(attributes, now + (instant - now) / 2) is answer


def test_a_fixed_date_never_changes_by_itself() -> None:
    """Only values that count from the present move; the earliest change of all clauses is the person's."""
    fixed = Clause("hired", "BEFORE", ("2030-01-01",))
    moving = Clause("leaves", "AFTER", ("now",))
    scope = compile_scope((FilterGroup("a", (fixed, moving)), FilterGroup("b", (Clause("hired", "AFTER", ("now",)),))))
    attributes = {"hired": "2027-01-01", "leaves": "2028-01-01"}
    assert scope.next_instant(attributes, NOW) == datetime(2027, 1, 1, tzinfo=UTC)
    assert scope.next_instant({"hired": "nonsense"}, NOW) is None
    assert compile_scope((FilterGroup("a", (fixed,)),)).next_instant(attributes, NOW) is None
