"""The law of tenants: no filter, sort or page of one application is changed by what another application holds."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scim_strategies import filters

from provisor.model.errors import Reject
from provisor.ports.resources import Query
from provisor.scim.characteristics import check_create
from provisor.scim.filter import And, Filter, Not, Or, Present
from provisor.scim.filter_eval import check_filter
from provisor.scim.grammar.attribute_path import ENTERPRISE_SCHEMA, AttributePath
from provisor.scim.registry import group_type, user_type
from provisor.store.database import make_engine, sqlite_url
from provisor.store.embedded.paging import read_page
from provisor.store.embedded.reading import Room
from provisor.store.embedded.writing import Writer
from provisor.store.scim_tables import metadata

USER, GROUP = user_type(), group_type()
TYPES = {"User": USER, "Group": GROUP}
LAW = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
PEOPLE = (
    {"userName": "a", "displayName": "ab", "externalId": "b", "active": True},
    {"userName": "X", "title": "a", "emails": [{"value": "a", "type": "work"}]},
    {"userName": "Y.", ENTERPRISE_SCHEMA: {"manager": {"value": "a0"}, "department": "a"}},
)
EVERYBODY = Present(AttributePath(None, "id"))
WIDENED = filters | st.one_of(
    st.builds(lambda inner: Or((inner, EVERYBODY)), filters),
    st.builds(lambda inner: Not(And((inner, Not(EVERYBODY)))), filters),
)


@pytest.fixture(scope="module")
def connections(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[sa.Connection, sa.Connection]]:
    """A store in which an application is alone, and one in which it has a neighbour with the same people and ids."""
    opened = []
    for neighbours in ((), ("zwei", "a", "")):
        engine = make_engine(sqlite_url(Path(tmp_path_factory.mktemp("law")) / "law.db"))
        metadata.create_all(engine)
        connection = engine.connect()
        for tenant in ("eins", *neighbours):
            room = Room(tenant, TYPES, is_postgres=False)
            writer = Writer(room, unique_group_names=False, moment="2026-11-23T18:00:00.000Z")
            for at, attributes in enumerate(PEOPLE):
                writer.create(connection, "User", check_create(attributes, USER), f"a{at}")
            for at, name in enumerate(("a", f"only {tenant}")):
                members = [{"value": "a0"}, {"value": "a1"}]
                writer.create(connection, "Group", {"displayName": name, "members": members[at:]}, f"g{at}")
        connection.commit()
        opened.append(connection)
    yield opened[0], opened[1]
    for connection in opened:
        connection.close()
        connection.engine.dispose()


@LAW
@given(
    filter_=WIDENED,
    kind=st.sampled_from(["User", "Group"]),
    sort_by=st.sampled_from([None, "displayName", "externalId", "id", "meta.created"]),
    start=st.integers(1, 4),
    count=st.integers(0, 4),
    cursor=st.sampled_from([None, ""]),
)
def test_no_filter_sees_another_application(
    connections: tuple[sa.Connection, sa.Connection],
    filter_: Filter,
    kind: str,
    sort_by: str | None,
    start: int,
    count: int,
    cursor: str | None,
) -> None:
    """Alone or beside others: the same resources, the same total, the same next page."""
    try:
        check_filter(filter_, TYPES[kind])
    except Reject:
        return
    start_index = start if cursor is None else 1
    query = Query(filter=filter_, sort_by=sort_by, start_index=start_index, count=count, cursor=cursor)
    alone, beside = (
        read_page(connection, Room("eins", TYPES, is_postgres=False), kind, query) for connection in connections
    )
    assert [(row.id, row.body) for row in alone.rows] == [(row.id, row.body) for row in beside.rows]
    assert alone.joined == beside.joined
    assert alone.total == beside.total
    assert (alone.next_cursor is None) == (beside.next_cursor is None)
