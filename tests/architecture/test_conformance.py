"""docs/conformance.md: every line names the tests that hold it, and they are there."""

import ast
import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "conformance.md"
LINK = re.compile(r"\[(\w+)\]\((\.\./tests/[\w/.]+\.py)\)")
STATES = ("yes", "no", "differs")
ROWS_MIN = 100


def rows() -> list[list[str]]:
    """The cells of each line of a table."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    found = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if line.startswith("| ")]
    return [cells for cells in found if cells[0] not in {"§", "client"}]


def names_of_tests(path: Path) -> set[str]:
    """The names of the tests in a file, without their beginning."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    functions = (node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return {node.name.removeprefix("test_") for node in functions if node.name.startswith("test_")}


def test_every_line_names_its_tests() -> None:
    """Four cells, the last of them links and nothing else."""
    assert len(rows()) >= ROWS_MIN
    for cells in rows():
        assert len(cells) == 4, cells
        assert all(LINK.fullmatch(each) for each in cells[3].split(", ")), cells


def test_every_test_that_is_named_exists() -> None:
    """A link to a test that was renamed or removed fails here."""
    for cells in rows():
        for name, path in LINK.findall(cells[3]):
            assert name in names_of_tests(PAGE.parent / path), f"{cells[1]}: {path} has no test_{name}"


def test_sections_say_whether_they_hold() -> None:
    """Of the RFCs, nearly every line begins with yes, no or differs; the others say what is done instead."""
    judged = [cells[2] for cells in rows() if re.match(r"[\d–]", cells[0])]
    said = [each for each in judged if each.startswith(STATES)]
    assert len(said) > 0.9 * len(judged)
