"""The gallery's templates are complete, compile, and say what the tutorial says."""

import pytest

from provisor.gallery.synchronization.completing import complete_schema
from provisor.gallery.synchronization.reading import read_rules
from provisor.gallery.templates import get_template, load_templates
from provisor.model.errors import NotFound
from provisor.stages.rules.compiled import compile_rules

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
TUTORIAL = {
    "userName": "String",
    "active": "Boolean",
    'emails[type eq "work"].value': "String",
    "displayName": "String",
    "name.givenName": "String",
    "name.familyName": "String",
    'phoneNumbers[type eq "work"].value': "String",
    'phoneNumbers[type eq "mobile"].value': "String",
    'addresses[type eq "work"].formatted': "String",
    "locale": "String",
    "title": "String",
    "timezone": "String",
    "externalId": "String",
    f"{ENTERPRISE}:department": "String",
    f"{ENTERPRISE}:manager": "Reference",
    "urn:ietf:params:scim:schemas:extension:freshservice:2.0:User:isAgent": "String",
}


@pytest.mark.parametrize("template", load_templates().values(), ids=lambda template: template.id)
def test_every_template_compiles(template) -> None:
    """A template's rules have no fault."""
    assert compile_rules(read_rules(template.schema)).matching


@pytest.mark.parametrize("template", load_templates().values(), ids=lambda template: template.id)
def test_every_template_is_complete(template) -> None:
    """Every mapping source has its text and its tree, so that nothing changes when it is exported."""
    assert complete_schema(template.schema) == template.schema


def test_the_desk_has_the_tutorials_attributes() -> None:
    """All 16 target attributes with their types; only userName can be filtered by; externalId is not mapped."""
    rules = read_rules(get_template("freshservice").schema)
    offered = {name: one for name, one in rules.target_attributes(rules.users).items() if not one.is_anchor}
    assert {name: one.type.value for name, one in offered.items()} == TUTORIAL
    assert [name for name, one in offered.items() if one.is_filterable] == ["userName"]
    mapped = {mapping.target for mapping in rules.users.attribute_mappings}
    assert mapped == set(TUTORIAL) - {"externalId"}
    assert rules.users.creates
    assert rules.users.updates
    assert rules.users.deletes


def test_an_unknown_template_names_those_there_are() -> None:
    """The error says what to use instead."""
    with pytest.raises(NotFound) as missing:
        get_template("nope")
    assert "freshservice" in str(missing.value)
