"""The embedded directory as a source, and the store behind it: feed, roles, recycle bin, sample company."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from provisor.connectors.directory.sample import assign_sample, load_sample
from provisor.connectors.directory.source import DirectorySource
from provisor.model.errors import Conflict, JobFailed, NotFound
from provisor.model.resource import MEMBER_OF, Presence, SourceResource
from provisor.ports.directory import (
    DEFAULT_ACCESS,
    AppRole,
    AppRoleAssignment,
    DirectoryGroup,
    DirectoryUser,
    PrincipalType,
    UserFilter,
)
from provisor.store.database import Database
from provisor.store.directory import SqlDirectory

NOW = datetime(2026, 11, 23, 18, tzinfo=UTC)
AGENT = AppRole("freshservice.Agent", "Agent", "Agent")
USER = AppRole("freshservice.User", "User", "User")


@pytest.fixture
def directory(database: Database) -> SqlDirectory:
    """An empty directory."""
    return SqlDirectory(database)


@pytest.fixture
def source(directory: SqlDirectory) -> DirectorySource:
    """The directory as one application sees it."""
    return DirectorySource(directory, "app")


@pytest.fixture
def new_id() -> Callable[[], str]:
    """Ids in order."""
    numbers = count(1)
    return lambda: f"id-{next(numbers):04d}"


def person(user_id: str, **attributes: Any) -> DirectoryUser:
    """Somebody in the directory."""
    given = {"userPrincipalName": f"{user_id}@contoso.example", "displayName": user_id.title(), **attributes}
    return DirectoryUser(user_id, given, NOW, NOW)


async def everybody(source: DirectorySource, page_size: int = 100) -> tuple[list[SourceResource], str]:
    """A whole read, with its watermark."""
    pages = [page async for page in source.read_all(frozenset(), page_size)]
    assert all(page.watermark is None for page in pages[:-1])
    assert pages[-1].watermark is not None
    return [resource for page in pages for resource in page.resources], pages[-1].watermark


async def changed(source: DirectorySource, watermark: str, page_size: int = 2) -> dict[str, SourceResource]:
    """An incremental read, by id."""
    pages = [page async for page in source.read_changes(watermark, frozenset(), page_size)]
    assert pages[-1].watermark is not None
    found = [resource for page in pages for resource in page.resources]
    assert len({resource.id for resource in found}) == len(found)
    return {resource.id: resource for resource in found}


async def mark(directory: SqlDirectory) -> str:
    """The watermark of this moment."""
    return str(await directory.last_change())


async def test_a_full_read_brings_everybody_in_pages(directory: SqlDirectory, source: DirectorySource) -> None:
    """Everybody comes once, whatever the page size, also when the last page is exactly full; an empty one too."""
    assert await everybody(source) == ([], "0")
    for number in range(6):
        await directory.upsert_user(person(f"p{number}"))
    for page_size in (1, 2, 3, 6, 100):
        resources, watermark = await everybody(source, page_size)
        assert [resource.id for resource in resources] == [f"p{number}" for number in range(6)]
        assert watermark == await mark(directory)


async def test_a_read_goes_on_after_a_crash(directory: SqlDirectory, source: DirectorySource) -> None:
    """The cursor of a page continues the same read, and keeps the watermark of its beginning."""
    for number in range(5):
        await directory.upsert_user(person(f"p{number}"))
    began = await mark(directory)
    first = await anext(source.read_all(frozenset(), 2))
    await directory.upsert_user(person("p0", city="Wien"))
    rest = [page async for page in source.read_all(frozenset(), 2, first.cursor)]
    assert [resource.id for page in rest for resource in page.resources] == ["p2", "p3", "p4"]
    assert rest[-1].watermark == began
    assert set(await changed(source, began)) == {"p0"}


async def test_both_families_of_names(directory: SqlDirectory, source: DirectorySource) -> None:
    """An attribute can be read under the engine's name and under Microsoft Graph's."""
    await directory.upsert_user(
        person("ada", mobile="+1", telephoneNumber="+2", physicalDeliveryOfficeName="HQ", otherMails=["a@x.example"])
    )
    ((ada,), _) = await everybody(source)
    wanted = {
        "objectId": "ada", "id": "ada", "mobile": "+1", "mobilePhone": "+1", "telephoneNumber": "+2",
        "businessPhones": ["+2"], "physicalDeliveryOfficeName": "HQ", "officeLocation": "HQ",
        "alternateEmailAddress": "a@x.example", "accountEnabled": True, "manager": None, "appRoleAssignments": [],
    }  # fmt: skip
    assert {name: ada.attributes[name] for name in wanted} == wanted


async def test_roles_come_direct_and_by_immediate_membership(
    directory: SqlDirectory, source: DirectorySource, new_id: Callable[[], str]
) -> None:
    """Each role once; nested groups and groups that are not security-enabled pass nothing on."""
    for name in ("ada", "boris", "chen", "dana"):
        await directory.upsert_user(person(name))
    for name, is_secure in (("desk", True), ("inner", True), ("list", False)):
        await directory.upsert_group(DirectoryGroup(name, name.title(), NOW, NOW, security_enabled=is_secure))
    await directory.add_members("desk", ["ada", "boris"], NOW)
    await directory.add_members("desk", ["inner"], NOW, PrincipalType.GROUP)
    await directory.add_members("inner", ["chen"], NOW)
    await directory.add_members("list", ["dana"], NOW)
    for principal, kind, role in (
        ("ada", PrincipalType.USER, AGENT),
        ("ada", PrincipalType.USER, DEFAULT_ACCESS),
        ("desk", PrincipalType.GROUP, AGENT),
        ("desk", PrincipalType.GROUP, USER),
        ("list", PrincipalType.GROUP, USER),
    ):
        assert await directory.assign(AppRoleAssignment(new_id(), "app", kind, principal, role), NOW)
    assert not await directory.assign(AppRoleAssignment(new_id(), "app", PrincipalType.GROUP, "desk", USER), NOW)
    await directory.assign(AppRoleAssignment(new_id(), "other", PrincipalType.USER, "chen", USER), NOW)
    resources, _ = await everybody(source)
    held = {one.id: [role["value"] for role in one.attributes["appRoleAssignments"]] for one in resources}
    assert held == {"ada": ["Agent", "User", ""], "boris": ["Agent", "User"], "chen": [], "dana": []}


async def test_what_changes_an_assignment_changes_the_person(
    directory: SqlDirectory, source: DirectorySource, new_id: Callable[[], str]
) -> None:
    """Assigning, joining, leaving, unassigning and deleting a group each name the people concerned, and nobody else."""
    for name in ("ada", "boris", "chen"):
        await directory.upsert_user(person(name))
    await directory.upsert_group(DirectoryGroup("desk", "Desk", NOW, NOW))
    since = await mark(directory)
    assert not await source.has_changes(since)
    assert await directory.add_members("desk", ["ada", "boris", "ada"], NOW) == 2
    assert set(await changed(source, since)) == {"ada", "boris"}

    since = await mark(directory)
    await directory.assign(AppRoleAssignment(new_id(), "app", PrincipalType.GROUP, "desk", AGENT), NOW)
    found = await changed(source, since)
    assert set(found) == {"ada", "boris"}
    assert found["ada"].attributes["appRoleAssignments"] == [{"id": AGENT.id, "value": "Agent", "displayName": "Agent"}]

    since = await mark(directory)
    assert await directory.remove_members("desk", ["boris", "chen"], NOW) == 1
    assert (await changed(source, since))["boris"].attributes["appRoleAssignments"] == []

    since = await mark(directory)
    await directory.upsert_group(DirectoryGroup("desk", "Desk", NOW, NOW, security_enabled=False))
    assert set(await changed(source, since)) == {"ada"}

    since = await mark(directory)
    assert await directory.unassign("app", "desk", NOW) == 1
    assert set(await changed(source, since)) == {"ada"}

    since = await mark(directory)
    await directory.delete_group("desk", NOW)
    assert set(await changed(source, since)) == {"ada"}
    assert await directory.list_groups("", 10) == []


async def test_assignments_survive_a_rename(
    directory: SqlDirectory, source: DirectorySource, new_id: Callable[[], str]
) -> None:
    """Assignments name object ids, so a new UPN changes nothing about them."""
    await directory.upsert_user(person("ada"))
    await directory.assign(AppRoleAssignment(new_id(), "app", PrincipalType.USER, "ada", AGENT), NOW)
    await directory.upsert_user(person("ada", userPrincipalName="lovelace@contoso.example"))
    ((ada,), _) = await everybody(source)
    assert ada.attributes["appRoleAssignments"][0]["value"] == "Agent"
    assert [one.principal_id for one in await directory.list_assignments("app")] == ["ada"]


async def test_memberships_come_where_they_are_asked_for(directory: SqlDirectory, source: DirectorySource) -> None:
    """Immediate groups with id and name, in the order of names; a new name of a group changes its members."""
    await directory.upsert_user(person("ada"))
    await directory.upsert_user(person("boris"))
    for group_id, name in (("g1", "Sales"), ("g2", "Berlin")):
        await directory.upsert_group(DirectoryGroup(group_id, name, NOW, NOW))
        await directory.add_members(group_id, ["ada"], NOW)
    wanted = frozenset({MEMBER_OF})
    (page,) = [page async for page in source.read_all(wanted, 100)]
    groups = {one.id: one.attributes[MEMBER_OF] for one in page.resources}
    assert groups["ada"] == [{"id": "g2", "displayName": "Berlin"}, {"id": "g1", "displayName": "Sales"}]
    assert groups["boris"] == []
    people, watermark = await everybody(source)
    assert all(MEMBER_OF not in one.attributes for one in people)
    await directory.upsert_group(DirectoryGroup("g1", "Support", NOW, NOW))
    (page,) = [page async for page in source.read_changes(watermark, wanted, 100)]
    assert [one.id for one in page.resources] == ["ada"]
    assert {"id": "g1", "displayName": "Support"} in page.resources[0].attributes[MEMBER_OF]


async def test_the_recycle_bin(directory: SqlDirectory, source: DirectorySource) -> None:
    """Somebody soft-deleted is still read; purged, they are gone, and the reports have no manager any more."""
    await directory.upsert_user(person("frank"))
    await directory.upsert_user(DirectoryUser("ada", {"userPrincipalName": "ada@x"}, NOW, NOW, manager_id="frank"))
    since = await mark(directory)
    await directory.soft_delete_user("frank", NOW)
    assert (await changed(source, since))["frank"].presence is Presence.SOFT_DELETED
    with pytest.raises(Conflict):
        await directory.purge_user("ada", NOW)
    since = await mark(directory)
    await directory.restore_user("frank", NOW)
    assert (await changed(source, since))["frank"].presence is Presence.PRESENT
    await directory.soft_delete_user("frank", NOW)
    assert await directory.purge_expired(NOW, NOW + timedelta(days=30)) == 0
    since = await mark(directory)
    assert await directory.purge_expired(NOW + timedelta(seconds=1), NOW + timedelta(days=30)) == 1
    found = await changed(source, since)
    assert found["frank"].presence is Presence.GONE
    assert found["ada"].attributes["manager"] is None
    with pytest.raises(NotFound):
        await directory.get_user("frank")


async def test_forgetting_leaves_only_the_id(
    directory: SqlDirectory, source: DirectorySource, new_id: Callable[[], str]
) -> None:
    """A person who is forgotten has no attributes, memberships or assignments left."""
    await directory.upsert_user(person("ada"))
    await directory.upsert_group(DirectoryGroup("desk", "Desk", NOW, NOW))
    await directory.add_members("desk", ["ada"], NOW)
    await directory.assign(AppRoleAssignment(new_id(), "app", PrincipalType.USER, "ada"), NOW)
    since = await mark(directory)
    await directory.forget_user("ada", NOW)
    assert (await changed(source, since))["ada"].presence is Presence.GONE
    assert await directory.list_members("desk", "", 10) == []
    assert await directory.list_assignments("app") == []


async def test_a_change_while_reading_is_not_lost(directory: SqlDirectory, source: DirectorySource) -> None:
    """Somebody who changes again between two pages of an incremental read comes with it or with the next."""
    for number in range(6):
        await directory.upsert_user(person(f"p{number}"))
    reading = source.read_changes("0", frozenset(), 2)
    first = await anext(reading)
    await directory.upsert_user(person("p0", city="Wien"))
    rest = [page async for page in reading]
    latest = [one for page in [first, *rest] for one in page.resources if one.id == "p0"][-1]
    assert latest.attributes["city"] == "Wien"
    assert rest[-1].watermark == await mark(directory)


async def test_a_watermark_from_the_future_is_refused(directory: SqlDirectory, source: DirectorySource) -> None:
    """After a restore from an older backup the job stops rather than miss changes."""
    await directory.upsert_user(person("ada"))
    assert await source.has_changes("99")
    with pytest.raises(JobFailed, match="older"):
        await anext(source.read_changes("99", frozenset(), 10))
    with pytest.raises(JobFailed, match="not written by"):
        await anext(source.read_changes("deltaLink", frozenset(), 10))


async def test_looking_people_up(directory: SqlDirectory) -> None:
    """People are found by id, UPN, employeeId and mail without regard to case, and by parts of names."""
    await directory.upsert_user(person("ada", employeeId="E7", mail="Ada.L@contoso.example", displayName="Ada 50%"))
    await directory.upsert_user(person("boris", mail="b@contoso.example"))
    for reference in ("ada", "ADA@contoso.example", "e7", "ada.l@CONTOSO.example"):
        assert [user.id for user in await directory.find_users(reference)] == ["ada"]
    assert await directory.find_users("nobody") == []
    assert [user.id for user in await directory.list_users("", 10, UserFilter("50%"))] == ["ada"]
    assert [user.id for user in await directory.list_users("ada", 10)] == ["boris"]
    assert [user.id for user in await directory.list_users("", 10, UserFilter(presence=Presence.SOFT_DELETED))] == []


async def test_a_name_is_given_once(directory: SqlDirectory) -> None:
    """Two people cannot have the same UPN, whatever its case; a failed write changes nothing."""
    await directory.upsert_user(person("ada"))
    with pytest.raises(Conflict, match="already taken"):
        await directory.upsert_user(person("other", userPrincipalName="ADA@contoso.example"))
    assert (await directory.count()).present == 1
    assert not await directory.upsert_user(person("ada"))


async def test_members_and_principals_must_exist(directory: SqlDirectory, new_id: Callable[[], str]) -> None:
    """A membership or an assignment of nobody is refused."""
    await directory.upsert_group(DirectoryGroup("desk", "Desk", NOW, NOW))
    with pytest.raises(NotFound):
        await directory.add_members("desk", ["nobody"], NOW)
    with pytest.raises(NotFound):
        await directory.add_members("no-group", [], NOW)
    with pytest.raises(NotFound):
        await directory.assign(AppRoleAssignment(new_id(), "app", PrincipalType.USER, "nobody"), NOW)
    assert [group.id for group in await directory.find_groups("DESK")] == ["desk"]


async def test_the_sample_company(directory: SqlDirectory, source: DirectorySource, new_id: Callable[[], str]) -> None:
    """Contoso is what DESIGN §6 says: 300 people, a cast with meaning, managers three levels deep."""
    await load_sample(directory, now=NOW, new_id=new_id)
    assert (await directory.count()).present == 300
    assert not await directory.transact(lambda transaction: transaction.list_waiting_for_manager("", 10))
    await assign_sample(directory, "app", [USER, AGENT], now=NOW, new_id=new_id)
    resources, _ = await everybody(source)
    people = {resource.attributes["userPrincipalName"].split("@")[0]: resource for resource in resources}
    by_id = {resource.id: resource for resource in resources}

    def depth(resource: SourceResource) -> int:
        manager = resource.attributes["manager"]
        return 1 + depth(by_id[manager]) if manager else 0

    def roles(name: str) -> list[str]:
        return [role["value"] for role in people[name].attributes["appRoleAssignments"]]

    assert people["ada"].attributes["manager"] == people["frank"].id
    assert (roles("ada"), roles("grace"), roles("eve")) == (["User"], ["Agent", "User"], [])
    assert max(depth(resource) for resource in resources) == 3
    surnames = Counter(resource.attributes["surname"] for resource in resources)
    assert max(surnames.values()) > 3
    assert any("'" in name for name in surnames)
    assert sum("mail" not in resource.attributes for resource in resources) >= 5
    assert sum(resource.attributes["userType"] == "Guest" for resource in resources) >= 5
    assert sum(not resource.attributes["accountEnabled"] for resource in resources) >= 5
    assert sum(1 for resource in resources if "Agent" in str(resource.attributes["appRoleAssignments"])) == 12
    scripts = {ord(letter) >> 8 for name in surnames for letter in name}
    assert {0x03, 0x04, 0x05, 0x06, 0x09, 0x0E} < scripts
    before = await directory.last_change()
    await load_sample(directory, now=NOW, new_id=new_id)
    assert await directory.last_change() == before
