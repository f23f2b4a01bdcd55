"""What every ResourceBackend must do. A suite for one backend inherits from these classes and gives it a fixture.

The fixture `backend` is an empty tenant with the types User and Group; `other` is another tenant of the same store.
"""

from typing import Any

import pytest

from provisor.model.errors import Conflict, NotFound, PreconditionFailed, Reject
from provisor.ports.resources import JsonObject, Page, Query, ResourceBackend
from provisor.scim.characteristics import check_create
from provisor.scim.filter import parse_filter
from provisor.scim.patch import PATCH_SCHEMA, PatchOperation, parse_patch
from provisor.scim.registry import user_type

USER = user_type()


def person(name: str, **attributes: Any) -> JsonObject:
    """A user as the server hands it over: checked and in canonical form."""
    return check_create({"userName": f"{name}@contoso.com", "displayName": name.title(), **attributes}, USER)


def operations(*parts: dict[str, Any]) -> tuple[PatchOperation, ...]:
    """PATCH operations from their JSON."""
    return parse_patch({"schemas": [PATCH_SCHEMA], "Operations": list(parts)})


async def find(backend: ResourceBackend, kind: str, text: str, **query: Any) -> Page:
    """A page by a filter in SCIM's words."""
    return await backend.query(kind, Query(filter=parse_filter(text), **query))


async def names(backend: ResourceBackend, text: str, **query: Any) -> list[str]:
    """The display names of the users that a filter finds."""
    page = await find(backend, "User", text, **query)
    return [each["displayName"] for each in page.resources]


