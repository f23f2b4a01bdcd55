"""Laws of the person mapping: what was written reads back, and writing what was read sends nothing."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from provisor.freshservice.indexing.entry import attributes_of, changed_attributes, meant_by_client, merge_replacement
from provisor.freshservice.people import (
    ENTERPRISE,
    FRESHSERVICE,
    Lookups,
    changed_facts,
    create_body,
    facts_of_user,
    update_body,
)
from provisor.freshservice.read_back import user_of_person

LOOKUPS = Lookups(
    departments={"finance": 7, "it": 9}, department_names={7: "Finance", 9: "IT"}, managers={"55": 55, "56": 56}
)
WORDS = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=12)
ADDRESSES = st.builds("{}@contoso.example".format, st.text("abcxyz", min_size=1, max_size=6))
TITLES = st.builds("{} {}".format, WORDS, WORDS)


def optional(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """The value, or none at all."""
    return st.one_of(st.none(), strategy)


def compact(value: Any) -> Any:
    """Without members that have no value."""
    if isinstance(value, dict):
        return {key: compact(inner) for key, inner in value.items() if inner not in (None, {}, [])}
    return value


USERS = st.fixed_dictionaries(
    {
        "userName": ADDRESSES,
        "displayName": TITLES,
        "nickName": optional(WORDS),
        "name": st.fixed_dictionaries(
            {"givenName": WORDS, "familyName": optional(WORDS), "middleName": optional(WORDS)}
        ),
        "emails": st.one_of(
            st.just([]), st.builds(lambda address: [{"type": "work", "value": address, "primary": True}], ADDRESSES)
        ),
        "phoneNumbers": st.lists(
            st.sampled_from([{"type": kind, "value": f"+46 {kind}"} for kind in ("work", "mobile", "fax")]),
            unique_by=str,
        ),
        "title": optional(TITLES),
        "locale": optional(st.sampled_from(["sv", "en-US", "ja", "zh-Hant", "tlh"])),
        "timezone": optional(st.sampled_from(["Europe/Kyiv", "W. Europe Standard Time", "Edinburgh", "Mars"])),
        ENTERPRISE: st.fixed_dictionaries(
            {
                "department": optional(st.sampled_from(["finance", "IT", "Unknown"])),
                "manager": optional(st.sampled_from([{"value": "55"}, {"value": "56"}])),
                "costCenter": optional(WORDS),
            }
        ),
        FRESHSERVICE: st.fixed_dictionaries(
            {"isAgent": optional(st.sampled_from(["false", "False"])), "badge": optional(WORDS)}
        ),
    }
).map(compact)


def stored(user: dict[str, Any]) -> dict[str, Any]:
    """The requester that a POST makes."""
    blank: dict[str, Any] = {"secondary_emails": [], "department_ids": [], "custom_fields": {}}
    return {"id": 1, "active": True, **blank, **create_body(facts_of_user(user, LOOKUPS), "requester")}


@given(USERS)
def test_what_was_written_reads_back(user: dict[str, Any]) -> None:
    """Every attribute that a client sent is shown as it was sent."""
    shown = user_of_person(stored(user), "requester", user, LOOKUPS)
    for name, value in user.items():
        if isinstance(value, dict):
            assert {key: shown[name].get(key) for key in value} == value
        else:
            assert shown[name] == value


@given(USERS)
def test_writing_what_was_read_sends_nothing(user: dict[str, Any]) -> None:
    """A PUT of what a GET showed changes no fact, for people we wrote and for people we never wrote."""
    person = stored(user)
    for said in (user, {}):
        shown = user_of_person(person, "requester", said, LOOKUPS)
        wanted = merge_replacement(shown, shown, said)
        assert changed_attributes(shown, wanted) == frozenset()
        meant = meant_by_client(wanted, shown, said, attributes_of(shown))
        assert changed_facts(facts_of_user(meant, LOOKUPS), person, changed_attributes(shown, wanted)) == {}


@given(USERS, USERS)
def test_after_a_replacement_the_new_user_reads_back(old: dict[str, Any], new: dict[str, Any]) -> None:
    """Replacing one user by another, sent as the minimal PUT, leaves the desk with the new one."""
    person = stored(old)
    shown = user_of_person(person, "requester", old, LOOKUPS)
    wanted = merge_replacement(new, shown, old)
    meant = meant_by_client(wanted, shown, old, attributes_of(new))
    facts = changed_facts(facts_of_user(meant, LOOKUPS), person, changed_attributes(shown, wanted))
    replaced = LOOKUPS.departments.get(str(shown.get(ENTERPRISE, {}).get("department", "")).lower())
    body = update_body(facts, person, "requester", replaces=replaced)
    after = user_of_person({**person, **body}, "requester", meant, LOOKUPS)
    for name, value in new.items():
        if name == ENTERPRISE and value.get("department") == "Unknown":
            continue  # left alone: the desk keeps the former department and shows it
        if isinstance(value, dict):
            assert {key: after[name].get(key) for key in value} == value
        elif name in {"locale", "timezone"} and value in {"tlh", "Mars"}:
            continue
        else:
            assert after[name] == value
