"""Characteristics of attributes, held against whole resources; and what is shown of them."""

import pytest

from provisor.model.errors import Reject
from provisor.scim.characteristics import check_create, check_replace, compile_projection, project, without_secrets
from provisor.scim.path import ENTERPRISE_SCHEMA as ENTERPRISE
from provisor.scim.path import GROUP_SCHEMA as GROUP
from provisor.scim.path import USER_SCHEMA as USER
from provisor.scim.registry import group_type, read_schema, user_type
from provisor.scim.schema import Extension, ResourceType

OPEN = "urn:example:ext:contoso:2.0:User"
TYPE = user_type(
    [
        read_schema(
            {
                "id": OPEN,
                "isOpen": True,
                "attributes": [
                    {"name": "isAgent"},
                    {"name": "badge", "mutability": "immutable"},
                    {"name": "level", "type": "integer"},
                    {"name": "weight", "type": "decimal"},
                    {"name": "hired", "type": "dateTime"},
                    {"name": "origin", "mutability": "readOnly"},
                    {"name": "hint", "returned": "request"},
                ],
            }
        )
    ]
)
BASE = {"schemas": [USER], "userName": "ada@contoso.com"}


def rejected(code, function, *arguments, **options):
    with pytest.raises(Reject) as fault:
        function(*arguments, **options)
    assert fault.value.code == code
    return str(fault.value)


def test_names_are_brought_to_their_case_and_booleans_are_read():
    """Clients spell as they like; what is stored is canonical."""
    sent = {
        "SCHEMAS": [USER],
        "username": "Ada",
        "EMAILS": [{"TYPE": "work", "Value": "a@x", "PRIMARY": "True"}],
        "ACTIVE": "False",
    }
    stored = check_create(sent, TYPE)
    assert stored == {
        "schemas": [USER],
        "userName": "Ada",
        "emails": [{"type": "work", "value": "a@x", "primary": True}],
        "active": False,
    }


def test_nothing_is_stored_for_empty_values():
    """Null, empty lists, empty objects and, leniently, empty texts assign nothing."""
    sent = {
        **BASE,
        "title": None,
        "emails": [],
        "name": {},
        "roles": [{}],
        "nickName": "",
        ENTERPRISE: {"manager": {"value": ""}},
    }
    assert check_create(sent, TYPE) == BASE


def test_what_the_service_provider_sets_is_ignored():
    """id, meta, groups and readOnly parts."""
    sent = {
        **BASE,
        "id": "1",
        "meta": {"version": "x"},
        "groups": [{"value": "1"}],
        OPEN: {"origin": "x", "isAgent": "True"},
    }
    assert check_create(sent, TYPE) == {**BASE, "schemas": [USER, OPEN], OPEN: {"isAgent": "True"}}


def test_unknown_things_are_ignored_or_strictly_refused():
    """Attributes, parts and schemas."""
    for odd in (
        {"favourite": 1},
        {"name": {"nick": "A"}},
        {"schemas": [USER, "urn:x:y"]},
        {"urn:x:y": {"a": 1}},
        {"schemas": []},
    ):
        assert check_create({**BASE, **odd}, TYPE) == BASE
        rejected("invalidSyntax", check_create, {**BASE, **odd}, TYPE, strict=True)
    rejected("invalidSyntax", check_create, [], TYPE)


def test_an_open_schema_keeps_undeclared_attributes_as_they_are():
    """Their values are not looked into, and their names keep the case in which they came first."""
    sent = {
        **BASE,
        OPEN: {
            "isAgent": True,
            "cf_Shift": "late",
            "CF_SHIFT": "early",
            "tags": [1, {"a": None}],
            "bad name": 1,
            "__proto__": 1,
        },
    }
    assert check_create(sent, TYPE)[OPEN] == {"isAgent": "True", "cf_Shift": "early", "tags": [1, {"a": None}]}
    rejected("invalidValue", check_create, {**BASE, OPEN: {"x": ["\ud800"]}}, TYPE)
    rejected("invalidValue", check_create, {**BASE, OPEN: {"x": {"a\0": 1}}}, TYPE)


def test_required_attributes_need_values():
    """A user has a userName, a group a displayName."""
    assert "userName" in rejected("invalidValue", check_create, {"schemas": [USER], "userName": ""}, TYPE)
    assert "displayName" in rejected("invalidValue", check_create, {"schemas": [GROUP]}, group_type())


