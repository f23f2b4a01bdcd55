"""A report as JUnit XML, in the form that build servers have in common.

One suite for each group, one case for each check. A broken MUST is a failure, a check that could not be tried an error.
Whatever is only recommended must not stop a build: it is a skipped case that says so.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence

from provisor.connectors.scim.check.catalogue import GROUPS_OF_CHECKS
from provisor.connectors.scim.check.report import Finding, Outcome, Report
from provisor.connectors.scim.check.reporting.wording import describe

CLASS_PREFIX = "provisor.scim"
_NOT_XML = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")


def junit_report(report: Report) -> str:
    """The report as an XML document."""
    root = ET.Element("testsuites", name=f"SCIM conformance of {report.url}")
    suites = [
        _suite(root, group.id, group.title, found, report)
        for group in GROUPS_OF_CHECKS
        if (found := [finding for finding in report.findings if finding.check.group == group.id])
    ]
    if report.broke_off:
        suites.append(_broken_run(root, report))
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in suites)))
    root.set("time", f"{report.seconds:.3f}")
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(root: ET.Element, identifier: str, title: str, findings: Sequence[Finding], report: Report) -> ET.Element:
    suite = ET.SubElement(root, "testsuite", name=title, timestamp=report.started[:19])
    properties = ET.SubElement(suite, "properties")
    for name, value in (("url", report.url), ("readOnly", str(report.is_reading).lower())):
        ET.SubElement(properties, "property", name=name, value=value)
    kinds = [_case(suite, identifier, finding) for finding in findings]
    suite.set("tests", str(len(kinds)))
    for name, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(name, str(kinds.count(kind)))
    suite.set("time", f"{sum(finding.seconds for finding in findings):.3f}")
    return suite


def _case(suite: ET.Element, group: str, finding: Finding) -> str:
    """One case; returns the element that says how it went, empty for a pass."""
    case = ET.SubElement(
        suite,
        "testcase",
        classname=f"{CLASS_PREFIX}.{group}",
        name=_clean(f"{finding.check.id}: {finding.check.title}"),
        time=f"{finding.seconds:.3f}",
    )
    if finding.outcome is Outcome.PASSED:
        return ""
    kind = _kind(finding)
    message = finding.problem if kind != "skipped" else _skip_message(finding)
    element = ET.SubElement(case, kind, message=_clean(message), type=finding.severity.value)
    if finding.outcome is not Outcome.SKIPPED:
        element.text = _clean(describe(finding))
    return kind


def _kind(finding: Finding) -> str:
    if not finding.is_failure:
        return "skipped"
    return "failure" if finding.outcome is Outcome.FAILED else "error"


def _skip_message(finding: Finding) -> str:
    if finding.outcome is Outcome.SKIPPED:
        return finding.problem
    return f"{finding.severity.value}: {finding.problem}"


def _broken_run(root: ET.Element, report: Report) -> ET.Element:
    suite = ET.SubElement(root, "testsuite", name="The run", tests="1", failures="0", errors="1", skipped="0", time="0")
    suite.set("timestamp", report.started[:19])
    case = ET.SubElement(suite, "testcase", classname=CLASS_PREFIX, name="run: It comes to its end", time="0")
    ET.SubElement(case, "error", message=_clean(report.broke_off), type="run")
    return suite


def _clean(text: str) -> str:
    """Without characters that have no place in XML."""
    return _NOT_XML.sub("?", text)
