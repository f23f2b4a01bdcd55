"""Checks of rules before they are saved: every fault at once, each with its place; warnings stop nothing."""

from dataclasses import replace

import pytest
from stage_builders import ADD_ONLY, URN, definition, direct, expression

from provisor.gallery.synchronization.reading import read_rules
from provisor.gallery.templates import load_templates
from provisor.model.errors import Reject
from provisor.model.rules import (
    AttributeMapping,
    AttributeType,
    Clause,
    FilterGroup,
    FlowType,
    Mutability,
    ObjectMapping,
    Rules,
    SourceKind,
)
from provisor.stages.rules.checking import validate_rules
from provisor.stages.rules.compiled import compile_rules
from provisor.stages.rules.targets import add_custom_attribute, explain_extension

FRESH = "urn:ietf:params:scim:schemas:extension:freshservice:2.0:User"
SOURCE = {
    one.name: one
    for one in (
        definition("userPrincipalName"),
        definition("mail"),
        definition("jobTitle"),
        definition("mobile"),
        definition("userType"),
        definition("employeeLevel", type=AttributeType.INTEGER),
        definition("accountEnabled", type=AttributeType.BOOLEAN),
        definition("IsSoftDeleted", type=AttributeType.BOOLEAN),
        definition("employeeHireDate", type=AttributeType.DATETIME),
        definition("manager", type=AttributeType.REFERENCE),
        definition("otherMails", is_multivalued=True),
        definition("appRoleAssignments", is_multivalued=True),
    )
}
TARGET = {
    one.name: one
    for one in (
        definition("id", is_anchor=True),
        definition("userName", is_required=True, is_filterable=True),
        definition("title", length_max=10),
        definition("nickName", is_filterable=True),
        definition("active", type=AttributeType.BOOLEAN),
        definition("level", type=AttributeType.INTEGER),
        definition("manager", type=AttributeType.REFERENCE),
        definition("tags", is_multivalued=True),
        definition("meta.created", mutability=Mutability.READ_ONLY),
        definition("employeeNumber", mutability=Mutability.IMMUTABLE),
        definition('emails[type eq "work"].value'),
        definition("roles", is_multivalued=True),
    )
}
USER_NAME = direct("userName", "userPrincipalName", matching_priority=1)


def constant(target: str, text: str, **more) -> AttributeMapping:
    """A constant mapping."""
    return AttributeMapping(target, SourceKind.CONSTANT, text, **more)


def rules(*mappings: AttributeMapping, scope: tuple[FilterGroup, ...] = (), **changes) -> Rules:
    """Rules for users with userName as matching attribute."""
    users = ObjectMapping("Users", "User", URN, (USER_NAME, *mappings), scope)
    return Rules((replace(users, **changes),), {"User": SOURCE}, {URN: TARGET})


def faults(*mappings: AttributeMapping, **more) -> list[str]:
    """The faults as sentences with their places."""
    return [str(one) for one in validate_rules(rules(*mappings, **more)).faults]