class UserContract:
    """Users: the life of one, uniqueness, versions, filters, pages, tenants."""

    async def test_a_created_user_is_read_back_whole(self, backend: ResourceBackend) -> None:
        """What was stored, an id, and a meta with everything but the location."""
        created = await backend.create("User", person("ada", externalId="A1", active=True))
        assert created == await backend.get("User", created["id"])
        assert (created["userName"], created["externalId"], created["active"]) == ("ada@contoso.com", "A1", True)
        meta = created["meta"]
        assert meta["resourceType"] == "User"
        assert meta["created"] == meta["lastModified"]
        assert meta["version"].startswith('W/"')

    async def test_a_name_is_taken_in_any_case(self, backend: ResourceBackend) -> None:
        """UserName is unique without regard to case, on create, on replace and on patch; nothing changes."""
        await backend.create("User", person("ada"))
        with pytest.raises(Conflict) as caught:
            await backend.create("User", check_create({"userName": "ADA@Contoso.com"}, USER))
        assert caught.value.code == "uniqueness"
        boris = await backend.create("User", person("boris"))
        with pytest.raises(Conflict):
            await backend.patch(
                "User", boris["id"], operations({"op": "replace", "path": "userName", "value": "aDa@contoso.com"}), None
            )
        with pytest.raises(Conflict):
            await backend.replace("User", boris["id"], person("ADA"), None)
        assert await backend.get("User", boris["id"]) == boris
        assert (await backend.query("User", Query())).total == 2

    async def test_one_may_change_the_case_of_ones_own_name(self, backend: ResourceBackend) -> None:
        """A name does not clash with itself."""
        ada = await backend.create("User", person("ada"))
        changed = await backend.patch(
            "User", ada["id"], operations({"op": "replace", "path": "userName", "value": "Ada@Contoso.com"}), None
        )
        assert changed["userName"] == "Ada@Contoso.com"

    async def test_what_is_not_there_is_not_found(self, backend: ResourceBackend) -> None:
        """By any verb, and for a resource of another kind as well."""
        ada = await backend.create("User", person("ada"))
        patch = operations({"op": "replace", "path": "displayName", "value": "x"})
        for kind, resource_id in (("User", "nobody"), ("Group", ada["id"]), ("User", "")):
            with pytest.raises(NotFound):
                await backend.get(kind, resource_id)
            with pytest.raises(NotFound):
                await backend.patch(kind, resource_id, patch, None)
            with pytest.raises(NotFound):
                await backend.delete(kind, resource_id, None)
        with pytest.raises(NotFound):
            await backend.replace("User", "nobody", person("x"), None)

    async def test_a_deleted_user_is_gone_and_the_name_is_free(self, backend: ResourceBackend) -> None:
        """Not readable, not found, not counted for uniqueness, not deletable twice."""
        ada = await backend.create("User", person("ada"))
        await backend.delete("User", ada["id"], None)
        with pytest.raises(NotFound):
            await backend.get("User", ada["id"])
        with pytest.raises(NotFound):
            await backend.delete("User", ada["id"], None)
        assert (await backend.query("User", Query())).total == 0
        again = await backend.create("User", person("ada"))
        assert again["id"] != ada["id"]

    async def test_replacing_clears_what_is_not_given(self, backend: ResourceBackend) -> None:
        """PUT is the whole resource; id and creation stay."""
        ada = await backend.create("User", person("ada", title="Engineer"))
        replaced = await backend.replace("User", ada["id"], person("ada", nickName="A"), None)
        assert "title" not in replaced
        assert (replaced["id"], replaced["nickName"]) == (ada["id"], "A")
        assert replaced["meta"]["created"] == ada["meta"]["created"]
        assert replaced["meta"]["version"] != ada["meta"]["version"]

    async def test_writing_what_is_there_changes_no_version(self, backend: ResourceBackend) -> None:
        """Neither by PATCH nor by PUT."""
        ada = await backend.create("User", person("ada", active=True))
        patch = operations({"op": "replace", "path": "active", "value": True})
        assert await backend.patch("User", ada["id"], patch, None) == ada
        assert await backend.replace("User", ada["id"], person("ada", active=True), None) == ada

    async def test_a_patch_is_all_or_nothing(self, backend: ResourceBackend) -> None:
        """An operation that fails takes the ones before it along."""
        ada = await backend.create("User", person("ada"))
        patch = operations(
            {"op": "replace", "path": "displayName", "value": "Changed"}, {"op": "remove", "path": "userName"}
        )
        with pytest.raises(Reject):
            await backend.patch("User", ada["id"], patch, None)
        assert await backend.get("User", ada["id"]) == ada

    async def test_an_expected_version_guards_every_write(self, backend: ResourceBackend) -> None:
        """If-Match: the current version or `*` passes, weakly compared; anything else changes nothing."""
        ada = await backend.create("User", person("ada"))
        version = ada["meta"]["version"]
        patch = operations({"op": "replace", "path": "title", "value": "Engineer"})
        for expected in (['W/"of another time"'], []):
            with pytest.raises(PreconditionFailed):
                await backend.patch("User", ada["id"], patch, expected)
            with pytest.raises(PreconditionFailed):
                await backend.replace("User", ada["id"], person("x"), expected)
            with pytest.raises(PreconditionFailed):
                await backend.delete("User", ada["id"], expected)
        assert await backend.get("User", ada["id"]) == ada
        changed = await backend.patch("User", ada["id"], patch, ['W/"x"', version.removeprefix("W/")])
        assert changed["title"] == "Engineer"
        await backend.delete("User", ada["id"], ["*"])

    async def test_filters_find_by_what_clients_ask(self, backend: ResourceBackend) -> None:
        """Matching attributes in any case, exact ids exactly, nobody for nobody."""
        ada = await backend.create(
            "User", person("ada", externalId="Abc", emails=[{"type": "work", "value": "Ada@contoso.com"}])
        )
        await backend.create("User", person("boris", externalId="abC", active=False))
        assert await names(backend, 'userName eq "ADA@contoso.COM"') == ["Ada"]
        assert await names(backend, 'externalId eq "abC"') == ["Boris"]
        assert await names(backend, 'externalId eq "ABC"') == []
        assert await names(backend, f'id eq "{ada["id"]}"') == ["Ada"]
        assert await names(backend, 'emails[type eq "work"].value eq "ada@contoso.com"') == ["Ada"]
        assert await names(backend, "active eq false") == ["Boris"]
        assert await names(backend, 'not (active eq false) and userName sw "a"') == ["Ada"]
        assert await names(backend, 'userName eq "ada@contoso.com" or displayName eq "boris"') == ["Ada", "Boris"]
        assert await names(backend, 'userName eq "nobody"') == []

    async def test_pages_tile_the_whole(self, backend: ResourceBackend) -> None:
        """Page after page gives everybody once; the total is always that of the filter."""
        for number in range(7):
            await backend.create("User", person(f"u{number}"))
        for filter_ in (None, parse_filter("userName pr"), parse_filter('name.familyName pr or userName co "u"')):
            seen: list[str] = []
            for start in (1, 4, 7, 10):
                page = await backend.query("User", Query(filter=filter_, start_index=start, count=3))
                assert page.total == 7
                seen += [each["displayName"] for each in page.resources]
            assert sorted(seen) == [f"U{number}" for number in range(7)]
            assert (await backend.query("User", Query(filter=filter_, count=0))).resources == ()

    async def test_nothing_crosses_from_one_tenant_to_another(
        self, backend: ResourceBackend, other: ResourceBackend
    ) -> None:
        """Not an id, not a name, not a filter with `or` in it, not a write."""
        ada = await backend.create("User", person("ada", externalId="A"))
        await other.create("User", person("ada", externalId="A"))
        with pytest.raises(NotFound):
            await other.get("User", ada["id"])
        patch = operations({"op": "replace", "path": "title", "value": "Spy"})
        with pytest.raises(NotFound):
            await other.patch("User", ada["id"], patch, None)
        with pytest.raises(NotFound):
            await other.replace("User", ada["id"], person("spy"), None)
        with pytest.raises(NotFound):
            await other.delete("User", ada["id"], None)
        for text in (
            "userName pr or id pr",
            f'id eq "{ada["id"]}" or externalId eq "A"',
            "title pr or active pr or id pr",
        ):
            page = await find(other, "User", text)
            assert page.total == len(page.resources) == 1
            assert page.resources[0]["id"] != ada["id"]
        assert await backend.get("User", ada["id"]) == ada


