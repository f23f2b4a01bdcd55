"""Who is in the directories that are measured: the same people for everybody, of about 0.8 KB of JSON each."""

import hashlib
import uuid
from typing import Any

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"


def person(number: int) -> dict[str, Any]:
    """A user as a client would create it."""
    name = f"person{number}@contoso.example"
    return {
        "schemas": [USER, ENTERPRISE],
        "userName": name,
        "externalId": external_id(number),
        "displayName": f"Person Number {number}",
        "name": {"givenName": "Person", "familyName": f"Number {number}", "formatted": f"Person Number {number}"},
        "title": "Clerk",
        "preferredLanguage": "en-GB",
        "active": True,
        "emails": [{"value": name, "type": "work", "primary": True}],
        "phoneNumbers": [{"value": f"+1 555 {number:07d}", "type": "work"}],
        "addresses": [
            {"type": "work", "streetAddress": "1 Main Street", "locality": "Springfield", "country": "US"},
        ],
        ENTERPRISE: {"employeeNumber": f"E{number:07d}", "department": "Sales", "costCenter": "4711"},
    }


def external_id(number: int) -> str:
    """A user's identifier at the client."""
    return f"ext-{number:07d}"


def resource_id(number: int) -> str:
    """The id of the resource that is loaded as the n-th: random to look at, and the same every time."""
    return str(uuid.UUID(bytes=hashlib.md5(b"%d" % number, usedforsecurity=False).digest(), version=4))
