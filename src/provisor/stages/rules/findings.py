"""What is found when rules are checked: faults, which keep them from being used, and warnings, each with its place."""

from collections.abc import Iterable
from dataclasses import dataclass

from provisor.model.errors import Reject


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about the rules. `place` is a target attribute, or a filter with the number of its clause.

    `message` is a sentence; for an expression it carries the line concerned with a caret below `position`, which counts
    characters from 0.
    """

    object_mapping: str
    place: str
    message: str
    position: int | None = None

    def __str__(self) -> str:
        """The place and the sentence."""
        return ": ".join(filter(None, (self.object_mapping, self.place, self.message)))


@dataclass(frozen=True, slots=True)
class RuleReport:
    """All that was found, in the order of the rules. Rules with a fault cannot be used."""

    faults: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()

    @property
    def is_usable(self) -> bool:
        """Whether the rules can be saved and run."""
        return not self.faults

    def require_usable(self) -> None:
        """Raise `Reject` with every fault at once."""
        if self.faults:
            count = len(self.faults)
            raise Reject(
                f"The rules have {count} {'fault' if count == 1 else 'faults'}, so they cannot be used.",
                reasons=[str(fault) for fault in self.faults],
                code="SchemaInvalid",
            )


class Notes:
    """Collects findings about one object mapping."""

    def __init__(self, object_mapping: str) -> None:
        self._object_mapping = object_mapping
        self.faults: list[Finding] = []
        self.warnings: list[Finding] = []

    def fault(self, place: str, message: str, position: int | None = None) -> None:
        """Something that keeps the rules from being used."""
        self.faults.append(Finding(self._object_mapping, place, message, position))

    def warn(self, place: str, message: str, position: int | None = None) -> None:
        """Something that the administrator should know."""
        self.warnings.append(Finding(self._object_mapping, place, message, position))


def report_of(notes: Iterable[Notes]) -> RuleReport:
    """Everything in one report."""
    every = list(notes)
    return RuleReport(
        tuple(finding for one in every for finding in one.faults),
        tuple(finding for one in every for finding in one.warnings),
    )
