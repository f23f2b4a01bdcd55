"""Strategies for SCIM: filters, paths, and resources made from the schemas themselves."""

from hypothesis import strategies as st

from provisor.scim.characteristics import check_create
from provisor.scim.filter import And, Comparison, Not, Operator, Or, Present, ValuePath
from provisor.scim.path import ENTERPRISE_SCHEMA, USER_SCHEMA, AttributePath, Path
from provisor.scim.registry import group_type, read_schema, user_type
from provisor.scim.schema import Attribute, AttributeType, Mutability

OPEN_SCHEMA = "urn:example:schemas:extension:contoso:2.0:User"
CONTOSO = read_schema(
    {
        "id": OPEN_SCHEMA,
        "name": "ContosoUser",
        "isOpen": True,
        "attributes": [
            {"name": "badge", "type": "string", "caseExact": True},
            {"name": "level", "type": "integer"},
            {"name": "weight", "type": "decimal"},
            {"name": "hired", "type": "dateTime"},
            {"name": "tags", "type": "string", "multiValued": True},
            {"name": "number", "type": "string", "mutability": "immutable"},
        ],
    }
)
USER = user_type([CONTOSO])
GROUP = group_type()

words = st.text("abXY .:@\"\\[]é'", max_size=6)
instants = st.datetimes().map(lambda instant: instant.isoformat() + "Z")

names = st.sampled_from(
    ["userName", "displayName", "active", "emails", "name", "externalId", "x-y", "_a", "Title", "nothing", "$ref"]
)
subs = st.sampled_from([None, "value", "type", "givenName", "primary", "$ref"])
schemas = st.sampled_from([None, USER_SCHEMA, ENTERPRISE_SCHEMA, "urn:x:1.0:Y"])
attribute_paths = st.builds(AttributePath, schemas, names, subs)
literals = st.one_of(
    words, st.booleans(), st.none(), st.integers(-(2**40), 2**40), st.floats(allow_nan=False, allow_infinity=False)
)
operators = st.sampled_from(list(Operator))


def _combine(children):
    lists = st.lists(children, min_size=2, max_size=3).map(tuple)
    return st.one_of(st.builds(And, lists), st.builds(Or, lists), st.builds(Not, children))


inner_filters = st.recursive(
    st.one_of(
        st.builds(Comparison, st.builds(AttributePath, st.none(), names), operators, literals),
        st.builds(Present, st.builds(AttributePath, st.none(), names)),
    ),
    _combine,
    max_leaves=4,
)
value_paths = st.builds(ValuePath, st.builds(AttributePath, schemas, names), inner_filters)
filters = st.recursive(
    st.one_of(
        st.builds(Comparison, attribute_paths, operators, literals),
        st.builds(Present, attribute_paths),
        value_paths,
    ),
    _combine,
    max_leaves=8,
)
paths = st.one_of(
    st.builds(Path, attribute_paths),
    st.builds(Path, st.builds(AttributePath, schemas, names), inner_filters, st.sampled_from([None, "value", "$ref"])),
)


def values_of(attribute: Attribute):
    """Values of one attribute, without its list."""
    match attribute.type:
        case AttributeType.BOOLEAN:
            return st.booleans()
        case AttributeType.INTEGER:
            return st.integers(-100, 100)
        case AttributeType.DECIMAL:
            return st.floats(-100, 100)
        case AttributeType.DATE_TIME:
            return instants
        case AttributeType.BINARY:
            return st.sampled_from(["TUlJ", "tulj", "TU==", "-_-_"])
        case AttributeType.REFERENCE:
            return st.sampled_from(["a", "A", "https://contoso.example/b?c=d#e", "../é", "urn:x:y"])
        case AttributeType.COMPLEX:
            return st.fixed_dictionaries(
                {}, optional={sub.name: everything_of(sub) for sub in attribute.sub_attributes}
            ).map(lambda value: {key: inner for key, inner in value.items() if key != "primary" or inner})
        case _:
            return st.sampled_from(["a", "A", "b", "work", "home", 'q"', "c.d:e", "é", "]"])


def everything_of(attribute: Attribute):
    """Values of one attribute as they stand in a resource."""
    single = values_of(attribute)
    if not attribute.is_multivalued:
        return single
    return st.lists(single, max_size=4).map(_one_primary)


def _one_primary(elements):
    result, found = [], False
    for each in elements:
        if isinstance(each, dict) and each.get("primary"):
            if found:
                each = {key: value for key, value in each.items() if key != "primary"}  # noqa: PLW2901
            found = True
        result.append(each)
    return result


_LIKE_OTHERS = {"ims", "photos", "phoneNumbers", "entitlements", "nickName", "userType", "preferredLanguage", "locale"}
"""Attributes of the same shape as others: leaving them out makes the examples smaller."""


def resources_of(type_):
    """Canonical resources of a type, a few attributes each."""
    members = {
        attribute.name: everything_of(attribute)
        for attribute in type_.attributes
        if attribute.mutability is not Mutability.READ_ONLY and attribute.name not in _LIKE_OTHERS
    }
    if OPEN_SCHEMA in members:
        members[OPEN_SCHEMA] = st.tuples(
            members[OPEN_SCHEMA],
            st.dictionaries(
                st.sampled_from(["cf_shift", "CF_room", "_location"]),
                st.one_of(words.filter(bool), st.booleans(), st.lists(st.integers(), min_size=1)),
                max_size=2,
            ),
        ).map(lambda pair: {**pair[0], **pair[1]})
    required = {attribute.name for attribute in type_.attributes if attribute.is_required} - {"schemas"}
    return st.fixed_dictionaries(
        {name: members[name] for name in required},
        optional={name: members[name] for name in members if name not in required},
    ).map(lambda resource: check_create(resource, type_))


users = resources_of(USER)
groups = resources_of(GROUP)
json_values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=8),
        st.sampled_from(["True", "", "work", "members", "a"]),
    ),
    lambda children: st.one_of(
        st.lists(children, max_size=3),
        st.dictionaries(
            st.one_of(
                st.text(max_size=8),
                st.sampled_from(
                    [
                        "value",
                        "type",
                        "primary",
                        "userName",
                        "NAME",
                        "emails",
                        "manager",
                        ENTERPRISE_SCHEMA,
                        OPEN_SCHEMA,
                    ]
                ),
                st.sampled_from(["name.givenName", 'emails[type eq "work"].value', "id", "schemas", USER_SCHEMA]),
            ),
            children,
            max_size=4,
        ),
    ),
    max_leaves=12,
)
