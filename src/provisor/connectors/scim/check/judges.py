"""Who would complain, and how badly: the RFCs, identity providers with their test suites, the common faults.

A point is one thing that a judge looks at, in our words. Every point is met by checks, or by a named test of ours, or
says why no check from outside can meet it (scim-protocol §13 to §16).
"""

from dataclasses import dataclass
from enum import StrEnum


class Client(StrEnum):
    """Whose needs are checked: what `--client` takes."""

    RFC = "rfc"
    ENTRA = "entra"
    OKTA = "okta"
    OTHERS = "others"


class Severity(StrEnum):
    """How bad it is. Only `MUST` makes the command fail."""

    MUST = "must"
    """Somebody's MUST: provisioning breaks, or the RFC forbids it."""
    SHOULD = "should"
    """Somebody's SHOULD: clients get by, with more work or less certainty."""
    ADVICE = "advice"
    """Good to have."""


@dataclass(frozen=True, slots=True)
class Judge:
    """Somebody who judges servers. `client` is None for the common faults, which concern every client."""

    id: str
    title: str
    client: Client | None


RFC = Judge("rfc", "The RFCs", Client.RFC)
ENTRA = Judge("entra", "Entra's requests", Client.ENTRA)
ENTRA_VALIDATOR = Judge("entra-validator", "Entra's SCIM validator", Client.ENTRA)
ENTRA_GALLERY = Judge("entra-gallery", "Entra's gallery validation", Client.ENTRA)
OKTA = Judge("okta", "Okta's requests", Client.OKTA)
OKTA_SPEC = Judge("okta-spec", "Okta's SPEC test", Client.OKTA)
OKTA_CRUD = Judge("okta-crud", "Okta's CRUD test", Client.OKTA)
OTHERS = Judge("others", "Other clients", Client.OTHERS)
COMMON = Judge("common", "The 20 common faults", None)

JUDGES = (RFC, ENTRA, ENTRA_VALIDATOR, ENTRA_GALLERY, OKTA, OKTA_SPEC, OKTA_CRUD, OTHERS, COMMON)


@dataclass(frozen=True, slots=True)
class Point:
    """One thing that a judge looks at.

    `tests` are tests of ours that meet it where a check cannot; `beyond` says why nothing here does. One of the two
    may stand beside checks, to say what more there is.
    """

    id: str
    judge: Judge
    text: str
    tests: tuple[str, ...] = ()
    beyond: str = ""


def points_of(judge: Judge, texts: dict[str, str]) -> tuple[Point, ...]:
    """Points from names and texts; a point's id is the judge's, a dot, and its name."""
    return tuple(Point(f"{judge.id}.{name}", judge, text) for name, text in texts.items())


def beyond(judge: Judge, name: str, text: str, reason: str) -> Point:
    """A point that nothing from outside can meet, with the reason."""
    return Point(f"{judge.id}.{name}", judge, text, beyond=reason)
