"""Laws of the synchronization schema: reading, writing and completing are inverse, and nothing is lost on the way."""

import copy
import json
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from provisor.expressions.catalogue import CATALOGUE
from provisor.expressions.nodes import OPERATORS, Attribute, Call, Comparison, Constant, Node
from provisor.expressions.printing import print_expression
from provisor.gallery.synchronization.comparing import compare_schemas
from provisor.gallery.synchronization.completing import complete_schema
from provisor.gallery.synchronization.place import Findings, Place
from provisor.gallery.synchronization.reading import index_sources, read_rules, read_schema
from provisor.gallery.synchronization.sources import MappingSource, complete_source, read_source, write_source
from provisor.gallery.synchronization.trees import are_same, build_tree, read_tree
from provisor.gallery.synchronization.writing import write_schema
from provisor.gallery.templates import load_templates
from provisor.model.rules import (
    AttributeDefinition,
    AttributeMapping,
    AttributeType,
    Clause,
    FilterGroup,
    FlowBehavior,
    FlowType,
    Mutability,
    ObjectMapping,
    Rules,
    SourceKind,
)

NAMES = st.text(st.characters(exclude_categories=("C",)), min_size=1, max_size=8)
TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 5), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(NAMES, inner, max_size=2)),
    max_leaves=4,
)
EXTRAS = st.dictionaries(st.sampled_from(["@odata.type", "comment", "x"]), JSON, max_size=2)
"""Members that nobody here knows."""

ATTRIBUTES = st.builds(Attribute, st.text("abcXYZ_.:", min_size=1, max_size=8))
LEAVES = st.one_of(
    ATTRIBUTES, st.builds(Constant, st.one_of(TEXTS, st.integers(-99, 10**20).filter(lambda n: n < 2**63)))
)


@st.composite
def nodes(draw: st.DrawFn, depth: int = 2) -> Node:
    """An expression with no more arguments in a call than the function takes; any may be left empty."""
    kind = draw(st.integers(0, 4)) if depth else 0
    if kind == 0:
        return draw(LEAVES)
    if kind == 1:
        sides = [draw(nodes(depth - 1).filter(lambda node: not isinstance(node, Comparison))) for _ in range(2)]
        return Comparison(sides[0], draw(st.sampled_from(OPERATORS)), sides[1])
    function = draw(st.sampled_from([*CATALOGUE.values(), None]))
    if function is None:
        return Call("Unknown", tuple(draw(st.lists(nodes(depth - 1), max_size=2))))
    count = len(function.parameters) + len(function.repeating)
    arguments = draw(st.lists(st.one_of(nodes(depth - 1), st.none()), max_size=count))
    return Call(function.name, tuple(arguments))


EXPRESSIONS = nodes().filter(lambda node: isinstance(node, Call | Comparison)).map(print_expression)


@st.composite
def mappings(draw: st.DrawFn) -> AttributeMapping:
    """An attribute mapping of any kind."""
    kind = draw(st.sampled_from(SourceKind))
    text = draw(EXPRESSIONS if kind is SourceKind.EXPRESSION else NAMES)
    return AttributeMapping(
        draw(NAMES),
        kind,
        "" if kind is SourceKind.NONE else text,
        draw(st.one_of(st.none(), TEXTS)),
        draw(st.integers(0, 3)),
        draw(st.sampled_from(FlowType)),
        draw(st.sampled_from(FlowBehavior)),
        draw(st.booleans()),
    )


DEFINITIONS = st.builds(
    AttributeDefinition,
    NAMES,
    st.sampled_from(AttributeType),
    *[st.booleans()] * 6,
    st.sampled_from(Mutability),
    st.one_of(st.none(), st.integers(0, 4000)),
    st.one_of(st.none(), TEXTS),
)
LISTS = st.dictionaries(
    st.sampled_from(["User", "Group"]),
    st.lists(DEFINITIONS, max_size=3).map(lambda rows: {row.name: row for row in rows}),
    max_size=2,
)
CLAUSES = st.builds(
    Clause, NAMES, st.sampled_from(["EQUALS", "IS NULL", "odd"]), st.lists(TEXTS, max_size=2).map(tuple)
)
GROUPS = st.lists(st.builds(FilterGroup, NAMES, st.lists(CLAUSES, max_size=3).map(tuple)), max_size=2).map(tuple)
OBJECTS = st.builds(
    ObjectMapping,
    TEXTS,
    st.just("User"),
    st.just("User"),
    st.lists(mappings(), max_size=3, unique_by=lambda one: one.target).map(tuple),
    GROUPS,
    GROUPS,
    *[st.booleans()] * 4,
)