DEVICE = ResourceType(
    "Device",
    "Device",
    "/Devices",
    read_schema(
        {
            "id": "urn:example:params:scim:schemas:contoso:2.0:Device",
            "name": "Device",
            "attributes": [
                {"name": "serial", "required": True, "mutability": "immutable"},
                {"name": "ports", "type": "integer"},
                {"name": "weight", "type": "decimal"},
                {"name": "bought", "type": "dateTime"},
                {"name": "pin", "mutability": "writeOnly", "returned": "never"},
                {
                    "name": "maker",
                    "type": "complex",
                    "subAttributes": [
                        {"name": "code", "mutability": "immutable"},
                        {"name": "name"},
                        {"name": "rank", "mutability": "readOnly"},
                        {"name": "secret", "returned": "never"},
                    ],
                },
                {
                    "name": "parts",
                    "type": "complex",
                    "multiValued": True,
                    "subAttributes": [
                        {"name": "number", "required": True},
                        {"name": "secret", "returned": "never"},
                    ],
                },
                {
                    "name": "secrets",
                    "type": "complex",
                    "multiValued": True,
                    "subAttributes": [
                        {"name": "key", "returned": "never"},
                    ],
                },
            ],
        }
    ),
    extensions=(
        Extension(
            read_schema(
                {
                    "id": "urn:example:params:scim:schemas:extension:contoso:2.0:Device",
                    "name": "DeviceKeys",
                    "attributes": [{"name": "key", "returned": "never"}],
                }
            )
        ),
    ),
)
KEYS = "urn:example:params:scim:schemas:extension:contoso:2.0:Device"


@pytest.mark.parametrize(
    ("name", "value", "lenient", "strict"),
    [
        ("ports", 5, 5, 5),
        ("ports", "5", 5, None),
        ("ports", 5.0, 5, 5),
        ("ports", 5.5, None, None),
        ("ports", True, None, None),
        ("ports", 2**63 - 1, 2**63 - 1, 2**63 - 1),
        ("ports", 2**63, None, None),
        ("ports", 10**400, None, None),
        ("weight", 1.5, 1.5, 1.5),
        ("weight", "1.5", 1.5, None),
        ("weight", 10**400, None, None),
        ("weight", "1e999", None, None),
        ("weight", "heavy", None, None),
        ("bought", "2026-11-23T18:00:00.1234567+01:00", *["2026-11-23T18:00:00.1234567+01:00"] * 2),
        ("bought", "2026-11-23", "2026-11-23", None),
        ("bought", "2026-13-23T18:00:00Z", None, None),
        ("bought", 5, None, None),
    ],
)
def test_numbers_and_instants_are_of_their_type(name, value, lenient, strict):
    """Whole numbers of 64 bits, finite decimals, instants with their time; None stands for a refusal."""
    body = {"schemas": [DEVICE.schema.id], "serial": "1", name: value}
    for expected, is_strict in ((lenient, False), (strict, True)):
        if expected is None:
            rejected("invalidValue", check_create, body, DEVICE, is_strict)
        else:
            assert check_create(body, DEVICE, is_strict)[name] == expected


def test_required_parts_are_needed_where_their_attribute_is():
    """A list without elements needs none; each element that is there needs its part, and the sentence names it."""
    assert "parts" not in check_create({"serial": "1", "parts": []}, DEVICE)
    sentence = rejected(
        "invalidValue", check_create, {"serial": "1", "parts": [{"number": "1"}, {"secret": "x"}]}, DEVICE
    )
    assert "parts.number" in sentence


def test_immutable_parts_stay_and_what_we_set_stays():
    """PUT may repeat or leave out an immutable part, not change it; readOnly parts are ours to keep."""
    current = {**check_create({"serial": "1", "maker": {"code": "c", "name": "n"}}, DEVICE)}
    current["maker"]["rank"] = "first"
    replaced = check_replace(current, {"serial": "1", "maker": {"name": "m", "rank": "mine"}}, DEVICE)
    assert (replaced["serial"], replaced["maker"]) == ("1", {"name": "m", "code": "c", "rank": "first"})
    assert "maker" not in check_replace(current, {"serial": "1"}, DEVICE)
    assert "code" in rejected("mutability", check_replace, current, {"serial": "1", "maker": {"code": "d"}}, DEVICE)
    assert "serial" in rejected("mutability", check_replace, current, {"serial": "2"}, DEVICE)


