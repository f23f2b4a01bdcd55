"""Import: guests' names and fingerprints."""

from dataclasses import replace

import pytest

from provisor.model.resource import ObjectType, Presence, SourceResource
from provisor.stages.importing import fingerprint, import_resource, restore_guest_address


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("ada_gmail.example#EXT#@contoso.example", "ada@gmail.example"),
        ("ada_de_la_cruz_gmail.example#EXT#@contoso.example", "ada_de_la_cruz@gmail.example"),
        ("odd#EXT#@contoso.example", "odd"),
    ],
)
def test_a_guest_is_known_by_the_invited_address(name, address) -> None:
    """The last underscore before the mark stood for the at sign."""
    assert restore_guest_address(name) == address
    attributes = import_resource(SourceResource("x", ObjectType.USER, {"userPrincipalName": name})).attributes
    assert attributes["userPrincipalName"] == address
    assert attributes["originalUserPrincipalName"] == name


def test_members_and_groups_keep_their_names() -> None:
    """Only a guest's name is rewritten, and only a user's."""
    user = SourceResource("x", ObjectType.USER, {"userPrincipalName": "ada_b@contoso.example"})
    assert import_resource(user).attributes["userPrincipalName"] == "ada_b@contoso.example"
    group = SourceResource("g", ObjectType.GROUP, {"displayName": "x#EXT#"})
    assert import_resource(group) is group


def test_the_fingerprint_tells_any_change() -> None:
    """Equal resources have equal fingerprints whatever the order of attributes; any difference shows."""
    one = SourceResource("x", ObjectType.USER, {"a": "1", "b": ["2"]})
    assert fingerprint(one) == fingerprint(SourceResource("y", ObjectType.USER, {"b": ["2"], "a": "1"}))
    assert fingerprint(one) != fingerprint(replace(one, attributes={"a": "1", "b": ["3"]}))
    assert fingerprint(one) != fingerprint(replace(one, presence=Presence.SOFT_DELETED))
