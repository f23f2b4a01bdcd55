"""What a clause is about: an attribute of the person, or one of the person's manager (`manager.department`)."""

from provisor.model.rules import AttributeDefinition, Definitions

MANAGER_PREFIX = "manager."
"""Before the name of an attribute it means the manager's; Entra does not have that (mapping spec §10)."""


def find_definition(name: str, definitions: Definitions) -> AttributeDefinition | None:
    """The definition of an operand, None where the attribute list has none."""
    found = definitions.get(name)
    if found is None and name.startswith(MANAGER_PREFIX):
        return definitions.get(name.removeprefix(MANAGER_PREFIX))
    return found


def managers_attributes(names: frozenset[str], definitions: Definitions) -> frozenset[str]:
    """Which of the names mean attributes of the manager, without the prefix."""
    return frozenset(
        name.removeprefix(MANAGER_PREFIX)
        for name in names
        if name.startswith(MANAGER_PREFIX) and name not in definitions
    )
