"""How the bridge treats one account: the settings of an installation, listed here and nowhere else."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, Self

from provisor.model.errors import Reject

DepartmentPolicy = Literal["create", "ignore", "fail"]
DEPARTMENT_POLICIES = ("create", "ignore", "fail")
REFRESH_AFTER_SECONDS = 15 * 60
LOAD_AGAIN_AFTER_SECONDS = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class BridgeSettings:
    """Stored with the installation as plain values.

    `department_policy`: what becomes of a department that the account lacks. `demote_agents`: whether `isAgent` false
    makes a requester of an agent. New agents get the role `agent_role` and, unless `is_occasional`, a full-time seat.
    Entries of the index older than `refresh_after_seconds` are read again before a write, 0 meaning always; the
    whole account is listed again after `load_again_after_seconds`.
    """

    department_policy: DepartmentPolicy = "create"
    demote_agents: bool = False
    agent_role: str = "SD Agent"
    is_occasional: bool = False
    refresh_after_seconds: int = REFRESH_AFTER_SECONDS
    load_again_after_seconds: int = LOAD_AGAIN_AFTER_SECONDS

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """Settings from plain values. Raises `Reject` with every fault."""
        known = {field.name: field.default for field in fields(cls)}
        faults = [
            f"There is no setting {name!r}; known are {', '.join(known)}." for name in values if name not in known
        ]
        for name, value in values.items():
            if name in known and type(value) is not type(known[name]):
                faults.append(f"{name} must be of type {type(known[name]).__name__}, not {value!r}.")
        if values.get("department_policy", "create") not in DEPARTMENT_POLICIES:
            faults.append(f"department_policy must be one of {', '.join(DEPARTMENT_POLICIES)}.")
        if faults:
            raise Reject("The settings of the installation are wrong.", reasons=faults)
        return cls(**values)
