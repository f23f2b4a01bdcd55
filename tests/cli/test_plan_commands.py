"""Plan, review, apply from the command line, against a SCIM service provider in a process of its own."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from desk import TOKEN, TOKEN_VARIABLE, Run, commands, serving

PLAN = {"id", "expiresAt", "settings", "counts", "losesAccess", "requests", "estimatedSeconds", "operations"}
OPERATION = {"action", "person", "sourceId", "targetId", "changes", "reason"}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Commands on a data folder whose application is served."""
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    with serving(tmp_path / "desk") as tenant_url:
        yield commands(tmp_path / "data", tenant_url)


def test_a_plan_is_made_reviewed_and_applied(run: Run, tmp_path: Path) -> None:
    """The plan says what applying it then does, in CONTRACT's shapes; a second use and a stale one exit with 1."""
    printed = run("plan", "Desk", "--format", "json")
    assert printed.code == 0, printed.err
    plan = printed.json
    assert set(plan) >= PLAN
    assert (plan["settings"], plan["counts"]["created"], plan["losesAccess"]) == ("saved", 3, 0)
    assert all(set(one) >= OPERATION for one in plan["operations"])
    (ada,) = (one for one in plan["operations"] if one["person"].startswith("ada"))
    assert {"attribute": "displayName", "before": None, "after": "Ada"} in ada["changes"]
    assert any("frank@contoso.example, once it is made" in str(change["after"]) for change in ada["changes"])

    applied = run("apply", plan["id"], "--format", "json")
    assert applied.code == 0, applied.err
    assert set(applied.json) >= {"cycleId", "kind", "counts", "requests", "seconds"}
    assert (applied.json["kind"], applied.json["counts"]["created"]) == ("plan", 3)
    again = run("apply", plan["id"])
    assert (again.code, "was applied already" in again.err) == (1, True)

    schema = run("schema", "export", "Desk").json
    for mapping in schema["synchronizationRules"][0]["objectMappings"][0]["attributeMappings"]:
        if mapping["targetAttributeName"] == "displayName":
            mapping["source"] = {"expression": "[surname]", "name": "surname", "type": "Attribute", "parameters": []}
    file = tmp_path / "unsaved.json"
    file.write_text(json.dumps(schema), encoding="utf-8")
    assert run("app", "unassign", "Desk", "--user", "chen@contoso.example").code == 0
    printed = run("plan", "Desk", "--schema", str(file))
    assert printed.code == 0, printed.err
    assert "by unsaved settings: 2 updated, 1 disabled, 1 skipped." in printed.out
    assert "disable  chen@contoso.example (loses access)" in printed.out
    assert "displayName: Ada → Example" in printed.out
    (newest, _) = run("plans", "list", "--app", "Desk", "--format", "json").json

    assert run("app", "assign", "Desk", "--user", "chen@contoso.example").code == 0
    stale = run("apply", newest["id"])
    assert stale.code == 1
    assert "chen@contoso.example: disable was planned" in stale.err
    rest = run("apply", newest["id"], "--skip-stale", "--format", "json")
    assert (rest.code, rest.json["counts"]["updated"], rest.json["counts"]["disabled"]) == (0, 2, 0)
    assert "left out" in rest.err
    shown = run("plans", "show", newest["id"], "--losing", "--format", "csv")
    assert shown.out.splitlines()[1].startswith("disable,chen@contoso.example")
    assert "surname" in run("schema", "show", "Desk").out
    wider = run("plan", "Desk", "--scope", "all", "--compare")
    assert wider.code == 0, wider.err
    assert "This edit changes 1 person; nobody loses access." in wider.out
    assert "eve@contoso.example: nothing → create" in wider.out
    second, first = (one["id"] for one in run("plans", "list", "--format", "json").json[:2])
    compared = run("plans", "compare", first, second, "--format", "json")
    assert (compared.code, compared.json["changed"], len(compared.json["people"])) == (0, 1, 1)
    assert run("plan", "Desk", "--compare").code == 2
    assert run("plans", "delete", newest["id"]).code == 0
    assert run("apply", newest["id"]).code == 2
