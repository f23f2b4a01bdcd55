"""Regular expressions in the dialect of .NET: what is rewritten, what is refused, what is stopped."""

import pytest
from expression_contexts import evaluate, fails

from provisor.expressions.choices import TEXT_LENGTH_MAX
from provisor.expressions.compiler import compile_expression
from provisor.expressions.dotnet.patterns import PatternFault, compile_pattern
from provisor.expressions.printing import quote_text

REPLACED = [
    # pattern, replacement, text, result
    (r"(?<a>x)(?'b'y)", "${b}${a}", "xy", "yx"),
    (r"(b)(?<n>c)", "$2$1", "abc", "acb"),
    (r"(?<n>b)(c)", "$2$1", "abc", "abc"),
    (r"(?<n>b)(c)", "$1", "abc", "ac"),
    (r"b", "$$ $9 ${zz} \\ $", "abc", "a$ $9 ${zz} \\ $c"),
    (r"b", "[$`|$&|$'|$_]", "abc", "a[a|b|c|abc]c"),
    (r"(a)|(b)", "<$1>", "ab", "<a><>"),
    (r"(a)(b)?", "<$+>", "a", "<>"),
    (r"(?<x>a)(b)\1", "-", "abab", "abab"),
    (r"(b)(?<x>a)\1", "-", "bab", "-"),
    (r"(?<x>a)\k<x>", "-", "aa", "-"),
    (r"(?<x>a)\k'x'", "-", "aa", "-"),
    (r"(?<x>a)(?<x>b)\k{x}", "-", "abb", "-"),
    (r"(?i)b", "-", "AB", "A-"),
    (r"a(?i)b", "-", "aB Ab", "- Ab"),
    (r"(?i:a)b", "-", "Ab AB", "- AB"),
    (r"((?i)a|b)c", "-", "BC Bc", "BC -"),
    (r"(?i)A(?-i)b", "-", "ab aB", "- aB"),
    (r"(?x) a # the letter a" + "\n b", "-", "ab", "-"),
    (r"(?x: a b ) c", "-", "ab c", "-"),
    (r"a(?#comment)b", "-", "ab", "-"),
    (r"(?s).", "-", "\n", "-"),
    (r"(?m)^b$", "-", "a\nb\nc", "a\n-\nc"),
    (r"b$", "-", "a\nb\n", "a\n-\n"),
    (r"b\Z", "-", "b\n", "-\n"),
    (r"b\z", "-", "b\n", "b\n"),
    (r"[a-z-[aeiou]]+", "-", "aeb", "ae-"),
    (r"[^a-z-[x]]", "-", "aX", "a-"),
    (r"[]a]", "-", "]ab", "--b"),
    (r"[[a]", "-", "[ab", "--b"),
    (r"[a&&b]", "-", "&", "-"),
    (r"[-a]", "-", "-", "-"),
    (r"[\w-]", "_", "-", "_"),
    (r"[[:alpha:]]", "-", "x:]", "x-"),
    (r"a{,2}", "-", "a{,2}", "-"),
    (r"a{e<=1}", "-", "a{e<=1} b", "- b"),
    (r"a{2,}?", "-", "aaa", "-a"),
    (r"\u0041\x42\t\e\cA\012", "-", "AB\t\x1b\x01\n", "-"),
    (r"\:\;\=\<\>\_".replace(r"\_", "_"), "-", ":;=<>_", "-"),
    (r"\p{Lu}\P{L}", "-", "A1", "-"),
    (r"[\p{IsBasicLatin}-[\w]]+|\p{IsCyrillic}", "-", "a, ж", "a--"),
    (r"\P{IsGreek}", "-", "\u03b1\u1f00", "\u03b1-"),
    (r"(?<=a)b(?!c)", "-", "ab abc", "a- abc"),
    (r"(?<!a)b", "-", "ab b", "ab -"),
    (r"(?>a+)b", "-", "aab", "-"),
    (r"(a)?(?(1)b|c)", "-", "ab c", "- -"),
    (r"(?<q>a)?(?(q)b|c)", "-", "ab c", "- -"),
    (r"x*", "-", "abxd", "-a-b--d-"),
    (r"^*a", "-", "a", "-"),
    (r"#a b", "-", "#a b", "-"),
]

