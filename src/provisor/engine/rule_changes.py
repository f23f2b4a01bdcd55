"""Changing the mappings and filters of an application: decided as a whole, then stored, or not at all (CONTRACT).

A running cycle ends by the rules it began with; the next one evaluates everybody (engine spec §2.3).
"""

from dataclasses import replace
from typing import Any

from provisor.gallery.synchronization.judging import SchemaChange, decide_change
from provisor.gallery.synchronization.reading import read_rules
from provisor.gallery.synchronization.restoring import restore_defaults
from provisor.gallery.synchronization.writing import write_schema
from provisor.gallery.templates import get_template
from provisor.model.job import Application
from provisor.model.rules import AttributeDefinition
from provisor.ports.applications import ApplicationStore
from provisor.stages.rules.targets import add_custom_attribute, add_source_attribute


async def change_schema(
    applications: ApplicationStore, app: Application, schema: Any, *, is_trial: bool = False
) -> SchemaChange:
    """Put a schema in the place of the stored one; a trial only says what would change.

    Raises `Reject` with every fault, and `PreconditionFailed` when somebody else was faster.
    """
    change = decide_change(schema, await applications.schema(app.id))
    if not change.is_same and not is_trial:
        await applications.set_schema(app.id, change.schema, over=app.rules_version)
    return change


async def add_attribute(
    applications: ApplicationStore, app: Application, attribute: AttributeDefinition, *, to_source: bool = False
) -> SchemaChange:
    """Offer one more attribute to the mappings of users: of the target, or a directory extension of the source.

    Raises `Reject` with every reason why it cannot be one (mapping spec §4.6, §8.2).
    """
    schema = await applications.schema(app.id)
    rules = read_rules(schema)
    if to_source:
        name = rules.users.source_object
        grown = add_source_attribute(rules.source_attributes(rules.users), attribute)
        rules = replace(rules, source_objects={**rules.source_objects, name: grown})
    else:
        name = rules.users.target_object
        grown = add_custom_attribute(rules.target_attributes(rules.users), attribute)
        rules = replace(rules, target_objects={**rules.target_objects, name: grown})
    return await change_schema(applications, app, write_schema(rules, schema))


async def restore_schema(applications: ApplicationStore, app: Application, *, is_trial: bool = False) -> SchemaChange:
    """Restore default mappings: mappings and filters as the template has them (mapping spec §4.5)."""
    restored = restore_defaults(await applications.schema(app.id), get_template(app.template).schema)
    return await change_schema(applications, app, restored, is_trial=is_trial)
