"""What the attributes of a person are called: the engine's names, Microsoft Graph's, and the admin center's files'.

The directory stores the engine's names (mapping spec §8.1, §8.2); a source hands out both families, so that a mapping
written with either works. Everything is text but the names listed here.
"""

import re
from collections.abc import Mapping
from typing import Any

ALIASES: Mapping[str, str] = {
    "id": "objectId",
    "mobilePhone": "mobile",
    "businessPhones": "telephoneNumber",
    "officeLocation": "physicalDeliveryOfficeName",
    "faxNumber": "facsimileTelephoneNumber",
    "alternateEmailAddress": "otherMails",
    "directorySynced": "dirSyncEnabled",
    "onPremisesSyncEnabled": "dirSyncEnabled",
    "invitationState": "userState",
    "externalUserState": "userState",
    "onPremisesImmutableId": "immutableId",
}
"""Another name → the engine's name."""

_PLAIN_NAMES = """
objectId userPrincipalName displayName givenName surname mail mailNickname accountEnabled manager
jobTitle department companyName employeeId employeeType employeeHireDate employeeLeaveDateTime
employeeOrgData.division employeeOrgData.costCenter
telephoneNumber mobile facsimileTelephoneNumber otherMails proxyAddresses sipProxyAddress
physicalDeliveryOfficeName streetAddress city state postalCode country usageLocation preferredLanguage preferredName
userType creationType createdDateTime userState identityIssuer immutableId dirSyncEnabled showInAddressList
ageGroup consentProvidedForMinor legalAgeGroupClassification
onPremisesSecurityIdentifier onPremisesDistinguishedName onPremisesSamAccountName onPremisesDomainName"""

NAMES: frozenset[str] = frozenset(_PLAIN_NAMES.split()) | {f"extensionAttribute{number}" for number in range(1, 16)}
"""Every name that the directory stores, extensions of applications excepted."""

BOOLEANS = frozenset({"accountEnabled", "dirSyncEnabled", "showInAddressList"})
DATES = frozenset({"employeeHireDate", "employeeLeaveDateTime"})
LISTS = frozenset({"otherMails", "proxyAddresses"})
IGNORED = frozenset({"passwordProfile", "passwordProfile.password"})
"""Columns that are known and never stored: an initial password belongs into no directory export."""

EXTENSION = re.compile(r"extension_\w+")
"""A directory extension of an application; its name keeps its case."""

_BY_FOLDED = {name.casefold(): name for name in NAMES} | {alias.casefold(): name for alias, name in ALIASES.items()}
_NESTED_EXTENSION = "onpremisesextensionattributes."


def canonical_name(written: str) -> str | None:
    """The engine's name for what a file calls it, whatever the case; None for a name that nobody knows."""
    name = written.strip()
    if EXTENSION.fullmatch(name):
        return name
    folded = name.casefold().removeprefix(_NESTED_EXTENSION)
    return _BY_FOLDED.get(folded)


def known_spellings() -> list[str]:
    """Every name that a file may use, for suggestions."""
    return sorted(NAMES | set(ALIASES))


def with_aliases(user_id: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes under both families of names."""
    both = {**attributes, "objectId": user_id, "id": user_id}
    for alias, name in ALIASES.items():
        if name in attributes:
            both[alias] = attributes[name]
    phone = attributes.get("telephoneNumber")
    if phone is not None:
        both["businessPhones"] = [phone]
    others = attributes.get("otherMails")
    if isinstance(others, list) and others:
        both["alternateEmailAddress"] = others[0]
    return both
