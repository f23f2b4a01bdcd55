"""Attributes of people in LDAP directories (RFC 4519, RFC 2798, Active Directory) under the engine's names."""

import uuid
from collections.abc import Mapping
from typing import Any

from provisor.connectors.directory.ldif.records import LdifRecord
from provisor.connectors.directory.naming import LISTS, canonical_name

DISABLED_BIT = 2
"""ACCOUNTDISABLE in `userAccountControl`."""
GUID_BYTES = 16

PEOPLE_CLASSES = frozenset({"person", "organizationalperson", "inetorgperson", "user"})

_NAMES: Mapping[str, str] = {
    "objectguid": "objectId",
    "entryuuid": "objectId",
    "uid": "mailNickname",
    "cn": "displayName",
    "sn": "surname",
    "gn": "givenName",
    "title": "jobTitle",
    "departmentnumber": "department",
    "ou": "department",
    "o": "companyName",
    "company": "companyName",
    "employeenumber": "employeeId",
    "l": "city",
    "st": "state",
    "street": "streetAddress",
    "co": "country",
    "c": "usageLocation",
    "othermailbox": "otherMails",
    "samaccountname": "onPremisesSamAccountName",
    "useraccountcontrol": "accountEnabled",
    "nsaccountlock": "accountEnabled",
}
_SECOND_CHOICE = frozenset({"cn", "ou", "departmentnumber", "street", "uid", "o", "entryuuid", "employeenumber"})
"""Used only where the entry has no attribute with the very name."""

_IGNORED_TEXT = """
objectclass objectcategory distinguishedname name dn memberof directreports description initials gecos
userpassword unicodepwd jpegphoto thumbnailphoto photo usercertificate usersmimecertificate labeleduri
uidnumber gidnumber homedirectory loginshell homephone homepostaladdress postaladdress roomnumber carlicense pager
creatorsname createtimestamp modifiersname modifytimestamp entrycsn entrydn structuralobjectclass subschemasubentry
hassubordinates contextcsn whencreated whenchanged usncreated usnchanged instancetype objectsid primarygroupid
samaccounttype badpwdcount badpasswordtime codepage countrycode lastlogoff lastlogon lastlogontimestamp logoncount
pwdlastset pwdchangedtime accountexpires admincount dscorepropagationdata showinadvancedviewonly"""
IGNORED = frozenset(_IGNORED_TEXT.split())
"""What every directory has and nobody provisions."""


def name_of(label: str) -> str | None:
    """The engine's name for an LDAP attribute; None for one that is not stored."""
    return _NAMES.get(label) or canonical_name(label)


def attributes_of(record: LdifRecord) -> dict[str, Any]:
    """The attributes of an entry under the engine's names; of several values of a single-valued one, the first."""
    found: dict[str, Any] = {}
    for label, values in sorted(record.values.items(), key=lambda pair: pair[0] in _SECOND_CHOICE):
        name = name_of(label)
        if name is None or name in found:
            continue
        if name in LISTS:
            found[name] = [value for value in values if isinstance(value, str)]
        else:
            found[name] = _value(label, values[0])
    return found


def _value(label: str, value: str | bytes) -> Any:
    if label == "objectguid":
        content = value if isinstance(value, bytes) else value.encode()
        return str(uuid.UUID(bytes_le=content)) if len(content) == GUID_BYTES else str(value)
    if label == "useraccountcontrol" and isinstance(value, str) and value.isdecimal():
        return not int(value) & DISABLED_BIT
    if label == "nsaccountlock":
        return str(value).casefold() != "true"
    return value if isinstance(value, str) else value.hex()
