"""Decisions on the command line with real processes: held removals, and failures that are held for retry."""

import json
from pathlib import Path
from typing import Any

import pytest
from main_job import APPLICATION, demo, edit, free_ports, numbers, provisor

pytestmark = pytest.mark.e2e

LEAVERS = 16
"""More than 10, and more than 5 % of 292 managed accounts: the guard holds them."""


def listed(data: Path, group: str) -> Any:
    """A listing in JSON."""
    done = provisor(data, group, APPLICATION, "list", "--format", "json")
    assert done.code == 0
    return json.loads(done.out)


def test_held_removals_and_failures_are_listed_and_decided(provisioned: Path) -> None:
    """Sixteen leavers wait, a joiner is refused: exit 1, both listed; approved and dropped, the next run is clean."""
    joiner = "zero@contoso.example"

    def change(rows: list[dict[str, str]]) -> list[dict[str, str]]:
        sample = next(row for row in rows if row["userPrincipalName"].startswith("ada@"))
        refused = {**sample, "userPrincipalName": joiner, "mail": joiner, "id": "", "employeeId": "", "manager": ""}
        return [*rows[:-LEAVERS], {**refused, "givenName": "Z" * 300}]

    file = edit(provisioned, change)
    port = free_ports()
    done = provisor(provisioned, "directory", "import", str(file), "--full", "--accept-removals", str(LEAVERS))
    assert done.code == 0, done.err
    assert provisor(provisioned, "app", "assign", APPLICATION, "--user", joiner).code == 0
    done = demo(provisioned, port)
    assert done.code == 1, done.out
    assert "Waits for a decision: 16 people would lose access of 292 accounts" in done.err
    assert f"provisor deletes '{APPLICATION}' list" in done.err
    assert f"1 failed. `provisor escrow '{APPLICATION}' list`" in done.err
    assert numbers(done.out)["held"] == LEAVERS
    assert numbers(done.out)["failed"] == 1

    held = listed(provisioned, "deletes")
    assert len(held) == LEAVERS
    assert set(held[0]) == {"id", "person", "sourceId", "action", "reason", "stagedAt", "decision"}
    (failure,) = listed(provisioned, "escrow")
    assert set(failure) == {"id", "person", "operation", "errorCode", "message", "attempts", "nextAttempt"}
    assert (failure["operation"], failure["attempts"]) == ("create", 1)

    for wrong in (["approve"], ["approve", "--all"], ["approve", "--all", "--count", "7"], ["reject", "nothing"]):
        assert provisor(provisioned, "deletes", APPLICATION, *wrong).code == 2
    assert {one["decision"] for one in listed(provisioned, "deletes")} == {"pending"}
    kept = provisor(provisioned, "deletes", APPLICATION, "reject", held[0]["id"])
    assert "1 rejected" in kept.out
    rest = str(LEAVERS - 1)
    assert provisor(provisioned, "deletes", APPLICATION, "approve", "--all", "--count", rest).code == 0
    assert provisor(provisioned, "escrow", APPLICATION, "retry", failure["id"]).code == 0
    assert provisor(provisioned, "escrow", APPLICATION, "drop", "--all").code == 0
    assert listed(provisioned, "escrow") == []

    done = demo(provisioned, port)
    assert done.code == 0, done.err
    assert (numbers(done.out)["disabled"], numbers(done.out)["failed"]) == (LEAVERS - 1, 0)
    assert [one["decision"] for one in listed(provisioned, "deletes")] == ["rejected"]
