"""A person's facts, the bodies made of them, and how a stored person reads back."""

from typing import Any

from provisor.freshservice.people import (
    ENTERPRISE,
    FRESHSERVICE,
    Lookups,
    changed_facts,
    create_body,
    facts_of_user,
    update_body,
    wants_agent,
)
from provisor.freshservice.read_back import user_of_person

FLAGS = {
    "can_see_all_tickets_from_associated_departments": True,
    "can_see_all_changes_from_associated_departments": False,
}
LOOKUPS = Lookups(
    departments={"finance": 7, "it": 9},
    department_names={7: "Finance", 9: "IT", 11: "Board"},
    managers={"55": 55, "frank@contoso.example": 55},
)


def ada(**changes: Any) -> dict[str, Any]:
    """Ada as a client sends her."""
    return {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE, FRESHSERVICE],
        "userName": "Ada.Lindqvist@contoso.example",
        "displayName": "Lindqvist, Ada",
        "name": {"givenName": "Ada", "familyName": "Lindqvist"},
        "emails": [{"type": "work", "value": "Ada.Lindqvist@contoso.example", "primary": True}],
        "phoneNumbers": [{"type": "work", "value": "+46 8 1"}, {"type": "fax", "value": "+46 8 9"}],
        "addresses": [{"type": "work", "formatted": "1 Quay"}],
        "title": "Analyst",
        "locale": "sv",
        "timezone": "W. Europe Standard Time",
        "active": True,
        ENTERPRISE: {"department": "finance", "manager": {"value": "frank@contoso.example"}, "employeeNumber": "4"},
        FRESHSERVICE: {"isAgent": "false", "cost_centre": "44"},
        **changes,
    }


def stored(**changes: Any) -> dict[str, Any]:
    """Ada as the desk holds her."""
    return {
        "id": 12,
        "first_name": "Ada",
        "last_name": "Lindqvist",
        "primary_email": "ada.lindqvist@contoso.example",
        "secondary_emails": [],
        "work_phone_number": "+46 8 1",
        "mobile_phone_number": None,
        "job_title": "Analyst",
        "address": "1 Quay",
        "language": "sv-SE",
        "time_zone": "Berlin",
        "department_ids": [7],
        "reporting_manager_id": 55,
        "location_id": None,
        "custom_fields": {"cost_centre": 44, "badge": None},
        "active": True,
        **FLAGS,
        **changes,
    }


def test_a_new_requester_is_one_body_without_blanks() -> None:
    """A POST carries every attribute that has a value, translated, and nothing empty."""
    assert create_body(facts_of_user(ada(), LOOKUPS), "requester") == {
        "first_name": "Ada",
        "last_name": "Lindqvist",
        "primary_email": "Ada.Lindqvist@contoso.example",
        "work_phone_number": "+46 8 1",
        "job_title": "Analyst",
        "address": "1 Quay",
        "language": "sv-SE",
        "time_zone": "Berlin",
        "department_ids": [7],
        "reporting_manager_id": 55,
        "custom_fields": {"cost_centre": "44"},
    }


def test_an_agent_has_one_address_under_another_key() -> None:
    """Agents keep their address in `email` and have no secondary ones."""
    user = ada(emails=[{"type": "work", "value": "a@x.example"}, {"type": "home", "value": "b@x.example"}])
    body = create_body(facts_of_user(user, LOOKUPS), "agent")
    assert body["email"] == "a@x.example"
    assert not {"primary_email", "secondary_emails"} & set(body)


def test_the_work_address_wins_over_the_user_name() -> None:
    """Where mail and user name differ, the work address is the person's address; others become secondary."""
    user = ada(
        userName="ada@login.example",
        emails=[{"type": "home", "value": "h@x.example"}, {"type": "Work", "value": "w@x.example"}],
    )
    facts = facts_of_user(user, LOOKUPS)
    assert (facts["email"], facts["secondary_emails"]) == ("w@x.example", ["h@x.example"])
    assert facts_of_user(ada(emails=None), LOOKUPS)["email"] == "Ada.Lindqvist@contoso.example"


def test_a_first_name_is_always_found() -> None:
    """The required first name falls back to the display name, then to the address."""
    assert facts_of_user(ada(name={}), LOOKUPS)["first_name"] == "Ada"
    assert facts_of_user(ada(name={}, displayName="Ada B. Li"), LOOKUPS)["last_name"] == "B. Li"
    facts = facts_of_user(ada(name={"familyName": "L"}, displayName=None), LOOKUPS)
    assert (facts["first_name"], facts["last_name"]) == ("Ada.Lindqvist", "L")


def test_what_cannot_be_translated_is_left_alone() -> None:
    """An unknown language, zone, department or manager leaves its field out instead of failing the person."""
    user = ada(locale="tlh", timezone="Mars", **{ENTERPRISE: {"department": "Lab", "manager": {"value": "x"}}})
    facts = facts_of_user(user, LOOKUPS)
    assert not {"language", "time_zone", "department", "reporting_manager_id"} & set(facts)


