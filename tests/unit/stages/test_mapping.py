"""Map: kinds of mappings, nulls, defaults, types, and faults that name the attribute."""

import pytest
from stage_builders import ACTIVE, ADD_ONLY, MANAGER, URN, compiled, context, direct, expression, rules

from provisor.model.errors import Reject, ResourceFailed
from provisor.model.operation import Reference
from provisor.model.resource import TargetResource
from provisor.model.rules import AttributeMapping, Clause, FilterGroup, ObjectMapping, Rules, SourceKind
from provisor.stages.mapping import map_attributes
from provisor.stages.matching import Ambiguous, Joined, Unmatched, decide_match, matching_keys
from provisor.stages.rules.compiled import compile_rules


def desired(*mappings, is_new: bool = True, **source):
    """The desired attributes, without userName."""
    found = map_attributes(compiled(*mappings), context(**source), is_new=is_new)
    return {name: value for name, value in found.attributes.items() if name != "userName"}


def test_each_kind_of_mapping() -> None:
    """Direct copies, constant writes its text, expression evaluates, none leaves alone but fills the default."""
    assert desired(direct("title", "jobTitle"), jobTitle="Clerk") == {"title": "Clerk"}
    assert desired(AttributeMapping("title", SourceKind.CONSTANT, "Guest")) == {"title": "Guest"}
    assert desired(expression("title", 'Append([jobTitle], "!")'), jobTitle="Clerk") == {"title": "Clerk!"}
    assert desired(AttributeMapping("title", SourceKind.NONE, default_value="x")) == {"title": "x"}
    assert desired(AttributeMapping("title", SourceKind.NONE), is_new=False) == {}


@pytest.mark.parametrize("empty", [None, "", []])
def test_empty_values_do_not_flow(empty) -> None:
    """Null and the empty text leave the target alone, take the default on create, and clear only where told to."""
    assert desired(direct("title", "jobTitle"), jobTitle=empty) == {}
    assert desired(direct("title", "jobTitle", default_value="d"), jobTitle=empty) == {"title": "d"}
    assert desired(direct("title", "jobTitle", default_value="d"), is_new=False, jobTitle=empty) == {}
    assert desired(direct("title", "jobTitle", clear_when_empty=True), is_new=False, jobTitle=empty) == {"title": None}


def test_only_during_creation() -> None:
    """Such a mapping flows once."""
    assert desired(direct("title", "jobTitle", flow_type=ADD_ONLY), jobTitle="x") == {"title": "x"}
    assert desired(direct("title", "jobTitle", flow_type=ADD_ONLY), is_new=False, jobTitle="x") == {}


def test_values_take_the_targets_type() -> None:
    """Text becomes Boolean, number, reference or list, as the target attribute says."""
    assert desired(ACTIVE, IsSoftDeleted=False) == {"active": True}
    assert desired(ACTIVE, IsSoftDeleted=True) == {"active": False}
    assert desired(direct("level", "employeeLevel"), employeeLevel="7") == {"level": 7}
    assert desired(direct(MANAGER, "manager"), manager="frank") == {MANAGER: Reference("frank")}
    assert desired(direct("tags", "otherMails"), otherMails=["a", "b"]) == {"tags": ["a", "b"]}
    assert desired(direct("title", "otherMails"), otherMails=["a"]) == {"title": "a"}


@pytest.mark.parametrize(
    ("mapping", "source", "code"),
    [
        (direct("active", "x"), {"x": "perhaps"}, "UnprocessableEntity"),
        (direct("level", "x"), {"x": "seven"}, "UnprocessableEntity"),
        (direct("title", "x"), {"x": ["a", "b"]}, "SchemaPropertyCanOnlyAcceptValue"),
        (expression("title", "CDate([x])"), {"x": "never"}, None),
    ],
)
def test_a_fault_names_the_attribute(mapping, source, code) -> None:
    """A value that cannot be had fails this person, and the sentence names the target attribute."""
    with pytest.raises(ResourceFailed) as failed:
        desired(mapping, **source)
    assert mapping.target in str(failed.value)
    assert code is None or failed.value.code == code


def test_a_required_value_that_is_missing_fails_the_create_only() -> None:
    """Without userName nobody is created; an update does not need it."""
    with pytest.raises(ResourceFailed) as failed:
        map_attributes(compiled(), context(userPrincipalName=None), is_new=True)
    assert failed.value.code == "MissingValues"
    assert map_attributes(compiled(), context(userPrincipalName=None), is_new=False).attributes == {}


def test_flow_sentinels() -> None:
    """IgnoreAttributeFlow leaves an attribute out, IgnoreObjectFlow the whole object."""
    assert desired(expression("title", 'Switch([x], IgnoreAttributeFlow, "a", "b")'), x="other") == {}
    found = map_attributes(
        compiled(expression("title", 'Switch([x], "ok", "a", IgnoreObjectFlow)')), context(x="a"), is_new=True
    )
    assert found.is_ignored


def test_all_faults_of_the_rules_are_told_at_once() -> None:
    """An unknown target, a bad expression and a missing matching attribute are one refusal with three reasons."""
    mapping = ObjectMapping("u", "User", URN, (direct("nope", "x"), expression("title", "ToLowr([x])")))
    with pytest.raises(Reject) as refused:
        compile_rules(Rules((mapping,), {}, rules().target_objects))
    reasons = "\n".join(refused.value.reasons)
    assert "nope" in reasons
    assert "ToLower" in reasons
    assert "matching" in reasons


def test_what_is_read_and_what_is_masked_is_known_beforehand() -> None:
    """Compiled rules tell the source attributes they read and the targets they mask."""
    scoped = compile_rules(
        Rules(
            (
                ObjectMapping(
                    "u",
                    "User",
                    URN,
                    (direct("userName", "userPrincipalName", matching_priority=1), expression("title", "Redact([x])")),
                    scope=(FilterGroup("g", (Clause("city", "IS NULL"),)),),
                ),
            ),
            {},
            rules().target_objects,
        )
    )
    assert scoped.source_attributes == {"userPrincipalName", "x", "city"}
    assert scoped.redacted == {"title"}


def test_matching_takes_the_first_attribute_that_finds_anybody() -> None:
    """Attributes are tried by precedence; empty ones are left out; several hits are nobody's."""
    two = compiled(direct("title", "employeeId", matching_priority=2))
    keys = matching_keys(two, context(employeeId="E1"))
    assert [(key.attribute, key.value) for key in keys] == [("userName", "ada@contoso.example"), ("title", "E1")]
    assert [key.attribute for key in matching_keys(two, context(employeeId=None))] == ["userName"]
    one, other = TargetResource("1"), TargetResource("2")
    assert decide_match(keys, [[], [one]]) == Joined(one, keys[1])
    assert decide_match(keys, [[one]]) == Joined(one, keys[0])
    assert isinstance(decide_match(keys, [[one, other]]), Ambiguous)
    assert decide_match(keys, [[], []]) == Unmatched(keys)
