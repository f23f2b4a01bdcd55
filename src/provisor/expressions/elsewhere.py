"""Functions of the neighbouring languages (Connect Sync, cloud sync) that provisioning to applications does not know.

People paste them from samples; they are told what to write instead (mapping spec §3.1).
"""

from typing import Final

_GUARD = "test it where the value comes from, or with a comparison in IIF"

NOT_SUPPORTED_HERE: Final[dict[str, str]] = {
    "InStrRev": "use Replace with a regular expression that begins with a greedy `.*`",
    "LCase": "use ToLower",
    "UCase": "use ToUpper",
    "LTrim": "use Trim, or Replace with the pattern `^\\\\s+`",
    "RTrim": "use Trim, or Replace with the pattern `\\\\s+$`",
    "PadLeft": 'use Join("", "000000", [a]) and keep the end with Replace and the pattern "(.*?)(?<id>.{0,6})$"',
    "PadRight": 'use Left(Append([a], "000000"), 6)',
    "Contains": "use InStr([a], [b]) > 0 as a condition",
    "ItemOrNull": "use Item; of an absent attribute it is null",
    "IsNumeric": _GUARD,
    "IsDate": _GUARD,
    "IsGuid": _GUARD,
    "IsBitSet": "use BitAnd([a], 2) <> 0 as a condition",
    "CNum": "write the value as it is; numbers in text are read as numbers",
    "CGuid": "write the value as it is; identifiers are text",
    "BitOr": "use BitAnd where a test of bits is meant; bits cannot be set",
    "RandomNum": "use RandomString(4, 4, 0, 0, 0) for four digits",
    "Select": "use Join, Item or Trim on the multi-valued attribute",
    "Where": "use Item or RemoveDuplicates, or choose the values in the source",
    "With": "write the expression where it is needed",
    "ReplaceChars": "use Replace with a regular expression, or NormalizeDiacritics",
    "ConvertFromUTF8Hex": "use ConvertFromBase64 with UTF8 and Base64 text",
    "DNComponent": 'use Word([dn], 1, ",") for the first component',
    "StringFromSid": "use the attribute onPremisesSecurityIdentifier, which is text already",
}
"""The name, and what to do instead: the end of the sentence `... is not supported here, ...`."""
