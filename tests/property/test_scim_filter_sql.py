"""The law of filters: whoever evaluates one, the database or memory, finds the same resources in the same order."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from provisor.ports.resources import Query
from provisor.scim.characteristics import check_create
from provisor.scim.filter import And, Comparison, Filter, Not, Operator, Or, Present, ValuePath, parse_filter
from provisor.scim.filter_eval import compile_filter
from provisor.scim.grammar.attribute_path import ENTERPRISE_SCHEMA, AttributePath
from provisor.scim.registry import group_type, user_type
from provisor.scim.sorting import sort_resources
from provisor.store.database import make_engine, sqlite_url
from provisor.store.embedded.paging import read_page
from provisor.store.embedded.reading import Room
from provisor.store.embedded.writing import Writer
from provisor.store.scim_tables import metadata

USER, GROUP = user_type(), group_type()
ROOM = Room("one", {"User": USER, "Group": GROUP}, is_postgres=False)
TEXTS = (
    *("a", "A", "ab", "Ab", "b%", "b_", "ß", "SS", "\ud7ff", "\ue000", "\U0010ffff", "\U0010ffffx", "x\\", '"', ""),
    *("é", "E\u0301", "e", "İ", "i\u0307", "i", "ａb", "Σ", "ς", "\u0301"),
)
PEOPLE: tuple[dict[str, Any], ...] = (
    {"userName": "a"},
    {"userName": "AB", "displayName": "a", "externalId": "A", "active": True},
    {"userName": "b%", "displayName": "Ab", "externalId": "a", "title": "x"},
    {"userName": "b_c", "displayName": "ß", "externalId": "", "active": False},
    {"userName": "\ud7ffz", "displayName": "\U0010ffffx", ENTERPRISE_SCHEMA: {"manager": {"value": "b"}}},
    {
        "userName": "\ue000",
        "displayName": "SS",
        ENTERPRISE_SCHEMA: {"manager": {"value": "B"}, "department": "a", "employeeNumber": "Ab"},
    },
    {"userName": "E\u0301", "displayName": "İ", "externalId": "é", "title": "ς"},
    {"userName": "ａc", "displayName": "É", "externalId": "e\u0301"},
    {"userName": 'x\\"', "emails": [{"value": "a", "type": "work"}, {"value": "b", "type": "home"}]},
)
INSTANTS = (
    "2026-11-23T18:00:00Z",
    "2026-11-23T18:00:00.0010000Z",
    "2026-11-23T18:00:00.0015Z",
    "0001-01-01T00:00:00+14:00",
)


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Connection]:
    """A store with a few people and groups that differ where it matters."""
    engine = make_engine(sqlite_url(Path(tmp_path_factory.mktemp("law")) / "law.db"))
    metadata.create_all(engine)
    with engine.connect() as connection:
        for at, attributes in enumerate(PEOPLE):
            writer = Writer(ROOM, unique_group_names=False, moment=f"2026-11-23T18:00:00.{at:03d}Z")
            writer.create(connection, "User", check_create(attributes, USER), "ab"[at % 2] + str(at))
            Writer(Room("two", ROOM.types, is_postgres=False), unique_group_names=False, moment="x").create(
                connection, "User", check_create(attributes, USER), f"other{at}"
            )
        for name, ids in (("a", ["a0", "b1"]), ("Ab", ["b1", "nobody"]), ("ß", [])):
            group = {"displayName": name, "members": [{"value": each} for each in ids]}
            writer.create(connection, "Group", group, f"g{name}")
        connection.commit()
        yield connection
    engine.dispose()


def paths(*names: str) -> st.SearchStrategy[AttributePath]:
    """Attribute paths by name."""
    return st.sampled_from([AttributePath(None, *name.split(".")) for name in names])


TEXT_PATHS = paths(
    "userName",
    "USERNAME",
    "externalId",
    "displayName",
    "id",
    "manager",
    "manager.value",
    "title",
    "emails.value",
    "emails",
    "employeeNumber",
)
LITERALS = st.sampled_from(TEXTS) | st.text(max_size=2) | st.none() | st.integers(-1, 1)
ELEMENT_TESTS = st.builds(
    Comparison, paths("value", "type"), st.sampled_from(Operator), LITERALS | st.sampled_from(["work", "home"])
)
TREES = st.recursive(
    st.builds(Comparison, TEXT_PATHS, st.sampled_from(Operator), LITERALS)
    | st.builds(
        Comparison, paths("meta.created", "meta.lastModified"), st.sampled_from(Operator), st.sampled_from(INSTANTS)
    )
    | st.builds(Comparison, paths("active"), st.sampled_from(Operator), st.booleans() | st.none())
    | st.builds(Comparison, paths("groups", "groups.display", "nonsense"), st.sampled_from(Operator), LITERALS)
    | st.builds(Present, TEXT_PATHS | paths("manager", "groups", "emails", "meta", "meta.created", "nonsense"))
    | st.builds(ValuePath, paths("emails", "groups"), ELEMENT_TESTS)
    | st.builds(ValuePath, paths("emails"), st.builds(And, st.tuples(ELEMENT_TESTS, ELEMENT_TESTS))),
    lambda inner: (
        st.builds(Not, inner) | st.builds(And, st.tuples(inner, inner)) | st.builds(Or, st.tuples(inner, inner))
    ),
    max_leaves=6,
)
SORTS = st.sampled_from(
    [None, "userName", "externalId", "displayName", "title", "manager", "meta.created", "emails", "id"]
)
LAW = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@LAW
@given(filter_=TREES, sort_by=SORTS, descending=st.booleans())
@example(filter_=parse_filter('not (externalId ne "a")'), sort_by=None, descending=False)
@example(filter_=parse_filter('externalId eq null or not (displayName gt "a")'), sort_by="externalId", descending=True)
def test_database_and_memory_find_the_same_users(
    connection: sa.Connection, filter_: Filter, sort_by: str | None, descending: bool
) -> None:
    """For every filter that is let through, in every order."""
    everybody = read_page(connection, ROOM, "User", Query(count=100)).resources
    assert len(everybody) == len(PEOPLE)
    matcher = compile_filter(filter_, USER)
    wanted = [each for each in everybody if matcher(each)]
    if sort_by is not None:
        wanted = sort_resources(wanted, sort_by, descending, USER)
    page = read_page(connection, ROOM, "User", Query(filter=filter_, sort_by=sort_by, descending=descending))
    assert [row.id for row in page.rows] == [each["id"] for each in wanted]
    assert page.total == len(wanted)


MEMBER_IDS = st.sampled_from(["a0", "b1", "A0", "nobody", "x", ""])
MEMBER_TESTS = st.builds(Comparison, paths("value", "type", "display"), st.sampled_from(Operator), MEMBER_IDS)
GROUP_TREES = st.recursive(
    st.builds(Comparison, paths("members", "members.value", "members.display"), st.sampled_from(Operator), MEMBER_IDS)
    | st.builds(Comparison, paths("displayName"), st.sampled_from(Operator), st.sampled_from(TEXTS))
    | st.builds(ValuePath, paths("members"), MEMBER_TESTS | st.builds(And, st.tuples(MEMBER_TESTS, MEMBER_TESTS)))
    | st.builds(Present, paths("members", "members.value")),
    lambda inner: (
        st.builds(Not, inner) | st.builds(And, st.tuples(inner, inner)) | st.builds(Or, st.tuples(inner, inner))
    ),
    max_leaves=5,
)


@LAW
@given(filter_=GROUP_TREES)
def test_database_and_memory_find_the_same_groups(connection: sa.Connection, filter_: Filter) -> None:
    """Also where members, which live in a table of their own, decide."""
    everything = read_page(connection, ROOM, "Group", Query()).resources
    matcher = compile_filter(filter_, GROUP)
    wanted = [each["id"] for each in everything if matcher(each)]
    page = read_page(connection, ROOM, "Group", Query(filter=filter_))
    assert [row.id for row in page.rows] == wanted
