"""What becomes of a decision about a removal when its person is evaluated again."""

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from provisor.model.job import Application, ScopeSetting
from provisor.model.removal import Decision, StagedRemoval
from provisor.policy.staging import basis_of, restage

NOW = datetime(2026, 11, 23, tzinfo=UTC)
APP = Application("app", "job", "Desk", "freshservice")

removals = st.builds(
    StagedRemoval,
    id=st.sampled_from("ab"),
    source_id=st.just("chen"),
    person=st.just("chen"),
    action=st.sampled_from(["disable", "delete"]),
    reason=st.sampled_from(["is blocked", "has left"]),
    staged_at=st.just(NOW),
    decision=st.sampled_from(Decision),
    decided_at=st.none() | st.just(NOW),
    basis=st.sampled_from(["one", "other"]),
    held_at=st.none() | st.just(NOW),
)


@given(removals, removals)
def test_a_decision_reaches_no_further_than_what_it_was_about(before: StagedRemoval, again: StagedRemoval) -> None:
    """An approval holds for the same action only, a rejection for the same action from the same source and rules."""
    again = replace(again, decision=Decision.PENDING, decided_at=None)
    kept = restage(before, again)
    assert (kept.action, kept.basis) == (again.action, again.basis)
    if kept.decision is not Decision.PENDING:
        assert (kept.id, kept.decision, kept.decided_at) == (before.id, before.decision, before.decided_at)
        assert kept.action == before.action
    if kept.decision is Decision.REJECTED:
        assert kept.basis == before.basis


@given(removals)
def test_evaluating_again_without_a_change_changes_nothing(before: StagedRemoval) -> None:
    """Neither the id nor the decision nor the time since when it waits."""
    again = replace(before, id="new", decision=Decision.PENDING, decided_at=None, held_at=None)
    assert restage(before, again) == before
    assert restage(None, again) == again


def test_the_basis_is_the_persons_source_and_the_rules() -> None:
    """The scope setting is one of the rules; settings of guard or schedule are not."""
    basis = basis_of(b"1", APP)
    assert basis_of(b"1", replace(APP, is_scheduled=True, watermark="9")) == basis
    assert len({basis, basis_of(b"2", APP), basis_of(b"1", replace(APP, rules_version=2))}) == 3
    assert basis_of(b"1", replace(APP, scope=ScopeSetting.ALL)) != basis
