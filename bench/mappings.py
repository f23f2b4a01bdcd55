"""Mapping and scoping one person after another on one core, beside a function that a person wrote for the same work.

Both give the same results, which is checked first. Time is that of the processor, so that a busy machine does not show
in it; ours and theirs take turns.
"""

import copy
import re
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from statistics import median
from typing import Any

from provisor.expressions.compiler import Context
from provisor.gallery.synchronization.reading import read_rules
from provisor.gallery.templates import get_template
from provisor.model.job import ScopeSetting
from provisor.model.operation import Reference
from provisor.model.resource import SOFT_DELETED, ObjectType, SourceResource
from provisor.model.rules import Clause, FilterGroup
from provisor.stages.mapping import map_attributes
from provisor.stages.rules.compiled import CompiledRules, compile_rules
from provisor.stages.scoping import compile_scope, judge_scope
from rows import Row, compare

TITLE = "Mappings and scoping filters on one core"
PEOPLE = 1000
TURNS = 7
PASSES = 4
"""Times that everybody is worked in one turn."""

MAPPED_LEAST = 20_000
NESTED_LEAST = 8_000
SCOPED_LEAST = 100_000

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
AGENT = "urn:ietf:params:scim:schemas:extension:freshservice:2.0:User:isAgent"
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)

PLAIN = {"active": "[accountEnabled]", AGENT: '"False"', "externalId": "[mailNickname]", "timezone": '"Berlin"'}
"""All 16 are direct or constant."""

NESTED = {
    "externalId": "[mailNickname]",
    "active": 'Switch([IsSoftDeleted], , "False", "True", "True", "False")',
    AGENT: 'Switch(SingleAppRoleAssignment([appRoleAssignments]), "False", "Agent", "True")',
    "displayName": 'Join(", ", ToUpper(Mid([surname], 1, 64)), IIF(IsPresent([givenName]), Left([givenName], 1), "?"))',
    "locale": 'ToLower(Left(Replace(Coalesce([preferredLanguage], "en-US"), "-", , , "_", , ), 2))',
    'emails[type eq "work"].value': 'ToLower(Append(Word([userPrincipalName], 1, "@"), "@contoso.example"))',
}
"""Five nested expressions among the 16."""

Person = dict[str, Any]
Work = Callable[[], object]


def measure() -> Iterator[Row]:
    """People per second with plain mappings and with nested ones, and verdicts per second."""
    people = [_person(number) for number in range(PEOPLE)]
    yield _mapped("16 direct and constant mappings", PLAIN, _by_hand, people, MAPPED_LEAST)
    yield _mapped("16 mappings, 5 of them nested expressions", NESTED, _nested_by_hand, people, NESTED_LEAST)
    yield _scoped(people)


def _mapped(
    work: str, sources: dict[str, str], by_hand: Callable[[Person], Person], people: list[Person], least: int
) -> Row:
    rules = _rules(sources)

    def map_one(person: Person) -> Any:
        context = Context({**person, SOFT_DELETED: False}, NOW, lambda below: below - 1, str)
        return map_attributes(rules, context, is_new=True).attributes

    for person in people:
        if map_one(person) != by_hand(person):
            raise RuntimeError(f"{map_one(person)} is not {by_hand(person)}")
    return _row(
        work, "people/s", lambda: [map_one(one) for one in people], lambda: [by_hand(one) for one in people], least
    )


def _scoped(people: list[Person]) -> Row:
    groups = (
        FilterGroup("Sales", (Clause("department", "EQUALS", ("Sales", "Marketing")), Clause("mail", "IS NOT NULL"))),
        FilterGroup(
            "Heads", (Clause("jobTitle", "REGEX MATCH", ("^(Head|Lead)",)), Clause("level", "GREATER_THAN", ("2",)))
        ),
    )
    scope = compile_scope(groups)
    resources = [SourceResource(str(number), ObjectType.USER, one) for number, one in enumerate(people)]
    pattern = re.compile("^(Head|Lead)")

    def judge(resource: SourceResource) -> bool:
        return judge_scope(resource, ScopeSetting.ASSIGNED, scope, NOW).is_in

    def judge_by_hand(resource: SourceResource) -> bool:
        person = resource.attributes
        if person.get("accountEnabled") is False or not person.get("appRoleAssignments"):
            return False
        if person.get("department") in ("Sales", "Marketing") and person.get("mail"):
            return True
        return bool(pattern.search(person.get("jobTitle") or "")) and int(person.get("level") or 0) > 2

    verdicts = [judge(one) for one in resources]
    if verdicts != [judge_by_hand(one) for one in resources] or len(set(verdicts)) < 2:
        raise RuntimeError("The verdicts differ, or are all the same.")
    return _row(
        f"scoping, two groups of two clauses, {sum(verdicts) / len(verdicts):.0%} are in",
        "verdicts/s",
        lambda: [judge(one) for one in resources],
        lambda: [judge_by_hand(one) for one in resources],
        SCOPED_LEAST,
    )


