"""PATCH (RFC 7644 §3.5.2): reading a request, applying it to a resource, and deriving one from two states.

The parts are in patching/; this is what the rest of the house calls.
"""

from provisor.scim.patching.apply import apply_patch
from provisor.scim.patching.derive import derive_patch
from provisor.scim.patching.operation import (
    PATCH_OPERATIONS_MAX,
    PATCH_SCHEMA,
    PATCH_VALUES_MAX,
    Op,
    PatchOperation,
    operation_json,
    parse_patch,
)

__all__ = [
    "PATCH_OPERATIONS_MAX",
    "PATCH_SCHEMA",
    "PATCH_VALUES_MAX",
    "Op",
    "PatchOperation",
    "apply_patch",
    "derive_patch",
    "operation_json",
    "parse_patch",
]
