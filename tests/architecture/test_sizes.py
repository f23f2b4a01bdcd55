"""Files and functions stay readable (ARCHITECTURE, sizes)."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "provisor"
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60
FOLDER_MODULES_MAX = 16

FORBIDDEN_NAMES = {"manager", "handler", "helper", "helpers", "util", "utils", "service", "services", "processor"}
FORBIDDEN_NAMES |= {"base", "common", "misc"}

FOLDERS_LARGER: dict[str, str] = {
    "store": "one file per aggregate of three services; splits by service when it grows further",
    "ports": "one file per thing that is needed from outside",
    "freshservice": "client, bridge, index and value lists of one vendor",
    "cli": "one file per command group",
}


def _modules() -> list[Path]:
    return [path for path in SOURCE.rglob("*.py") if "migrations" not in path.parts]


def test_files_are_short() -> None:
    """No source file has more than 400 lines."""
    long = {str(path): n for path in _modules() if (n := len(path.read_text().splitlines())) > FILE_LINES_MAX}
    assert not long


def test_functions_fit_a_screen() -> None:
    """No function has more than 60 lines."""
    long = {}
    for path in _modules():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                if lines > FUNCTION_LINES_MAX:
                    long[f"{path}:{node.name}"] = lines
    assert not long


def test_folders_hold_one_concept() -> None:
    """A folder with many modules hides a second concept, unless its reason is written here."""
    for folder in {path.parent for path in _modules()}:
        count = len(list(folder.glob("*.py")))
        name = str(folder.relative_to(SOURCE))
        assert count <= FOLDER_MODULES_MAX or name in FOLDERS_LARGER, f"{name}: {count} modules"


def test_names_say_what_a_thing_knows() -> None:
    """No module or class is named after a role that anything could have."""
    for path in _modules():
        assert path.stem.lower() not in FORBIDDEN_NAMES, path
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                assert node.name.lower() not in FORBIDDEN_NAMES, f"{path}:{node.name}"


def test_every_module_says_what_it_is() -> None:
    """Every module opens with a docstring."""
    for path in SOURCE.rglob("*.py"):
        assert ast.get_docstring(ast.parse(path.read_text())), path