REFUSED = [
    (r"(?<a-b>x)", "balancing group"),
    (r"(?<-b>x)", "balancing group"),
    (r"(?<1>x)", "cannot name a group"),
    (r"(?n)(a)", "explicit capture"),
    (r"(?P<a>x)", "no group of .NET"),
    (r"(?R)", "no group of .NET"),
    (r"(?|a|b)", "no group of .NET"),
    (r"(?(a.)b|c)", "names no group"),
    (r"(?(9)b|c)", "names no group"),
    (r"(a", "not closed"),
    (r"a)", "closes nothing"),
    (r"(?#x", "comment"),
    (r"[a", "not closed"),
    (r"[z-a]", "cannot be used"),
    (r"[a-[b]c]", "last thing"),
    (r"a**", "nothing to repeat"),
    (r"a++", "nothing to repeat"),
    (r"*a", "nothing to repeat"),
    (r"a|*", "nothing to repeat"),
    (r"a{3,2}", "wrong order"),
    (r"a{99999999999}", "repeats more than"),
    (r"((a{1000}){1000}){1000}", "nested repetitions"),
    ("(" * 60 + ")" * 60, "more than 50 deep"),
    ("[a-" * 60, "more than 5 deep"),
    ("a(?i)" * 60, "more than 50 times"),
    (r"a(?i)b|c", "before a `|`"),
    (r"a(?i)[|](\|)b|c", "before a `|`"),
    (r"\k<zz>", "no group of it"),
    (r"(a)\2", "no group of it"),
    ("\\", "single backslash"),
    (r"\m", "no escape of .NET"),
    (r"\K", "no escape of .NET"),
    (r"[\B]", "class"),
    (r"\p{Xyzzy}", "cannot be used"),
]


def replace(pattern: str, replacement: str) -> str:
    """The expression that replaces by a pattern."""
    return f"Replace([v], , {quote_text(pattern)}, , {quote_text(replacement)}, , )"


@pytest.mark.parametrize(("pattern", "replacement", "text", "result"), REPLACED)
def test_pattern_means_what_it_means_in_dotnet(pattern: str, replacement: str, text: str, result: str) -> None:
    """Groups, options, classes, escapes and replacement texts follow .NET."""
    assert evaluate(replace(pattern, replacement), {"v": text}) == result


@pytest.mark.parametrize(("pattern", "fragment"), REFUSED)
def test_pattern_that_cannot_be_expressed_is_refused(pattern: str, fragment: str) -> None:
    """What .NET does not know, or we cannot do, is refused on save with its reason."""
    with pytest.raises(PatternFault, match=r".") as caught:
        compile_pattern(pattern)
    assert fragment in str(caught.value)


@pytest.mark.parametrize(
    "expression",
    [
        'Replace([v], , "(a+)+$", , "x", , )',
        'Replace([v], , "(?<g>(a+)+)$", "g", "x", , )',
        'Replace([null], , "(?<g>(a+)+)$", "g", , [v], )',
    ],
)
def test_hostile_pattern_is_stopped(expression: str) -> None:
    """A pattern that would run for ever fails this object with the code of a time-out."""
    assert fails(expression, {"v": "a" * 5_000 + "!"}).code == "RegexTimeout"


@pytest.mark.parametrize(
    "expression",
    [
        "Replace(" * 20 + "[v]" + ', "a", , , "aaaaaaaaaa")' * 20,
        "Replace(" * 20 + "[v]" + ', "a", , , , , "aaaaaaaaaa")' * 20,
        "Replace(" * 20 + "[v]" + ', , "a", , "$0$0$0$0$0$0$0$0$0$0")' * 20,
        "Replace(" * 20 + "[v]" + ', , "(?<g>a)", "g", "$0$0$0$0$0$0$0$0$0$0")' * 20,
        "ConvertToUTF8Hex(" * 40 + "[v]" + ")" * 40,
        "ConvertToBase64(" * 40 + "[v]" + ")" * 40,
        "Join(" * 40 + "[v]" + ", [v], [v], [v])" * 40,
    ],
    ids=lambda expression: expression[:8] + expression[-40:],
)
def test_text_cannot_be_multiplied_without_end(expression: str) -> None:
    """Nested functions that each multiply a text stop at the bound instead of filling the memory."""
    fault = fails(expression, {"v": "a" * 1_000})
    assert f"{TEXT_LENGTH_MAX:,}" in fault.message or fault.code == "RegexTimeout"


def test_joined_texts_are_bounded() -> None:
    """Append and Join refuse what their parts would make too long."""
    half = {"v": "a" * (TEXT_LENGTH_MAX // 2 + 1)}
    for expression in ("Append([v], [v])", 'Join("", [v], [v])'):
        assert "at most" in fails(expression, half).message


def test_patterns_are_compiled_once() -> None:
    """A constant pattern is ready when the expression is compiled; the same text gives the same pattern."""
    assert compile_pattern("a+") is compile_pattern("a+")
    assert compile_expression('Replace([v], , "a+", , "x")').references == {"v"}
