"""`provisor schema …`: what people see of mappings and filters, and what happens to a file that they bring."""

import copy
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from provisor_command import Printed, provisor

from provisor.gallery.templates import get_template

ENTRA = Path(__file__).parents[1] / "corpus" / "schemas" / "entra-export.json"
Run = Callable[..., Printed]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with one application, to be copied per test."""
    data = tmp_path_factory.mktemp("prepared") / "data"
    assert provisor("app", "create", "--template", "scim", "--name", "Desk", data=data).code == 0
    return data


@pytest.fixture
def run(tmp_path: Path, prepared: Path) -> Run:
    """The command line on a data folder with one application."""
    data = Path(shutil.copytree(prepared, tmp_path / "data"))

    def run(*words: str, typed: str = "") -> Printed:
        return provisor(*words, data=data, typed=typed)

    return run


def exported(run: Run) -> dict[str, Any]:
    """The schema that is stored."""
    return run("schema", "export", "Desk").json


def rows_of(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The attribute mappings of users."""
    return schema["synchronizationRules"][0]["objectMappings"][0]["attributeMappings"]


def test_an_export_imported_again_changes_nothing(run: Run, tmp_path: Path) -> None:
    """Neither the schema nor anything else: not even everybody is evaluated anew."""
    file = tmp_path / "schema.json"
    assert run("schema", "export", "Desk", str(file)).code == 0
    printed = run("schema", "import", "Desk", str(file))
    assert printed.code == 0
    assert "Nothing changes" in printed.out
    assert exported(run) == json.loads(file.read_text("utf-8")) == get_template("scim").schema


def test_a_tenants_schema_comes_in_unchanged(run: Run) -> None:
    """It is stored as it was written, but for what only we know of the target; the differences are told and counted."""
    printed = run("schema", "import", "Desk", str(ENTRA))
    assert printed.code == 0
    assert "User: externalId: source changed from [mailNickname] to [objectId]" in printed.out
    assert "the next cycle evaluates everybody" in printed.out
    assert "Note: " in printed.err
    stored, written = exported(run), json.loads(ENTRA.read_text("utf-8"))
    assert stored["synchronizationRules"] == written["synchronizationRules"]
    for schema in (stored, written):
        for item in schema["directories"][1]["objects"][0]["attributes"]:
            item["metadata"] = [one for one in item["metadata"] if one["key"] != "SupportedForFiltering"]
    assert stored == written


def test_a_dry_run_stores_nothing(run: Run) -> None:
    """It says what the import would say."""
    before = exported(run)
    trial = run("schema", "import", "Desk", str(ENTRA), "--dry-run")
    assert (trial.code, exported(run)) == (0, before)
    real = run("schema", "import", "Desk", str(ENTRA), "--format", "json").json
    assert all(sentence in trial.out for sentence in real["differences"])
    assert real["changed"]


def test_a_schema_with_faults_is_refused_whole(run: Run, tmp_path: Path) -> None:
    """All faults at once, with path, caret and suggestion; what is stored stays."""
    before = exported(run)
    schema = copy.deepcopy(before)
    rows = rows_of(schema)
    rows[1]["source"] = {"expression": "Swtch([IsSoftDeleted], , 1, 2)"}
    rows[2]["targetAttributeName"] = "emials"
    rows[3]["flowType"] = "Never"
    rows.append(copy.deepcopy(rows[4]))
    file = tmp_path / "broken.json"
    file.write_text(json.dumps(schema), encoding="utf-16")
    refused = run("schema", "import", "Desk", str(file))
    assert (refused.code, refused.out) == (2, "")
    for words in (
        "attributeMappings[1]",
        "did you mean `Switch`?",
        "attributeMappings[2]",
        "attributeMappings[3].flowType",
    ):
        assert words in refused.err
    assert "2 mappings lead to this attribute" in refused.err
    assert any(line.strip() == "^" for line in refused.err.splitlines())
    assert exported(run) == before
    validated = run("schema", "validate", str(file))
    assert validated.code == 2
    assert "did you mean `Switch`?" in validated.err