def warnings(*mappings: AttributeMapping, **more) -> list[str]:
    """The warnings of rules that can be used."""
    report = validate_rules(rules(*mappings, **more))
    assert report.is_usable, report.faults
    return [str(one) for one in report.warnings]


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        (direct("titel", "jobTitle"), "titel: The target has no such attribute; did you mean title?"),
        (direct("Title", "jobTitle"), "did you mean title? Names are case-sensitive."),
        (direct(f"{FRESH}:level", "jobTitle"), "add it to the list of target attributes first"),
        (direct(f"{FRESH}:1st level", "jobTitle"), "{Name}:2.0:User:{attribute}, where"),
        (direct("id", "jobTitle"), "primary key"),
        (direct("meta.created", "jobTitle"), "read-only"),
        (direct("title", "JobTitle"), "no attribute `JobTitle`; did you mean `jobTitle`? Names are case-sensitive."),
        (direct("title", "jobTitel"), "did you mean `jobTitle`?"),
        (direct("title", "mobilePhone"), "did you mean `mobile`?"),
        (direct("title", "extension_0123_cost"), "add the directory extension to the list of source attributes"),
        (direct("title", "appRoleAssignments"), "cannot flow as it is"),
        (direct("title", ""), "needs the name of a source attribute"),
        (direct("manager", "mail"), "`mail` is no reference but of type String"),
        (direct("active", "employeeLevel"), "It is a Boolean, and `employeeLevel` is of type Integer"),
        (direct("level", "employeeHireDate"), "It is an Integer, and `employeeHireDate` is of type DateTime"),
        (constant("active", "perhaps"), "The constant 'perhaps' is not of the type Boolean"),
        (constant("level", "seven"), "The constant 'seven' is not of the type Integer"),
        (constant("manager", "frank"), "a reference needs an attribute that refers to somebody"),
        (constant("title", "Chief Executive"), "15 characters, the target takes 10"),
        (direct("level", "jobTitle", default_value="none"), "The default value 'none' is not of the type Integer"),
        (direct("active", "jobTitle", default_value="1"), "The default value '1' is not of the type Boolean"),
        (
            expression("title", "ToLowr([jobTitle])"),
            "At character 1: unknown function `ToLowr`, did you mean `ToLower`?",
        ),
        (expression("title", "ToLower([jobtitle])"), "At character 9: the source has no attribute `jobtitle`; did you"),
        (expression("title", 'Left([jobTitle], "x")'), "At character 18: numChars of `Left` is a whole number"),
        (expression("title", "Left([jobTitle])"), "missing: numChars (argument 2)"),
        (expression("title", "ToLower([mail], , 3)"), "takes at most 2 arguments"),
        (expression("title", "x" * 10_001), "at most 10,000 are allowed"),
        (expression("title", "Append([appRoleAssignments], 1)"), "only for SingleAppRoleAssignment and its like"),
        (expression("title", 'Switch([otherMails], , "a", "b")'), "[otherMails] has several values; `Switch` compares"),
        (expression("title", 'Switch([manager], , "a", "b")'), "[manager] is a reference"),
        (expression("manager", "ToLower([mail])"), "manager refers to somebody; this gives String"),
        (expression("manager", 'IIF([mail] = "a", [manager], "b")'), "this gives String, which is no reference"),
        (expression("active", 'IIF([mail] = "a", "True", "no")'), "active is of type Boolean, which `no` is not"),
        (expression("title", "Left([jobTitle], [accountEnabled])"), "numChars of `Left` is of type Integer"),
        (expression("title", 'DateAdd("d", 1, [manager])'), "[manager] is of type Reference"),
        (expression("active", "Now()"), "active is of type Boolean; this gives DateTime"),
        (expression("level", "[mail] = 3"), "level is of type Integer; this gives Boolean"),
        (expression("title", 'SelectUniqueValue("a", "b")', flow_type=ADD_ONLY), "not supported for filtering"),
        (expression("nickName", 'SelectUniqueValue("a", "b")'), "needs a mapping that applies only during object"),
        (
            expression("nickName", 'SelectUniqueValue("a", "b")', flow_type=ADD_ONLY, matching_priority=2),
            "cannot be used on a matching attribute",
        ),
        (
            expression("nickName", 'ToLower(SelectUniqueValue("a", "b"))', flow_type=ADD_ONLY),
            "must be the outermost function",
        ),
        (expression("objectFilter", "ToLower([mail])"), "takes an expression that can give IgnoreObjectFlow"),
        (
            direct("nickName", "mail", matching_priority=1),
            "The matching precedence 1 is given 2 times (userName, nickName)",
        ),
        (direct("nickName", "mail", matching_priority=-1), "The matching precedence is -1"),
        (constant("nickName", "x", matching_priority=2), "needs a source that tells people apart"),
        (direct("tags", "otherMails", matching_priority=2), "has one value and is no reference"),
        (direct("userName", "mail"), "userName: 2 mappings lead to this attribute"),
        (direct("title", "jobTitle", flow_type=FlowType.MULTI_VALUE_ADD_ONLY), "for attributes with several values"),
    ],
)
def test_a_fault_of_a_mapping(mapping, words) -> None:
    """Each fault names its object mapping and its target attribute, and says what to write instead."""
    found = faults(mapping)
    assert any(words in one for one in found), found
    assert all(one.startswith("Users: ") for one in found)


