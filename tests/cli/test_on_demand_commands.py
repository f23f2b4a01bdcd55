"""Provisioning on demand from the command line, against a SCIM service provider in a process of its own."""

from pathlib import Path

import pytest
from desk import TOKEN, TOKEN_VARIABLE, Run, commands, serving


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Commands on a data folder whose application is served."""
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    with serving(tmp_path / "desk") as tenant_url:
        yield commands(tmp_path / "data", tenant_url)


def test_people_on_demand_from_trial_to_removal(run: Run) -> None:
    """A trial, a creation, a removal that waits for a yes, and the explanation of it, each with its exit code."""
    trial = run("on-demand", "Desk", "ada@contoso.example", "eve@contoso.example", "--dry-run", "--format", "json")
    assert trial.code == 0, trial.err
    ada, eve = trial.json["people"]
    assert (ada["action"], ada["result"], eve["result"]) == ("create", "tried", "skipped")
    assert {"name", "type", "status", "description", "details"} == set(ada["steps"][0])

    made = run("on-demand", "Desk", "ada@contoso.example", "chen@contoso.example", "frank@contoso.example")
    assert made.code == 0, made.err
    assert "ada@contoso.example: create, sent" in made.out
    assert "displayName: source displayName, value Ada" in made.out

    assert run("app", "unassign", "Desk", "--user", "chen@contoso.example").code == 0
    for typed in ("", "n\n"):
        asked = run("on-demand", "Desk", "chen@contoso.example", "--format", "json", typed=typed)
        assert asked.code == 3, asked.err
        assert asked.json["result"] == "unconfirmed"
        assert "chen@contoso.example would lose access (disable)" in asked.err
    gone = run("on-demand", "Desk", "--filter", "department EQUALS Sales", "--format", "json", typed="y\n")
    assert gone.code == 0, gone.err
    (chen,) = gone.json["people"]
    assert (chen["person"], chen["action"], chen["result"]) == ("chen@contoso.example", "disable", "sent")

    why = run("explain", "Desk", "chen@contoso.example", "--format", "json")
    assert why.code == 0
    assert "which is no longer managed" in why.json["result"]
    assert "is not assigned to the application" in why.json["result"]
    assert "LastDecisions" in [step["name"] for step in why.json["steps"]]
    assert run("on-demand", "Desk", "nobody").code == 2
    assert run("on-demand", "Desk").code == 2
