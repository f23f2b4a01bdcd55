"""The index of an account's people, on both databases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from provisor.ports.people_index import IndexedPerson, IndexState
from provisor.store.database import Database
from provisor.store.people_index import DatabasePeopleIndex

NOW = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)


@pytest.fixture
def index(database: Database) -> DatabasePeopleIndex:
    """An empty index."""
    return DatabasePeopleIndex(database)


def person(number: int, **changes: object) -> IndexedPerson:
    """A person of the account."""
    address = f"p{number}@contoso.example"
    made = IndexedPerson(
        id=str(21000000000 + number),
        kind="requester",
        person={"id": 21000000000 + number, "custom_fields": {"ö": None}},
        user_name=address,
        addresses=(address, f"second{number}@contoso.example"),
        refreshed_at=NOW,
        created=NOW,
        last_modified=NOW,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


async def test_a_person_comes_back_as_stored(index: DatabasePeopleIndex) -> None:
    """Every field survives the database."""
    ada = person(
        1, kind="agent", version=3, external_id="X", given={"title": "t"}, waiting={"address": None},
        awaited_manager="frank@contoso.example", meant_manager=21000000002, is_removed=True,
    )  # fmt: skip
    await index.put("one", [ada])
    assert await index.get("one", ada.id) == ada
    assert await index.get("two", ada.id) is None


async def test_people_are_found_by_each_name(index: DatabasePeopleIndex) -> None:
    """Addresses (secondary ones too), user name, external id and awaited manager each lead to the person."""
    await index.put("one", [person(1, external_id="X"), person(2, awaited_manager="x@contoso.example"), person(3)])
    for query in (
        {"address": "second1@contoso.example"},
        {"user_name": "p1@contoso.example"},
        {"external_id": "X"},
    ):
        assert [found.id for found in await index.find("one", **query)] == ["21000000001"]
        assert not await index.find("two", **query)
    assert await index.awaiting("one", ["nobody", "x@contoso.example"]) == ["21000000002"]
    assert await index.awaited("one") == ["x@contoso.example"]
    assert await index.awaited("two") == []
    assert set(await index.get_many("one", ["21000000001", "9"])) == {"21000000001"}


async def test_a_changed_address_no_longer_finds(index: DatabasePeopleIndex) -> None:
    """Storing a person again replaces all their addresses."""
    await index.put("one", [person(1)])
    await index.put("one", [person(1, addresses=("new@contoso.example",))])
    assert not await index.find("one", address="p1@contoso.example")
    assert await index.find("one", address="new@contoso.example")


async def test_pages_cover_everybody_visible_once(index: DatabasePeopleIndex) -> None:
    """Both ways of paging give the same order, without the removed."""
    await index.put("one", [person(number, is_removed=number == 4) for number in range(1, 8)])
    every = [one.id for one in await index.page("one", limit=100)]
    assert len(every) == 6 == await index.count("one")
    assert [one.id for one in await index.page("one", offset=2, limit=2)] == every[2:4]
    assert [one.id for one in await index.page("one", after_id=every[3], limit=2)] == every[4:6]


async def test_a_slow_listing_never_overwrites_a_newer_write(index: DatabasePeopleIndex) -> None:
    """People refreshed after the listing was asked for are left out of its page."""
    written = person(1, version=5, refreshed_at=NOW + timedelta(seconds=10))
    await index.put("one", [written])
    await index.put("one", [person(1, version=1), person(2)], older_than=NOW + timedelta(seconds=5))
    assert await index.get("one", written.id) == written
    assert await index.count("one") == 2


async def test_people_the_account_no_longer_has_are_dropped(index: DatabasePeopleIndex) -> None:
    """Whoever a whole listing did not show goes, with their addresses."""
    await index.put("one", [person(1), person(2, refreshed_at=NOW + timedelta(minutes=1))])
    assert await index.forget("one", older_than=NOW + timedelta(seconds=1)) == 1
    assert not await index.find("one", address="p1@contoso.example")
    assert await index.forget("one", person_id="21000000002", older_than=NOW + timedelta(hours=1)) == 1
    assert await index.count("one") == 0


async def test_names_and_state_are_kept(index: DatabasePeopleIndex) -> None:
    """A complete list replaces, a single name is added; the state is what was last noted; clearing forgets."""
    await index.put_names("one", "department", {1: "Finance", 2: "IT"}, is_complete=True)
    await index.put_names("one", "department", {3: "Lab"})
    assert await index.names("one", "department") == {1: "Finance", 2: "IT", 3: "Lab"}
    await index.put_names("one", "department", {2: "Tech"}, is_complete=True)
    assert await index.names("one", "department") == {2: "Tech"}
    assert await index.state("one") == IndexState()
    await index.put_state("one", IndexState(NOW, None))
    await index.put_state("one", IndexState(NOW, NOW))
    assert await index.state("one") == IndexState(NOW, NOW)
    await index.clear("one")
    assert (await index.state("one"), await index.names("one", "department")) == (IndexState(), {})


async def test_a_creation_under_way_is_known_until_it_has_come_to_something(index: DatabasePeopleIndex) -> None:
    """Noted per installation and name; ended by storing the person as the client meant them, by refusal, or by age."""
    given = {"userName": "P1@contoso.example", "locale": "sv"}
    assert not await index.note_creation("one", "p1@contoso.example", given, NOW)
    assert not await index.note_creation("two", "p1@contoso.example", given, NOW)
    assert await index.note_creation("one", "p1@contoso.example", {**given, "locale": "de"}, NOW)
    noted = {"p1@contoso.example": {**given, "locale": "de"}}
    assert await index.creations("one", ["p1@contoso.example", "p2@contoso.example"]) == noted
    await index.put("one", [person(1)])  # the account's own record: nothing of what the client said
    assert await index.creations("one", list(noted)) == noted
    await index.put("one", [person(1, given=given)])
    assert not await index.creations("one", list(noted))
    await index.note_creation("one", "p2@contoso.example", given, NOW)
    await index.forget_creation("one", noted_before=NOW)
    assert await index.creations("one", ["p2@contoso.example"])
    await index.forget_creation("one", noted_before=NOW + timedelta(seconds=1))
    await index.forget_creation("two", "p1@contoso.example")
    assert not await index.creations("one", ["p2@contoso.example"])
    assert not await index.creations("two", ["p1@contoso.example"])
