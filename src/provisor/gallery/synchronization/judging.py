"""Whether a synchronization schema can be used: its form and its sense, every fault at once and each with its path."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from provisor.gallery.synchronization.comparing import compare_schemas
from provisor.gallery.synchronization.completing import Schema, complete_schema
from provisor.gallery.synchronization.keeping import keep_own_metadata
from provisor.gallery.synchronization.place import SchemaFault
from provisor.gallery.synchronization.reading import START_ANEW, Reading, index_sources, read_schema
from provisor.model.errors import Reject
from provisor.model.rules import ObjectMapping
from provisor.stages.rules.checking import validate_rules
from provisor.stages.rules.findings import Finding


@dataclass(frozen=True, slots=True)
class Judgement:
    """What there is to say about a schema. `schema` is what would be stored; `notices` are told, and refuse nothing."""

    schema: Schema
    faults: tuple[SchemaFault, ...] = ()
    notices: tuple[SchemaFault, ...] = ()

    def require_usable(self) -> None:
        """Raise `Reject` with every fault at once."""
        if self.faults:
            count = len(self.faults)
            raise Reject(
                f"The synchronization schema has {count} {'fault' if count == 1 else 'faults'}; nothing is changed.",
                reasons=[str(fault) for fault in self.faults],
                remedy=START_ANEW,
                code="SchemaInvalid",
            )


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """A schema that may take the place of another. `sentences` say what changes; none when nothing does."""

    schema: Schema
    sentences: tuple[str, ...]
    notices: tuple[SchemaFault, ...] = ()
    is_same: bool = False
    """Nothing is to be stored: the two are the same, member by member."""


def judge_schema(schema: Any, stored: Schema | None = None) -> Judgement:
    """Everything that is wrong with a schema, or worth knowing; `stored` is the one whose place it is to take."""
    before = stored or {}
    sources = index_sources(before)
    reading = read_schema(schema, sources)
    if not isinstance(schema, Mapping):
        return Judgement({}, reading.faults)
    completed, kept = keep_own_metadata(complete_schema(schema, sources), before)
    judged = read_schema(completed)
    report = validate_rules(judged.rules)
    faults = (*reading.faults, *(_located(finding, judged) for finding in report.faults))
    notices = (*reading.notices, *kept, *(_located(finding, judged) for finding in report.warnings))
    return Judgement(completed, tuple(dict.fromkeys(faults)), tuple(dict.fromkeys(notices)))


def decide_change(schema: Any, stored: Schema) -> SchemaChange:
    """What importing a schema would change. Raises `Reject` with every fault."""
    judgement = judge_schema(schema, stored)
    judgement.require_usable()
    sentences = compare_schemas(stored, judgement.schema)
    return SchemaChange(judgement.schema, sentences, judgement.notices, is_same=judgement.schema == stored)


def _located(finding: Finding, reading: Reading) -> SchemaFault:
    """A finding about rules, at the path of what it is about."""
    text = f"{finding.place}: {finding.message}" if finding.place else finding.message
    for mapping, (path, rows) in zip(reading.rules.object_mappings, reading.paths, strict=True):
        if finding.object_mapping not in (mapping.name, _label(mapping)):
            continue
        for one, row in zip(mapping.attribute_mappings, rows, strict=True):
            if one.target == finding.place:
                return SchemaFault(row, text)
        return SchemaFault(f"{path}.scope" if finding.place.startswith("filter ") else path, text)
    return SchemaFault("", text)


def _label(mapping: ObjectMapping) -> str:
    return f"{mapping.source_object} to {mapping.target_object}"
