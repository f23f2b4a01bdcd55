"""`provisor schema add-attribute`: custom target attributes and directory extensions."""

from pathlib import Path

from provisor_command import provisor

LEVEL = "urn:ietf:params:scim:schemas:extension:contoso:2.0:User:level"


def test_an_attribute_is_added_and_can_be_mapped(tmp_path: Path) -> None:
    """It is offered with its type and flags, and marked as added; a second time, or misnamed, it is refused."""
    data = tmp_path / "data"
    assert provisor("app", "create", "--template", "scim", "--name", "Desk", data=data).code == 0
    added = provisor("schema", "add-attribute", "Desk", LEVEL, "--type", "Integer", "--filterable", data=data)
    assert added.code == 0
    assert "level" in added.out
    assert provisor("schema", "add-attribute", "Desk", "extension_0a_cost", "--source", data=data).code == 0
    schema = provisor("schema", "export", "Desk", data=data).json
    source, target = (directory["objects"][0]["attributes"][-1] for directory in schema["directories"])
    assert source["name"] == "extension_0a_cost"
    assert (target["name"], target["type"]) == (LEVEL, "Integer")
    assert {"key": "IsCustomerDefined", "value": "true"} in target["metadata"]
    again = provisor("schema", "add-attribute", "Desk", LEVEL, data=data)
    assert again.code == 2
    assert "has it already" in again.err
    misnamed = provisor("schema", "add-attribute", "Desk", "level", "--type", "Reference", data=data)
    assert misnamed.code == 2
    assert "A custom attribute is named urn:ietf:params" in misnamed.err
    assert "cannot be a reference" in misnamed.err
