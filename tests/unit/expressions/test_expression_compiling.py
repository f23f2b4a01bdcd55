"""What a compiled expression knows of itself, and how it evaluates."""

import dataclasses
import re

import pytest
from expression_contexts import context, evaluate, fails

from provisor.expressions.catalogue import CATALOGUE, describe_functions, find_function
from provisor.expressions.compiler import compile_expression
from provisor.expressions.functions import choosing, lists, replacing, text
from provisor.expressions.nodes import Attribute, Call, Comparison, Constant, Word
from provisor.expressions.parser import parse
from provisor.expressions.printing import print_expression
from provisor.expressions.values import canonical_text
from provisor.model.errors import Reject, ResourceFailed

DOCUMENTED = """
    Append AppRoleAssignmentsComplex AssertiveAppRoleAssignmentsComplex BitAnd CBool CDate Coalesce
    ConvertToBase64 ConvertToUTF8Hex Count CStr DateAdd DateDiff DateFromNum FormatDateTime Guid
    IgnoreFlowIfNullOrEmpty IIF InStr IsNull IsNullOrEmpty IsPresent IsString Item Join Left Mid
    NormalizeDiacritics Not Now NumFromDate PCase RandomString Redact RemoveDuplicates Replace
    SelectUniqueValue SingleAppRoleAssignment Split StripSpaces Switch ToLower ToUpper Word Prepend
    DefaultDomain AppRoleAssignments IsNothing ConvertFromBase64 Trim Error Len Right
"""


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_example_of_every_function_is_true(name: str) -> None:
    """Each function's example, as the reference page shows it, evaluates to what it says."""
    function = CATALOGUE[name]
    assert f"{name}(" in function.example.expression
    result = evaluate(function.example.expression, function.example.source)
    assert result == function.example.result or (function.example.result is None and isinstance(result, str))


def test_catalogue_is_complete() -> None:
    """Every function of the specification's catalogue is there, and case matters."""
    assert set(DOCUMENTED.split()) == set(CATALOGUE)
    assert find_function("tolower") is None


def test_metadata_has_the_shape_of_graph() -> None:
    """Functions describe themselves as the synchronization API does, with the published names of parameters."""
    described = {function["name"]: function for function in describe_functions()}
    assert described["Append"]["parameters"][0] == {
        "name": "source",
        "type": "String",
        "required": True,
        "allowMultipleOccurrences": False,
    }
    assert [parameter["name"] for parameter in described["Replace"]["parameters"]] == [
        "source",
        "Find",
        "RegularExpression",
        "RegularExpressionGroupName",
        "Replacement",
        "ReplacementPropertyName",
        "Template",
    ]
    assert described["Switch"]["parameters"][-1]["allowMultipleOccurrences"]


def test_compiled_expression_knows_itself() -> None:
    """References, functions and canonical text are known without evaluating."""
    compiled = compile_expression('Join( ",",[a] ,Replace([b],,"x(?<g>.)","g",,[c.d],))')
    assert compiled.references == {"a", "b", "c.d"}
    assert compiled.functions == {"Join", "Replace"}
    assert compiled.text == 'Join(",", [a], Replace([b], , "x(?<g>.)", "g", , [c.d], ))'
    assert not compiled.is_redacted
    assert compiled.warnings == ()


def test_tree_compiles_like_its_text() -> None:
    """A tree, as the synchronization schema holds it, gives the same expression."""
    tree = Call("IIF", (Comparison(Attribute("a"), "=", Constant("x")), Constant(1), Word("IgnoreObjectFlow")))
    compiled = compile_expression(tree)
    assert compiled.node == tree
    assert compiled.text == 'IIF([a] = "x", 1, IgnoreObjectFlow)'


@pytest.mark.parametrize(
    "tree",
    [
        Attribute("a]b"),
        Attribute(""),
        Word("two words"),
        Call("Left((", (Constant("x"),)),
        Comparison(Comparison(Attribute("a"), "=", Constant("x")), "=", Constant("y")),
    ],
)
def test_tree_that_cannot_be_written_is_refused(tree: object) -> None:
    """A tree from outside is read back from its text, so it cannot hold what no text can say."""
    with pytest.raises(Reject):
        compile_expression(tree)


def test_tree_nested_too_deeply_is_refused() -> None:
    """A tree has the same bound as a text, and is measured without recursion."""
    node = Attribute("a")
    for _ in range(5_000):
        node = Call("ToLower", (node,))
    with pytest.raises(Reject):
        print_expression(node)


def test_deepest_nesting_works() -> None:
    """A hundred functions inside one another evaluate."""
    assert evaluate("Append(" * 100 + "[a]" + ', "x")' * 100, {"a": ""}) == "x" * 100


def test_longest_expression_works() -> None:
    """Ten thousand characters are an expression."""
    expression = f'Append([a], "{"x" * 9_985}")'
    assert len(expression) == 10_000
    assert evaluate(expression, {"a": ""}) == "x" * 9_985


def test_only_the_chosen_branch_is_evaluated() -> None:
    """IIF, Switch and Coalesce leave alone what they do not choose; constant parts that fail do no harm there."""
    assert evaluate('IIF("a" = "a", "fine", CDate("junk"))') == "fine"
    assert evaluate('Switch([a], CDate("junk"), "", "fine", "k", Error("no"))') == "fine"
    assert evaluate('Coalesce("fine", Error("no"))') == "fine"
    assert "junk" in fails('IIF("a" = "b", "fine", CDate("junk"))').message


