"""Documents say what is true: dependencies, commands, settings, links, and paths of tests."""

import re
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]

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


def test_every_setting_is_documented() -> None:
    """Every variable that the code reads stands in docs/reference/settings.md."""
    names = set()
    for path in (ROOT / "src").rglob("*.py"):
        names |= set(re.findall(r'"(PROVISOR_[A-Z_]+)"', path.read_text(encoding="utf-8")))
    page = text_of("docs/reference/settings.md")
    assert not {name for name in names if f"`{name}`" not in page}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_resolve(document: Path) -> None:
    """Every relative link and every named test path leads somewhere."""
    text = document.read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        if "://" not in link:
            assert (document.parent / link).exists(), link
    for path in re.findall(r"`(tests/[\w/.-]+)`", text):
        assert (ROOT / path).exists(), path


def test_commands_in_the_readme_exist() -> None:
    """Every `provisor …` and `make …` line of the README's shell blocks names a command, and options it has."""
    page = text_of("docs/reference/commands.md")
    sections = {part.split("`")[0]: part for part in page.split("\n## `")[1:]}
    blocks = re.findall(r"```sh\n(.*?)```", text_of("README.md"), re.DOTALL)
    lines = [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]
    targets = set(re.findall(r"^(\w+):", text_of("Makefile"), re.MULTILINE))
    for line in lines:
        if line.startswith("make "):
            assert line.split()[1] in targets, line
        if line.startswith("provisor "):
            name = max((one for one in sections if f"{line} ".startswith(f"{one} ")), key=len, default=None)
            assert name, line
            for option in re.findall(r"(--[\w-]+)", line):
                assert f"`{option}`" in sections[name], line


def test_nothing_names_a_path_of_somebodys_machine() -> None:
    """Documents and lock files name no home folder and no registry."""
    for path in [*DOCUMENTS, *(ROOT / "requirements").glob("*.txt")]:
        text = path.read_text(encoding="utf-8")
        assert "/root/" not in text, path
        assert "pythonhosted" not in text, path
