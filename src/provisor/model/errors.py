"""The error tree: one class per remedy, not per place.

    ProvisorError
    ├── Reject              the request or the configuration is wrong: mend it and try again
    ├── Unauthenticated     nobody, or nobody known, is asking
    ├── Forbidden           known, but not allowed
    ├── NotFound            there is no such thing
    ├── Conflict            it clashes with something that exists
    ├── PreconditionFailed  it has changed since it was read
    ├── Damaged             what is stored cannot be read: restore it from a backup
    ├── Transient           try again, perhaps after a stated time
    │   ├── Unreachable     nothing was sent at all: see that the other side runs, then try again
    │   └── AmbiguousWrite  it may have been carried out: look before repeating it
    ├── ResourceFailed      this resource cannot go: it becomes an escrow
    └── JobFailed           the job cannot go: it becomes a quarantine

Expected outcomes of the stages are values, not exceptions. Each boundary translates these once: to a SCIM error, an
HTTP problem, a page, or an exit code.
"""

from collections.abc import Sequence


class ProvisorError(Exception):
    """A fault with a sentence for people: what, why, and what to do about it."""

    def __init__(self, message: str, *, remedy: str = "", reasons: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.reasons = tuple(reasons)

    def __str__(self) -> str:
        """The message, the reasons and the remedy, as one text."""
        parts = [self.message, *self.reasons]
        if self.remedy:
            parts.append(self.remedy)
        return "\n".join(parts) if self.reasons else " ".join(parts)


class Reject(ProvisorError):
    """The request or configuration is wrong; carries all reasons. `code` is the SCIM scimType where there is one."""

    def __init__(self, message: str, *, remedy: str = "", reasons: Sequence[str] = (), code: str = "") -> None:
        super().__init__(message, remedy=remedy, reasons=reasons)
        self.code = code


class Unauthenticated(ProvisorError):
    """No credentials, or none that are known."""


class Forbidden(ProvisorError):
    """The caller is known but may not do this."""


class NotFound(ProvisorError):
    """There is no such thing."""


class Conflict(ProvisorError):
    """It clashes with something that exists; `code` is the SCIM scimType (`uniqueness`) where there is one."""

    def __init__(self, message: str, *, remedy: str = "", code: str = "uniqueness") -> None:
        super().__init__(message, remedy=remedy)
        self.code = code


class PreconditionFailed(ProvisorError):
    """It has changed since it was read."""


class Damaged(ProvisorError):
    """What is stored cannot be read any more; nothing but a backup brings it back."""


class Transient(ProvisorError):
    """Try again; `retry_after_seconds` is the time the other side asked for, where it did.

    `code` is an error code of the provisioning log (engine spec §4.2), such as `Timeout`, where one fits.
    """

    def __init__(
        self, message: str, *, remedy: str = "", retry_after_seconds: float | None = None, code: str = ""
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.retry_after_seconds = retry_after_seconds
        self.code = code


class Unreachable(Transient):
    """No connection came about, so nothing was sent and everything may be repeated."""


class AmbiguousWrite(Transient):
    """A write was sent and no usable answer came: whoever repeats it must first look whether it was carried out."""


class ResourceFailed(ProvisorError):
    """This resource cannot go; `code` is an error code of the provisioning log (engine spec §4.2)."""

    def __init__(self, message: str, *, code: str, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.code = code


class JobFailed(ProvisorError):
    """The whole job cannot go; `code` is an error code, `quarantine_reason` a code of engine spec §3.3."""

    def __init__(
        self,
        message: str,
        *,
        code: str,
        remedy: str = "",
        quarantine_reason: str = "EncounteredQuarantineException",
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.code = code
        self.quarantine_reason = quarantine_reason
