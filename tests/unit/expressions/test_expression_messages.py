"""What the language says about a mistake: the sentence, the place, the caret."""

import pytest

from provisor.expressions.compiler import ExpressionFault, compile_expression
from provisor.expressions.elsewhere import NOT_SUPPORTED_HERE
from provisor.expressions.parser import parse
from provisor.model.errors import Reject

SYNTAX = [
    ("", 0, "the expression is empty"),
    ("  ", 2, "the expression is empty"),
    ("ToLower([a]", 7, "is never closed"),
    ("Append([a],", 6, "is never closed"),
    ("ToLower([a]))", 12, "closes nothing"),
    ('Append([a], "x)', 12, "this text is not closed"),
    ('"ends in a backslash\\"', 0, "this text is not closed"),
    ("ToLower([a)", 8, "attribute name is not closed"),
    ("[]", 0, "names no attribute"),
    ('"a" & "b"', 4, "use Join or Append"),
    ("[a] + [b]", 4, "use Join or Append"),
    ("[a] * 2", 4, "no arithmetic"),
    ("[a] -2", 4, "no arithmetic"),
    ("'text'", 0, "double quotes"),
    ("Append(\u201ca\u201d)", 7, "curly quote"),
    ("1.5", 0, "whole and decimal"),
    ("0x1F", 0, "whole and decimal"),
    ("9223372036854775808", 0, "too large"),
    ("9" * 9_000, 0, "too large"),
    ("&HFFFFFFFFFFFFFFFFF", 0, "too large"),
    ('Split([a], ",")[0]', 15, "use Item"),
    ('IIF([a] = "x" and [b] = "y", 1, 2)', 14, "true branch"),
    ('IIF([a] = "x" OR [b] = "y", 1, 2)', 14, "false branch"),
    ("IIF([a] == 1, 2, 3)", 8, "`equal` is written `=`"),
    ("IIF([a] != 1, 2, 3)", 8, "`<>`"),
    ("[a] < > 1", 6, "`<>`"),
    ("[a] = [b] = [c]", 10, "only one comparison"),
    ("([a])", 0, "they do not group"),
    ("[a], [b]", 3, "outside the brackets"),
    ("[a] [b]", 4, "a comma or an operator is missing"),
    ("[a] =", 5, "ends where a value is expected"),
    ("\0", 0, "U+0000"),
    ("ToLower(" * 101 + "[a]" + ")" * 101, 800, "more than 100 deep"),
    ("f(" * 5_000, 200, "more than 100 deep"),
    ("x" * 10_001, 10_000, "10,001 characters"),
]

MEANING = [
    ("ToLowr([a])", 0, "unknown function `ToLowr`, did you mean `ToLower`?"),
    ("toLower([a])", 0, "did you mean `ToLower`?"),
    ("Xyzzy([a])", 0, "unknown function `Xyzzy`."),
    ("ToLower", 0, "needs its brackets"),
    ("Append([a], foo)", 12, "[foo]"),
    ("Not(True)", 4, '"True"'),
    ("Append([a], null)", 12, "leave the argument empty"),
    ('InStr("a", "b", 1, vbTextCompar)', 19, "vbTextCompare"),
    ("Append(vbTextCompare, [a])", 7, "only stands as the compareType of InStr"),
    ("IIF(AND([a], [b]), 1, 2)", 4, "nest a second IIF in the true branch"),
    ("Switch([a])", 0, "needs at least 1 key and value"),
    ('DateAdd("d", 1, 5)', 16, "dateTime of `DateAdd` is a date, not the number 5"),
    ("Left([a], IsNull([b]))", 10, "numChars of `Left` is of type Integer; `IsNull` gives Boolean"),
    ("Left([a], [b] = 1)", 10, "numChars of `Left` is of type Integer; a comparison gives Boolean"),
    ('DateAdd("d", 1, Count([a]))', 16, "dateTime of `DateAdd` is of type DateTime; `Count` gives Integer"),
    ("IgnoreAttributFlow", 0, "did you mean `IgnoreAttributeFlow`?"),
    ("Mid([a], 1)", 0, "missing: length (argument 3)"),
    ("Append()", 0, "missing: source (argument 1) and suffix (argument 2)"),
    ("Append([a], , )", 0, "takes at most 2 arguments (source, suffix), 3 are given"),
    ("Now([a])", 4, "takes no arguments, 1 is given"),
    ("Guid(,)", 0, "takes no arguments"),
    ('Mid([a], "x", 2)', 9, "start of `Mid` is a whole number, not `x`"),
    ("Left([a], 5000000000000000000000000000)", 10, "too large"),
    ('Switch([a], "d")', 0, "at least 1 key and value"),
    ('Switch([a], "k", "v")', 0, "at least 1 key and value"),
    ('Switch([a], "k", "v", "k2", "v2")', 0, "An empty defaultValue still needs its comma"),
    ('Switch([a], "d", , "v")', 0, "missing: key (argument 3)"),
    ("Coalesce()", 0, "at least 1 source"),
    ('SelectUniqueValue("a")', 0, "at least 2"),
    ('Join("", SelectUniqueValue("a", "b"))', 9, "must be the outermost"),
    ("[appRoleAssignments]", 0, "SingleAppRoleAssignment"),
    ('DateAdd("q", 1, Now())', 8, "no interval of `DateAdd`"),
    ('DateDiff("yyy", Now(), Now())', 9, "Did you mean `yyyy`?"),
    ("Item([a], 0)", 10, "counts from 1"),
    ('Split([a], "")', 11, "delimiter of `Split` is empty"),
    ('ToLower([a], "english!")', 13, '"en-US"'),
    ('ConvertFromBase64("x", UTF7)', 23, "Unicode, ASCII, UTF8"),
    ('FormatDateTime([d], , "yyyy", "\'x")', 30, "not closed"),
    ('FormatDateTime([d], , "x", "yyyy")', 22, "no standard format"),
    ('FormatDateTime([d], , "", "yyyy")', 22, "it is empty"),
    ('FormatDateTime([d], "Loosely", "yyyy", "MM")', 20, "AllowLeadingWhite"),
    ('FormatDateTime([d], , "gg", "yyyy")', 22, "not read"),
    ('FormatDateTime([d], , "d d d", "yyyy")', 22, "same part"),
    ("RandomString(5, 3, 3, 0, 0)", 13, "add up to 6"),
    ("RandomString(257, 1, 1, 1, 1)", 13, "not 257"),
    ("RandomString(5, -1, 0, 0, 0)", 13, "less than 0"),
    ('RandomString(5, 1, 0, 0, 0, "0123456789")', 13, "all digits"),
    ('Replace([a], "x")', 0, "only oldValue is given"),
    ("Replace([a])", 0, "nothing of that"),
    ('Replace([a], , "(", , "x")', 15, "not closed"),
    ('Replace([a], , "(?<g>x)", "h", "y")', 26, "no group `h`"),
    ('Replace([a], , "(?<g>x)", "g", , "mobile", )', 33, "write [mobile]"),
]