@st.composite
def rules(draw: st.DrawFn) -> Rules:
    """Rules for users, and perhaps for groups."""
    users = draw(OBJECTS)
    groups = ObjectMapping("Groups", "Group", "Group", users.attribute_mappings[:1])
    lists = {"User": {}, "Group": {}}
    return Rules((users, groups) if draw(st.booleans()) else (users,), lists | draw(LISTS), lists | draw(LISTS))


def strew(document: Any, extras: dict[str, Any]) -> Any:
    """The document with unknown members in every object but the trees, which follow their texts."""
    if isinstance(document, list):
        return [strew(one, extras) for one in document]
    if isinstance(document, dict):
        inside = {key: one if key == "parameters" else strew(one, extras) for key, one in document.items()}
        return inside | extras
    return document


EMPTY = {
    "id": "job",
    "directories": [{"name": "source", "objects": []}, {"name": "target", "objects": []}],
    "synchronizationRules": [{"sourceDirectoryName": "source", "targetDirectoryName": "target", "objectMappings": []}],
}


@given(nodes())
def test_a_tree_says_the_same_as_its_expression(node: Node) -> None:
    """Names and parameters alone give the expression back, but for how a number was written."""
    findings = Findings()
    again = read_tree(Place(build_tree(node), "", findings))
    assert not findings.faults
    assert again is not None
    assert are_same(again, node)


@given(
    st.one_of(
        st.builds(MappingSource, st.sampled_from([SourceKind.ATTRIBUTE, SourceKind.CONSTANT]), NAMES),
        st.builds(MappingSource, st.just(SourceKind.EXPRESSION), EXPRESSIONS),
    )
)
def test_a_source_is_read_as_it_was_written(source: MappingSource) -> None:
    """And what was written is complete."""
    tree = write_source(source)
    place = Place(tree, "", Findings())
    assert read_source(place) == source
    assert complete_source(place) == tree
    assert not place.findings.faults
    assert not place.findings.notices


@given(rules(), EXTRAS)
def test_writing_and_reading_are_inverse(wanted: Rules, extras: dict[str, Any]) -> None:
    """Rules written into any schema are read back; writing them again changes nothing; unknown members survive."""
    written = write_schema(wanted, EMPTY)
    assert read_rules(written) == wanted
    strewn = strew(written, extras)
    assert write_schema(wanted, strewn) == strewn
    assert read_rules(strewn) == wanted


@given(rules(), rules(), EXTRAS)
def test_rules_are_written_over_others(before: Rules, after: Rules, extras: dict[str, Any]) -> None:
    """Whatever a schema said before, it says the new rules afterwards, and the comparison tells what changed."""
    old = strew(write_schema(before, EMPTY), extras)
    new = write_schema(after, old)
    assert read_rules(new) == after
    assert bool(compare_schemas(old, new)) == (before != after)


@settings(max_examples=50)
@given(rules(), EXTRAS)
def test_an_export_imported_again_is_identical(wanted: Rules, extras: dict[str, Any]) -> None:
    """Completing a complete schema changes nothing, through JSON and with what is stored as well."""
    document = strew(write_schema(wanted, EMPTY), extras)
    exported = complete_schema(document)
    again = json.loads(json.dumps(exported))
    assert complete_schema(again, index_sources(exported)) == exported == document
    assert not compare_schemas(exported, again)


@pytest.mark.parametrize("template", load_templates().values(), ids=lambda template: template.id)
def test_a_template_is_written_back_as_it_was(template: Any) -> None:
    """Reading and writing a template of the gallery changes nothing."""
    assert write_schema(read_rules(template.schema), template.schema) == template.schema


@given(
    st.recursive(
        JSON,
        lambda inner: st.dictionaries(
            st.sampled_from(
                [
                    "directories",
                    "synchronizationRules",
                    "objectMappings",
                    "attributeMappings",
                    "source",
                    "scope",
                    "groups",
                    "clauses",
                    "name",
                    "expression",
                    "type",
                    "parameters",
                    "value",
                    "attributes",
                    "objects",
                ]
            ),
            st.one_of(inner, st.lists(inner, max_size=2)),
            max_size=4,
        ),
        max_leaves=12,
    )
)
def test_no_json_crashes_the_reader(document: Any) -> None:
    """Any JSON is read, completed and compared; what is wrong with it is a fault."""
    before = copy.deepcopy(document)
    read_schema(document)
    if isinstance(document, dict):
        complete_schema(document)
    compare_schemas(document, {"synchronizationRules": [document]})
    assert document == before
