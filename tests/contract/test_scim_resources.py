"""The embedded resource backend under the contract of all backends, and what is particular to it."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from backend_contract import USER, ResourceBackendContract, find, operations, person
from clocks import TurnedClock

from provisor.model.errors import Conflict, NotFound, Reject
from provisor.ports.resources import JsonObject, Query, ResourceBackend
from provisor.scim.characteristics import check_create
from provisor.scim.definitions.documents import read_definitions
from provisor.scim.filter import Comparison, Not, Operator, parse_filter
from provisor.scim.filter_eval import compile_filter
from provisor.scim.grammar.attribute_path import ENTERPRISE_SCHEMA, AttributePath
from provisor.scim.registry import group_type
from provisor.scim.schema import Returned
from provisor.server.caller import Caller
from provisor.store import resources
from provisor.store.database import Database
from provisor.store.resources import EmbeddedResources

TYPES = {"User": USER, "Group": group_type()}


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
def store(database: Database, clock: TurnedClock) -> Iterator[EmbeddedResources]:
    store = EmbeddedResources(database, clock)
    yield store
    store.close()


@pytest.fixture
def backend(store: EmbeddedResources) -> ResourceBackend:
    return store.backend("one", TYPES)


@pytest.fixture
def other(store: EmbeddedResources) -> ResourceBackend:
    return store.backend("two", TYPES)


class TestEmbeddedResources(ResourceBackendContract):
    """The contract, on both databases."""


async def test_of_many_writers_of_one_name_one_wins(backend: ResourceBackend) -> None:
    """Simultaneous creates that share a commit: one is stored, the others conflict, the counter agrees."""
    outcomes = await asyncio.gather(*(backend.create("User", person("ada")) for _ in range(12)), return_exceptions=True)
    assert sum(isinstance(each, dict) for each in outcomes) == 1
    assert (await backend.query("User", Query())).total == 1
    assert (await find(backend, "User", "userName pr")).total == 1


async def test_simultaneous_membership_changes_are_all_kept(backend: ResourceBackend) -> None:
    """Nobody's addition is lost to somebody else's, and each one is a version."""
    people = [await backend.create("User", person(f"u{number}")) for number in range(10)]
    group = await backend.create("Group", {"displayName": "G"})
    await asyncio.gather(
        *(
            backend.patch(
                "Group",
                group["id"],
                operations({"op": "add", "path": "members", "value": [{"value": each["id"]}]}),
                None,
                excluded=frozenset({"members"}),
            )
            for each in people
        )
    )
    after = await backend.get("Group", group["id"])
    assert len(after["members"]) == 10
    assert after["meta"]["version"] == 'W/"11"'


async def test_modification_times_follow_the_clock(backend: ResourceBackend, clock: TurnedClock) -> None:
    """`lastModified` moves with a change, `created` never; filters see both to the nanosecond."""
    ada = await backend.create("User", person("ada"))
    clock.turn(1.5)
    patch = operations({"op": "replace", "path": "title", "value": "Engineer"})
    changed = await backend.patch("User", ada["id"], patch, None)
    assert changed["meta"]["created"] == "2026-11-23T18:00:00.000Z"
    assert changed["meta"]["lastModified"] == "2026-11-23T18:00:01.500Z"
    for text, count in (
        ('meta.lastModified gt "2026-11-23T18:00:01.4999999Z"', 1),
        ('meta.lastModified gt "2026-11-23T18:00:01.5000000Z"', 0),
        ('meta.lastModified ge "2026-11-23T19:00:01.5+01:00"', 1),
        ('meta.lastModified ge "2026-11-23T18:00:01.5000001Z"', 0),
        ('meta.lastModified lt "2026-11-23T18:00:01.5000001Z"', 1),
        ('meta.lastModified le "2026-11-23T18:00:01.4999999Z"', 0),
        ('meta.lastModified eq "2026-11-23T18:00:01.5Z"', 1),
        ('meta.lastModified eq "2026-11-23T18:00:01.5000001Z"', 0),
        ('meta.created gt "0001-01-01T00:00:00+14:00"', 1),
        ('meta.created lt "9999-12-31T23:59:59-14:00"', 1),
        ('meta.created eq "9999-12-31T23:59:59-14:00"', 0),
    ):
        assert (await find(backend, "User", text)).total == count, text


async def test_passwords_are_not_kept(backend: ResourceBackend, database: Database) -> None:
    """A password is accepted and thrown away; setting one changes no version."""
    ada = await backend.create("User", person("ada", password="correct horse"))
    assert "password" not in ada
    patch = operations({"op": "replace", "path": "password", "value": "battery staple"})
    assert await backend.patch("User", ada["id"], patch, None) == ada
    stored = await database.read(
        lambda connection: str(connection.exec_driver_sql("SELECT * FROM scim_resources").all())
    )
    assert "horse" not in stored
    assert "staple" not in stored


async def test_group_names_may_be_shared_where_the_tenant_wants_it(store: EmbeddedResources) -> None:
    """Uniqueness of group names is a switch of the tenant; the RFC does not ask for it."""
    backend = store.backend("three", TYPES, unique_group_names=False)
    await backend.create("Group", {"displayName": "G"})
    await backend.create("Group", {"displayName": "g"})
    assert (await find(backend, "Group", 'displayName eq "G"')).total == 2


async def test_look_ups_page_like_every_other_query(backend: ResourceBackend) -> None:
    """Several people with one externalId: totals and pages agree with the general way."""
    for number in range(5):
        await backend.create("User", person(f"u{number}", externalId="same"))
    for count in (1, 4, 5, 9):
        page = await backend.query("User", Query(filter=parse_filter('externalId eq "same"'), count=count))
        assert page.total == 5
        assert len(page.resources) == min(5, count)


async def test_what_is_loaded_in_bulk_is_like_what_is_created(
    store: EmbeddedResources, other: ResourceBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Totals, look-ups, members and uniqueness hold for loaded resources; chunks before a conflict are kept."""
    monkeypatch.setattr(resources, "LOAD_CHUNK", 3)
    backend = store.backend("one", TYPES)
    people = [person(f"u{number}", emails=[{"value": f"m{number}@contoso.com"}]) for number in range(8)]
    assert await backend.load("User", people) == 8
    page = await find(backend, "User", 'emails.value eq "M5@contoso.com"')
    assert [each["userName"] for each in page.resources] == ["u5@contoso.com"]
    ids = [each["id"] for each in (await backend.query("User", Query())).resources]
    await backend.load("Group", [{"displayName": "G", "members": [{"value": each} for each in ids]}])
    group = (await find(backend, "Group", 'displayName eq "g"')).resources[0]
    assert [each["display"] for each in group["members"]] == [each["displayName"] for each in people]
    with pytest.raises(Conflict):
        await backend.load("User", [person(name) for name in ("new1", "new2", "new3", "new4", "U5")])
    assert (await backend.query("User", Query())).total == 8 + 3
    assert (await other.query("User", Query())).total == 0