@pytest.mark.parametrize(
    ("clause", "words"),
    [
        (Clause("city", "EQUALS", ("x",)), "The source has no attribute `city`"),
        (Clause("Mail", "EQUALS", ("x",)), "did you mean `mail`? Names are case-sensitive."),
        (Clause("mail", "EQUALZ", ("x",)), "did you mean EQUALS?"),
        (Clause("mail", "EQUALS"), "needs a value"),
        (Clause("mail", "REGEX MATCH", ("[",)), "a pattern that cannot be used"),
        (Clause("mail", "IS TRUE"), "IS TRUE is for Boolean, and mail is of type String"),
        (Clause("mail", "GREATER_THAN", ("5",)), "GREATER_THAN is for Integer, and mail is of type String"),
        (Clause("accountEnabled", "INCLUDES", ("e",)), "use IS TRUE or IS FALSE"),
        (Clause("employeeHireDate", "EQUALS", ("2026-12-01",)), "use BEFORE, AFTER, ON_OR_BEFORE or ON_OR_AFTER"),
        (Clause("employeeLevel", "GREATER_THAN", ("x",)), "no whole number from 0"),
        (Clause("manager", "EQUALS", ("frank",)), "use an attribute of it, such as manager.department"),
        (Clause("manager.city", "EQUALS", ("x",)), "The source has no attribute `manager.city`"),
        (Clause("otherMails", "EQUALS", ("x",)), "write ANY EQUALS or ALL EQUALS"),
        (Clause("appRoleAssignments", "EQUALS", ("x",)), "is read by HAS ROLE and HAS NO ROLE"),
        (Clause("memberOf", "INCLUDES", ("x",)), "is read by IS MEMBER OF and IS NOT MEMBER OF"),
        (Clause("mail", "IS MEMBER OF", ("x",)), "IS MEMBER OF reads appRoleAssignments or memberOf"),
        (Clause("IsSoftDeleted", "IS TRUE"), "follows from the filters, so a filter cannot read it"),
        (Clause("", "IS NULL"), "It names no attribute"),
    ],
)
def test_a_fault_of_a_clause(clause, words) -> None:
    """Each fault names the filter and the number of its clause."""
    good = Clause("mail", "IS NOT NULL")
    found = faults(scope=(FilterGroup("Staff", (good, clause)),))
    assert any(words in one for one in found), found
    assert all("filter Staff, clause 2" in one for one in found)


def test_nothing_need_lead_to_a_required_primary_key() -> None:
    """Exported attribute lists call `id` required; the target gives it, so a mapping to it is not asked for."""
    users = ObjectMapping("Users", "User", URN, (direct("userName", "userPrincipalName", matching_priority=1),))
    target = {
        "id": definition("id", is_anchor=True, is_required=True),
        "userName": definition("userName", is_required=True, is_filterable=True),
    }
    assert validate_rules(Rules((users,), {"User": SOURCE}, {URN: target})).faults == ()


def test_all_faults_are_told_at_once_and_in_order() -> None:
    """Mappings, matching, required attributes, filters and object mappings are one refusal."""
    users = ObjectMapping(
        "Users",
        "User",
        URN,
        (direct("titel", "jobTitle"), expression("title", 'Left([x], "y", ToLowr())')),
        (FilterGroup("Staff", (Clause("mail", "IS TRUE"),)), FilterGroup("Empty", ())),
        is_enabled=False,
    )
    broken = Rules((users, users), {"User": SOURCE}, {URN: TARGET})
    with pytest.raises(Reject) as refused:
        compile_rules(broken)
    reasons = "\n".join(refused.value.reasons)
    for words in (
        "2 object mappings lead from User",
        "cannot be switched off",
        "did you mean title?",
        "numChars of `Left`",
        "unknown function `ToLowr`",
        "No mapping is a matching attribute",
        "The target requires this attribute, and no mapping leads to it",
        "filter Staff, clause 1",
        "filter Empty: It has no clause",
    ):
        assert words in reasons
    assert refused.value.code == "SchemaInvalid"


def test_a_fault_of_an_expression_has_a_position_and_a_caret() -> None:
    """The place is the target attribute, the position counts characters, the message shows it."""
    report = validate_rules(rules(expression("title", 'Join(" ", [jobTitle], [nick])')))
    (fault,) = report.faults
    assert (fault.object_mapping, fault.place, fault.position) == ("Users", "title", 22)
    assert fault.message.splitlines()[1:] == ['    Join(" ", [jobTitle], [nick])', " " * 26 + "^"]


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        (
            direct("title", "jobTitle", matching_priority=2),
            "title: It is a matching attribute that is not supported for",
        ),
        (direct("title", "otherMails"), "`otherMails` can be several: such people fail"),
        (expression("title", 'Split([mail], "@")'), "what the expression gives can be several"),
        (direct("title", "manager"), "the id of the other object is written, as text"),
        (expression("title", "Guid()"), "another value each time"),
        (expression("title", "Now()"), "differs in every cycle"),
        (direct("employeeNumber", "mail"), "lets it be written once"),
        (AttributeMapping("title", SourceKind.NONE), "does nothing"),
        (constant("title", ""), "empty values do not flow"),
        (direct("title", "jobTitle", clear_when_empty=True, flow_type=ADD_ONLY), "never cleared"),
        (expression("title", 'FormatDateTime([mail], "yyyy", "MM")'), "three arguments"),
    ],
)
def test_a_warning_about_a_mapping(mapping, words) -> None:
    """What works, but perhaps not as meant, is said and can be saved."""
    found = warnings(mapping)
    assert any(words in one for one in found), found


