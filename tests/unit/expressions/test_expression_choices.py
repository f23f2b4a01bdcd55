"""The open choices: each place that the specification leaves open has its constant, and everything follows it."""

import ast
from pathlib import Path

import pytest

from provisor.expressions import choices
from provisor.gallery.synchronization.reading import read_rules
from provisor.gallery.templates import load_templates
from provisor.model.rules import Clause
from provisor.stages.clauses import compiling, texts
from provisor.stages.clauses.compiling import compile_clause

SOURCE = Path(choices.__file__).parents[1]

OPEN = {
    "§3.1 Append: null source": "NULL_AFFIX_YIELDS_NULL",
    "§3.1 Coalesce: empty text": "COALESCE_SKIPS_EMPTY",
    "§3.1 InStr: default comparison": "INSTR_IGNORES_CASE",
    "§3.1 IsString: null": "IS_STRING_OF_NULL",
    "§3.1 Mid: start past the end": "MID_START_PAST_END_YIELDS_EMPTY",
    "§3.1 RemoveDuplicates: letter case": "DUPLICATES_IGNORE_CASE",
    "§3.1 Split: blanks": "SPLIT_TRIMS",
    "§3.2 Replace mode 4: all values": "REPLACE_GROUP_BY_SPAN",
    "§3.2 Replace: null source": "REPLACE_OF_NULL_YIELDS_NULL",
    "§3.4 single role: which text": "SINGLE_ROLE_TEXT",
    "§3.5 Switch: several values": "MULTI_VALUED_SOURCE",
    "§3.7 FormatDateTime: three arguments": "FORMAT_DATE_TIME_ACCEPTS_THREE",
    "§3.9 NormalizeDiacritics: outside of the table": "OE_LIGATURE_IS_REPLACED",
    "§3.10 PCase: apostrophe": "PCASE_APOSTROPHE_SEPARATES",
    "§5.1 EQUALS: several values": "FILTER_VALUES_ANY",
    "§5.2 & and !&: meaning": "FILTER_BITS_ALL",
    "§5.2 REGEX MATCH: anchored": "FILTER_PATTERN_ANCHORED",
    "§7.3 source: tree against text": "SCHEMA_TEXT_WINS",
    "§8.2 attributes: not confirmed": "UNCONFIRMED_SOURCES",
}
"""Every place that mapping-language.md marks open, in its order, and the constant that decides it."""

PLAUSIBLE = {
    "usageLocation",
    "preferredName",
    "onPremisesDistinguishedName",
    "immutableId",
    "creationType",
    "ageGroup",
    "consentProvidedForMinor",
    "sipProxyAddress",
    "showInAddressList",
    "alternativeSecurityIds",
    "userState",
}


def _documented() -> dict[str, str]:
    """The constants with the docstring that follows each."""
    body = ast.parse(Path(choices.__file__).read_text()).body
    found = {}
    for node, following in zip(body, [*body[1:], None], strict=True):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            text = following.value if isinstance(following, ast.Expr) else None
            found[node.targets[0].id] = str(text.value) if isinstance(text, ast.Constant) else ""
    return found


def test_every_open_place_has_its_documented_constant() -> None:
    """The constant is there, and says which section of the specification it decides."""
    documented = _documented()
    for place, name in OPEN.items():
        assert place.split()[0] in documented[name], place


def test_every_choice_is_documented_and_followed() -> None:
    """No constant without a sentence, and none that nothing reads."""
    text = "\n".join(path.read_text() for path in SOURCE.rglob("*.py") if path.name != "choices.py")
    tests_only = {"UNCONFIRMED_SOURCES"}
    for name, sentence in _documented().items():
        assert len(sentence) > 20, name
        assert name in text or name in tests_only, f"{name} decides nothing"


def test_templates_offer_no_other_unconfirmed_attribute() -> None:
    """The source lists name only those of the unconfirmed attributes that the choice names."""
    for template in load_templates().values():
        rules = read_rules(template.schema)
        assert set(rules.source_attributes(rules.users)) & PLAUSIBLE == set(choices.UNCONFIRMED_SOURCES)


@pytest.mark.parametrize(
    ("room", "choice", "value", "clause", "attribute", "holds"),
    [
        (texts, "FILTER_BITS_ALL", False, Clause("a", "&", ("12",)), 6, True),
        (texts, "FILTER_PATTERN_ANCHORED", True, Clause("a", "REGEX MATCH", ("b",)), "abc", False),
        (texts, "FILTER_VALUES_ANY", False, Clause("a", "EQUALS", ("b", "c")), "b", False),
        (compiling, "FILTER_LIST_ANY", True, Clause("a", "EQUALS", ("b",)), ["b", "c"], True),
    ],
)
def test_a_choice_about_filters_can_be_made_otherwise(monkeypatch, room, choice, value, clause, attribute, holds):
    """The clause follows the constant, and answers the other way as it is now."""
    assert compile_clause(clause).holds({"a": attribute}, None) is not holds
    monkeypatch.setattr(room, choice, value)
    assert compile_clause(clause).holds({"a": attribute}, None) is holds
