"""Two versions of a schema are compared, and what changed is said in words."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from schema_builders import attribute, entra_export, expression, group, mapping, schema

from provisor.gallery.synchronization.comparing import compare_schemas
from provisor.gallery.synchronization.completing import complete_schema

SALES = {"groups": [group("Sales only", ("department", "EQUALS", "Sales"), ("mail", "IS NOT NULL"))]}


def users(document: dict[str, Any]) -> dict[str, Any]:
    """The object mapping of users."""
    return document["synchronizationRules"][0]["objectMappings"][0]


def row(document: dict[str, Any], target: str) -> dict[str, Any]:
    """One attribute mapping."""
    return next(one for one in users(document)["attributeMappings"] if one["targetAttributeName"] == target)


def lists(document: dict[str, Any], side: int) -> list[dict[str, Any]]:
    """The attribute list of the source (0) or the target (1)."""
    return document["directories"][side]["objects"][0]["attributes"]


def start() -> dict[str, Any]:
    """A small schema with a filter, a default value and two kinds of source."""
    return schema(
        mapping("userName", "userPrincipalName", matchingPriority=1),
        mapping("title", "jobTitle", defaultValue="n/a"),
        mapping("department", "department"),
        scope=SALES,
    )


Change = Callable[[dict[str, Any]], Any]

CASES: list[tuple[str, Change, list[str]]] = [
    ("nothing", lambda _doc: None, []),
    (
        "mapping added",
        lambda doc: users(doc)["attributeMappings"].append(mapping("displayName", "displayName")),
        ["Added mapping displayName ← displayName"],
    ),
    (
        "mapping added with all that is unusual",
        lambda doc: users(doc)["attributeMappings"].append(
            mapping(
                "nick", expression("Left([mail],3)"), matchingPriority=2, flowType="ObjectAddOnly", defaultValue="x"
            )
        ),
        ['Added mapping nick ← Left([mail],3), matching precedence 2, only during object creation, default value "x"'],
    ),
    (
        "mapping removed",
        lambda doc: users(doc)["attributeMappings"].pop(1),
        ['Removed mapping title ← jobTitle, default value "n/a"'],
    ),
    (
        "source",
        lambda doc: row(doc, "department").update(source=expression('Switch([department], , "a", "b")')),
        ['department: source changed from [department] to Switch([department], , "a", "b")'],
    ),
    (
        "source to a constant",
        lambda doc: row(doc, "title").update(source={"type": "Constant", "name": 'a "b"'}),
        ['title: source changed from [jobTitle] to "a \\"b\\""'],
    ),
    (
        "source to none",
        lambda doc: row(doc, "title").update(source=None),
        ["title: source changed from [jobTitle] to nothing"],
    ),
    ("source written at length", lambda doc: row(doc, "title").update(source={"name": "jobTitle"}), []),
    (
        "default set",
        lambda doc: row(doc, "department").update(defaultValue="none"),
        ['department: default value set to "none"'],
    ),
    (
        "default changed",
        lambda doc: row(doc, "title").update(defaultValue=""),
        ['title: default value changed from "n/a" to ""'],
    ),
    (
        "default removed",
        lambda doc: row(doc, "title").update(defaultValue=None),
        ['title: default value "n/a" removed'],
    ),
    (
        "matching",
        lambda doc: [row(doc, "userName").update(matchingPriority=2), row(doc, "title").update(matchingPriority=1)],
        [
            "userName: matching precedence changed from 1 to 2",
            "title: is now a matching attribute, with precedence 1",
        ],
    ),
    (
        "matching no longer",
        lambda doc: row(doc, "userName").update(matchingPriority=0),
        ["userName: is no longer a matching attribute (its precedence was 1)"],
    ),
    (
        "applies",
        lambda doc: row(doc, "title").update(flowType="ObjectAddOnly"),
        ["title: now applies only during object creation (before: always)"],
    ),
    (
        "sent always",
        lambda doc: row(doc, "title").update(flowBehavior="FlowAlways"),
        ["title: the value is now sent with every update"],
    ),
    (
        "clears",
        lambda doc: row(doc, "title").update(flowNullValues=True),
        ["title: an empty value now clears the target"],
    ),
    (
        "a member of the mapping that nobody has words for",
        lambda doc: row(doc, "title").update(exportMissingReferences=True, comment="x"),
        ["title: exportMissingReferences: added, true", 'title: comment: added, "x"'],
    ),
    (
        "order",
        lambda doc: users(doc)["attributeMappings"].reverse(),
        ["The order of the mappings changed"],
    ),
    (
        "clause removed",
        lambda doc: users(doc)["scope"]["groups"][0]["clauses"].pop(0),
        ["Scoping filter 'Sales only': clause department EQUALS Sales removed"],
    ),
    (
        "clause changed",
        lambda doc: users(doc)["scope"]["groups"][0]["clauses"][0]["targetOperand"].update(values=["Sales", "IT"]),
        [
            "Scoping filter 'Sales only': clause department EQUALS Sales removed",
            "Scoping filter 'Sales only': clause department EQUALS Sales or IT added",
        ],
    ),
    (
        "group added",
        lambda doc: users(doc)["scope"]["groups"].append(group("Heads", ("jobTitle", "EQUALS", "Head"))),
        ["Added scoping filter 'Heads': jobTitle EQUALS Head"],
    ),
    (
        "filter removed",
        lambda doc: users(doc).update(scope=None),
        ["Removed scoping filter 'Sales only': department EQUALS Sales and mail IS NOT NULL"],
    ),
    (
        "group renamed",
        lambda doc: users(doc)["scope"]["groups"][0].update(name="Sellers"),
        ["Scoping filter 'Sales only': renamed to 'Sellers'"],
    ),
    (
        "input filter",
        lambda doc: users(doc)["scope"].update(inputFilterGroups=[group("All", ("mail", "IS NOT NULL"))]),
        ["Added input filter 'All': mail IS NOT NULL"],
    ),
    ("an empty set of groups", lambda doc: users(doc)["scope"].update(categoryFilterGroups=[]), []),
    (
        "actions",
        lambda doc: users(doc).update(flowTypes="Add, Update"),
        ["Target object action Delete is now off"],
    ),
    ("actions written out", lambda doc: users(doc).update(flowTypes="Delete,Update,Add"), []),
    (
        "switched off",
        lambda doc: users(doc).update(enabled=False),
        [f"Object mapping User → {users(schema())['targetObjectName']} is now off"],
    ),
    (
        "metadata",
        lambda doc: users(doc).update(metadata=[{"key": "EscrowBehavior", "value": '"Default"'}]),
        ['Object mapping: metadata EscrowBehavior: added, "\\"Default\\""'],
    ),
    (
        "priority",
        lambda doc: doc["synchronizationRules"][0].update(priority=3),
        ["Rule USER_OUTBOUND_USER: priority changed from 0 to 3"],
    ),
    (
        "attribute list",
        lambda doc: [
            lists(doc, 1).append(attribute("badge", type="Integer")),
            lists(doc, 1).append(attribute("shoe")),
            lists(doc, 0).pop(1),
        ],
        [
            "Directory source: attribute removed: mail",
            "Directory target: attributes added: badge (Integer), shoe (String)",
        ],
    ),
    (
        "attributes that change alike",
        lambda doc: [one.update(caseExact=True) for one in lists(doc, 1)[:2]],
        ["Directory target: userName, title: now case-exact"],
    ),
    (
        "type of an attribute",
        lambda doc: lists(doc, 1)[1].update(type="Boolean"),
        ['Directory target: title: type: changed from "String" to "Boolean"'],
    ),
    (
        "the name of a directory",
        lambda doc: [
            doc["directories"][1].update(name="Desk"),
            doc["synchronizationRules"][0].update(targetDirectoryName="Desk"),
        ],
        [
            'Rule USER_OUTBOUND_USER: targetDirectoryName: changed from "target" to "Desk"',
            'Directory target: name: changed from "target" to "Desk"',
        ],
    ),
    ("the schema's own members", lambda doc: doc.update(id="other"), ['id: changed from "job" to "other"']),
]


@pytest.mark.parametrize(("change", "sentences"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_change_is_said_in_words(change: Change, sentences: list[str]) -> None:
    """One change, its sentences, and no other."""
    document = start()
    change(document)
    assert list(compare_schemas(start(), document)) == sentences


def test_groups_are_told_from_users() -> None:
    """Where a schema maps several kinds of object, each sentence says which."""
    document = entra_export()
    document["synchronizationRules"][1]["objectMappings"][0]["attributeMappings"].pop()
    assert compare_schemas(entra_export(), document) == ("Group: Removed mapping members ← members",)
    document["synchronizationRules"].pop()
    sentences = compare_schemas(entra_export(), document)
    assert 'Removed synchronization rule "GROUP_OUTBOUND_GROUP"' in sentences
    assert "Group: Removed mapping displayName ← displayName, matching precedence 1" in sentences


def test_going_back_and_forth_is_symmetric() -> None:
    """What is added in one direction is removed in the other."""
    other = schema(mapping("userName", "mail", matchingPriority=1))
    there, back = compare_schemas(start(), other), compare_schemas(other, start())
    assert len(there) == len(back)
    assert sum(one.startswith("Removed mapping") for one in there) == sum(
        one.startswith("Added mapping") for one in back
    )


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of everything that is no object and no list; of a source its text, which the rest follows."""
    if isinstance(value, dict):
        keys = ["expression"] if "expression" in value else list(value)
        return [leaf for key in keys for leaf in leaves(value[key], (*path, key))]
    if isinstance(value, list):
        return [leaf for index, one in enumerate(value) for leaf in leaves(one, (*path, index))]
    return [path]


def test_no_change_goes_unsaid() -> None:
    """Whatever single value of a tenant's export is changed, at least one sentence says so."""
    document = entra_export()
    paths = leaves(document)
    assert len(paths) > 800
    for path in paths[::5]:
        changed = copy.deepcopy(document)
        place: Any = changed
        for step in path[:-1]:
            place = place[step]
        value = place[path[-1]]
        place[path[-1]] = (not value) if isinstance(value, bool) else 7 if isinstance(value, int) else f"{value}x"
        assert compare_schemas(document, changed), path


@pytest.mark.parametrize("odd", [None, [], 5, "x", {"synchronizationRules": 5}, {"directories": [5, None]}])
def test_what_is_no_schema_is_compared_without_a_crash(odd: Any) -> None:
    """Even a document with faults can be compared, to see how far it is."""
    assert compare_schemas(start(), odd)
    assert compare_schemas(odd, start())
    assert complete_schema({"synchronizationRules": odd}) is not None