def test_what_is_never_shown_is_never_kept():
    """At the top, within values and lists, and in extensions; what held nothing else goes as a whole."""
    resource = check_create(
        {
            "serial": "1",
            "pin": "0000",
            "maker": {"name": "n", "secret": "s"},
            "parts": [{"number": "1", "secret": "s"}],
            "secrets": [{"key": "k"}],
            KEYS: {"key": "k"},
        },
        DEVICE,
    )
    assert KEYS in resource["schemas"]
    assert without_secrets(resource, DEVICE) == {
        "serial": "1",
        "maker": {"name": "n"},
        "parts": [{"number": "1"}],
        "schemas": [DEVICE.schema.id],
    }


@pytest.mark.parametrize(
    ("name", "value", "lenient", "strict"),
    [
        ("title", 7, "7", None),
        ("title", True, "True", None),
        ("title", ["x"], "x", None),
        ("title", {"value": "x"}, None, None),
        ("title", "a\0b", None, None),
        ("title", "\ud800", None, None),
        ("title", "é", "é", "é"),
        ("active", "true", True, None),
        ("active", 1, None, None),
        ("active", "yes", None, None),
        ("emails", {"value": "x"}, [{"value": "x"}], None),
        ("emails", "x", [{"value": "x"}], None),
        ("emails", [{"value": "x"}, {"value": "x"}], [{"value": "x"}], [{"value": "x"}]),
        ("emails", [{"value": "x", "primary": True}, {"value": "y", "primary": True}], None, None),
        ("emails", [["x"]], None, None),
        ("name", "x", None, None),
        ("profileUrl", "no address at all", "no address at all", None),
        ("profileUrl", "../Ada%20B?x=1#y", "../Ada%20B?x=1#y", "../Ada%20B?x=1#y"),
        ("profileUrl", "https://contoso.example/ü", "https://contoso.example/ü", "https://contoso.example/ü"),
        (
            "emails",
            [{"value": "x", "type": "work"}, {"value": "X", "type": "Work", "display": "d"}],
            [{"value": "X", "type": "Work", "display": "d"}],
            [{"value": "X", "type": "Work", "display": "d"}],
        ),
        ("emails", [{"value": "x", "type": "a"}, {"value": "x"}], *[[{"value": "x", "type": "a"}, {"value": "x"}]] * 2),
        ("x509Certificates", [{"value": "TUlJ"}], [{"value": "TUlJ"}], [{"value": "TUlJ"}]),
        ("x509Certificates", [{"value": "TU\nlJ-_8"}], [{"value": "TU\nlJ-_8"}], None),
        ("x509Certificates", [{"value": "-_-_"}], [{"value": "-_-_"}], [{"value": "-_-_"}]),
        ("x509Certificates", [{"value": "no base64!"}], None, None),
        ("x509Certificates", [{"value": "TUlJT"}], None, None),
    ],
)
def test_values_are_of_their_type(name, value, lenient, strict):
    """Leniently they are read as far as they can be; None stands for a refusal."""
    for expected, is_strict in ((lenient, False), (strict, True)):
        if expected is None:
            rejected("invalidValue", check_create, {**BASE, name: value}, TYPE, is_strict)
        else:
            assert check_create({**BASE, name: value}, TYPE, is_strict)[name] == expected


@pytest.mark.parametrize(
    ("name", "value", "stored"),
    [
        ("level", 3, 3),
        ("level", "3", 3),
        ("level", 3.0, 3),
        ("level", 3.5, None),
        ("level", True, None),
        ("level", "three", None),
        ("weight", "3.5", 3.5),
        ("weight", float("inf"), None),
        ("weight", "nan", None),
        ("hired", "2026-11-23T18:00:00.1234567+01:00", "2026-11-23T18:00:00.1234567+01:00"),
        ("hired", "2026-13-23T18:00:00Z", None),
        ("hired", 5, None),
    ],
)
def test_numbers_and_instants(name, value, stored):
    """What cannot be read is refused; what can be is stored natively, instants as they are written."""
    if stored is None:
        rejected("invalidValue", check_create, {**BASE, OPEN: {name: value}}, TYPE)
    else:
        assert check_create({**BASE, OPEN: {name: value}}, TYPE)[OPEN] == {name: stored}


