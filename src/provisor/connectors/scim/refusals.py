"""What a refusal means: status, scimType and wording → an error code of the provisioning log (engine spec §4.2).

The wording is looked at only where SCIM has one code for several remedies (a missing value, a lack of licences).
"""

from provisor.model.answer import AnswerKind

INCOMPATIBLE = "SystemForCrossDomainIdentityManagementServiceIncompatible"
INCOMPATIBLE_FILTER = "SystemForCrossDomainIdentityManagementServiceIncompatibleFiltering"
BAD_REQUEST = "SystemForCrossDomainIdentityManagementBadRequest"

BY_SCIM_TYPE = {
    "uniqueness": "Conflict",
    "invalidpath": "SchemaAttributeNotFound",
    "invalidfilter": INCOMPATIBLE_FILTER,
    "invalidsyntax": INCOMPATIBLE,
    "invalidvers": INCOMPATIBLE,
    "mutability": "NotPermitted",
    "sensitive": "InsufficientRights",
    "toomany": "UnprocessableEntity",
    "notarget": "UnprocessableEntity",
}
BY_STATUS = {
    400: BAD_REQUEST,
    402: "LicenseLimitExceeded",
    403: "InsufficientRights",
    404: INCOMPATIBLE,
    405: "MethodNotAllowed",
    408: "Timeout",
    409: "Conflict",
    429: "TooManyRequests",
    501: "NotImplemented",
    504: "Timeout",
}
BY_WORDING = (
    (("licence", "license", "seat"), "LicenseLimitExceeded"),
    (("required", "mandatory", "missing", "must be present"), "MandatoryFieldsMissing"),
)
WORDED_STATUSES = frozenset({400, 402, 403, 422})


def refusal_code(status: int, scim_type: str, detail: str) -> str:
    """The code of an answer that is not a success."""
    known = BY_SCIM_TYPE.get(scim_type.lower())
    if known:
        return known
    if status in WORDED_STATUSES:
        text = detail.lower()
        for words, code in BY_WORDING:
            if any(word in text for word in words):
                return code
    if status in BY_STATUS:
        return BY_STATUS[status]
    return "InternalServerError" if status >= 500 else "UnprocessableEntity"


def refusal_kind(code: str) -> AnswerKind:
    """What the engine does about it: a taken value is looked up, everything else is an escrow."""
    return AnswerKind.CONFLICT if code == "Conflict" else AnswerKind.REFUSED
