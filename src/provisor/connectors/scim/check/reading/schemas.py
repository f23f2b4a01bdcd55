"""The schemas that a server shows (RFC 7643 §7): complete, in the standard's words, of use to a client."""

from collections.abc import Iterator, Mapping
from typing import Any

from provisor.connectors.scim.check.check import CheckGroup
from provisor.connectors.scim.check.expectations import expect, expect_list, expect_list_schema, expect_status
from provisor.connectors.scim.check.judges import Severity
from provisor.connectors.scim.check.needs import GROUPS
from provisor.connectors.scim.check.reading.discovery import SCHEMAS_PATH, TYPES_PATH, get_document
from provisor.connectors.scim.check.scene import Scene
from provisor.scim.grammar.attribute_path import GROUP_SCHEMA, USER_SCHEMA
from provisor.scim.schema import AttributeType, Mutability, Returned, Uniqueness

CHECKS = CheckGroup("schemas", "Schemas")

CHARACTERISTICS: dict[str, frozenset[str]] = {
    "type": frozenset(AttributeType) - {AttributeType.ANY},
    "mutability": frozenset(Mutability),
    "returned": frozenset(Returned),
    "uniqueness": frozenset(Uniqueness),
}


@CHECKS.add(
    "listed",
    "/Schemas lists the schema of users",
    asks="GET /Schemas",
    expects="200 and a ListResponse with the schema of users and its attributes",
    remedy="Answer with a ListResponse of Schema objects (RFC 7643 §7).",
    rfc="RFC 7643 §7, RFC 7644 §4",
    points=("entra.schemas", "okta-spec.edition-2016-discovery", "okta.discovery"),
    is_reading=True,
)
async def schemas(scene: Scene) -> None:
    answer = await get_document(scene, SCHEMAS_PATH)
    listed = expect_list(answer)
    expect_list_schema(answer)
    found = _schema(listed, USER_SCHEMA)
    expect(found, f"The schema {USER_SCHEMA} is missing.", answer)
    names = {str(each.get("name")).lower() for each in found.get("attributes", ()) if isinstance(each, Mapping)}
    expect("username" in names, "The schema of users has no attribute userName.", answer)


@CHECKS.add(
    "by-urn",
    "One schema can be read by its URN",
    asks="GET /Schemas/urn:ietf:params:scim:schemas:core:2.0:User",
    expects="200 and that schema",
    remedy="Serve each schema under its id as well.",
    rfc="RFC 7644 §4",
    is_reading=True,
)
async def schema_by_urn(scene: Scene) -> None:
    answer = expect_status(await scene.get(f"{SCHEMAS_PATH}/{USER_SCHEMA}"), 200)
    identifier = answer.resource.get("id")
    expect(identifier == USER_SCHEMA, f"The schema's id is {identifier!r}.", answer)


@CHECKS.add(
    "complete",
    "Every schema that a resource type names is in /Schemas",
    asks="GET /ResourceTypes, GET /Schemas",
    expects="each `schema` and `schemaExtensions.schema` is the id of a schema",
    remedy="List the schemas of extensions too: clients read the attributes from them.",
    rfc="RFC 7644 §4",
    points=("entra-gallery.schema-discoverability", "okta.discovery"),
    is_reading=True,
)
async def schemas_complete(scene: Scene) -> None:
    types = expect_list(await get_document(scene, TYPES_PATH))
    answer = await get_document(scene, SCHEMAS_PATH)
    known = {str(each.get("id")).lower() for each in expect_list(answer)}
    for each in types:
        extensions = each.get("schemaExtensions")
        named = [each.get("schema"), *(one.get("schema") for one in extensions or () if isinstance(one, Mapping))]
        for urn in named:
            expect(str(urn).lower() in known, f"{each.get('name')} has the schema {urn}, which /Schemas lacks.", answer)


