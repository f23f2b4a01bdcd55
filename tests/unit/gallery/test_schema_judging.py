"""A schema is judged in form and sense before it is stored; every fault at once, each with its path."""

import copy
from typing import Any

import pytest
from schema_builders import entra_export, expression, group, mapping, schema

from provisor.gallery.synchronization.judging import decide_change, judge_schema
from provisor.gallery.synchronization.restoring import restore_defaults
from provisor.gallery.templates import get_template
from provisor.model.errors import Reject

MAPPINGS = "synchronizationRules[0].objectMappings[0].attributeMappings"


def template() -> dict[str, Any]:
    """The schema that an application for any SCIM target starts with."""
    return copy.deepcopy(dict(get_template("scim").schema))


def paths(document: Any, stored: Any = None) -> list[str]:
    """Where the faults are."""
    return [fault.path for fault in judge_schema(document, stored).faults]


def test_a_tenants_export_takes_the_place_of_a_template() -> None:
    """It is usable as it stands, and all that becomes another is said."""
    change = decide_change(entra_export(), template())
    assert any(one.startswith("User: Added mapping nickName ← ") for one in change.sentences)
    assert not change.is_same


def test_the_same_schema_changes_nothing() -> None:
    """Exported and imported again, it is what is stored, member by member."""
    change = decide_change(template(), template())
    assert (change.is_same, change.sentences) == (True, ())


def test_restoring_defaults_keeps_added_attributes() -> None:
    """Mappings and filters are the template's again; an attribute that somebody added is still offered."""
    stored = template()
    custom = {"name": "urn:ietf:params:scim:schemas:extension:contoso:2.0:User:level", "type": "String"}
    stored["directories"][1]["objects"][0]["attributes"].append(custom)
    users = stored["synchronizationRules"][0]["objectMappings"][0]
    users["scope"] = {"groups": [group("Sales", ("department", "EQUALS", "Sales"))]}
    users["attributeMappings"].pop()
    restored = restore_defaults(stored, template())
    assert restored["synchronizationRules"] == template()["synchronizationRules"]
    assert restored["directories"][1]["objects"][0]["attributes"][-1] == custom
    assert restore_defaults(template(), template()) == template()


def test_what_entra_does_not_write_is_kept() -> None:
    """Which attributes can be filtered by, and which value grants access, stays known after a schema from elsewhere."""
    stored = copy.deepcopy(dict(get_template("freshservice").schema))
    foreign = copy.deepcopy(stored)
    for directory in foreign["directories"]:
        for item in (item for one in directory["objects"] for item in one["attributes"]):
            item["metadata"] = []
    change = decide_change(foreign, stored)
    assert change.schema == stored
    assert any("SupportedForFiltering of userName" in str(notice) for notice in change.notices)


def test_our_own_metadata_can_still_be_changed() -> None:
    """A schema that has some of it is from here, and means what it says."""
    edited = template()
    attributes = edited["directories"][1]["objects"][0]["attributes"]
    flagged = [item for item in attributes if item["metadata"]]
    assert len(flagged) > 1
    flagged[0]["metadata"] = []
    assert judge_schema(edited, template()).schema == edited


def test_faults_of_form_and_of_sense_come_together() -> None:
    """One refusal: a wrong enumeration, an unknown function with its caret, a wrong target, a wrong operator."""
    document = schema(
        mapping("userName", "userPrincipalName", matchingPriority=1),
        mapping("title", expression("ToLwer([jobTitle])")),
        mapping("displayName", "displayname"),
        mapping("displayName", "displayName", flowType="Sometimes"),
        scope={"groups": [group("Sales", ("department", "EQALS", "Sales"))]},
    )
    document["directories"][1]["objects"][0]["attributes"].pop(1)  # title
    found = {str(fault).split(":")[0]: str(fault) for fault in judge_schema(document).faults}
    assert set(found) == {
        f"{MAPPINGS}[1]",
        f"{MAPPINGS}[2]",
        f"{MAPPINGS}[3].flowType",
        "synchronizationRules[0].objectMappings[0].scope",
    }
    everything = "\n".join(str(fault) for fault in judge_schema(document).faults)
    assert "did you mean `ToLower`?" in everything
    assert "    ^" in everything
    assert "EQUALS" in found["synchronizationRules[0].objectMappings[0].scope"]


def test_one_expression_may_have_several_faults() -> None:
    """A wrong function does not hide a wrong attribute; both are shown, from left to right."""
    document = schema(
        mapping("userName", "userPrincipalName", matchingPriority=1),
        mapping("title", expression("Append(ToLwer([jobTitel]), [mial])")),
    )
    texts = [fault.text for fault in judge_schema(document).faults]
    meant = ["`ToLower`", "`jobTitle`", "`mail`"]
    assert [word for text, word in zip(texts, meant, strict=True) if word in text] == meant


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: rows[1].update(targetAttributeName="titel"), "title"),
        (lambda rows: rows[1]["source"].update(name="jobtitle", expression="[jobtitle]"), "jobTitle"),
        (lambda rows: rows[0].update(matchingPriority=0), "matching"),
        (lambda rows: rows.append(copy.deepcopy(rows[1])), "2 mappings"),
        (lambda rows: rows[1].update(source=expression("Left([jobTitle])")), "numChars"),
    ],
    ids=["unknown target", "wrong case", "no matching attribute", "duplicate target", "argument count"],
)
def test_what_the_issue_names_is_refused(change: Any, words: str) -> None:
    """Each with a sentence that says what is meant; `decide_change` refuses it whole."""
    document = schema(mapping("userName", "userPrincipalName", matchingPriority=1), mapping("title", "jobTitle"))
    change(document["synchronizationRules"][0]["objectMappings"][0]["attributeMappings"])
    faults = judge_schema(document).faults
    assert any(words in str(fault) for fault in faults), faults
    with pytest.raises(Reject) as refused:
        decide_change(document, schema())
    assert [str(fault) for fault in faults] == list(refused.value.reasons)


@pytest.mark.parametrize("document", [None, [], {}, "x", {"synchronizationRules": [{}], "directories": [{}]}])
def test_what_is_no_schema_has_faults(document: Any) -> None:
    """Nothing else happens."""
    assert paths(document, template())


def test_warnings_are_told_and_refuse_nothing() -> None:
    """An IIF that Entra calls unsupported works here, and whoever imports it is told."""
    judgement = judge_schema(entra_export(), template())
    assert not judgement.faults
    assert any("IIF" in notice.text and notice.path.startswith(MAPPINGS) for notice in judgement.notices)
