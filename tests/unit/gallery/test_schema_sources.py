"""A mapping's source has a text and a tree, and either alone is enough."""

import copy
from typing import Any

import pytest
from schema_builders import at, faults_of

from provisor.expressions.parser import parse
from provisor.gallery.synchronization.sources import MappingSource, complete_source, read_source, write_source
from provisor.gallery.synchronization.trees import build_tree
from provisor.model.rules import SourceKind

EXPRESSION = SourceKind.EXPRESSION


def leaf(kind: str, name: str, text: str) -> dict[str, Any]:
    """A node without parameters."""
    return {"type": kind, "name": name, "expression": text, "parameters": []}


def test_the_published_tree_is_built() -> None:
    """Graph's own sample: what is not supplied is left out, and keys are those of its metadata."""
    text = 'Replace([preferredLanguage], "-", , , "_", , )'
    assert write_source(MappingSource(EXPRESSION, text)) == {
        "type": "Function",
        "name": "Replace",
        "expression": text,
        "parameters": [
            {"key": "source", "value": leaf("Attribute", "preferredLanguage", "[preferredLanguage]")},
            {"key": "Find", "value": leaf("Constant", "-", '"-"')},
            {"key": "Replacement", "value": leaf("Constant", "_", '"_"')},
        ],
    }


def test_constants_are_always_quoted_and_repeats_share_their_key() -> None:
    """Numbers too; the keys and values of Switch are all called switchValue."""
    tree = build_tree(parse('Switch(Mid([x], 1, 8), , "a", 5)'))
    assert [one["key"] for one in tree["parameters"]] == ["source", "switchValue", "switchValue"]
    assert tree["parameters"][2]["value"] == leaf("Constant", "5", '"5"')
    inner = tree["parameters"][0]["value"]
    assert [one["value"]["expression"] for one in inner["parameters"]] == ["[x]", '"1"', '"8"']
    assert inner["expression"] == "Mid([x], 1, 8)"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (None, MappingSource(SourceKind.NONE)),
        ({"type": "Attribute", "name": "mail"}, MappingSource(SourceKind.ATTRIBUTE, "mail")),
        ({"name": "mail"}, MappingSource(SourceKind.ATTRIBUTE, "mail")),
        ({"expression": "[mail]"}, MappingSource(SourceKind.ATTRIBUTE, "mail")),
        ({"type": "attribute", "expression": "[mail]"}, MappingSource(SourceKind.ATTRIBUTE, "mail")),
        ({"type": "Constant", "name": ""}, MappingSource(SourceKind.CONSTANT, "")),
        ({"type": "Constant", "name": "True", "expression": "True"}, MappingSource(SourceKind.CONSTANT, "True")),
        (leaf("Constant", 'a"b\\', '"a\\"b\\\\"'), MappingSource(SourceKind.CONSTANT, 'a"b\\')),
        (leaf("Attribute", "e_1_a.b", "[e_1_a.b]"), MappingSource(SourceKind.ATTRIBUTE, "e_1_a.b")),
        ({"type": "Function", "expression": "Guid()"}, MappingSource(EXPRESSION, "Guid()")),
        (leaf("Function", "Now", "Now()"), MappingSource(EXPRESSION, "Now()")),
        ({"type": "Function", "name": "Now"}, MappingSource(EXPRESSION, "Now()")),
        ({"expression": " ToLower(\n  [mail] )"}, MappingSource(EXPRESSION, " ToLower(\n  [mail] )")),
        ({"expression": "IgnoreObjectFlow"}, MappingSource(EXPRESSION, "IgnoreObjectFlow")),
        ({"expression": "ToLwer("}, MappingSource(EXPRESSION, "ToLwer(")),
    ],
)  # fmt: skip
def test_a_source_may_be_short(source: Any, expected: MappingSource) -> None:
    """Text alone, name alone, any case of the type: all are read, none is a fault."""
    place = at(source)
    assert read_source(place) == expected
    assert not faults_of(place)


@pytest.mark.parametrize(
    "text",
    [
        "ToLower(Left([givenName], 3))",
        'Switch([IsSoftDeleted], , "False", "True", "True", "False")',
        'Join(", ", [surname], [givenName])',
        'IIF([level] >= 5, [a], IIF([b] = "", "none", [b]))',
        'IIF([level] = 5, IgnoreAttributeFlow, InStr([a], "x", , vbTextCompare))',
        'Replace([mobile], , "^(?<cc>\\\\+\\d+)", "cc", , [telephoneNumber], )',
        'FormatDateTime([d], "yyyy-MM-dd", "dd.MM.yyyy")',
        'FormatDateTime([d], , "yyyy-MM-dd", "dd.MM.yyyy")',
        "Coalesce([a], , [b])",
        "DefaultDomain()",
        'SelectUniqueValue([a], Append([a], "2"), Append([a], Guid()))',
    ],
)
def test_a_tree_alone_says_the_same_as_its_text(text: str) -> None:
    """Without any text in the tree, it is printed; reading what was printed gives the tree again."""
    tree = write_source(MappingSource(EXPRESSION, text))
    assert tree is not None
    bare = without_texts(tree)
    place = at(bare)
    printed = read_source(place)
    assert not faults_of(place)
    again = write_source(printed)
    assert again is not None
    assert without_texts(again) == without_texts(tree)
    for completed in (complete_source(at(bare)), tree):
        place = at(completed)
        assert complete_source(place) == completed
        assert not place.findings.notices