class SortContract:
    """Orders other than the one of creation."""

    async def test_absent_values_come_last_ascending_and_first_descending(self, backend: ResourceBackend) -> None:
        """Whether a column or only the resource itself knows the value."""
        for name, given in (("ada", "Zed"), ("boris", None), ("chen", "Ann")):
            attributes = {"externalId": given, "nickName": given} if given else {}
            await backend.create("User", person(name, **attributes))
        for sort_by in ("externalId", "nickName"):
            page = await backend.query("User", Query(sort_by=sort_by))
            assert [each["displayName"] for each in page.resources] == ["Chen", "Ada", "Boris"]
            page = await backend.query("User", Query(sort_by=sort_by, descending=True))
            assert [each["displayName"] for each in page.resources] == ["Boris", "Ada", "Chen"]


class CursorContract:
    """Pages by cursor (RFC 9865)."""

    @pytest.mark.parametrize("sort_by", [None, "displayName", "nickName", "externalId", "meta.created"])
    @pytest.mark.parametrize("text", [None, 'userName sw "u"', "emails pr or title pr or userName pr"])
    @pytest.mark.parametrize("descending", [False, True])
    async def test_cursors_walk_through_everything_once(
        self, backend: ResourceBackend, sort_by: str | None, text: str | None, descending: bool
    ) -> None:
        """In the order of the whole list, whatever answers the filter and the order."""
        for number in range(7):
            attributes = {"nickName": f"n{number % 3}", "externalId": f"e{number % 2}"} if number % 4 else {}
            await backend.create("User", person(f"u{number}", **attributes))
        filter_ = parse_filter(text) if text else None
        whole = await backend.query("User", Query(filter=filter_, sort_by=sort_by, descending=descending))
        cursor: str | None = ""
        seen: list[str] = []
        for _ in range(10):
            page = await backend.query(
                "User", Query(filter=filter_, sort_by=sort_by, descending=descending, count=2, cursor=cursor)
            )
            assert page.total == 7
            seen += [each["id"] for each in page.resources]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert seen == [each["id"] for each in whole.resources]

    @pytest.mark.parametrize("text", [None, "title pr or userName pr"])
    async def test_a_page_goes_on_behind_where_it_stood(self, backend: ResourceBackend, text: str | None) -> None:
        """Somebody who is deleted or joins between two pages neither repeats nor hides anybody else."""
        made = [(await backend.create("User", person(f"u{number}")))["id"] for number in range(4)]
        filter_ = parse_filter(text) if text else None
        first = await backend.query("User", Query(filter=filter_, count=2, cursor=""))
        await backend.delete("User", first.resources[-1]["id"], None)
        await backend.delete("User", first.resources[0]["id"], None)
        second = await backend.query("User", Query(filter=filter_, count=2, cursor=first.next_cursor))
        assert {each["id"] for each in (*first.resources, *second.resources)} == set(made)

    async def test_a_cursor_that_is_none_is_refused(self, backend: ResourceBackend) -> None:
        """A position that no page gave."""
        with pytest.raises(Reject) as caught:
            await backend.query("User", Query(cursor="nonsense"))
        assert caught.value.code == "invalidCursor"


