"""Documents say what is true: dependencies, commands, settings, links, and paths of tests."""

import ast
import re
import shlex
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "provisor"
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
ROOMS = sorted(path.name for path in SOURCE.iterdir() if path.is_dir() and path.name != "__pycache__")
ROOMS_NAMED = re.compile(rf"`((?:{'|'.join(ROOMS)})/[\w/.-]*)`")
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
CURRENT = [path for path in DOCUMENTS if path.parent.name != "decisions"]
"""A decision tells of its day, and is superseded rather than edited."""

sys.path.insert(0, str(ROOT / "tools"))


def text_of(name: str) -> str:
    """A document."""
    return (ROOT / name).read_text(encoding="utf-8")


def test_every_runtime_dependency_has_its_reason() -> None:
    """CONTRIBUTING names what pyproject requires, extras included, and nothing else."""
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    extras = [one for some in project["optional-dependencies"].values() for one in some]
    required = {re.match(r"[a-z0-9-]+", one)[0] for one in (*project["dependencies"], *extras)}
    table = text_of("CONTRIBUTING.md").split("| runtime dependency |")[1]
    named = set(re.findall(r"^\| ([a-z0-9-]+)", table, re.MULTILINE)) - {"---"}
    assert named == required


def test_the_page_of_commands_is_current() -> None:
    """docs/reference/commands.md is what the command line says of itself."""
    import make_commands

    assert text_of("docs/reference/commands.md") == make_commands.render()


def test_the_pages_of_functions_and_operators_are_current() -> None:
    """Both say what the catalogues say, and every result on them is what it evaluates to now."""
    import make_mapping_pages

    for page, render in make_mapping_pages.PAGES.items():
        assert page.read_text(encoding="utf-8") == render(), f"run tools/make_mapping_pages.py for {page.name}"


def test_every_function_and_operator_has_its_example() -> None:
    """No function without a row of examples, and none without one where its argument is absent."""
    from provisor.expressions.catalogue import CATALOGUE

    page = text_of("docs/reference/expression-functions.md")
    sections = dict(part.split("\n", 1) for part in page.split("\n## ")[1:])
    assert set(CATALOGUE) <= set(sections)
    for name, function in CATALOGUE.items():
        assert "| example | with | result |" in sections[name]
        assert "[absent]" in sections[name] or not function.parameters, name


def test_the_page_of_scim_checks_is_current() -> None:
    """docs/reference/scim-checks.md is what the catalogue of checks says of itself."""
    import make_scim_checks

    assert text_of("docs/reference/scim-checks.md") == make_scim_checks.render()


def test_every_argument_and_option_is_explained() -> None:
    """No row of the page is without a meaning, so `--help` leaves nobody guessing."""
    rows = re.findall(r"^\| (`.*) \| (.*)\|$", text_of("docs/reference/commands.md"), re.MULTILINE)
    assert rows
    assert not [name for name, meaning in rows if not meaning.strip()]


def test_every_setting_is_documented() -> None:
    """Every variable that the code reads stands in docs/reference/settings.md."""
    names = set()
    for path in (ROOT / "src").rglob("*.py"):
        names |= set(re.findall(r'"(PROVISOR_[A-Z_]+)"', path.read_text(encoding="utf-8")))
    page = text_of("docs/reference/settings.md")
    assert not {name for name in names if f"`{name}`" not in page}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_resolve(document: Path) -> None:
    """Every relative link leads somewhere."""
    for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text(encoding="utf-8")):
        if "://" not in link:
            assert (document.parent / link).exists(), link


@pytest.mark.parametrize("document", CURRENT, ids=lambda path: str(path.relative_to(ROOT)))
def test_named_places_exist(document: Path) -> None:
    """Every path of a test, source file or tool is there, and a test named behind `::` is in its file."""
    text = document.read_text(encoding="utf-8")
    for path, _, test in re.findall(r"`((?:tests|src|tools|bench|requirements)/[\w/.-]+)(::(\w+))?`", text):
        assert (ROOT / path).exists(), path
        if test:
            functions = (node for node in ast.walk(ast.parse(text_of(path))) if isinstance(node, FUNCTION))
            assert test in {function.name for function in functions}, f"{path}::{test}"
    for room in ROOMS_NAMED.findall(text):
        assert (SOURCE / room).exists(), room


def calls(line: str, command: str) -> bool:
    """Whether the line calls the command; a word in capitals stands for what the caller names."""
    typed, wanted = shlex.split(line), command.split()
    return len(typed) >= len(wanted) and all(w.isupper() or w == t for t, w in zip(typed, wanted, strict=False))


def test_commands_to_be_typed_exist() -> None:
    """Every `provisor …` and `make …` line of a shell block names a command or a target, and options it has."""
    page = text_of("docs/reference/commands.md")
    sections = {part.split("`")[0]: part for part in page.split("\n## `")[1:]}
    targets = set(re.findall(r"^(\w+):", text_of("Makefile"), re.MULTILINE))
    typed = [
        line.split(" #")[0].strip().removeprefix(".venv/bin/")
        for document in DOCUMENTS
        for block in re.findall(r"```sh\n(.*?)```", document.read_text(encoding="utf-8"), re.DOTALL)
        for line in block.splitlines()
    ]
    assert {"make run", "make test"} <= set(typed)
    for line in typed:
        if line.startswith("make "):
            assert line.split()[1] in targets, line
        if line.startswith("provisor "):
            words = re.sub(r"^provisor --data \S+", "provisor", line)
            name = max((one for one in sections if calls(words, one)), key=len, default=None)
            assert name, line
            for option in re.findall(r" (--[\w-]+)", words):
                assert f"`{option}" in sections[name], line


def test_nothing_names_a_path_of_somebodys_machine() -> None:
    """Documents and lock files name no home folder and no registry."""
    for path in [*DOCUMENTS, *(ROOT / "requirements").glob("*.txt")]:
        text = path.read_text(encoding="utf-8")
        assert "/root/" not in text, path
        assert "pythonhosted" not in text, path