def test_attributes_may_be_qualified_or_stand_under_their_own_schema():
    """The forms that clients have been seen to send."""
    wanted = {**BASE, "schemas": [USER, ENTERPRISE], "title": "x", ENTERPRISE: {"department": "R", "costCenter": "4"}}
    sent = {
        USER: {"userName": BASE["userName"], "title": "x"},
        ENTERPRISE.upper(): {"department": "R"},
        f"{ENTERPRISE}:costCenter": "4",
    }
    assert check_create(sent, TYPE) == wanted
    assert check_create({**BASE, "department": "R"}, TYPE)[ENTERPRISE] == {"department": "R"}
    assert check_create({**BASE, "department": None}, TYPE) == BASE
    rejected("invalidSyntax", check_create, {**BASE, "department": "R"}, TYPE, strict=True)
    assert check_create({USER: {USER: {"userName": "x"}}, "userName": "a"}, TYPE)["userName"] == "a"


def test_a_replacement_keeps_what_only_the_service_provider_writes():
    """The id and meta stay, omitted attributes are cleared, immutable ones stay or must be the same."""
    current = {**BASE, "id": "1", "meta": {"version": "v"}, "title": "x", OPEN: {"badge": "7", "origin": "import"}}
    kept = {
        **BASE,
        "schemas": [USER, OPEN],
        "id": "1",
        "meta": {"version": "v"},
        OPEN: {"badge": "7", "origin": "import"},
    }
    assert check_replace(current, {**BASE, "id": "2", "meta": {}}, TYPE) == kept
    assert check_replace(current, {**BASE, OPEN: {"badge": "7", "isAgent": "x"}}, TYPE)[OPEN]["isAgent"] == "x"
    rejected("mutability", check_replace, current, {**BASE, OPEN: {"badge": "8"}}, TYPE)


FULL = {
    **BASE,
    "id": "1",
    "name": {"givenName": "Ada", "familyName": "L"},
    "password": "secret",
    "emails": [{"type": "work", "value": "a@x"}, {"type": "home"}],
    ENTERPRISE: {"department": "R", "manager": {"value": "2"}},
    OPEN: {"cf_room": "7", "hint": "h"},
    "meta": {"version": "v"},
}


@pytest.mark.parametrize(
    ("attributes", "excluded", "shown"),
    [
        ((), (), {key: value for key, value in FULL.items() if key != "password"} | {OPEN: {"cf_room": "7"}}),
        (("userName",), (), {"userName"}),
        (("USERNAME", "password", "nothing", "a b"), (), {"userName"}),
        (("name.givenName",), (), {"name": {"givenName": "Ada"}}),
        (("name.middleName",), (), {}),
        (("emails.value",), (), {"emails": [{"value": "a@x"}]}),
        (('emails[type eq "work"]',), (), {"emails": FULL["emails"]}),
        ((ENTERPRISE,), (), {ENTERPRISE: FULL[ENTERPRISE]}),
        ((f"{ENTERPRISE}:manager",), (), {ENTERPRISE: {"manager": {"value": "2"}}}),
        ((f"{ENTERPRISE.lower()}:manager.value",), (), {ENTERPRISE: {"manager": {"value": "2"}}}),
        ((f"{OPEN}:CF_ROOM",), (), {OPEN: {"cf_room": "7"}}),
        ((f"{OPEN}:hint",), (), {OPEN: {"hint": "h"}}),
        ((OPEN,), (), {OPEN: {"cf_room": "7"}}),
        ((f"{USER}:userName",), (), {"userName"}),
        ((), ("emails.value", "name", OPEN, "meta"), {"userName", ENTERPRISE} | {"emails"}),
        ((), ("id", "schemas", "emails", "name", ENTERPRISE, OPEN, "meta", "userName"), {}),
    ],
)
def test_what_is_shown(attributes, excluded, shown):
    """The id and schemas always, password never, the rest as asked."""
    result = project(FULL, TYPE, attributes, excluded)
    assert result.pop("id") == "1"
    assert result.pop("schemas") == [USER]
    if isinstance(shown, set):
        assert set(result) == shown
    else:
        assert result == {key: value for key, value in shown.items() if key not in {"id", "schemas"}}


def test_both_lists_exclude_each_other_and_nothing_is_changed():
    """A projection never alters what is stored."""
    rejected("invalidValue", compile_projection, TYPE, ["a"], ["b"])
    rejected("invalidValue", compile_projection, TYPE, ["a"] * 501)
    shown = project(BASE, TYPE)
    assert shown == BASE
    assert shown is not BASE
    assert project(FULL, TYPE, (), ["emails.value"])["emails"] == [{"type": "work"}, {"type": "home"}]
    assert FULL["emails"][0]["value"] == "a@x"
