"""The law of filters for attributes of every type, at the top, within values, lists and extensions, by any name."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provisor.ports.resources import Page, Query
from provisor.scim.characteristics import check_create
from provisor.scim.definitions.documents import read_definitions
from provisor.scim.filter import (
    And,
    Comparison,
    Filter,
    Not,
    Operator,
    Or,
    Present,
    ValuePath,
    parse_filter,
    print_filter,
)
from provisor.scim.filter_eval import check_filter, compile_filter
from provisor.scim.grammar.attribute_path import AttributePath
from provisor.scim.registry import group_type, user_type
from provisor.scim.schema import Attribute, AttributeType, Place
from provisor.scim.sorting import sort_resources
from provisor.store.database import make_engine, sqlite_url
from provisor.store.embedded.paging import read_page
from provisor.store.embedded.reading import Room, whole
from provisor.store.embedded.writing import Writer
from provisor.store.scim_tables import metadata

THING, MORE = (
    "urn:example:params:scim:schemas:contoso.com:2.0:Thing",
    "urn:example:params:scim:schemas:contoso:2.0:More",
)
SIMPLE = [
    {"name": "text"},
    {"name": "exact", "caseExact": True},
    {"name": "flag", "type": "boolean"},
    {"name": "whole", "type": "integer"},
    {"name": "part", "type": "decimal"},
    {"name": "instant", "type": "dateTime"},
    {"name": "bytes", "type": "binary"},
    {"name": "link", "type": "reference", "referenceTypes": ["uri"]},
]
PARTS = [*SIMPLE, {"name": "value"}, {"name": "type"}, {"name": "primary", "type": "boolean"}]
LISTS = [{**each, "name": f"{each['name']}s", "multiValued": True} for each in SIMPLE]
DOCUMENTS: list[Any] = [
    {
        "id": THING,
        "attributes": [
            *SIMPLE,
            *LISTS,
            {"name": "one", "type": "complex", "subAttributes": PARTS},
            {"name": "many", "type": "complex", "multiValued": True, "subAttributes": PARTS},
            {"name": "displayName", "type": "integer"},
        ],
    },
    {
        "id": MORE,
        "isOpen": True,
        "attributes": [
            {"name": "whole", "type": "integer"},
            {"name": "displayName"},
            {"name": "many", "type": "complex", "multiValued": True, "subAttributes": PARTS},
        ],
    },
    {"name": "Thing", "endpoint": "/Things", "schema": THING, "schemaExtensions": [{"schema": MORE}]},
]
TYPES = read_definitions([("test", DOCUMENTS)], {"User": user_type(), "Group": group_type()})
TYPE = TYPES["Thing"]

VALUES: dict[AttributeType, tuple[Any, ...]] = {
    AttributeType.STRING: ("a", "A", "ab", "é", "E\u0301", "ß", "SS", "1", "true", "2026-11-23T18:00:00Z", 'q"\\'),
    AttributeType.BOOLEAN: (True, False),
    AttributeType.INTEGER: (0, 1, -1, 2**63 - 1),
    AttributeType.DECIMAL: (0.0, 1, 1.5, -1e300),
    AttributeType.DATE_TIME: (
        "2026-11-23T18:00:00Z",
        "2026-11-23T19:00:00+01:00",
        "2026-11-23T18:00:00.0000001Z",
        "0001-01-03T00:00:00",
        "9999-12-31T23:59:59.9999999-14:00",
    ),
    AttributeType.BINARY: ("TUlJ", "tulj"),
    AttributeType.REFERENCE: ("urn:x:A", "urn:x:a", "../b"),
}


def values_for(attribute: Attribute, at: int) -> Any:
    """A value of an attribute for the thing at that number; a few have none."""
    if attribute.is_complex:
        count = (at % 3) if attribute.is_multivalued else 1
        made = [
            {sub.name: values_for(sub, at * 3 + each + place) for place, sub in enumerate(attribute.sub_attributes)}
            for each in range(count)
        ]
        for each in made[1:]:
            each.pop("primary", None)
        return made if attribute.is_multivalued else made[0]
    choices = (None, *VALUES[attribute.type])
    if attribute.is_multivalued:
        return [each for each in (choices[at % len(choices)], choices[(at * 2 + 1) % len(choices)]) if each is not None]
    return choices[at % len(choices)]


def things() -> list[dict[str, Any]]:
    """Things that differ in every attribute."""
    made: list[dict[str, Any]] = []
    for at in range(14):
        body = {each.name: values_for(each, at + place) for place, each in enumerate(TYPE.schema.attributes)}
        extension = TYPE.extensions[0].schema.attributes
        body[MORE] = {each.name: values_for(each, at * 2 + place) for place, each in enumerate(extension)}
        body[MORE]["Undeclared"] = [1, "a", True, None, {"x": 1}][at % 5]
        made.append(check_create({**body, "externalId": f"{at % 3}"}, TYPE))
    return made


ROOM = Room("one", TYPES, is_postgres=False)


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Connection]:
    """A store with the things."""
    engine = make_engine(sqlite_url(Path(tmp_path_factory.mktemp("law")) / "law.db"))
    metadata.create_all(engine)
    with engine.connect() as connection:
        for at, thing in enumerate(things()):
            writer = Writer(ROOM, unique_group_names=False, moment=f"2026-11-23T18:00:{at:02d}.000Z")
            writer.create(connection, "Thing", thing, f"t{(at * 5) % 14:02d}")
        connection.commit()
        yield connection
    engine.dispose()


def found(connection: sa.Connection, query: Query) -> Page:
    """A page of things as the backend would give it."""
    page = read_page(connection, ROOM, "Thing", query)
    shown = (whole(row, joined, "Thing") for row, joined in zip(page.rows, page.joined, strict=True))
    return Page(tuple(shown), page.total, query.start_index, page.next_cursor)


def names_of(place: Place) -> list[AttributePath]:
    """The ways to write a place: in other cases, with and without its schema."""
    sub = place.sub_attribute.name if place.sub_attribute is not None else None
    urn = place.container or THING
    ways = [
        AttributePath(urn, place.attribute.name, sub),
        AttributePath(urn.upper(), place.attribute.name.upper(), sub),
    ]
    return ways if place.container else [*ways, AttributePath(None, place.attribute.name, sub and sub.lower())]


PLACES = [place for place in TYPE._places() if place.attribute.name not in ("schemas", MORE)]
PATHS = st.sampled_from([path for place in PLACES for path in names_of(place) if place.attribute.name != "meta"]) | (
    st.sampled_from(
        [AttributePath(None, "meta", "created"), AttributePath(MORE, "UNDECLARED"), AttributePath(None, "no")]
    )
)
LISTED = st.sampled_from([AttributePath(None, "many"), AttributePath(MORE, "MANY"), AttributePath(THING, "one")])
LITERALS = st.sampled_from([each for some in VALUES.values() for each in some] + [None, 2, 0.5, "TRUE"])
INNER = st.recursive(
    st.builds(
        Comparison,
        st.sampled_from([AttributePath(None, each["name"]) for each in PARTS] + [AttributePath(None, "nothing")]),
        st.sampled_from(Operator),
        LITERALS,
    )
    | st.builds(Present, st.sampled_from([AttributePath(None, each["name"].upper()) for each in PARTS])),
    lambda inner: (
        st.builds(Not, inner) | st.builds(And, st.tuples(inner, inner)) | st.builds(Or, st.tuples(inner, inner))
    ),
    max_leaves=3,
)
TREES = st.recursive(
    st.builds(Comparison, PATHS, st.sampled_from(Operator), LITERALS)
    | st.builds(Present, PATHS)
    | st.builds(ValuePath, LISTED, INNER),
    lambda inner: (
        st.builds(Not, inner) | st.builds(And, st.tuples(inner, inner)) | st.builds(Or, st.tuples(inner, inner))
    ),
    max_leaves=5,
)
SORTS = st.sampled_from(
    [None, "id", "meta.lastModified", *(each["name"] for each in (*SIMPLE, *LISTS))]
) | st.sampled_from(
    ["one", "many.whole", f"{MORE}:displayName", f"{THING}:displayName", "externalId", f"{MORE}:Undeclared"]
)
LAW = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@LAW
@given(filter_=TREES, sort_by=SORTS, descending=st.booleans(), size=st.integers(1, 5))
def test_one_answer_however_it_is_found(
    connection: sa.Connection, filter_: Filter, sort_by: str | None, descending: bool, size: int
) -> None:
    """By the database or in memory, from the tree or from its text, in pages by index or by cursor."""
    everything = found(connection, Query(count=100)).resources
    assert len(everything) == 14
    matcher = compile_filter(filter_, TYPE)
    wanted = [each for each in everything if matcher(each)]
    if sort_by is not None:
        wanted = sort_resources(wanted, sort_by, descending, TYPE)
    ids = [each["id"] for each in wanted]
    again = parse_filter(print_filter(filter_), schemas=TYPE.schema_ids)
    query = Query(filter=again, sort_by=sort_by, descending=descending)
    page = found(connection, query)
    assert ([each["id"] for each in page.resources], page.total) == (ids, len(ids))
    by_index: list[str] = []
    for start in range(1, len(ids) + 2, size):
        part = Query(filter=again, sort_by=sort_by, descending=descending, start_index=start, count=size)
        by_index += [each["id"] for each in found(connection, part).resources]
    assert by_index == ids
    by_cursor: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        part = Query(filter=again, sort_by=sort_by, descending=descending, count=size, cursor=cursor)
        following = found(connection, part)
        by_cursor += [each["id"] for each in following.resources]
        cursor = following.next_cursor
    assert by_cursor == ids


@LAW
@given(filter_=TREES)
def test_the_opposite_finds_all_others(connection: sa.Connection, filter_: Filter) -> None:
    """A filter and its negation share nobody and leave nobody out; so do `eq` and `ne`."""
    everything = found(connection, Query(count=100)).resources
    some = {each["id"] for each in found(connection, Query(filter=filter_)).resources}
    others = {each["id"] for each in found(connection, Query(filter=Not(filter_))).resources}
    assert not some & others
    assert some | others == {each["id"] for each in everything}


def test_every_kind_of_value_is_told_apart(connection: sa.Connection) -> None:
    """What types mean: instants by time, numbers by size, text without case, binary values and references with it."""
    for text, count in (
        ('instant eq "2026-11-23T18:00:00Z"', 'instant eq "2026-11-23T20:00:00.000+02:00"'),
        (
            'instant gt "2026-11-23T18:00:00Z" and instant lt "2026-11-23T18:00:00.001Z"',
            'instant eq "2026-11-23T18:00:00.0000001Z"',
        ),
        ('text eq "É"', 'text eq "e\u0301"'),
        ('text eq "ss"', 'text eq "ß"'),
        ("whole eq 1", "whole eq 1.0"),
        ("flag eq true", 'flag eq "TRUE"'),
        ("not (flag eq true)", "flag ne true"),
        ("text eq null", "not (text pr)"),
        ("many.whole eq 1", "many[whole eq 1]"),
        ('many eq "a"', 'many[value eq "a"]'),
        ('many[type eq "a"].value eq "ab"', 'many[type eq "a" and value eq "ab"]'),
    ):
        pages = []
        for each in (text, count):
            filter_ = parse_filter(each, schemas=TYPE.schema_ids)
            check_filter(filter_, TYPE)
            pages.append([one["id"] for one in found(connection, Query(filter=filter_)).resources])
        assert pages[0] == pages[1], text
        if "type eq" not in text:
            assert pages[0], text
    for exact, other in (('bytes eq "TUlJ"', 'bytes eq "tulj"'), ('link eq "urn:x:A"', 'link eq "urn:x:a"')):
        one, two = (
            {each["id"] for each in found(connection, Query(filter=parse_filter(text))).resources}
            for text in (exact, other)
        )
        assert one
        assert two
        assert not one & two