@CHECKS.add(
    "characteristics",
    "Every attribute has its characteristics, in the standard's own words",
    asks="GET /Schemas",
    expects="name, type, multiValued, mutability and returned for each attribute, written as in RFC 7643 §7",
    remedy="Write out every characteristic, in camelCase as the RFC does: readWrite, dateTime, readOnly.",
    rfc="RFC 7643 §7",
    points=("entra.schemas",),
    is_reading=True,
)
async def characteristics(scene: Scene) -> None:
    answer = await get_document(scene, SCHEMAS_PATH)
    for place, attribute in _attributes(expect_list(answer)):
        for name in ("name", "type", "multiValued", "mutability", "returned"):
            expect(name in attribute, f"{place} has no `{name}`.", answer)
        for name, allowed in CHARACTERISTICS.items():
            value = attribute.get(name)
            expect(value is None or value in allowed, f"`{name}` of {place} is {value!r}.", answer)
        has_parts = bool(attribute.get("subAttributes"))
        expect(has_parts or attribute["type"] != "complex", f"{place} is complex and has no subAttributes.", answer)


@CHECKS.add(
    "flat-names",
    "Flat names of list attributes follow from the schemas",
    asks="GET /Schemas",
    expects="emails is complex and multi-valued, with `type` and `value` among its subAttributes",
    remedy='Declare the sub-attributes: from them Entra makes names such as `emails[type eq "work"].value`.',
    points=("entra-gallery.schema-discoverability",),
    is_reading=True,
)
async def flat_names(scene: Scene) -> None:
    answer = await get_document(scene, SCHEMAS_PATH)
    user = _schema(expect_list(answer), USER_SCHEMA)
    for attribute in user.get("attributes", ()):
        if not isinstance(attribute, Mapping) or attribute.get("name") not in {"emails", "phoneNumbers", "addresses"}:
            continue
        name = attribute["name"]
        is_list = attribute.get("type") == "complex" and attribute.get("multiValued") is True
        expect(is_list, f"`{name}` is not declared as complex and multi-valued.", answer)
        parts = {each.get("name") for each in attribute.get("subAttributes", ()) if isinstance(each, Mapping)}
        wanted = {"type"} if name == "addresses" else {"type", "value"}
        expect(wanted <= parts, f"`{name}` does not declare {' and '.join(sorted(wanted - parts))}.", answer)


@CHECKS.add(
    "groups",
    "/Schemas lists the schema of groups",
    asks="GET /Schemas",
    expects="the schema of groups is among them",
    remedy="List the schema of groups: a gallery application that provisions groups needs it there.",
    severity=Severity.SHOULD,
    points=("entra-gallery.schema-discoverability",),
    needs=(GROUPS,),
    is_reading=True,
)
async def group_schema(scene: Scene) -> None:
    answer = await get_document(scene, SCHEMAS_PATH)
    expect(_schema(expect_list(answer), GROUP_SCHEMA), f"The schema {GROUP_SCHEMA} is missing.", answer)


@CHECKS.add(
    "filter",
    "Discovery cannot be filtered",
    asks='GET /Schemas?filter=id eq "x"',
    expects="403, so that nobody takes the whole list for the result",
    remedy="Answer 403 where `filter` is given.",
    severity=Severity.SHOULD,
    rfc="RFC 7644 §4",
    is_reading=True,
)
async def filtered(scene: Scene) -> None:
    expect_status(await scene.get(SCHEMAS_PATH, filter='id eq "x"'), 403)


@CHECKS.add(
    "paging-ignored",
    "Discovery is not paged",
    asks="GET /Schemas?startIndex=2&count=1",
    expects="200 and the whole list",
    remedy="Ignore startIndex, count, sortBy and the others at discovery.",
    rfc="RFC 7644 §4",
    is_reading=True,
)
async def paging_ignored(scene: Scene) -> None:
    whole = expect_list(await get_document(scene, SCHEMAS_PATH))
    answer = await scene.get(SCHEMAS_PATH, startIndex=2, count=1)
    found = expect_list(answer)
    expect(len(found) == len(whole), f"{len(found)} of {len(whole)} schemas are listed.", answer)


def _schema(listed: list[dict[str, Any]], urn: str) -> Mapping[str, Any]:
    return next((each for each in listed if str(each.get("id")).lower() == urn.lower()), {})


def _attributes(listed: list[dict[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every attribute and sub-attribute, with where it stands."""
    for schema in listed:
        for attribute in schema.get("attributes") or ():
            if isinstance(attribute, Mapping):
                place = f"{schema.get('name')}.{attribute.get('name')}"
                yield place, attribute
                for sub in attribute.get("subAttributes") or ():
                    if isinstance(sub, Mapping):
                        yield f"{place}.{sub.get('name')}", sub
