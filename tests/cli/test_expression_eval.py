"""`provisor expression eval` prints results in the form of the vectors, and faults with their place."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from provisor_command import provisor

CORPUS = Path(__file__).parents[1] / "corpus" / "expressions.json"
VECTORS = json.loads(CORPUS.read_text(encoding="utf-8"))
DEFAULT_NOW = "2025-07-30T00:00:00Z"


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["expression"][:60])
def test_a_vector_on_the_command_line_gives_its_result(vector: dict) -> None:
    """Every published vector comes out as it stands in the file; a failed evaluation leaves with 1."""
    words = ["--source", json.dumps(vector["source"]), "--now", vector.get("now", DEFAULT_NOW)]
    if "taken" in vector:
        words += ["--taken", json.dumps(vector["taken"])]
    printed = provisor("expression", "eval", *words, "--", vector["expression"])
    assert printed.json == vector["result"]
    has_failed = isinstance(vector["result"], dict) and "$error" in vector["result"]
    assert printed.code == (1 if has_failed else 0)


def test_a_fault_is_shown_with_a_caret_and_a_suggestion() -> None:
    """An expression that cannot be used leaves with 2, and says where and what was probably meant."""
    printed = provisor("expression", "eval", "Append(ToLowr([mail]), Lft([surname], 1))")
    assert printed.code == 2
    lines = printed.err.splitlines()
    assert any("did you mean `ToLower`?" in line for line in lines)
    assert any("did you mean `Left`?" in line for line in lines)
    carets = [line.index("^") for line in lines if line.strip() == "^"]
    shown = [line for line in lines if line.strip().startswith("Append(")]
    assert [text[caret:].split("(")[0] for text, caret in zip(shown, carets, strict=True)] == ["ToLowr", "Lft"]
    assert "unknown function" in printed.json["$error"]


def test_a_person_without_a_value_leaves_with_1() -> None:
    """A failed evaluation is printed as data, and told with its remedy."""
    printed = provisor("expression", "eval", "CDate([employeeHireDate])")
    assert printed.code == 1
    assert printed.json["$error"].startswith("CDate")
    assert "Switch([d]" in printed.err


def test_the_source_may_lie_in_a_file_or_come_through_a_pipe(tmp_path: Path) -> None:
    """`@FILE` and `-` hold the same JSON, with or without a byte order mark."""
    file = tmp_path / "ada.json"
    file.write_text('{"mail": "Ädä@Example.com"}', encoding="utf-8-sig")
    from_file = provisor("expression", "eval", "ToLower([mail])", "--source", f"@{file}")
    from_pipe = provisor("expression", "eval", "ToLower([mail])", "--source", "-", typed=file.read_text("utf-8-sig"))
    assert from_file.json == from_pipe.json == "ädä@example.com"


@pytest.mark.parametrize("expression", ["Guid()", "RandomString(16, 2, 2, 2, 2)"])
def test_a_seed_makes_chance_repeat_itself(expression: str) -> None:
    """The same seed gives the same value, another seed another, no seed another each time."""
    seeded = [provisor("expression", "eval", expression, "--seed", seed).json for seed in ("7", "7", "8")]
    assert seeded[0] == seeded[1] != seeded[2]
    assert provisor("expression", "eval", expression).json != provisor("expression", "eval", expression).json


@pytest.mark.parametrize(
    "words",
    [
        ("--source", "{"),
        ("--source", "[]"),
        ("--source", "[" * 100_000),
        ("--source", "@/nowhere/at/all.json"),
        ("--taken", '{"a": 1}'),
        ("--now", "yesterday"),
    ],
    ids=lambda words: " ".join(words)[:30],
)
def test_an_unreadable_option_is_named(words: tuple[str, str]) -> None:
    """Wrong usage leaves with 2 and says which option, and prints no result."""
    printed = provisor("expression", "eval", "ToLower([mail])", *words)
    assert printed.code == 2
    assert words[0] in printed.err
    assert not printed.out


def test_a_shell_sees_the_same(tmp_path: Path) -> None:
    """As a process: the result on standard output, nothing on standard error, and no state is made."""
    done = subprocess.run(
        [sys.executable, "-m", "provisor", "expression", "eval", "Now()", "--now", "2025-07-30T11:00:00+02:00"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PROVISOR_DATA": str(tmp_path / "data")},
    )
    assert (done.returncode, json.loads(done.stdout), done.stderr) == (0, "7/30/2025 9:00:00 AM", "")
    assert not (tmp_path / "data").exists()


def test_an_expression_is_shown_as_it_is_understood() -> None:
    """`parse` gives Graph's answer: the tree, the result for a person, or every fault; 2 where it cannot be used."""
    printed = provisor("expression", "parse", "ToLower([mail])", "--source", '{"mail": "ADA"}')
    assert printed.code == 0
    assert printed.json["parsedExpression"]["name"] == "ToLower"
    assert printed.json["evaluationResult"] == ["ada"]
    assert provisor("expression", "parse", "ToLowr([mail])").code == 2
    assert provisor("expression", "parse", "CDate([mail])", "--source", "{}").code == 1


def test_what_a_schema_may_be_built_from_is_listed() -> None:
    """Functions and operators, in the shapes of Graph."""
    functions = provisor("expression", "functions", "--format", "json").json
    assert {"Switch", "SingleAppRoleAssignment"} <= {one["name"] for one in functions}
    operators = provisor("expression", "operators", "--format", "json").json
    assert {"EQUALS", "IS NOT NULL"} <= {one["name"] for one in operators}
    assert "IS NULL" in provisor("expression", "operators").out
