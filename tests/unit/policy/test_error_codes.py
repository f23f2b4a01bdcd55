"""Error codes: every code that the program gives is explained, with what to do."""

import re
from pathlib import Path

import pytest

from provisor.policy.error_codes import ERROR_CODES, Category, explain_code

SOURCES = Path(__file__).parents[3] / "src" / "provisor"
GIVEN = re.compile(r"""(?:code|error_code|CODE_[A-Z_]+(?:: Final)?)\s?=\s?["']([A-Z][A-Za-z]+)["']""")


def codes_in_the_program() -> set[str]:
    """Every literal error code in the rooms of the engine and its connectors."""
    rooms = ("engine", "stages", "policy", "expressions", "connectors/scim", "connectors/directory")
    files = [file for room in rooms for file in (SOURCES / room).rglob("*.py")]
    return {code for file in files for code in GIVEN.findall(file.read_text())}


def test_every_code_that_is_given_is_explained() -> None:
    """No entry of the log leaves its reader alone."""
    given = codes_in_the_program()
    assert given
    assert given <= set(ERROR_CODES)


@pytest.mark.parametrize("known", ERROR_CODES.values(), ids=list(ERROR_CODES))
def test_each_says_what_it_means_and_what_to_do(known) -> None:
    """Two whole sentences."""
    assert known.meaning.endswith(".")
    assert known.recommended_action.endswith(".")


def test_a_prefix_of_the_target_is_looked_through() -> None:
    """Applications put their own name before a code."""
    assert explain_code("ContosoEntryConflict").code == "EntryConflict"
    assert explain_code("InternalError").category is Category.FAILURE
    assert explain_code("SomethingNew").code == "SomethingNew"