@pytest.mark.parametrize(("text", "position", "fragment"), SYNTAX, ids=lambda value: str(value)[:40])
def test_syntax_fault_is_explained(text: str, position: int, fragment: str) -> None:
    """A text that is no expression is refused with the place and what to write."""
    with pytest.raises(ExpressionFault) as caught:
        parse(text)
    assert isinstance(caught.value, Reject)
    assert caught.value.position == position
    assert fragment in str(caught.value)


@pytest.mark.parametrize(("text", "position", "fragment"), MEANING, ids=lambda value: str(value)[:40])
def test_wrong_use_is_explained(text: str, position: int, fragment: str) -> None:
    """An expression that cannot be used is refused on save, with the place and what to write."""
    with pytest.raises(ExpressionFault) as caught:
        compile_expression(text)
    assert caught.value.position == position
    assert fragment in str(caught.value)


def test_caret_stands_below_the_place() -> None:
    """The message shows the line of the mistake and a caret below it."""
    with pytest.raises(ExpressionFault) as caught:
        compile_expression("Append([a],\n  ToLowr([b]))")
    first, line, caret = str(caught.value).split("\n")
    assert first == "At line 2, character 3: unknown function `ToLowr`, did you mean `ToLower`?"
    assert line[caret.index("^") :].startswith("ToLowr")


def test_caret_is_right_in_a_long_line() -> None:
    """Of a long line, the part around the place is shown."""
    with pytest.raises(ExpressionFault) as caught:
        compile_expression(f'Append("{"x" * 3_000}", ToLowr("{"y" * 3_000}"))')
    _, line, caret = str(caught.value).split("\n")
    assert len(line) < 100
    assert line[caret.index("^") :].startswith("ToLowr")


def test_all_faults_come_at_once() -> None:
    """Faults are collected and ordered as they stand in the text."""
    with pytest.raises(ExpressionFault) as caught:
        compile_expression("Bad([a], Worse([b]), Mid([c], 1), foo)")
    assert [fault.position for fault in caught.value.faults] == [0, 9, 21, 34]
    assert len(caught.value.reasons) == 4
    assert caught.value.message == "The expression has 4 faults."


@pytest.mark.parametrize("name", sorted(NOT_SUPPORTED_HERE))
def test_function_of_a_neighbouring_language_is_recognised(name: str) -> None:
    """Functions of Connect Sync and cloud sync are named as such, in any case, with what to use instead."""
    for written in (name, name.upper()):
        with pytest.raises(ExpressionFault) as caught:
            compile_expression(f"{written}([a])")
        assert f"`{name}` is not supported here" in str(caught.value)


@pytest.mark.parametrize("name", sorted(NOT_SUPPORTED_HERE))
def test_advice_can_be_followed(name: str) -> None:
    """Where the advice holds a whole expression, that expression compiles."""
    remedy = NOT_SUPPORTED_HERE[name]
    start = remedy.find("Replace([")
    if start >= 0 and remedy.count("(", start) == remedy.count(")", start):
        compile_expression(remedy[start : remedy.rindex(")") + 1])