def test_redacted_value_is_known_and_withheld() -> None:
    """Redact is seen before anything is evaluated, and no failure shows the value."""
    compiled = compile_expression('Append(Redact([pin]), "x")')
    assert compiled.is_redacted
    assert compiled.evaluate(context({"pin": "1234"})) == "1234x"
    fault = fails("Redact(CDate([pin]))", {"pin": "1234"})
    assert "1234" not in str(fault)
    assert fault.__cause__ is None


def test_failure_becomes_an_escrow() -> None:
    """A failure at run time is one of the resource, not of the job."""
    assert isinstance(fails('Error("stop")'), ResourceFailed)


def test_warnings_are_given_on_save() -> None:
    """What works here but not everywhere, or changes every time, is said when the mapping is saved."""
    cases = {
        'FormatDateTime([d], "yyyy", "MM")': "three arguments",
        "Guid()": "only during object creation",
        "RandomString(4, 1, 1, 1, 1)": "only during object creation",
        'IIF(IsNullOrEmpty([a]), "x", "y")': "Entra calls it unsupported",
        'IIF([a] = "", "x", "y")': "Entra calls it unsupported",
        'Switch([a], , "k", "v", "k", "w")': "occurs twice",
    }
    for expression, fragment in cases.items():
        assert fragment in " ".join(compile_expression(expression).warnings)
    assert compile_expression('IIF([a] = "x", "y", "z")').warnings == ()


def test_unique_value_is_the_first_free_one() -> None:
    """Each rule is evaluated once, in order, until a value is free; none free is an error."""
    guids = iter(["a", "b", "c"])
    changes = {"new_guid": lambda: next(guids), "is_taken": {"a", "b"}.__contains__}
    assert evaluate("SelectUniqueValue(Guid(), Guid(), Guid())", **changes) == "c"
    fault = fails('SelectUniqueValue("a", "b")', is_taken={"a", "b"}.__contains__)
    assert fault.message == "no unique value"
    assert evaluate('SelectUniqueValue("a", "b")') == "a"
    assert evaluate('SelectUniqueValue(IgnoreAttributeFlow, "b")') == {"$ignoreFlow": True}


def test_random_text_keeps_its_promises() -> None:
    """Length, minima and avoided characters hold for every draw."""
    for _ in range(50):
        drawn = evaluate('RandomString(10, 2, 2, 2, 1, "?,")')
        assert len(drawn) == 10
        assert len(re.findall(r"[0-9]", drawn)) >= 2
        assert len(re.findall(r"[A-Z]", drawn)) >= 2
        assert len(re.findall(r"[a-z]", drawn)) >= 1
        assert len(re.findall(r"[^0-9A-Za-z]", drawn)) >= 2
        assert not set(drawn) & set("?,")
    assert re.fullmatch(r"(?=(.*[0-9]){3})(?=(.*[a-z]){3}).{6}", evaluate("RandomString(6, 3, 0, 0, 3)"))


def test_default_domain_may_be_missing() -> None:
    """Without a default domain the function gives null."""
    assert evaluate("DefaultDomain()", default_domain="") is None


@pytest.mark.parametrize(
    ("room", "choice", "value", "expression", "result"),
    [
        (text, "NULL_AFFIX_YIELDS_NULL", False, 'Append([null], "x")', "x"),
        (lists, "SPLIT_TRIMS", False, 'Split([v], ",")', ["a", " A"]),
        (text, "INSTR_IGNORES_CASE", True, 'InStr([v], "A")', "1"),
        (text, "MID_START_PAST_END_YIELDS_EMPTY", False, "Mid([v], 9, 1)", "a, A"),
        (choosing, "COALESCE_SKIPS_EMPTY", True, 'Coalesce([empty], "x")', "x"),
        (lists, "DUPLICATES_IGNORE_CASE", True, 'RemoveDuplicates(Split([v], ","))', ["a"]),
        (replacing, "REPLACE_OF_NULL_YIELDS_NULL", False, 'Replace([null], , "^$", , "x")', "x"),
    ],
)
def test_open_choice_can_be_made_otherwise(
    monkeypatch: pytest.MonkeyPatch, room: object, choice: str, value: bool, expression: str, result: object
) -> None:
    """A choice that the specification leaves open is one constant, and the function follows it."""
    monkeypatch.setattr(room, choice, value)
    assert evaluate(expression, {"v": "a, A", "empty": ""}) == result


def test_canonical_text_of_unusual_values() -> None:
    """Every value that a source may hold has a text."""
    assert canonical_text(1.0) == "1"
    assert canonical_text(1e20) == "100000000000000000000"
    assert canonical_text(float("nan")) == "nan"
    assert canonical_text(b"ab") == "YWI="
    assert canonical_text(["a", 1]) == '["a",1]'
    assert canonical_text({"k": True}) == '{"k":true}'
    assert canonical_text(10**6_000).startswith("0x")
    assert canonical_text(Attribute("a")) == str(Attribute("a"))


def test_schema_form_quotes_numbers() -> None:
    """The synchronization schema writes every constant in quotes."""
    assert print_expression(parse("Mid([a], 1, 8)"), quote_numbers=True) == 'Mid([a], "1", "8")'


def test_context_is_a_value() -> None:
    """A context can be derived from another; the same context gives the same result."""
    one = context({"a": "x"})
    other = dataclasses.replace(one, source={"a": "y"})
    compiled = compile_expression("ToUpper([a])")
    assert (compiled.evaluate(one), compiled.evaluate(other)) == ("X", "Y")
