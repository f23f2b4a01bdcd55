"""The stage "record": what a log entry shows, and what it does not."""

from dataclasses import replace
from datetime import UTC, datetime

import msgspec
from stage_builders import ACTIVE, compiled, context, expression

from provisor.model.operation import Outcome, OutcomeStatus
from provisor.model.resource import ObjectType, SourceResource
from provisor.stages.diffing import Subject, decide_operation
from provisor.stages.mapping import map_attributes
from provisor.stages.recording import REDACTED, Journey, Stamp, record
from provisor.stages.resolving import Resolved
from provisor.stages.scoping import ScopeVerdict

SECRET = "Wing Commander"
START = datetime(2026, 11, 23, tzinfo=UTC)


def test_redacted_values_are_masked_before_anything_is_stored() -> None:
    """A value under Redact is sent to the target, and stands nowhere in the entry: not in steps, not in properties."""
    rules = compiled(expression("title", "Redact([jobTitle])"), ACTIVE)
    resource = SourceResource("ada", ObjectType.USER, {"userPrincipalName": "ada@contoso.example", "jobTitle": SECRET})
    subject = Subject.of(resource, "ada", None)
    verdict = ScopeVerdict(())
    desired = map_attributes(rules, context(jobTitle=SECRET, IsSoftDeleted=False), is_new=True)
    operation = decide_operation(subject, verdict, Resolved(desired.attributes), rules)
    assert operation.attributes["title"] == SECRET
    outcome = Outcome(OutcomeStatus.SUCCEEDED, "t1")
    journey = Journey("ada", "ada", verdict, operation=operation, outcome=outcome)
    entry = record(journey, rules, Stamp("entry", "app", "cycle", "change", START, 12))
    shown = {prop.name: prop.new_value for prop in entry.modified}
    assert shown["title"] == REDACTED
    assert shown["userName"] == "ada@contoso.example"
    assert SECRET not in msgspec.json.encode(entry).decode()
    refused = Outcome(OutcomeStatus.FAILED, error_code="UnprocessableEntity", message=f"title: '{SECRET}' is too long")
    entry = record(replace(journey, outcome=refused), rules, Stamp("entry", "app", "cycle", "change", START, 12))
    assert entry.reason == f"title: '{REDACTED}' is too long"
    assert SECRET not in msgspec.json.encode(entry).decode()
