"""Import: a source page becomes what the later stages work on.

Attributes get the names and forms that mappings expect; a fingerprint tells whether anything that a decision can
depend on has changed since the person was last evaluated.
"""

from dataclasses import replace
from hashlib import blake2b

import msgspec

from provisor.model.resource import Attributes, ObjectType, SourceResource
from provisor.stages.clauses.operand import MANAGER_PREFIX

GUEST_MARK = "#EXT#"
FINGERPRINT_BYTES = 16


def import_resource(resource: SourceResource) -> SourceResource:
    """The resource as mappings see it: a guest's user name is the address they were invited by (engine spec §1.5)."""
    if resource.type is not ObjectType.USER:
        return resource
    attributes = dict(resource.attributes)
    name = attributes.get("userPrincipalName")
    attributes["originalUserPrincipalName"] = name
    if isinstance(name, str) and GUEST_MARK in name:
        attributes["userPrincipalName"] = restore_guest_address(name)
    return replace(resource, attributes=attributes)


def add_manager(resource: SourceResource, manager: Attributes | None, names: frozenset[str]) -> SourceResource:
    """The resource with the manager's attributes that filters read, as `manager.department`."""
    if not names:
        return resource
    added = {f"{MANAGER_PREFIX}{name}": (manager or {}).get(name) for name in names}
    return replace(resource, attributes={**resource.attributes, **added})


def restore_guest_address(user_principal_name: str) -> str:
    """`ada_example.com#EXT#@home` is `ada@example.com`: the last underscore stood for the at sign."""
    local = user_principal_name.split(GUEST_MARK, 1)[0]
    name, _, domain = local.rpartition("_")
    return f"{name}@{domain}" if name and domain else local


def fingerprint(resource: SourceResource) -> bytes:
    """A digest of everything in the resource; equal digests mean that nothing has changed."""
    content = (resource.presence.value, sorted(resource.attributes.items(), key=lambda pair: pair[0]))
    return blake2b(msgspec.json.encode(content), digest_size=FINGERPRINT_BYTES).digest()