ORIGIN = 'https://example.org/"scim"/v2'
MANAGERS: tuple[dict[str, str] | None, ...] = (
    None,
    {"value": "boss"},
    {"value": 'bo"ss\\'},
    {"value": "boss", "$ref": "https://elsewhere.example/boss"},
    {"$ref": "../Users/boss", "value": "boss"},
)


def located(resource: JsonObject, kind: str) -> JsonObject:
    """The resource as the server shows it, made the long way."""
    caller = Caller(None, None, TYPES, None, ORIGIN, None, None)
    return dict(caller.located(resource, TYPES[kind]))


async def test_texts_say_what_objects_say(backend: ResourceBackend) -> None:
    """A resource as text is the same resource, with its address and those of others, alone and in pages."""
    for number, manager in enumerate(MANAGERS):
        extension = {"department": '"manager":{"value":"boss"', "manager": manager} if manager else {}
        await backend.create("User", person(f"Zoë{number}", title='a"\\]', **{ENTERPRISE_SCHEMA: extension}))
    people = (await backend.query("User", Query())).resources
    inner = await backend.create("Group", {"displayName": "In", "members": [{"value": people[0]["id"]}]})
    outer = {"displayName": "Out", "members": [{"value": inner["id"], "type": "Group"}, {"value": "gone"}]}
    await backend.create("Group", outer)
    urls = {"User": f"{ORIGIN}/Users", "Group": f"{ORIGIN}/Groups"}
    for kind in TYPES:
        texts = backend.texts(kind)
        assert texts is not None
        queries = (
            Query(),
            Query(count=2, start_index=2),
            Query(count=2, cursor=""),
            Query(excluded=frozenset({"members", "groups"})),
            Query(filter=parse_filter('displayName sw "I" or title pr'), sort_by="displayName"),
            Query(filter=parse_filter('displayName eq "in"'), excluded=frozenset({"members"})),
        )
        for query in queries:
            page, shown = await backend.query(kind, query), await texts.query(kind, query, urls)
            assert [json.loads(each.text) for each in shown.resources] == [
                located(each, kind) for each in page.resources
            ]
            assert (shown.total, shown.next_cursor) == (page.total, page.next_cursor)
        for each in (await backend.query(kind, Query())).resources:
            one = await texts.get(kind, each["id"], urls)
            assert (one.id, one.version, json.loads(one.text)) == (
                each["id"],
                each["meta"]["version"],
                located(each, kind),
            )
    with pytest.raises(NotFound):
        await backend.texts("User").get("User", inner["id"], urls)


