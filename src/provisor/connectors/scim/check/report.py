"""What came of a run: a finding for each check, counts, and what each judge would say. Pure values."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from provisor.connectors.scim.check.check import Check
from provisor.connectors.scim.check.exchange import Shown
from provisor.connectors.scim.check.judges import JUDGES, RFC, Judge, Severity
from provisor.connectors.scim.check.points.all import POINTS


class Outcome(StrEnum):
    """What came of one check."""

    PASSED = "passed"
    FAILED = "failed"
    BLOCKED = "blocked"
    """What it had to prepare does not work, so nothing is known."""
    SKIPPED = "skipped"
    """It makes no sense here, and the reason."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One check with its outcome. `problem` says what is wrong, or why it was blocked or skipped.

    `severity` is the check's own, or less where the server's way is less bad. `steps` are the requests before the one
    that shows the problem, each with its status.
    """

    check: Check
    outcome: Outcome
    severity: Severity
    problem: str = ""
    steps: tuple[str, ...] = ()
    shown: Shown | None = None
    seconds: float = 0.0
    requests: int = 0

    @property
    def is_failure(self) -> bool:
        """Whether it makes the command fail: a MUST that is broken, or that could not be tried."""
        return self.outcome in {Outcome.FAILED, Outcome.BLOCKED} and self.severity is Severity.MUST


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a judge would say: how many of its points passed, failed, or could not be tried."""

    judge: Judge
    passed: int
    failed: int
    untried: int

    @property
    def tried(self) -> int:
        """Points about which something is known."""
        return self.passed + self.failed


@dataclass(frozen=True, slots=True)
class Report:
    """A whole run. `leftovers` are URLs of resources that could not be removed."""

    url: str
    started: str
    """When, in ISO 8601."""
    seconds: float
    requests: int
    prefix: str
    is_reading: bool
    clients: tuple[str, ...]
    findings: tuple[Finding, ...]
    made: int = 0
    leftovers: tuple[str, ...] = ()
    broke_off: str = ""
    """Why it ended early; empty when it did not."""

    @property
    def has_failed(self) -> bool:
        """Whether a MUST is broken, or the run broke off."""
        return bool(self.broke_off) or any(finding.is_failure for finding in self.findings)

    @property
    def has_warnings(self) -> bool:
        """Whether a SHOULD is not met."""
        return any(
            finding.outcome in {Outcome.FAILED, Outcome.BLOCKED} and finding.severity is not Severity.ADVICE
            for finding in self.findings
        )

    def counts(self) -> dict[str, int]:
        """Numbers of findings: passed, failed (MUST), warnings (SHOULD), advice, blocked, skipped."""
        counted: Counter[str] = Counter()
        for finding in self.findings:
            counted[_word(finding)] += 1
        names = ("passed", "failed", "warnings", "advice", "blocked", "skipped")
        return {name: counted[name] for name in names}

    def verdicts(self) -> tuple[Verdict, ...]:
        """What each judge would say, as far as it was asked."""
        asked = [judge for judge in JUDGES if judge.client is None or judge.client in self.clients]
        found = (judge_findings(judge, self.findings) for judge in asked)
        return tuple(verdict for verdict in found if verdict.tried + verdict.untried)


def judge_findings(judge: Judge, findings: Sequence[Finding]) -> Verdict:
    """One judge's verdict. The RFCs' points are the checks themselves; the others have points of their own.

    A point fails with any of its MUST checks, passes when one passed and none failed, and is untried otherwise.
    """
    if judge is RFC:
        each = [[finding] for finding in findings if finding.check.rfc]
    else:
        by_point: dict[str, list[Finding]] = {}
        for finding in findings:
            for point in finding.check.points:
                if POINTS[point].judge is judge:
                    by_point.setdefault(point, []).append(finding)
        each = list(by_point.values())
    outcomes = Counter(_outcome(some) for some in each)
    return Verdict(judge, outcomes["passed"], outcomes["failed"], outcomes["untried"])


def _outcome(findings: Iterable[Finding]) -> str:
    listed = [each for each in findings if each.outcome is not Outcome.SKIPPED]
    if any(each.is_failure and each.outcome is Outcome.FAILED for each in listed):
        return "failed"
    if any(each.outcome is Outcome.BLOCKED for each in listed) or not listed:
        return "untried"
    return "passed"


def _word(finding: Finding) -> str:
    if finding.outcome is Outcome.FAILED:
        return {Severity.MUST: "failed", Severity.SHOULD: "warnings", Severity.ADVICE: "advice"}[finding.severity]
    return finding.outcome.value