def test_a_put_is_minimal_and_repeats_the_flags() -> None:
    """Only what changed is sent, with the flags that a PUT would reset."""
    facts = changed_facts(facts_of_user(ada(title="Lead"), LOOKUPS), stored(), frozenset({"title", "userName"}))
    assert update_body(facts, stored(), "requester") == {"job_title": "Lead", **FLAGS}


def test_an_attribute_that_did_not_change_is_never_sent() -> None:
    """A value that the desk changed stays when the client changes something else."""
    facts = changed_facts(facts_of_user(ada(), LOOKUPS), stored(job_title="Chief"), frozenset({"addresses"}))
    assert facts == {}


def test_other_departments_stay() -> None:
    """A move replaces the department that the client knows and keeps those added at the desk."""
    user = ada(**{ENTERPRISE: {"department": "IT"}})
    changed = frozenset({f"{ENTERPRISE}:department"})
    person = stored(department_ids=[7, 11])
    facts = changed_facts(facts_of_user(user, LOOKUPS), person, changed)
    assert update_body(facts, person, "requester", replaces=7)["department_ids"] == [9, 11]
    person = stored(department_ids=[7, 9])
    facts = changed_facts(facts_of_user(user, LOOKUPS), person, changed)
    assert update_body(facts, person, "requester", replaces=7)["department_ids"] == [9]


def test_custom_fields_are_sent_as_the_whole_set() -> None:
    """One changed custom field is sent with the others that have a value, since a PUT may replace them all."""
    person = stored(custom_fields={"cost_centre": 44, "badge": "B1", "floor": None})
    user = ada(**{FRESHSERVICE: {"cost_centre": "45"}})
    changed = frozenset({f"{FRESHSERVICE}:cost_centre"})
    facts = changed_facts(facts_of_user(user, LOOKUPS), person, changed)
    body = update_body(facts, person, "requester")
    assert body["custom_fields"] == {"cost_centre": "45", "badge": "B1"}


def test_a_person_reads_back_in_the_clients_words() -> None:
    """What means the same is shown as it was given, what the desk cannot hold too: a client sees no difference."""
    shown = user_of_person(stored(), "requester", ada(), LOOKUPS)
    expected = {**ada(), "id": "12"}
    assert {key: shown[key] for key in expected if key != "schemas"} == {
        key: value for key, value in expected.items() if key != "schemas"
    }
    assert set(shown["schemas"]) == set(ada()["schemas"])


def test_an_edit_at_the_desk_shows() -> None:
    """Where the desk holds something else than was given, the stored value is shown."""
    person = stored(
        job_title="Chief", time_zone="Tokyo", language="fr", department_ids=[9], work_phone_number=None,
        primary_email="ada@new.example", reporting_manager_id=77, custom_fields={"cost_centre": 1},
    )  # fmt: skip
    shown = user_of_person(person, "agent", ada(), LOOKUPS)
    assert (shown["title"], shown["timezone"], shown["locale"]) == ("Chief", "Asia/Tokyo", "fr")
    assert shown[ENTERPRISE] == {"department": "IT", "manager": {"value": "77"}, "employeeNumber": "4"}
    assert shown[FRESHSERVICE] == {"isAgent": "True", "cost_centre": 1}
    assert shown["phoneNumbers"] == [{"type": "fax", "value": "+46 8 9"}]
    assert shown["userName"] == "ada@new.example"
    assert shown["emails"] == [{"value": "ada@new.example", "type": "work", "primary": True}]


def test_a_user_name_of_its_own_is_kept() -> None:
    """A user name that is not the mail address stays the user name, whatever the desk does to the address."""
    given = ada(userName="ada.l", emails=[{"type": "work", "value": "a@x.example"}])
    assert user_of_person(stored(), "requester", given, LOOKUPS)["userName"] == "ada.l"


def test_somebody_never_written_by_a_client_is_complete() -> None:
    """People who were there before read as full users, with a composed display name."""
    shown = user_of_person(stored(secondary_emails=["al@x.example"]), "requester", {}, LOOKUPS)
    assert shown["userName"] == "ada.lindqvist@contoso.example"
    assert shown["displayName"] == "Ada Lindqvist"
    assert shown["emails"][1] == {"value": "al@x.example", "type": "other"}
    assert shown[ENTERPRISE] == {"department": "Finance", "manager": {"value": "55"}}
    assert shown[FRESHSERVICE] == {"isAgent": "False", "cost_centre": 44}


def test_is_agent_is_read_in_any_case() -> None:
    """`isAgent` is text in any case; anything else says nothing."""
    texts = [("True", True), ("false", False), (True, True), ("maybe", None), (None, None)]
    for text, meaning in texts:
        assert wants_agent({FRESHSERVICE: {"isAgent": text}}) is meaning