async def test_what_became_secret_is_not_shown_as_text(
    store: EmbeddedResources, backend: ResourceBackend, database: Database
) -> None:
    """A value that was stored before its schema called it secret stays hidden."""
    ada = await backend.create("User", person("ada", title="known"))
    hidden = replace(
        USER.schema,
        attributes=tuple(
            replace(each, returned=Returned.NEVER) if each.name == "title" else each for each in USER.schema.attributes
        ),
    )
    strict = store.backend("one", {"User": replace(USER, schema=hidden)})
    texts = strict.texts("User")
    assert "known" not in (await texts.get("User", ada["id"], {"User": ORIGIN})).text
    assert "known" in (await backend.texts("User").get("User", ada["id"], {"User": ORIGIN})).text


TRICKY = ("a", "A", "ab", "b%", "b_", "ß", "SS", "\ud7ff", "\ue000", "\U0010ffff", "x\\", '"', "\0", "a\0b", "")


async def test_every_comparison_means_the_same_on_every_database(backend: ResourceBackend) -> None:
    """Text is compared by code point and folded as in memory, whatever the database thinks of collation."""
    for at, text in enumerate(("a", "AB", "b%c", "b_c", "ß", "\ud7ffz", "\ue000", "\U0010ffffx", 'x\\"')):
        manager = {"manager": {"value": text}} if at % 2 else {}
        await backend.create(
            "User", check_create({"userName": text, "externalId": text, ENTERPRISE_SCHEMA: manager}, USER)
        )
    everybody = (await backend.query("User", Query())).resources
    assert len(everybody) == 9
    for path in ("userName", "externalId", "manager"):
        for operator in Operator:
            for text in TRICKY:
                condition = Comparison(AttributePath(None, path), operator, text)
                for filter_ in (condition, Not(condition)):
                    matcher = compile_filter(filter_, USER)
                    page = await backend.query("User", Query(filter=filter_))
                    assert [each["id"] for each in page.resources] == [
                        each["id"] for each in everybody if matcher(each)
                    ], (path, operator, text)


