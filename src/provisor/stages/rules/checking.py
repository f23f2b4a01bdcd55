"""Checks rules before they are saved: every fault and warning at once, each with its place (mapping spec §4, §5).

What can be told from the rules alone is told here, so that nothing fails at three in the morning that could have been
refused when it was saved. What only a value can tell is left to the cycle, where it concerns one person.
"""

from collections import Counter

from provisor.model.rules import AttributeMapping, Definitions, ObjectMapping, Rules, SourceKind
from provisor.stages.rules.filters import check_filters
from provisor.stages.rules.findings import Notes, RuleReport, report_of
from provisor.stages.rules.mappings import check_definition, check_mapping

USER = "User"


def validate_rules(rules: Rules) -> RuleReport:
    """Everything that is wrong with the rules, or worth knowing about them."""
    notes = [_check_object_mapping(rules, mapping) for mapping in rules.object_mappings]
    whole = Notes("")
    if not any(mapping.source_object == USER for mapping in rules.object_mappings):
        whole.fault("", f"There is no object mapping whose source object is {USER}.")
    pairs = Counter((mapping.source_object, mapping.target_object) for mapping in rules.object_mappings)
    for (source, target), count in pairs.items():
        if count > 1:
            whole.fault("", f"{count} object mappings lead from {source} to {target}; one is enough.")
    return report_of([whole, *notes])


def _check_object_mapping(rules: Rules, mapping: ObjectMapping) -> Notes:
    notes = Notes(mapping.name or f"{mapping.source_object} to {mapping.target_object}")
    source, target = rules.source_attributes(mapping), rules.target_attributes(mapping)
    if rules.source_objects and mapping.source_object not in rules.source_objects:
        known = ", ".join(rules.source_objects)
        notes.fault("", f"The source has no object {mapping.source_object!r}; it has {known}.")
    if rules.target_objects and mapping.target_object not in rules.target_objects:
        known = ", ".join(rules.target_objects)
        notes.fault("", f"The target has no object {mapping.target_object!r}; it has {known}.")
    if mapping.source_object == USER and not mapping.is_enabled:
        notes.fault("", "The mapping of users cannot be switched off; stop provisioning instead.")
    if not (mapping.creates or mapping.updates or mapping.deletes):
        notes.warn("", "Create, Update and Delete are all switched off: nothing is ever sent.")
    for definition in target.values():
        check_definition(definition, notes)
    anchors = [definition.name for definition in target.values() if definition.is_anchor]
    if len(anchors) > 1:
        notes.fault("", f"The target object has {len(anchors)} primary keys ({', '.join(anchors)}); it has one.")
    for one in mapping.attribute_mappings:
        check_mapping(one, source, target, notes)
    _check_together(mapping, target, notes)
    check_filters(mapping.scope, source, notes)
    check_filters(mapping.input_scope, source, notes)
    return notes


def _check_together(mapping: ObjectMapping, target: Definitions, notes: Notes) -> None:
    """What is wrong between attribute mappings rather than with one of them."""
    mappings = mapping.attribute_mappings
    for name, count in Counter(one.target for one in mappings).items():
        if count > 1:
            notes.fault(name, f"{count} mappings lead to this attribute; each attribute is written by one.")
    _check_matching(mappings, notes)
    mapped = {one.target for one in mappings}
    for definition in target.values():
        # The primary key comes from the target: exported lists call it required, and no mapping may lead to it.
        if definition.is_required and not definition.is_anchor and definition.name not in mapped:
            notes.fault(definition.name, "The target requires this attribute, and no mapping leads to it.")


def _check_matching(mappings: tuple[AttributeMapping, ...], notes: Notes) -> None:
    matching = [one for one in mappings if one.matching_priority > 0]
    if not matching:
        notes.fault("", "No mapping is a matching attribute: set a matching precedence on at least one.")
    for priority, count in Counter(one.matching_priority for one in matching).items():
        if count > 1:
            targets = ", ".join(one.target for one in matching if one.matching_priority == priority)
            notes.fault(
                "", f"The matching precedence {priority} is given {count} times ({targets}); give each its own."
            )
    for one in mappings:
        if one.matching_priority < 0:
            notes.fault(
                one.target, f"The matching precedence is {one.matching_priority}; it is 0 for none, or counts from 1."
            )
        if one.matching_priority > 0 and one.kind in (SourceKind.CONSTANT, SourceKind.NONE):
            notes.fault(one.target, "It is a matching attribute, so it needs a source that tells people apart.")
