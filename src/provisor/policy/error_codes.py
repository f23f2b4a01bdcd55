"""The error codes of the provisioning log: whose fault it is, and what to do about it (engine spec §4.2).

Codes that are Entra's keep Entra's spelling, so that what an administrator knows or searches for fits. Where the
target's own code has a prefix (`<App>EntryConflict`), the rest is looked up.
"""

from dataclasses import dataclass
from enum import StrEnum


class Category(StrEnum):
    """Microsoft Graph's `provisioningStatusErrorCategory`."""

    FAILURE = "failure"
    """Ours."""
    NON_SERVICE_FAILURE = "nonServiceFailure"
    """The target's, or the data's."""
    SUCCESS = "success"


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """What one code means to the person who reads the log."""

    code: str
    meaning: str
    recommended_action: str
    category: Category = Category.NON_SERVICE_FAILURE


_WAIT = "Nothing to do: it is tried again by itself."
_RIGHTS = "Give the token's owner in the application the right to read and write people, then retry."
_TARGET = "Look at the application's own log for this time, or ask whoever runs it; then retry."

_CODES = (
    ErrorCode(
        "Conflict",
        "Another account in the target has a value that must be unique.",
        "Change the value in the directory, remove the other account, or match by an attribute that finds it.",
    ),
    ErrorCode(
        "EntryConflict",
        "An account with this unique value exists in the target, and matching does not find it.",
        "Match by the attribute that clashes, or change the value in the directory.",
    ),
    ErrorCode("TooManyRequests", "The target throttles.", _WAIT),
    ErrorCode("InternalServerError", "The target answered with a fault of its own.", _TARGET),
    ErrorCode("InsufficientRights", "The token may not do this in the target.", _RIGHTS),
    ErrorCode("MethodNotAllowed", "The target does not offer this operation.", _TARGET),
    ErrorCode(
        "NotPermitted",
        "The target does not let this attribute be changed.",
        "Set the mapping to apply only during creation, or remove it.",
    ),
    ErrorCode(
        "Unauthorized",
        "The target refuses the token.",
        "Make a new token in the application and store it under Admin Credentials.",
    ),
    ErrorCode(
        "UnprocessableEntity",
        "The target cannot use a value that was sent.",
        "Read its message, mend the value in the directory or the mapping, then retry.",
    ),
    ErrorCode("WebExceptionProtocolError", "The HTTP exchange with the target broke.", _WAIT),
    ErrorCode(
        "InvalidAnchor",
        "The linked account is no longer in the target.",
        "Restore it there, or unlink this person so that matching starts anew.",
    ),
    ErrorCode("NotImplemented", "The target does not know this operation.", _TARGET),
    ErrorCode(
        "MandatoryFieldsMissing",
        "The target requires a value that was not sent.",
        "Map the attribute that it names, or fill it in the directory.",
    ),
    ErrorCode(
        "MissingValues",
        "A required attribute has no value in the directory.",
        "Fill the value in the directory, or give the mapping a default value.",
    ),
    ErrorCode(
        "SchemaAttributeNotFound",
        "The target does not know an attribute that is mapped.",
        "Remove the mapping, or correct the attribute's name in the target attribute list.",
    ),
    ErrorCode(
        "SchemaPropertyCanOnlyAcceptValue",
        "Several values were mapped to an attribute that takes one.",
        "Use a function that picks or joins, such as Item or Join.",
    ),
    ErrorCode("InternalError", "A fault of this service.", "Please report it with the entry's id.", Category.FAILURE),
    ErrorCode(
        "InvalidDomain",
        "The target refuses the domain of an address.",
        "Allow the domain in the application, or correct the address in the directory.",
    ),
    ErrorCode(
        "InvalidExpression",
        "A mapping's expression cannot be evaluated for this person.",
        "Try the expression with this person's values, and guard it against missing ones.",
        Category.FAILURE,
    ),
    ErrorCode(
        "ExpressionFailed",
        "A mapping's expression gives no value for this person.",
        "Correct the value in the directory, or let the expression allow for it; `provisor expression eval` tries it.",
    ),
    ErrorCode(
        "RegexTimeout",
        "A regular expression of a mapping or scoping filter took too long on this person's value.",
        "Simplify the pattern: avoid repetitions inside repetitions, such as `(a+)+`.",
    ),
    ErrorCode(
        "RegexStopped",
        "The mapping or clause was stopped for this cycle, because its regular expression timed out five times.",
        "Simplify the pattern: avoid repetitions inside repetitions, such as `(a+)+`.",
    ),
    ErrorCode(
        "NoUniqueValue",
        "Every value that SelectUniqueValue can give is taken in the target.",
        "Add a rule to the function, or free one of the values in the target.",
    ),
    ErrorCode(
        "ScopingFailed",
        "A scoping filter cannot be judged with this person's value, so nothing was done.",
        "Correct the value in the directory, for example a date as 2026-12-01.",
    ),
    ErrorCode(
        "SchemaInvalid",
        "The attribute mappings or scoping filters have faults, so the job cannot run.",
        "Mend what the message lists, and save the schema again.",
        Category.FAILURE,
    ),
    ErrorCode("Timeout", "The target did not answer in time.", _WAIT),
    ErrorCode(
        "LicenseLimitExceeded",
        "The target has no licence or seat left.",
        "Buy or free a seat in the application, or narrow the scope; then retry.",
    ),
    ErrorCode(
        "DuplicateTargetEntries",
        "Several accounts in the target match this person.",
        "Remove the duplicates in the application, or match by an attribute that is unique.",
    ),
    ErrorCode(
        "DuplicateSourceEntries",
        "Two people of the directory match one account.",
        "Give each person a value of their own in the matching attribute.",
    ),
    ErrorCode(
        "SystemForCrossDomainIdentityManagementMultipleEntriesInResponse",
        "A look-up that must find one resource found several.",
        "Remove the duplicates in the application; see also `provisor scim check`.",
    ),
    ErrorCode(
        "SystemForCrossDomainIdentityManagementServiceIncompatible",
        "The target's answer is not what SCIM says.",
        "Check the endpoint with `provisor scim check`, and show whoever runs it the report.",
    ),
    ErrorCode(
        "SystemForCrossDomainIdentityManagementServiceIncompatibleFiltering",
        "The target cannot search by the matching attribute.",
        "Match by an attribute that the target supports for filtering, usually userName.",
    ),
    ErrorCode(
        "SystemForCrossDomainIdentityManagementBadRequest",
        "The target refuses the request as malformed.",
        "Read its message: usually one value is of the wrong form. Mend the mapping, then retry.",
    ),
    ErrorCode(
        "UnableToResolveReferenceAttributeValue",
        "The other person or group has no account in the target yet.",
        "Bring the other one into scope; the reference is then set by itself.",
    ),
    ErrorCode(
        "TooManyFailures",
        "So many people failed that the whole job was slowed down.",
        "See what they have in common under escrows, mend it, and restart.",
    ),
)

ERROR_CODES: dict[str, ErrorCode] = {known.code: known for known in _CODES}
"""The catalogue, by code."""


def explain_code(code: str) -> ErrorCode:
    """What a code means. An unknown code is told as the target's own, with its entry to be read."""
    known = ERROR_CODES.get(code)
    if known is None:
        known = max((one for one in _CODES if code.endswith(one.code)), key=lambda one: len(one.code), default=None)
    return known or ErrorCode(code, "The target gave a code of its own.", "Read the entry's message; then retry.")