def _row(work: str, unit: str, ours: Work, theirs: Work, least: int) -> Row:
    mine, others = [], []
    for _ in range(TURNS):
        mine.append(_rate(ours))
        others.append(_rate(theirs))
    return Row(work, median(mine), unit, (compare(f"by hand, {unit}", mine, others),), least=least)


def _rate(work: Work) -> float:
    began = time.process_time()
    for _ in range(PASSES):
        work()
    return PASSES * PEOPLE / (time.process_time() - began)


def _rules(sources: dict[str, str]) -> CompiledRules:
    schema = copy.deepcopy(dict(get_template("freshservice").schema))
    mappings = schema["synchronizationRules"][0]["objectMappings"][0]["attributeMappings"]
    mappings.append({"targetAttributeName": "externalId"})
    for mapping in mappings:
        text = sources.get(mapping["targetAttributeName"])
        if text:
            mapping["source"] = {"expression": text}
    rules = compile_rules(read_rules(schema))
    assert len(rules.mappings) == 16
    return rules


def _person(number: int) -> Person:
    departments: Sequence[str] = ("Sales", "Marketing", "Engineering", "Support", "Finance")
    titles: Sequence[str] = ("Head of department", "Lead", "Clerk", "Engineer")
    name = f"person{number:06d}"
    return {
        "objectId": f"id-{number}",
        "accountEnabled": number % 17 != 0,
        "userPrincipalName": f"{name}@contoso.example",
        "mail": f"{name}@contoso.example" if number % 5 else None,
        "mailNickname": name,
        "displayName": f"Person {number}",
        "givenName": f"Given{number}" if number % 7 else "",
        "surname": f"Berg{number}",
        "telephoneNumber": f"+49 30 {number}",
        "mobile": f"+49 170 {number}",
        "physicalDeliveryOfficeName": "Berlin",
        "preferredLanguage": "de-DE" if number % 2 else None,
        "jobTitle": titles[number % 4],
        "department": departments[number % 5],
        "extensionAttribute1": "Berlin",
        "manager": f"id-{number // 10}",
        "level": str(number % 5),
        "appRoleAssignments": [{"id": "r", "value": "Agent", "displayName": "Agent"}] if number % 9 else [],
    }


_DIRECT = {
    "userName": "userPrincipalName",
    "displayName": "displayName",
    "name.givenName": "givenName",
    "name.familyName": "surname",
    'emails[type eq "work"].value': "mail",
    'phoneNumbers[type eq "work"].value': "telephoneNumber",
    'phoneNumbers[type eq "mobile"].value': "mobile",
    'addresses[type eq "work"].formatted': "physicalDeliveryOfficeName",
    "locale": "preferredLanguage",
    "title": "jobTitle",
    "externalId": "mailNickname",
    f"{ENTERPRISE}:department": "department",
}


def _by_hand(person: Person) -> Person:
    wanted: Person = {"active": person["accountEnabled"], AGENT: "False", "timezone": "Berlin"}
    for target, source in _DIRECT.items():
        value = person.get(source)
        if value:
            wanted[target] = value
    if person.get("manager"):
        wanted[f"{ENTERPRISE}:manager"] = Reference(person["manager"])
    return wanted


def _nested_by_hand(person: Person) -> Person:
    wanted = _by_hand(person)
    wanted["active"] = True
    roles = person["appRoleAssignments"]
    wanted[AGENT] = "True" if roles and roles[0]["displayName"] == "Agent" else "False"
    given = person["givenName"]
    wanted["displayName"] = f"{person['surname'][:64].upper()}, {given[:1] if given else '?'}"
    wanted["locale"] = (person["preferredLanguage"] or "en-US").replace("-", "_")[:2].lower()
    wanted['emails[type eq "work"].value'] = (person["userPrincipalName"].split("@")[0] + "@contoso.example").lower()
    return wanted