async def test_looked_up_values_follow_every_change(backend: ResourceBackend) -> None:
    """Mail addresses and employee numbers are found as they are, not as they were."""
    ada = await backend.create(
        "User",
        person(
            "ada",
            emails=[{"type": "work", "value": "A@contoso.com"}, {"type": "home", "value": "b@contoso.com"}],
            **{ENTERPRISE_SCHEMA: {"employeeNumber": "E7"}},
        ),
    )
    work = 'emails[type eq "work" and value eq "{}"]'
    assert (await find(backend, "User", work.format("a@CONTOSO.com"))).total == 1
    assert (await find(backend, "User", work.format("b@contoso.com"))).total == 0
    assert (await find(backend, "User", 'not (emails eq "b@contoso.com") or employeeNumber eq "x"')).total == 0
    assert (await find(backend, "User", 'employeeNumber eq "e7"')).total == 1
    changed = operations(
        {"op": "replace", "path": 'emails[type eq "work"].value', "value": "new@contoso.com"},
        {"op": "remove", "path": f"{ENTERPRISE_SCHEMA}:employeeNumber"},
    )
    await backend.patch("User", ada["id"], changed, None)
    assert (await find(backend, "User", work.format("a@contoso.com"))).total == 0
    assert (await find(backend, "User", work.format("new@contoso.com"))).total == 1
    assert (await find(backend, "User", 'employeeNumber eq "e7"')).total == 0
    await backend.delete("User", ada["id"], None)
    assert (await find(backend, "User", 'emails.value eq "new@contoso.com"')).total == 0


LONG = "".join(chr(0x4E00 + (number * 7919) % 20_000) for number in range(700))
"""Over 2,000 bytes that no compression makes small."""


@pytest.mark.parametrize(
    "attributes",
    [
        {"userName": LONG},
        {"externalId": LONG},
        {"displayName": LONG},
        {"emails": [{"value": LONG}]},
        {ENTERPRISE_SCHEMA: {"employeeNumber": LONG}},
        {ENTERPRISE_SCHEMA: {"manager": {"value": LONG}}},
    ],
    ids=["userName", "externalId", "displayName", "emails", "employeeNumber", "manager"],
)
async def test_values_too_long_for_an_index_are_refused(backend: ResourceBackend, attributes: dict[str, Any]) -> None:
    """On both databases alike, on create and on change; what is not indexed may be as long as it likes."""
    with pytest.raises(Reject) as caught:
        await backend.create("User", check_create({"userName": "ada", **attributes}, USER))
    assert caught.value.code == "invalidValue"
    ada = await backend.create("User", person("ada", title=LONG * 3))
    with pytest.raises(Reject):
        await backend.replace("User", ada["id"], check_create({"userName": "ada", **attributes}, USER), None)
    assert (await backend.query("User", Query())).resources == (ada,)
    for text in (f'userName eq "{LONG}"', f'displayName sw "{LONG}"', f'emails.value eq "{LONG}"', f'id eq "{LONG}"'):
        assert (await find(backend, "User", text)).total == 0
    with pytest.raises(NotFound):
        await backend.get("User", LONG)


async def test_members_too_long_for_an_index_are_refused(backend: ResourceBackend) -> None:
    """By create and PATCH; the group stays as it was."""
    with pytest.raises(Reject):
        await backend.create("Group", {"displayName": "G", "members": [{"value": LONG}]})
    group = await backend.create("Group", {"displayName": "G"})
    with pytest.raises(Reject):
        await backend.patch("Group", group["id"], operations({"op": "add", "path": "members", "value": LONG}), None)
    assert await backend.get("Group", group["id"]) == group


BADGES = "urn:example:params:scim:schemas:extension:contoso:2.0:User"