def test_an_edited_expression_counts(run: Run) -> None:
    """Export, edit the text, import: the tree beside it follows, though nobody touched it."""
    schema = exported(run)
    row = next(one for one in rows_of(schema) if one["targetAttributeName"] == "name.formatted")
    row["source"]["expression"] = 'Join("-", [surname], [givenName])'
    printed = run("schema", "import", "Desk", "-", typed=json.dumps(schema))
    assert 'name.formatted: source changed from Join(" ", [givenName], [surname]) to Join("-", ' in printed.out
    row = next(one for one in rows_of(exported(run)) if one["targetAttributeName"] == "name.formatted")
    assert row["source"]["parameters"][0]["value"]["name"] == "-"


def test_default_mappings_are_restored(run: Run) -> None:
    """After a question, or with --yes: mappings and filters are the template's again, added attributes stay offered."""
    run("schema", "import", "Desk", str(ENTRA))
    assert run("schema", "reset", "Desk", typed="n\n").code != 0
    assert exported(run) != get_template("scim").schema
    restored = run("schema", "reset", "Desk", "--yes")
    assert restored.code == 0
    assert "User: Removed mapping nickName" in restored.out
    schema, template = exported(run), get_template("scim").schema
    assert schema["synchronizationRules"] == template["synchronizationRules"]
    lists = [
        {item["name"]: item for item in one["directories"][1]["objects"][0]["attributes"]} for one in (schema, template)
    ]
    assert lists[0] == {"nickName": lists[0]["nickName"], **lists[0], **lists[1]}


def test_mappings_are_shown_in_every_form(run: Run) -> None:
    """A table with filters in words below; rows as CSV; the whole as JSON."""
    run("schema", "import", "Desk", str(ENTRA))
    table = run("schema", "show", "Desk").out
    for words in (
        "[userPrincipalName]",
        "only during object creation",
        "Sales in DE: department EQUALS Sales and mail",
        "Read at all",
    ):
        assert words in table
    shown = run("schema", "show", "Desk", "--format", "json").json["objectMappings"]
    assert [one["source"] for one in shown] == ["User", "Group"]
    assert shown[0]["mappings"][0]["matching"] == 1
    assert shown[0]["scopingFilters"][1]["clauses"][0]["operator"] == "REGEX MATCH"
    assert shown[1]["actions"] == ["Create", "Update"]
    lines = run("schema", "show", "Desk", "--format", "csv").out.splitlines()
    assert lines[0].startswith("object,target,source,matching")
    assert len(lines) == 1 + len(shown[0]["mappings"]) + len(shown[1]["mappings"])


def test_two_schemas_are_compared(run: Run) -> None:
    """Each of a file or of an application."""
    printed = run("schema", "diff", "Desk", str(ENTRA))
    assert printed.code == 0
    assert "Added scoping filter 'Badge holders'" in printed.out
    assert run("schema", "diff", "Desk", "Desk").out == "No differences.\n"
    assert run("schema", "diff", "Desk", str(ENTRA), "--format", "json").json
    assert run("schema", "diff", "Desk", "nowhere.json").code == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": 1,\n "b": }', "line 2, column 7"),
        ('{"a": 1, "a": 2}', "'a' occurs twice"),
        ("[]", "a JSON object"),
        ("[" * 100_000, "cannot be read as JSON"),
        ('{"a": NaN}', "NaN"),
        ('{"a": "\\ud800"}', "JSON"),
        ("{}", "synchronizationRules"),
    ],
)
def test_a_file_that_is_no_schema_is_refused(run: Run, text: str, words: str) -> None:
    """With the place where it stops being one; nothing is stored."""
    before = exported(run)
    printed = run("schema", "import", "Desk", "-", typed=text)
    assert printed.code == 2
    assert words in printed.err
    assert exported(run) == before


def test_an_unknown_application_or_file_is_named(run: Run, tmp_path: Path) -> None:
    """Exit 2, and no traceback."""
    assert run("schema", "show", "Other").code == 2
    assert run("schema", "import", "Desk", str(tmp_path / "missing.json")).code == 2
    assert run("schema", "import", "Desk", str(tmp_path)).code == 2
    assert run("schema", "export", "Desk", str(tmp_path / "no" / "folder.json")).code == 2
