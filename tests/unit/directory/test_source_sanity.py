"""Source sanity: when a full read is believed about leavers (CONTRACT, "Source sanity")."""

import pytest

from provisor.policy.source_sanity import judge_full_read


@pytest.mark.parametrize(
    ("known", "missing", "is_accepted", "why"),
    [
        (0, 0, True, "an empty directory misses nobody"),
        (10, 10, True, "ten people may go even when they are everybody"),
        (100, 11, False, "more than ten and more than 5 %"),
        (220, 11, True, "exactly 5 % is not more"),
        (219, 11, False, "just more than 5 %"),
        (10_000, 100, True, "a hundred of very many"),
        (10_000, 101, False, "more than a hundred whatever the share"),
    ],
)
def test_counts_and_shares(known: int, missing: int, is_accepted: bool, why: str) -> None:
    """More than 10 and (more than 5 % or more than 100) missing is refused."""
    verdict = judge_full_read(known, missing, problem=None, accepted=None)
    assert verdict.is_accepted is is_accepted, why
    assert bool(verdict.reason) is not is_accepted
    assert (verdict.known, verdict.missing) == (known, missing)


def test_a_problem_refuses_whatever_is_missing() -> None:
    """A read that is not whole says nothing about leavers."""
    verdict = judge_full_read(300, 1, problem="the file ends in the middle", accepted=None)
    assert not verdict.is_accepted
    assert "the file ends in the middle" in verdict.reason


def test_only_the_exact_number_is_accepted() -> None:
    """Accepting a number lets exactly that many go."""
    assert judge_full_read(300, 150, problem=None, accepted=150).is_accepted
    assert judge_full_read(300, 300, problem="the file is empty", accepted=300).is_accepted
    refused = judge_full_read(300, 150, problem=None, accepted=149)
    assert not refused.is_accepted
    assert "149 removals were accepted" in refused.reason
