"""Findings in words and lines, for people who read a terminal or the log of a build server."""

from provisor.connectors.scim.check.exchange import Shown
from provisor.connectors.scim.check.judges import RFC
from provisor.connectors.scim.check.report import Finding, Verdict

INDENT = " " * 10


def describe(finding: Finding) -> str:
    """A finding in lines: what is wrong, what was expected, the remedy, the requests and the answer."""
    lines = [f"wrong     {finding.problem}", f"expected  {finding.check.expects}", f"remedy    {finding.check.remedy}"]
    lines += [f"before    {step}" for step in finding.steps]
    return "\n".join([*lines, *_describe_exchange(finding.shown)])


def describe_verdict(verdict: Verdict) -> str:
    """A judge's verdict in one line."""
    if not verdict.tried:
        return f"{verdict.judge.title}: nothing could be tried"
    untried = f", {verdict.untried} could not be tried" if verdict.untried else ""
    if verdict.judge is RFC:
        return f"{verdict.judge.title}: {verdict.passed} of {verdict.tried} checks are passed{untried}"
    if verdict.judge.client is None:
        return f"{verdict.judge.title}: {verdict.failed or 'none'} found{untried}"
    return f"{verdict.judge.title} would pass {verdict.passed} of {verdict.tried}{untried}"


def describe_sources(finding: Finding) -> str:
    """Whose complaint it is."""
    judges = [judge.title for judge in finding.check.judges if judge is not RFC]
    return " · ".join([finding.severity.value, *([finding.check.rfc] if finding.check.rfc else []), *judges])


def _describe_exchange(shown: Shown | None) -> list[str]:
    if shown is None:
        return []
    lines = [f"request   {shown.request}"]
    lines += [f"{INDENT}{name}: {value}" for name, value in shown.request_headers.items()]
    lines += [f"{INDENT}{line}" for line in shown.request_body.splitlines()]
    lines.append(f"answer    {shown.status}")
    lines += [f"{INDENT}{name}: {value}" for name, value in shown.answer_headers.items()]
    return lines + [f"{INDENT}{line}" for line in shown.answer_body.splitlines()]
