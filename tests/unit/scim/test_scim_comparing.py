"""Comparisons by type, and the literals behind them."""

import pytest

from provisor.model.errors import Reject
from provisor.scim.filter import And, Comparison, Not, Operator, Or, Present, parse_filter, print_filter
from provisor.scim.filter_eval import check_filter, matches
from provisor.scim.grammar.literals import fold, read_boolean, read_instant
from provisor.scim.path import AttributePath
from provisor.scim.registry import read_schema, user_type

OPEN = "urn:example:ext:contoso:2.0:User"
KINDS = {"level": "integer", "weight": "decimal", "hired": "dateTime", "isGuide": "boolean"}
TYPE = user_type(
    [
        read_schema(
            {
                "id": OPEN,
                "isOpen": True,
                "attributes": [
                    *({"name": name, "type": kind} for name, kind in KINDS.items()),
                    {"name": "tags", "multiValued": True},
                    {"name": "odd", "type": "complex", "subAttributes": [{"name": "value", "type": "complex"}]},
                ],
            }
        )
    ]
)
PERSON = {
    "userName": "Straße",
    OPEN: {
        "level": 7,
        "weight": 7.5,
        "hired": "2026-11-23T18:00:00.1234567Z",
        "isGuide": "True",
        "tags": ["a", "B"],
        "cf_Shift": "late",
        "cf_vip": True,
        "cf_list": [1, {"a": ""}],
        "cf_empty": [{"a": ""}],
    },
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{}:level gt 6", True),
        ("{}:level ge 7", True),
        ("{}:level lt 7", False),
        ("{}:level le 7.0", True),
        ("{}:weight eq 7.5", True),
        ("{}:weight eq true", False),
        ("{}:level co 7", False),
        ('{}:hired gt "2026-11-23"', True),
        ('{}:hired eq "2026-11-23T19:00:00.1234567+01:00"', True),
        ("{}:isGuide eq true", True),
        ('{}:isGuide ne "false"', True),
        ('{}:tags eq "b"', True),
        ('{}:tags ne "b"', False),
        ('{}:cf_shift eq "LATE"', True),
        ('{}:cf_shift sw "La"', True),
        ('{}:cf_shift gt "early"', True),
        ("{}:cf_vip eq true", True),
        ('{}:cf_vip eq "TRUE"', True),
        ("{}:cf_list eq 1", True),
        ("{}:cf_list pr", True),
        ("{}:cf_empty pr", False),
        ("{}:cf_none pr", False),
        ("{}:cf_vip.x pr", False),
        ("{}[level eq 7 and weight eq 7.5]", True),
        ('{}:odd eq "x"', False),
        ('userName eq "STRASSE"', True),
        ("userName eq null", False),
        ("userName gt null", False),
        ('emails[value[type eq "x"]]', None),
    ],
)
def test_values_are_compared_by_their_type(text, expected):
    """Numbers by size, instants by time, booleans also as text, undeclared values as text."""
    if expected is None:
        with pytest.raises(Reject):
            parse_filter(text)
    else:
        assert matches(parse_filter(text.replace("{}", OPEN), schemas=TYPE.schema_ids), PERSON, TYPE) is expected


@pytest.mark.parametrize(
    ("text", "strict", "is_refused"),
    [
        ("userName eq 5", False, False),
        ("userName eq 5", True, True),
        ("favourite pr", False, False),
        ("favourite pr", True, True),
        ('favourite[a eq "b"] or not (title pr)', False, False),
        (f"{OPEN}:cf_vip eq 5", True, False),
        ("emails.type[a pr]", False, None),
        (f"{OPEN}:level eq true", False, True),
        (f'{OPEN}:hired co "2026"', False, True),
    ],
)
def test_some_filters_are_refused(text, strict, is_refused):
    """Strictly also unknown attributes and numbers for text; None marks what cannot be read at all."""
    if is_refused is None:
        with pytest.raises(Reject):
            parse_filter(text)
        return
    filter_ = parse_filter(text, schemas=TYPE.schema_ids)
    if is_refused:
        with pytest.raises(Reject) as fault:
            check_filter(filter_, TYPE, strict)
        assert fault.value.code == "invalidFilter"
    else:
        check_filter(filter_, TYPE, strict)


def test_a_tree_has_the_shape_of_the_text():
    """`and` before `or`, parentheses kept, quotes escaped."""
    a, b, c = (Present(AttributePath(None, name)) for name in "abc")
    assert parse_filter("a pr or b pr and c pr") == Or((a, And((b, c))))
    assert parse_filter("(a pr or b pr) and not(c pr)") == And((Or((a, b)), Not(c)))
    assert parse_filter("(a pr and b pr) and c pr") == And((And((a, b)), c))
    quoted = Comparison(AttributePath(None, "a"), Operator.EQ, 'x"]\\)\n')
    assert print_filter(quoted) == 'a eq "x\\"]\\\\)\\n"'
    assert parse_filter(print_filter(quoted)) == quoted
    assert parse_filter("a eq O", lenient=True) == Comparison(AttributePath(None, "a"), Operator.EQ, "O")
    assert parse_filter("a eq 007", lenient=True) == Comparison(AttributePath(None, "a"), Operator.EQ, "007")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026",
        "2026-02-30T00:00:00Z",
        "2026-11-23T24:00:00Z",
        "2026-11-23T18:60:00Z",
        "2026/11/23T18:00:00Z",
        "2026-11-23T18:00",
        "2026-11-23T18:00:00.Z",
        "2026-11-23T18:00:00+1:00",
        "2026-11-23T18:00:00+15:00",
        "2026-11-23T18:00:00+0a:00",
        "2026-11-23T18:00:00 GMT",
        "²026-11-23T18:00:00Z",
        20261123,
        None,
    ],
)
def test_what_is_no_instant_is_none(text):
    """Never an exception."""
    assert read_instant(text) is None


def test_instants_and_booleans_are_read_in_their_forms():
    """Without an offset UTC is meant; a date alone is its midnight."""
    assert read_instant("2026-11-23") == read_instant("2026-11-23T00:00:00") == read_instant("2026-11-23 00:00:00z")
    assert read_instant("0001-01-01T00:00:00+14:00") < read_instant("0001-01-01T00:00:00Z")
    assert read_instant("2026-11-23T00:00:00.1234567899Z") == read_instant("2026-11-23T00:00:00.123456789Z")
    assert [read_boolean(each) for each in ("TRUE", " false ", True, 1, "1", None)] == [
        True,
        False,
        True,
        None,
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada", "ADA"),
        ("Straße", "STRASSE"),
        ("é", "e\u0301"),
        ("É", "e\u0301"),
        ("Å", "\u212b"),
        ("Ａｄａ", "ada"),
        ("ｶﾞ", "ガ"),
        ("a\u0323\u0307", "A\u0307\u0323"),
        ("Σ", "ς"),
        ("\u0345", "ι"),
    ],
)
def test_texts_without_their_case_are_the_same(one, other):
    """In any case, composed or not, in full or half width, whatever the order of marks (RFC 7644 §5)."""
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("e", "é"), ("İ", "i"), ("ı", "i"), ("ﬁ", "f"), ("²", "2"), ("a", "а")])
def test_texts_that_only_look_alike_differ(one, other):
    """Marks count, and letters of other scripts are other letters."""
    assert fold(one) != fold(other)
