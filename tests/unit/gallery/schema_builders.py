"""Small schemas for the tests of the synchronization schema, and the realistic export of a tenant."""

import copy
import json
from pathlib import Path
from typing import Any

from provisor.gallery.synchronization.place import Findings, Place

CORPUS = Path(__file__).parents[2] / "corpus" / "schemas"
USER = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def entra_export() -> dict[str, Any]:
    """A schema as a tenant exports it, with users, groups, every kind of source, and members that nobody knows."""
    return json.loads((CORPUS / "entra-export.json").read_text(encoding="utf-8"))


def mapping(target: str, source: Any = "mail", **members: Any) -> dict[str, Any]:
    """An attribute mapping in Graph's shape; a text stands for a direct mapping."""
    if isinstance(source, str):
        source = {"type": "Attribute", "name": source, "expression": f"[{source}]", "parameters": []}
    return {"targetAttributeName": target, "source": source, "matchingPriority": 0, "flowType": "Always", **members}


def expression(text: str) -> dict[str, Any]:
    """A source that has its text only."""
    return {"type": "Function", "expression": text}


def group(name: str, *clauses: tuple[str, ...]) -> dict[str, Any]:
    """A filter group; a clause is attribute, operator, values."""
    return {
        "name": name,
        "clauses": [
            {"sourceOperandName": one[0], "operatorName": one[1], "targetOperand": {"values": list(one[2:])}}
            for one in clauses
        ],
    }


def attribute(name: str, **members: Any) -> dict[str, Any]:
    """An attribute of a list."""
    return {"name": name, "type": "String", **members}


def schema(*mappings: dict[str, Any], scope: Any = None, **members: Any) -> dict[str, Any]:
    """A schema for users with these mappings and lists that suit them."""
    rows = mappings or (mapping("userName", "userPrincipalName", matchingPriority=1),)
    source = ("userPrincipalName", "mail", "jobTitle", "department", "givenName", "surname", "displayName")
    targets = dict.fromkeys(("userName", "title", "displayName", *(row["targetAttributeName"] for row in rows)))
    return {
        "id": "job",
        "directories": [
            {"name": "source", "objects": [{"name": "User", "attributes": [attribute(name) for name in source]}]},
            {"name": "target", "objects": [{"name": USER, "attributes": [attribute(name) for name in targets]}]},
        ],
        "synchronizationRules": [
            {
                "name": "USER_OUTBOUND_USER",
                "sourceDirectoryName": "source",
                "targetDirectoryName": "target",
                "objectMappings": [
                    {
                        "name": "Users",
                        "sourceObjectName": "User",
                        "targetObjectName": USER,
                        "scope": copy.deepcopy(scope),
                        "attributeMappings": copy.deepcopy(list(rows)),
                        **members,
                    }
                ],
            }
        ],
    }


def at(value: Any) -> Place:
    """A place without a document around it."""
    return Place(value, "source", Findings())


def faults_of(place: Place) -> list[str]:
    """What has been found wrong."""
    return [str(fault) for fault in place.findings.faults]