class GroupContract:
    """Groups: members as a set, versions as a counter, the groups of a user."""

    @pytest.fixture
    async def people(self, backend: ResourceBackend) -> list[str]:
        """The ids of five users."""
        made = [await backend.create("User", person(name)) for name in ("ada", "boris", "chen", "dana", "eve")]
        return [each["id"] for each in made]

    async def members(self, backend: ResourceBackend, group_id: str) -> list[str]:
        """The ids of a group's members."""
        group = await backend.get("Group", group_id)
        return [each["value"] for each in group.get("members", [])]

    async def make(self, backend: ResourceBackend, name: str, *ids: str) -> JsonObject:
        """A group with members."""
        return await backend.create("Group", {"displayName": name, "members": [{"value": each} for each in ids]})

    async def test_members_are_shown_with_their_names(self, backend: ResourceBackend, people: list[str]) -> None:
        """Display and type come from the member itself, not from the client."""
        group = await self.make(backend, "Everybody", *people[:2])
        assert [(each["value"], each["display"], each["type"]) for each in group["members"]] == [
            (people[0], "Ada", "User"),
            (people[1], "Boris", "User"),
        ]
        assert group == await backend.get("Group", group["id"])
        assert "members" not in await backend.get("Group", group["id"], excluded=frozenset({"members"}))

    async def test_members_are_added_once(self, backend: ResourceBackend, people: list[str]) -> None:
        """Adding who is there already changes nothing, not even the version."""
        group = await self.make(backend, "G", people[0])
        add = operations(
            {"op": "Add", "path": "members", "value": [{"$ref": None, "value": people[0]}, {"value": people[1]}]},
            {"op": "add", "path": "members", "value": {"value": people[1]}},
            {"op": "add", "value": {"members": [{"value": people[2]}]}},
        )
        changed = await backend.patch("Group", group["id"], add, None)
        assert await self.members(backend, group["id"]) == people[:3]
        assert changed["meta"]["version"] != group["meta"]["version"]
        assert await backend.patch("Group", group["id"], add, None) == changed

    @pytest.mark.parametrize("form", ["value list", "filter", "filter with or", "plain value", "single object"])
    async def test_only_named_members_are_removed(self, backend: ResourceBackend, people: list[str], form: str) -> None:
        """Every form in which clients remove members removes those, never all."""
        group = await self.make(backend, "G", *people)
        one, two = people[0], people[3]
        removal: dict[str, Any] = {
            "value list": {"path": "members", "value": [{"$ref": None, "value": one}, {"value": two}]},
            "filter": {"path": f'members[value eq "{one}"]'},
            "filter with or": {"path": f'members[value eq "{one}" or value eq "{two}"]'},
            "plain value": {"path": "members", "value": [one, two]},
            "single object": {"path": "members", "value": {"value": one}},
        }[form]
        gone = {one} if form in {"filter", "single object"} else {one, two}
        await backend.patch("Group", group["id"], operations({"op": "Remove", **removal}), None)
        assert await self.members(backend, group["id"]) == [each for each in people if each not in gone]

    async def test_a_malformed_removal_removes_nobody(self, backend: ResourceBackend, people: list[str]) -> None:
        """A value that names no member is refused, and an empty list removes nobody."""
        group = await self.make(backend, "G", *people)
        with pytest.raises(Reject):
            await backend.patch(
                "Group", group["id"], operations({"op": "remove", "path": "members", "value": [{"name": "x"}]}), None
            )
        await backend.patch("Group", group["id"], operations({"op": "remove", "path": "members", "value": []}), None)
        assert await self.members(backend, group["id"]) == people

    async def test_removing_all_and_replacing_all(self, backend: ResourceBackend, people: list[str]) -> None:
        """Without a value all members go; a replacement leaves exactly those it names."""
        group = await self.make(backend, "G", *people)
        await backend.patch(
            "Group",
            group["id"],
            operations({"op": "replace", "path": "members", "value": [{"value": people[4]}, {"value": people[1]}]}),
            None,
        )
        assert set(await self.members(backend, group["id"])) == {people[1], people[4]}
        await backend.patch("Group", group["id"], operations({"op": "remove", "path": "members"}), None)
        assert await self.members(backend, group["id"]) == []

    async def test_operations_on_members_and_others_are_one_patch(
        self, backend: ResourceBackend, people: list[str]
    ) -> None:
        """A rename and a membership change in one body, all or nothing."""
        group = await self.make(backend, "G", people[0])
        await backend.patch(
            "Group",
            group["id"],
            operations(
                {"op": "replace", "value": {"id": group["id"], "displayName": "Renamed"}},
                {"op": "remove", "path": f'members[value eq "{people[0]}"]'},
                {"op": "add", "path": "members", "value": [{"value": people[1]}]},
            ),
            None,
        )
        renamed = await backend.get("Group", group["id"])
        assert (renamed["displayName"], [each["value"] for each in renamed["members"]]) == ("Renamed", [people[1]])
        with pytest.raises(Reject):
            await backend.patch(
                "Group",
                group["id"],
                operations(
                    {"op": "add", "path": "members", "value": [{"value": people[2]}]},
                    {"op": "remove", "path": "displayName"},
                ),
                None,
            )
        assert await backend.get("Group", group["id"]) == renamed

    async def test_a_user_shows_its_groups_and_keeps_its_version(
        self, backend: ResourceBackend, people: list[str]
    ) -> None:
        """Direct groups and those around them, without the user changing; circles end."""
        before = await backend.get("User", people[0])
        inner = await self.make(backend, "Inner", people[0])
        outer = await self.make(backend, "Outer", inner["id"])
        await backend.patch(
            "Group",
            inner["id"],
            operations({"op": "add", "path": "members", "value": [{"value": outer["id"]}]}),
            None,
        )
        after = await backend.get("User", people[0])
        assert [(each["display"], each["type"]) for each in after["groups"]] == [
            ("Inner", "direct"),
            ("Outer", "indirect"),
        ]
        assert after["meta"] == before["meta"]
        assert await names(backend, 'groups.display eq "outer"') == ["Ada"]
        page = await backend.query("User", Query(sort_by="userName", count=1))
        assert page.resources[0] == after

    async def test_a_deleted_user_leaves_its_groups(self, backend: ResourceBackend, people: list[str]) -> None:
        """Nobody dangles, and the group has a new version."""
        group = await self.make(backend, "G", *people)
        await backend.delete("User", people[2], None)
        after = await backend.get("Group", group["id"])
        assert [each["value"] for each in after["members"]] == [each for each in people if each != people[2]]
        assert after["meta"]["version"] != group["meta"]["version"]

    async def test_a_deleted_group_leaves_its_members(self, backend: ResourceBackend, people: list[str]) -> None:
        """The users stay, without it."""
        group = await self.make(backend, "G", people[0])
        await backend.delete("Group", group["id"], None)
        assert "groups" not in await backend.get("User", people[0])

    async def test_groups_are_found_by_member_and_name(self, backend: ResourceBackend, people: list[str]) -> None:
        """The questions that clients ask about groups."""
        first = await self.make(backend, "Sales", *people[:2])
        await self.make(backend, "Desk", people[4])
        for text in (
            'displayName eq "SALES"',
            f'members.value eq "{people[1]}"',
            f'members[value eq "{people[1]}"]',
            f'members eq "{people[0]}" and displayName sw "sa"',
            'members[display eq "Boris"]',
        ):
            page = await find(backend, "Group", text)
            assert [each["id"] for each in page.resources] == [first["id"]], text
        excluded = await find(backend, "Group", "displayName pr", excluded=frozenset({"members"}))
        assert all("members" not in each for each in excluded.resources)

    async def test_group_names_are_unique(self, backend: ResourceBackend) -> None:
        """As clients expect who match groups by name (protocol spec §4)."""
        await self.make(backend, "Sales")
        with pytest.raises(Conflict):
            await self.make(backend, "SALES")
        with pytest.raises(Reject):
            await backend.create("Group", {"displayName": "H", "members": [{"type": "User"}]})

    async def test_a_deleted_manager_is_nobodys_manager(self, backend: ResourceBackend, people: list[str]) -> None:
        """References to who is gone go along."""
        enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
        frank = await backend.create("User", person("frank"))
        report = await backend.create(
            "User", person("report", **{enterprise: {"manager": {"value": frank["id"]}, "department": "Sales"}})
        )
        only = await backend.create("User", person("only", **{enterprise: {"manager": {"value": frank["id"]}}}))
        assert await names(backend, f'manager eq "{frank["id"]}"') == ["Report", "Only"]
        await backend.delete("User", frank["id"], None)
        assert (await backend.get("User", report["id"]))[enterprise] == {"department": "Sales"}
        after = await backend.get("User", only["id"])
        assert enterprise not in after
        assert enterprise not in after["schemas"]


class ResourceBackendContract(UserContract, SortContract, CursorContract, GroupContract):
    """Everything."""