def without_texts(tree: dict[str, Any]) -> dict[str, Any]:
    """The tree with names and parameters only, but for bare words, which nothing else tells from texts."""
    bare = {"type": tree["type"], "name": tree["name"]}
    if tree["expression"] == tree["name"]:
        bare["expression"] = tree["name"]
    parameters = [{"key": one["key"], "value": without_texts(one["value"])} for one in tree["parameters"]]
    return {**bare, "parameters": parameters}


def test_missing_places_are_printed_as_blanks() -> None:
    """By key, not by order: a tree that leaves out parameters gets its commas."""
    tree = {
        "type": "Function",
        "name": "Replace",
        "parameters": [
            {"key": "source", "value": {"type": "Attribute", "name": "a"}},
            {"key": "RegularExpression", "value": {"type": "Constant", "name": "\\d"}},
            {"key": "Replacement", "value": {"type": "Constant", "name": ""}},
        ],
    }
    assert read_source(at(tree)).text == 'Replace([a], , "\\\\d", , "", , )'


def test_unknown_keys_are_taken_in_order() -> None:
    """Keys of newer functions are not published; a key that says nothing is passed over."""
    tree = {
        "type": "Function",
        "name": "Left",
        "parameters": [
            {"key": "value", "value": {"type": "Attribute", "name": "a"}},
            {"key": "count", "value": {"type": "Constant", "name": "3"}},
        ],
    }
    assert read_source(at(tree)).text == "Left([a], 3)"


def test_a_tree_that_agrees_is_kept_as_it_is() -> None:
    """Other keys, other blanks, quoted numbers and unknown members stay what they were."""
    source = {
        "type": "Function",
        "name": "Left",
        "expression": "Left( [a],3 )",
        "@odata.type": "#microsoft.graph.attributeMappingSource",
        "parameters": [
            {"key": "str", "value": leaf("Attribute", "a", "[a]")},
            {"key": "n", "value": leaf("Constant", "3", '"3"')},
        ],
    }
    assert complete_source(at(source)) == source
    assert read_source(at(source)) == MappingSource(EXPRESSION, "Left( [a],3 )")


def full(text: str) -> dict[str, Any]:
    """A complete source."""
    tree = write_source(MappingSource(EXPRESSION, text))
    assert tree is not None
    return tree


def test_whichever_half_was_edited_counts() -> None:
    """Against what is stored, an edited text wins over its old tree, and an edited tree over its old text."""
    stored = full('Append([mail], "1")')
    by_text = {**copy.deepcopy(stored), "expression": 'Append([mail], "2")'}
    by_tree = copy.deepcopy(stored)
    by_tree["parameters"][1]["value"]["name"] = "3"
    assert read_source(at(by_text), stored).text == 'Append([mail], "2")'
    assert read_source(at(by_tree), stored).text == 'Append([mail], "3")'
    for edited in (by_text, by_tree):
        place = at(edited)
        completed = complete_source(place, stored)
        assert "disagree" in str(place.findings.notices[0])
        assert read_source(at(completed)).text == completed["expression"]
        assert complete_source(at(completed)) == completed


def test_the_text_counts_where_nothing_is_stored() -> None:
    """And whoever imports is told."""
    place = at({**full('Append([mail], "1")'), "expression": "ToLower([mail])"})
    assert read_source(place) == MappingSource(EXPRESSION, "ToLower([mail])")
    assert "disagree" in str(place.findings.notices[0])


def test_an_unreadable_tree_is_written_anew() -> None:
    """The text is enough; the notice says so."""
    place = at({"type": "Function", "name": "ToLower", "expression": "ToLower([mail])", "parameters": ["x"]})
    assert complete_source(place) == full("ToLower([mail])")
    assert place.findings.notices


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("mail", "source"),
        ([], "source"),
        ({}, "source"),
        ({"type": "Odd", "name": "x"}, "source.type"),
        ({"type": "Odd", "expression": "[x]"}, "source.type"),
        ({"type": "Attribute", "name": 5}, "source.name"),
        ({"type": "Function", "name": "=", "parameters": []}, "source"),
        ({"type": "Function", "name": "Not", "parameters": [{"key": "s", "value": "x"}]}, "source.parameters[0].value"),
        ({"type": "Function", "name": "Not", "parameters": [{"key": "source", "value": {"name": "a]b"}}]}, "source"),
        ({"type": "Function", "name": "Not", "parameters": {"key": "source"}}, "source.parameters"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_a_fault_with_its_path(source: Any, path: str) -> None:
    """Nothing is guessed, and completing leaves it as it is or at least does not fail."""
    place = at(source)
    read_source(place)
    assert any(fault.path == path for fault in place.findings.faults)
    complete_source(at(source))


def test_a_tree_nested_too_deeply_is_refused() -> None:
    """Ten thousand levels of JSON do not reach the stack."""
    tree: dict[str, Any] = {"type": "Attribute", "name": "a"}
    for _ in range(10_000):
        tree = {"type": "Function", "name": "Not", "parameters": [{"key": "source", "value": tree}]}
    place = at(tree)
    read_source(place)
    assert any("deep" in text for text in faults_of(place))
