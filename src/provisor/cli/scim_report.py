"""A report of the SCIM check on the terminal: groups, what is wrong with its remedy, and what each judge would say."""

from collections import Counter
from typing import Any

from rich.table import Table
from rich.text import Text

from provisor.cli.printing import out
from provisor.connectors.scim.check.catalogue import GROUPS_OF_CHECKS, WRITES, Selection
from provisor.connectors.scim.check.judges import Severity
from provisor.connectors.scim.check.report import Finding, Outcome, Report
from provisor.connectors.scim.check.reporting.wording import describe, describe_sources, describe_verdict

MARKS = {Severity.MUST: ("✗", "bold red"), Severity.SHOULD: ("!", "yellow"), Severity.ADVICE: ("·", "cyan")}
PASSED = ("✓", "green")
SKIPPED = ("-", "dim")
BLOCKED = ("?", "magenta")


def print_report(report: Report, *, is_verbose: bool) -> None:
    """Print a report."""
    out.print(Text(f"SCIM conformance of {report.url}", style="bold"))
    for group in GROUPS_OF_CHECKS:
        findings = [finding for finding in report.findings if finding.check.group == group.id]
        if is_verbose or any(finding.problem != WRITES for finding in findings):
            _print_group(group.title, findings, is_verbose=is_verbose)
    for finding in report.findings:
        if finding.outcome in {Outcome.FAILED, Outcome.BLOCKED}:
            _print_complaint(finding)
    out.print()
    for verdict in report.verdicts():
        mark, style = MARKS[Severity.MUST] if verdict.failed else BLOCKED if verdict.untried else PASSED
        out.print(Text.assemble((f"{mark} ", style), describe_verdict(verdict)))
    _print_end(report)


def _print_group(title: str, findings: list[Finding], *, is_verbose: bool) -> None:
    passed = sum(finding.outcome is Outcome.PASSED for finding in findings)
    tried = sum(finding.outcome is not Outcome.SKIPPED for finding in findings)
    worst = next((mark for mark in MARKS.values() if mark in map(_mark, findings)), None)
    mark, style = worst or (BLOCKED if BLOCKED in map(_mark, findings) else PASSED if tried else SKIPPED)
    number = f"{passed} of {tried}" if tried else "skipped"
    out.print(Text.assemble((f"{mark} ", style), f"{title:<26} ", (number, "dim")))
    for finding in findings:
        if is_verbose or finding.outcome in {Outcome.FAILED, Outcome.BLOCKED}:
            mark, style = _mark(finding)
            why = f"  {finding.problem}" if finding.outcome is Outcome.SKIPPED else ""
            out.print(Text.assemble(("    " + mark + " ", style), finding.check.title, (why, "dim")))
    if not is_verbose:
        reasons = Counter(each.problem for each in findings if each.outcome is Outcome.SKIPPED)
        for reason, times in reasons.items():
            if reason != WRITES:
                out.print(Text(f"    - {times} skipped: {reason}", style="dim"))


def _mark(finding: Finding) -> tuple[str, str]:
    match finding.outcome:
        case Outcome.PASSED:
            return PASSED
        case Outcome.SKIPPED:
            return SKIPPED
        case Outcome.BLOCKED:
            return BLOCKED
    return MARKS[finding.severity]


def _print_complaint(finding: Finding) -> None:
    mark, style = _mark(finding)
    out.print()
    out.print(Text.assemble((f"{mark} {finding.check.id}", style), f"  {finding.check.title}"))
    out.print(Text(f"  {describe_sources(finding)}", style="dim"))
    for line in describe(finding).splitlines():
        out.print(Text(f"  {line}"))


def _print_end(report: Report) -> None:
    counts = report.counts()
    words = [f"{counts['passed']} passed", f"{counts['failed']} failed"]
    words += [f"{counts[name]} {name}" for name in ("warnings", "advice", "blocked", "skipped") if counts[name]]
    out.print()
    out.print(
        f"{len(report.findings)} checks: {', '.join(words)}; {report.requests} requests in {report.seconds:.1f} s.",
        markup=False,
    )
    if report.is_reading:
        left_out = sum(finding.problem == WRITES for finding in report.findings)
        out.print(f"{left_out} checks that write were left out.", markup=False)
    else:
        removed = report.made - len(report.leftovers)
        out.print(f"{report.made} test resources were created, and {removed} are removed.", markup=False)
    for url in report.leftovers:
        out.print(Text(f"Not removed, please do so by hand: {url}", style="bold red"))
    if report.broke_off:
        out.print(Text(f"The check did not come to its end. {report.broke_off}", style="bold red"))


def print_catalogue(chosen: Selection) -> None:
    """Print what checks there are."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("check", "what it says", "severity", "whose complaint"):
        table.add_column(column)
    for check in chosen.checks:
        judges = ", ".join(judge.title for judge in check.judges)
        table.add_row(*(Text(cell) for cell in (check.id, check.title, check.severity.value, judges)))
    out.print(table)
    out.print(f"{len(chosen.checks)} checks", style="dim", markup=False)


def catalogue_json(chosen: Selection) -> list[dict[str, Any]]:
    """What checks there are, as JSON."""
    return [
        {
            "id": check.id,
            "group": check.group,
            "title": check.title,
            "severity": check.severity.value,
            "asks": check.asks,
            "expects": check.expects,
            "remedy": check.remedy,
            "rfc": check.rfc or None,
            "points": list(check.points),
            "clients": sorted(check.clients),
            "needs": [need.text for need in check.needs],
            "readOnly": check.is_reading,
        }
        for check in chosen.checks
    ]
