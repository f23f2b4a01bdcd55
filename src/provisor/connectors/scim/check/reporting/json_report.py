"""A report as JSON; the shape is documented in docs/how-to/check-a-scim-server.md."""

from typing import Any

from provisor.connectors.scim.check.exchange import Shown
from provisor.connectors.scim.check.points.all import POINTS
from provisor.connectors.scim.check.report import Finding, Report


def json_report(report: Report) -> dict[str, Any]:
    """The report as a JSON object. Further members may be added."""
    return {
        "url": report.url,
        "startedAt": report.started,
        "seconds": round(report.seconds, 3),
        "requests": report.requests,
        "readOnly": report.is_reading,
        "clients": list(report.clients),
        "prefix": report.prefix,
        "passed": not report.has_failed,
        "brokeOff": report.broke_off or None,
        "counts": report.counts(),
        "judges": [
            {
                "id": verdict.judge.id,
                "title": verdict.judge.title,
                "passed": verdict.passed,
                "failed": verdict.failed,
                "untried": verdict.untried,
            }
            for verdict in report.verdicts()
        ],
        "resources": {"created": report.made, "leftovers": list(report.leftovers)},
        "checks": [_finding(finding) for finding in report.findings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    check = finding.check
    document: dict[str, Any] = {
        "id": check.id,
        "group": check.group,
        "title": check.title,
        "severity": finding.severity.value,
        "outcome": finding.outcome.value,
        "rfc": check.rfc or None,
        "points": [{"id": point, "judge": POINTS[point].judge.id} for point in check.points],
        "seconds": round(finding.seconds, 3),
        "requests": finding.requests,
    }
    if finding.problem:
        document["problem"] = finding.problem
    if finding.shown is not None:
        document |= {
            "expected": check.expects,
            "remedy": check.remedy,
            "steps": list(finding.steps),
            "request": _request(finding.shown),
            "answer": _answer(finding.shown),
        }
    return document


def _request(shown: Shown) -> dict[str, Any]:
    method, _, url = shown.request.partition(" ")
    return {"method": method, "url": url, "headers": dict(shown.request_headers), "body": shown.request_body}


def _answer(shown: Shown) -> dict[str, Any]:
    return {"status": shown.status, "headers": dict(shown.answer_headers), "body": shown.answer_body}