@pytest.mark.parametrize(
    ("clause", "words"),
    [
        (Clause("mail", "REGEX MATCH", (".*@contoso.com",)), "found anywhere in the value"),
        (Clause("userType", "EQUALS", ("Guest",)), "Entra does not have `userType EQUALS`"),
        (Clause("mail", "EQUALS IGNORE CASE", ("x",)), "Entra does not have"),
        (Clause("manager.mail", "ENDS_WITH", ("x",)), "Entra does not have"),
        (Clause("mail", "ANY EQUALS", ("x",)), "ANY changes nothing"),
    ],
)
def test_a_warning_about_a_clause(clause, words) -> None:
    """A loose pattern, and whatever Entra would not understand, is said."""
    found = warnings(scope=(FilterGroup("Staff", (clause,)),))
    assert any(words in one for one in found), found


def test_an_anchored_pattern_needs_no_warning() -> None:
    """Only patterns that are found anywhere are pointed out."""
    assert not warnings(scope=(FilterGroup("Staff", (Clause("mail", "REGEX MATCH", ("^.*@contoso\\.com$",)),)),))


def test_mappings_as_people_write_them_are_accepted() -> None:
    """What Entra accepts has no fault here: numbers and flags from text, lists, references chosen by a condition."""
    assert not faults(
        expression("active", 'Switch([IsSoftDeleted], , "False", "True", "True", "False")'),
        direct("level", "employeeLevel"),
        expression("manager", "IIF(IsNullOrEmpty([mail]), [manager], IgnoreAttributeFlow)"),
        direct("tags", "otherMails"),
        expression("roles", "AssertiveAppRoleAssignmentsComplex([appRoleAssignments])"),
        expression("objectFilter", 'IIF([mail] = "", IgnoreObjectFlow, "")'),
        direct('emails[type eq "work"].value', "mail", default_value="nobody@contoso.com"),
    )


def test_the_galleries_templates_have_no_fault_and_no_surprise() -> None:
    """Every template can be saved as it is; nothing in it is warned about."""
    for template in load_templates().values():
        report = validate_rules(read_rules(template.schema))
        assert report.faults == ()
        assert report.warnings == (), template.id


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (f"{FRESH}:level", ""),
        ("urn:ietf:params:scim:schemas:extension:Contoso-Desk_1:2.0:User:cost_center-2", ""),
        ("level", "a custom attribute is named"),
        (f"{FRESH}:", "letters, digits"),
        (f"{FRESH}:a b", "letters, digits"),
        (f"{FRESH}:name.first", "letters, digits"),
        ("urn:ietf:params:scim:schemas:extension:x", "letters, digits"),
    ],
)
def test_names_of_custom_attributes(name, words) -> None:
    """They begin with the extension prefix and end in one simple attribute."""
    problem = explain_extension(name)
    assert words in problem
    assert bool(problem) is bool(words)


def test_custom_attributes_in_the_list_are_checked() -> None:
    """A schema that brings a custom attribute with a wrong name or type, or a second primary key, is refused."""
    more = [
        definition("level2", is_custom=True),
        definition(f"{FRESH}:boss", is_custom=True, type=AttributeType.REFERENCE),
        definition("key", is_anchor=True),
    ]
    broken = replace(rules(), target_objects={URN: {**TARGET, **{one.name: one for one in more}}})
    found = "\n".join(str(one) for one in validate_rules(broken).faults)
    assert "level2: A custom attribute is named urn:ietf" in found
    assert "boss: A custom attribute cannot be a reference" in found
    assert "2 primary keys (id, key)" in found


def test_a_custom_attribute_is_added_or_refused_with_every_reason() -> None:
    """The list grows by one; a reference, a list, a taken or malformed name is refused."""
    grown = add_custom_attribute(TARGET, definition(f"{FRESH}:level", is_custom=True))
    assert set(grown) == {*TARGET, f"{FRESH}:level"}
    with pytest.raises(Reject) as refused:
        add_custom_attribute(TARGET, definition("USERNAME", type=AttributeType.REFERENCE, is_multivalued=True))
    assert len(refused.value.reasons) == 4
    assert grown[f"{FRESH}:level"].is_custom