@pytest.fixture
def unique(store: EmbeddedResources) -> tuple[ResourceBackend, ResourceBackend]:
    """Two tenants whose schema files call some attributes unique."""
    documents = [
        {
            "id": BADGES,
            "attributes": [
                {"name": "badge", "uniqueness": "global"},
                {"name": "desk", "uniqueness": "server", "caseExact": True, "multiValued": True},
            ],
        },
        {
            "id": "urn:example:params:scim:schemas:contoso:2.0:Device",
            "attributes": [
                {"name": "serial", "uniqueness": "server"},
                {"name": "number", "type": "integer", "uniqueness": "server"},
                {
                    "name": "ports",
                    "type": "complex",
                    "multiValued": True,
                    "subAttributes": [{"name": "value", "uniqueness": "server"}],
                },
            ],
        },
        {"name": "Device", "endpoint": "/Devices", "schema": "urn:example:params:scim:schemas:contoso:2.0:Device"},
        {
            "name": "User",
            "endpoint": "/Users",
            "schema": USER.schema.id,
            "schemaExtensions": [{"schema": BADGES}],
        },
        {
            "name": "Robot",
            "endpoint": "/Robots",
            "schema": "urn:example:params:scim:schemas:contoso:2.0:Device",
            "schemaExtensions": [{"schema": BADGES}],
        },
    ]
    types = read_definitions([("test", documents)], TYPES)
    return store.backend("one", types), store.backend("two", types)


async def test_what_a_schema_calls_unique_is_unique(unique: tuple[ResourceBackend, ResourceBackend]) -> None:
    """In any case unless case counts, in lists and numbers too, by POST, PUT and PATCH; and free again afterwards."""
    backend, other = unique
    first = await backend.create("Device", {"serial": "S1", "number": 1, "ports": [{"value": "a"}, {"value": "b"}]})
    second = await backend.create("Device", {"serial": "S2"})
    for clash in ({"serial": "s1"}, {"serial": "x", "number": 1}, {"serial": "x", "ports": [{"value": "B"}]}):
        with pytest.raises(Conflict) as caught:
            await backend.create("Device", clash)
        assert caught.value.code == "uniqueness"
        with pytest.raises(Conflict):
            await backend.replace("Device", second["id"], clash, None)
    change = operations({"op": "replace", "path": "serial", "value": "s1"})
    with pytest.raises(Conflict):
        await backend.patch("Device", second["id"], change, None)
    assert (await backend.query("Device", Query())).total == 2
    await backend.create("Robot", {"serial": "S1"})  # another kind
    await other.create("Device", {"serial": "S1"})  # another tenant
    await backend.patch("Device", first["id"], operations({"op": "replace", "path": "serial", "value": "S3"}), None)
    await backend.patch("Device", second["id"], operations({"op": "replace", "path": "serial", "value": "S1"}), None)
    await backend.delete("Device", second["id"], None)
    await backend.create("Device", {"serial": "s1"})


async def test_global_values_are_unique_among_all_kinds(unique: tuple[ResourceBackend, ResourceBackend]) -> None:
    """A badge belongs to one user or robot of a tenant; desks are each kind's own, and their case counts."""
    backend, other = unique
    holder = await backend.create("User", {**person("ada"), BADGES: {"badge": "B1", "desk": ["d"]}})
    with pytest.raises(Conflict) as caught:
        await backend.create("Robot", {"serial": "R1", BADGES: {"badge": "b1"}})
    assert f"{BADGES}:badge" in str(caught.value)
    assert "Ada" not in str(caught.value)
    with pytest.raises(Conflict):
        await backend.create("User", {**person("boris"), BADGES: {"desk": ["e", "d"]}})
    await backend.create("User", {**person("boris"), BADGES: {"desk": ["D"]}})
    await backend.create("Robot", {"serial": "R1", BADGES: {"desk": ["d"]}})
    await other.create("User", {**person("ada"), BADGES: {"badge": "B1"}})
    same = {**person("ada"), BADGES: {"badge": "b1", "desk": ["d"]}}
    assert (await backend.replace("User", holder["id"], same, None))[BADGES]["badge"] == "b1"


async def test_of_many_writers_of_one_unique_value_one_wins(
    unique: tuple[ResourceBackend, ResourceBackend],
) -> None:
    """Also where they share a commit, and for values longer than an index takes."""
    serial = "".join(str(number) for number in range(3000))
    outcomes = await asyncio.gather(
        *(unique[0].create("Device", {"serial": serial}) for _ in range(8)), return_exceptions=True
    )
    assert sum(isinstance(each, dict) for each in outcomes) == 1
    assert sum(isinstance(each, Conflict) for each in outcomes) == 7
