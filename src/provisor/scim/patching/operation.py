"""One PATCH operation as a value, and reading the request that carries several (RFC 7644 §3.5.2).

Keys and operation names are read in any case, and members that the RFC does not know are ignored.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from provisor.model.errors import Reject
from provisor.scim.grammar.attribute_path import STANDARD_SCHEMAS
from provisor.scim.grammar.tokens import excerpt
from provisor.scim.path import Path, parse_path

PATCH_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
PATCH_OPERATIONS_MAX = 1_000
"""Each may go through a list that those before it have made longer, while no other change is written."""
PATCH_VALUES_MAX = 100_000
"""Elements in the list of one operation's value."""


class Op(StrEnum):
    """What an operation does."""

    ADD = "add"
    REPLACE = "replace"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class PatchOperation:
    """`path` None aims at the resource as a whole. `value` is JSON; None stands for null and for no value."""

    op: Op
    path: Path | None = None
    value: Any = None


def parse_patch(body: Any, *, schemas: Collection[str] = STANDARD_SCHEMAS) -> tuple[PatchOperation, ...]:
    """Read the body of a PATCH request. Raises Reject (`invalidSyntax`, `invalidPath`)."""
    members = _lower_keys(body, "The PATCH body")
    named = members.get("schemas")
    if not isinstance(named, list) or PATCH_SCHEMA.lower() not in (str(each).lower() for each in named):
        raise _fault(f"The PATCH body does not name its schema {PATCH_SCHEMA}.")
    operations = members.get("operations")
    if not isinstance(operations, list) or not operations:
        raise _fault("The PATCH body has no list `Operations` with at least one operation.")
    if len(operations) > PATCH_OPERATIONS_MAX:
        raise _fault(f"The PATCH body has {len(operations)} operations; at most {PATCH_OPERATIONS_MAX} are read.")
    return tuple(_read_operation(each, schemas) for each in operations)


def _read_operation(data: Any, schemas: Collection[str]) -> PatchOperation:
    members = _lower_keys(data, "A PATCH operation")
    name = members.get("op")
    try:
        op = Op(name.strip().lower() if isinstance(name, str) else "")
    except ValueError:
        raise _fault(f"'{excerpt(str(name))}' is no PATCH operation; add, replace and remove are.") from None
    path = members.get("path")
    if path is not None and not isinstance(path, str):
        raise Reject("The path of a PATCH operation is not a text.", code="invalidPath")
    if op is not Op.REMOVE and "value" not in members:
        raise _fault(f"The PATCH operation '{op}' has no `value`.")
    value = members.get("value")
    if isinstance(value, list) and len(value) > PATCH_VALUES_MAX:
        raise _fault(f"A PATCH operation carries {len(value)} values; at most {PATCH_VALUES_MAX} are read.")
    return PatchOperation(op, parse_path(path, schemas=schemas) if path and path.strip() else None, value)


def _lower_keys(data: Any, what: str) -> dict[str, Any]:
    if not isinstance(data, Mapping):
        raise _fault(f"{what} is not a JSON object.")
    return {str(key).lower(): value for key, value in data.items()}


def _fault(message: str) -> Reject:
    return Reject(message, remedy="See RFC 7644 §3.5.2 for its form.", code="invalidSyntax")


def operation_json(operation: PatchOperation) -> dict[str, Any]:
    """The operation as it is sent: lower-case `op`, explicit path, no null value."""
    data: dict[str, Any] = {"op": operation.op.value}
    if operation.path is not None:
        data["path"] = str(operation.path)
    if operation.value is not None or operation.op is not Op.REMOVE:
        data["value"] = operation.value
    return data
