"""Functions, operators and parseExpression in the shapes that Graph's clients know."""

from datetime import UTC, datetime
from typing import Any

import pytest

from provisor.expressions.catalogue import CATALOGUE
from provisor.expressions.compiler import Context
from provisor.gallery.synchronization.metadata import filter_operators, functions, parse_expression
from provisor.model.errors import Reject
from provisor.stages.clauses.catalogue import find_operator

WORLD = Context({}, datetime(2025, 7, 30, tzinfo=UTC), lambda _below: 0, lambda: "guid", {"ada"}.__contains__)


def parsed(expression: Any, target: Any = None, **properties: Any) -> dict[str, Any]:
    """The answer for an object with these properties; without any, none is sent."""
    request: dict[str, Any] = {"expression": expression, "targetAttributeDefinition": target}
    if properties:
        request["testInputObject"] = {"properties": [{"key": key, "value": one} for key, one in properties.items()]}
    return parse_expression(request, WORLD)


def test_functions_are_described_as_graph_does() -> None:
    """Every function of the catalogue, with the published parameters of the published ones."""
    described = {one["name"]: one for one in functions()}
    assert set(described) == set(CATALOGUE)
    assert described["Join"] == {
        "id": "Join",
        "name": "Join",
        "parameters": [
            {"name": "separator", "type": "String", "required": True, "allowMultipleOccurrences": False},
            {"name": "source", "type": "String", "required": False, "allowMultipleOccurrences": True},
        ],
    }
    replace = [one["name"] for one in described["Replace"]["parameters"]]
    assert replace == [
        "source",
        "Find",
        "RegularExpression",
        "RegularExpressionGroupName",
        "Replacement",
        "ReplacementPropertyName",
        "Template",
    ]
    assert [one["type"] for one in described["Mid"]["parameters"]] == ["String", "Integer", "Integer"]
    assert described["Not"]["parameters"][0]["type"] == "Boolean"


def test_operators_are_described_as_graph_does() -> None:
    """The eight published ones are there with their arity; each name is one that a clause may use."""
    described = {one["name"]: one for one in filter_operators()}
    published = ("EQUALS", "NOT EQUALS", "IS TRUE", "IS FALSE", "IS NULL", "IS NOT NULL", "REGEX MATCH")
    assert set(published) | {"NOT REGEX MATCH", "STARTS_WITH", "IS MEMBER OF"} <= set(described)
    assert described["EQUALS"]["arity"] == "Binary"
    assert described["EQUALS"]["multivaluedComparisonType"] == "All"
    assert {"String", "Integer"} <= set(described["EQUALS"]["supportedAttributeTypes"])
    assert described["IS NULL"]["arity"] == "Unary"
    for one in described.values():
        assert find_operator(one["name"]).name == one["name"]
        assert one["id"] == one["name"]


def test_the_published_sample_gives_its_answer() -> None:
    """`EN-US` becomes `EN_US`, with the tree of the expression."""
    answer = parsed('Replace([preferredLanguage], "-", , , "_", , )', preferredLanguage="EN-US")
    assert answer["parsingSucceeded"] is True
    assert answer["evaluationSucceeded"] is True
    assert answer["evaluationResult"] == ["EN_US"]
    assert answer["error"] is None
    assert [one["key"] for one in answer["parsedExpression"]["parameters"]] == ["source", "Find", "Replacement"]


def test_without_an_object_it_is_parsed_only() -> None:
    """The evaluation has not succeeded, and nothing is an error."""
    answer = parsed("[mail]")
    assert answer["parsedExpression"]["type"] == "Attribute"
    assert (answer["evaluationSucceeded"], answer["evaluationResult"], answer["error"]) == (False, [], None)


def test_faults_are_an_answer_with_their_places() -> None:
    """All of them, each with the place that it counts from 0, and a message with a caret."""
    answer = parsed("Append(ToLwer([mail]), Lft([mail], 1))", mail="x")
    assert (answer["parsingSucceeded"], answer["parsedExpression"], answer["evaluationResult"]) == (False, None, [])
    error = answer["error"]
    assert error["code"] == "InvalidExpression"
    assert "^" in error["message"]
    assert [one["target"] for one in error["details"]] == ["expression[7]", "expression[23]"]
    assert "did you mean `Left`?" in error["details"][1]["message"]


@pytest.mark.parametrize(
    ("expression", "properties", "result"),
    [
        ('Split([a], ",")', {"a": "x,y"}, ["x", "y"]),
        ("Not([a])", {"a": "True"}, ["False"]),
        ("[a]", {"a": None}, []),
        ("[a]", {"a": ["x", "y"]}, ["x", "y"]),
        ("IgnoreFlowIfNullOrEmpty([a])", {"a": ""}, []),
        ("Now()", {"a": ""}, ["7/30/2025 12:00:00 AM"]),
        ("Redact([a])", {"a": "secret"}, ["[Redact]"]),
        ('SelectUniqueValue([a], Append([a], "2"))', {"a": "ada"}, ["ada2"]),
    ],
)
def test_results_are_lists_of_texts(expression: str, properties: dict[str, Any], result: list[str]) -> None:
    """Several values are several texts; what does not flow is none; a redacted value is not shown."""
    answer = parsed(expression, **properties)
    assert answer["evaluationResult"] == result
    assert answer["evaluationSucceeded"]


def test_a_failed_evaluation_is_told() -> None:
    """The tree is there, the result is not, and the error names the function."""
    answer = parsed("CDate([d])", d="")
    assert (answer["parsingSucceeded"], answer["evaluationSucceeded"], answer["evaluationResult"]) == (True, False, [])
    assert answer["error"]["message"].startswith("CDate")


def test_the_target_decides_the_type() -> None:
    """A result that the target attribute cannot take has not succeeded."""
    target = {"name": "active", "type": "Boolean"}
    assert parsed("[a]", target, a="True")["evaluationResult"] == ["True"]
    refused = parsed("[a]", target, a="perhaps")
    assert refused["parsingSucceeded"]
    assert not refused["evaluationSucceeded"]
    assert "active" in refused["error"]["message"]


def test_attributes_are_looked_up_in_the_objects_definition() -> None:
    """Where one is given; the case of names counts, and the right one is suggested."""
    definition = {"name": "User", "attributes": [{"name": "mail"}]}
    request = {"expression": "ToLower([Mail])", "testInputObject": {"definition": definition, "properties": []}}
    answer = parse_expression(request, WORLD)
    assert not answer["evaluationSucceeded"]
    assert "did you mean [mail]?" in answer["error"]["message"]


@pytest.mark.parametrize(
    "request_",
    [
        None,
        [],
        {},
        {"expression": 5},
        {"expression": "[a]", "testInputObject": 5},
        {"expression": "[a]", "testInputObject": {"properties": [{"value": 1}]}},
        {"expression": "[a]", "targetAttributeDefinition": {"type": "Odd"}},
    ],
)
def test_a_request_that_cannot_be_read_is_refused(request_: Any) -> None:
    """That is the only thing that is not an answer."""
    with pytest.raises(Reject) as refused:
        parse_expression(request_, WORLD)
    assert refused.value.reasons
