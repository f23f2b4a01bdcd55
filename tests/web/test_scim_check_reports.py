"""Reports of the conformance check as programs read them: JSON as documented, JUnit XML as build servers read it."""

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from asgi import Heard
from checking import check
from faults_in_writing import removing_by_value_empties_the_group
from faulty_scim import Asked, FaultySCIM, Forward, refused, said
from junitparser import Error, Failure, JUnitXml, Skipped
from scim_world import scim_world

from provisor.connectors.scim.check.catalogue import GROUPS_OF_CHECKS
from provisor.connectors.scim.check.report import Report
from provisor.connectors.scim.check.reporting.json_report import json_report
from provisor.connectors.scim.check.reporting.junit_report import junit_report
from provisor.connectors.scim.check.reporting.wording import describe_verdict

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to" / "check-a-scim-server.md"
CHOSEN = ["members", "bulk", "values.empty-texts", "patch.remove"]


async def odd_answers(asked: Asked, forward: Forward) -> Heard:
    """No bulk requests, nobody with a title, and an empty text is refused with a character that XML does not have."""
    if asked.path == "/ServiceProviderConfig":
        heard = await forward(asked)
        return said(heard, {**heard.json, "bulk": {**heard.json["bulk"], "supported": False}})
    if asked.method == "POST" and asked.path == "/Users" and (asked.body or {}).get("title") == "":
        return refused(400, "invalidValue", "no \x00 \x1b[31m <empty> & texts ]]>")
    if asked.method == "POST" and asked.path == "/Users" and (asked.body or {}).get("title") == "Engineer":
        return refused(500)
    return await forward(asked)


@pytest.fixture
async def report(tmp_path: Path) -> Report:
    """A run with everything in it: passed, failed, only recommended, skipped, and impossible to try."""
    async with scim_world(tmp_path) as world:
        _, token = await world.tokens.create(tenant="contoso", backend="embedded", profile="default", role="scim")
        app = FaultySCIM(world.app, [removing_by_value_empties_the_group, odd_answers])
        return await check(app, token, only=CHOSEN)


async def test_the_json_report(report: Report) -> None:
    """It has the documented members, and says everything about what is wrong."""
    document = json.loads(json.dumps(json_report(report)))
    documented = re.search(r"```json\n(.*?)```", HOW_TO.read_text(encoding="utf-8"), re.DOTALL)
    assert documented
    example: dict[str, Any] = json.loads(documented[1])
    assert document.keys() == example.keys()
    assert document["counts"].keys() == example["counts"].keys()
    assert document["judges"][0].keys() == example["judges"][0].keys()
    found = {each["id"]: each for each in document["checks"]}
    wrong = found["members.remove-by-value"]
    assert wrong.keys() == example["checks"][0].keys()
    assert (wrong["outcome"], wrong["severity"]) == ("failed", "must")
    assert wrong["answer"]["status"] == "200 OK"
    assert wrong["request"]["method"] == "GET"
    assert any(step.startswith("PATCH ") for step in wrong["steps"])
    assert {"id": "common.1", "judge": "common"} in wrong["points"]
    assert found["bulk.create"]["outcome"] == "skipped"
    assert found["patch.remove"]["outcome"] == "blocked"
    assert found["values.empty-texts"]["severity"] == "should"
    assert document["passed"] is False
    assert document["counts"]["failed"] == 1
    assert sum(document["counts"].values()) == len(found)


async def test_the_junit_report_is_read_as_meant(report: Report) -> None:
    """Another reader of JUnit XML counts the same, and finds each kind of result where it looks for it."""
    suites = JUnitXml.fromstring(junit_report(report).encode())
    assert [suite.name for suite in suites] == [
        group.title for group in GROUPS_OF_CHECKS if group.id in {"values", "patch", "members", "bulk"}
    ]
    kinds: dict[str, Any] = {}
    for suite in suites:
        before = (suite.tests, suite.failures, suite.errors, suite.skipped)
        suite.update_statistics()
        assert before == (suite.tests, suite.failures, suite.errors, suite.skipped)
        for case in suite:
            assert case.classname.startswith("provisor.scim.")
            assert case.time >= 0
            kinds[case.name.partition(":")[0]] = case.result[0] if case.result else None
    assert isinstance(kinds["members.remove-by-value"], Failure)
    assert isinstance(kinds["patch.remove"], Error)
    assert isinstance(kinds["values.empty-texts"], Skipped)
    assert isinstance(kinds["bulk.create"], Skipped)
    assert kinds["members.add"] is None
    assert (suites.tests, suites.failures) == (len(report.findings), 1)
    failure = kinds["members.remove-by-value"]
    assert "The group has no members instead of 1." in failure.message
    assert all(word in failure.text for word in ("request", "answer", "remedy", "expected", "PATCH"))


async def test_whatever_a_server_says_is_valid_xml(report: Report) -> None:
    """Characters that XML does not have are replaced, and markup is text."""
    root = ET.fromstring(junit_report(report))
    message = next(
        each.attrib["message"] for each in root.iter("skipped") if each.attrib["message"].startswith("should: ")
    )
    text = next(each.text or "" for each in root.iter("skipped") if "<empty> & texts" in (each.text or ""))
    assert message
    assert "\x1b" not in text


async def test_verdicts_in_words(report: Report) -> None:
    """Each judge with its own way of counting."""
    said_of = {verdict.judge.id: describe_verdict(verdict) for verdict in report.verdicts()}
    assert said_of["entra-validator"] == "Entra's SCIM validator would pass 2 of 3"
    assert re.fullmatch(r"The RFCs: \d+ of \d+ checks are passed, \d+ could not be tried", said_of["rfc"])
    assert said_of["common"].startswith("The 20 common faults: 1 found")
