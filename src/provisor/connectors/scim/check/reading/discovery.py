"""What a server says of itself: ServiceProviderConfig and /ResourceTypes (RFC 7643 §5, §6; RFC 7644 §4)."""

from collections.abc import Mapping
from typing import Any

from provisor.connectors.scim.check.check import CheckGroup
from provisor.connectors.scim.check.exchange import Exchange
from provisor.connectors.scim.check.expectations import expect, expect_list, expect_list_schema, expect_status
from provisor.connectors.scim.check.judges import Severity
from provisor.connectors.scim.check.needs import CONFIG
from provisor.connectors.scim.check.scene import Scene
from provisor.scim.grammar.attribute_path import USER_SCHEMA

CHECKS = CheckGroup("discovery", "Discovery")

CONFIG_PATH = "/ServiceProviderConfig"
TYPES_PATH = "/ResourceTypes"
SCHEMAS_PATH = "/Schemas"
DOCUMENTS = (CONFIG_PATH, TYPES_PATH, SCHEMAS_PATH)
SWITCHES = ("patch", "bulk", "filter", "changePassword", "sort", "etag")


@CHECKS.add(
    "config",
    "The ServiceProviderConfig says what is supported",
    asks="GET /ServiceProviderConfig",
    expects="200 and one object, not a list, with `supported` as true or false for each feature",
    remedy="Answer with the single object of RFC 7643 §5: patch, bulk, filter, changePassword, sort and etag.",
    rfc="RFC 7643 §5, RFC 7644 §4",
    points=("okta-spec.edition-2016-config",),
    is_reading=True,
)
async def config(scene: Scene) -> None:
    answer = await get_document(scene, CONFIG_PATH)
    expect("Resources" not in answer.resource, "The answer is a list; it has to be the object itself.", answer)
    for name in SWITCHES:
        part = answer.resource.get(name)
        supported = part.get("supported") if isinstance(part, Mapping) else None
        expect(isinstance(supported, bool), f"`{name}.supported` is neither true nor false.", answer)


@CHECKS.add(
    "config-limits",
    "The limits of bulk requests and filters are numbers",
    asks="GET /ServiceProviderConfig",
    expects="bulk.maxOperations, bulk.maxPayloadSize and filter.maxResults as whole numbers",
    remedy="Give the three limits as JSON numbers, 0 where the feature is not supported.",
    rfc="RFC 7643 §5",
    needs=(CONFIG,),
    is_reading=True,
)
async def config_limits(scene: Scene) -> None:
    answer = await get_document(scene, CONFIG_PATH)
    for feature, name in (("bulk", "maxOperations"), ("bulk", "maxPayloadSize"), ("filter", "maxResults")):
        part = answer.resource.get(feature)
        value = part.get(name) if isinstance(part, Mapping) else None
        is_number = isinstance(value, int) and not isinstance(value, bool)
        expect(is_number, f"`{feature}.{name}` is {value!r} instead of a whole number.", answer)


@CHECKS.add(
    "config-schemes",
    "The config names the ways to sign in",
    asks="GET /ServiceProviderConfig",
    expects="authenticationSchemes, each with type, name and description",
    remedy='List at least {"type": "oauthbearertoken", "name": …, "description": …}.',
    rfc="RFC 7643 §5",
    points=("okta-spec.edition-2016-config",),
    needs=(CONFIG,),
    is_reading=True,
)
async def config_schemes(scene: Scene) -> None:
    answer = await get_document(scene, CONFIG_PATH)
    schemes = answer.resource.get("authenticationSchemes")
    expect(isinstance(schemes, list) and schemes, "`authenticationSchemes` is missing or empty.", answer)
    assert isinstance(schemes, list)
    for each in schemes:
        for name in ("type", "name", "description"):
            is_there = isinstance(each, Mapping) and isinstance(each.get(name), str)
            expect(is_there, f"A scheme has no `{name}`.", answer)


@CHECKS.add(
    "config-pagination",
    "The config says which kinds of pages there are",
    asks="GET /ServiceProviderConfig",
    expects="where `pagination` is given: cursor and index as true or false, a known default method",
    remedy="Follow RFC 9865 §4: cursor and index are required booleans, defaultPaginationMethod is cursor or index.",
    rfc="RFC 9865 §4",
    needs=(CONFIG,),
    is_reading=True,
)
async def config_pagination(scene: Scene) -> None:
    answer = await get_document(scene, CONFIG_PATH)
    pagination = answer.resource.get("pagination")
    if pagination is None:
        return
    expect(isinstance(pagination, Mapping), "`pagination` is no object.", answer)
    assert isinstance(pagination, Mapping)
    for name in ("cursor", "index"):
        expect(isinstance(pagination.get(name), bool), f"`pagination.{name}` is neither true nor false.", answer)
    method = pagination.get("defaultPaginationMethod", "index")
    expect(method in {"cursor", "index"}, f"`defaultPaginationMethod` is {method!r}.", answer)


@CHECKS.add(
    "resource-types",
    "/ResourceTypes lists users, and where they live",
    asks="GET /ResourceTypes",
    expects="200 and a ListResponse; each type has name, endpoint and schema, and User lives at /Users",
    remedy="Answer with a ListResponse of ResourceType objects (RFC 7643 §6).",
    rfc="RFC 7643 §6, RFC 7644 §4",
    points=("okta-spec.edition-2016-discovery", "okta.discovery"),
    is_reading=True,
)
async def resource_types(scene: Scene) -> None:
    answer = await get_document(scene, TYPES_PATH)
    listed = expect_list(answer)
    expect_list_schema(answer)
    for each in listed:
        for name in ("name", "endpoint", "schema"):
            expect(isinstance(each.get(name), str), f"A resource type has no `{name}`.", answer)
    users = [each for each in listed if each["schema"].lower() == USER_SCHEMA.lower()]
    expect(users, "No resource type has the schema of users.", answer)
    endpoint = users[0]["endpoint"].rstrip("/")
    expect(endpoint.endswith("/Users"), f"Users live at {endpoint!r}, and clients look at /Users.", answer)


@CHECKS.add(
    "resource-type-by-id",
    "One resource type can be read by its id",
    asks="GET /ResourceTypes/User",
    expects="200 and that resource type",
    remedy="Serve each resource type under its id as well.",
    severity=Severity.SHOULD,
    rfc="RFC 7644 §4",
    is_reading=True,
)
async def resource_type_by_id(scene: Scene) -> None:
    listed = expect_list(await get_document(scene, TYPES_PATH))
    identifier = next((each.get("id") or each.get("name") for each in listed), "User")
    answer = expect_status(await scene.get(f"{TYPES_PATH}/{identifier}"), 200)
    expect(answer.resource.get("name"), "The answer is no resource type: it has no `name`.", answer)


@CHECKS.add(
    "no-nulls",
    "Discovery has no nulls",
    asks="GET /ServiceProviderConfig, /ResourceTypes, /Schemas",
    expects="no member is null",
    remedy="Leave out what has no value: Entra cannot read schemas with nulls.",
    points=("entra.schemas", "entra-gallery.schema-discoverability"),
    is_reading=True,
)
async def no_nulls(scene: Scene) -> None:
    for path in DOCUMENTS:
        answer = await get_document(scene, path)
        where = _null_in(answer.content)
        expect(not where, f"`{where}` in {path} is null.", answer)


@CHECKS.add(
    "meta",
    "Discovery documents say what they are",
    asks="GET /ServiceProviderConfig, /ResourceTypes, /Schemas",
    expects="meta.resourceType and meta.location in each",
    remedy='Add `"meta": {"resourceType": …, "location": …}`.',
    severity=Severity.SHOULD,
    rfc="RFC 7643 §3.1",
    is_reading=True,
)
async def meta(scene: Scene) -> None:
    for path, kind in zip(DOCUMENTS, ("ServiceProviderConfig", "ResourceType", "Schema"), strict=True):
        answer = await get_document(scene, path)
        for each in answer.resources or [answer.resource]:
            found = each.get("meta")
            named = found.get("resourceType") if isinstance(found, Mapping) else None
            expect(named == kind, f"`meta.resourceType` in {path} is {named!r} instead of {kind}.", answer)
            expect(isinstance(found, Mapping) and found.get("location"), f"{path} has no `meta.location`.", answer)


@CHECKS.add(
    "media-type",
    "Discovery is application/scim+json",
    asks="GET /ServiceProviderConfig, /ResourceTypes, /Schemas",
    expects="Content-Type: application/scim+json",
    remedy="Set the content type of discovery as of everything else.",
    rfc="RFC 7644 §3.1",
    points=("entra.media-type",),
    is_reading=True,
)
async def media_type(scene: Scene) -> None:
    for path in DOCUMENTS:
        answer = await get_document(scene, path)
        expect(answer.media_type == "application/scim+json", f"{path} is {answer.media_type or 'untyped'}.", answer)


@CHECKS.add(
    "methods",
    "Writing to discovery is 405",
    asks="POST to /ServiceProviderConfig, /ResourceTypes and /Schemas",
    expects="405, not 404",
    remedy="Answer 405 with an Allow header: the address is there, only the method is not.",
    severity=Severity.SHOULD,
    rfc="RFC 7644 §4, RFC 9110 §15.5.6",
    points=("common.16", "okta-spec.edition-2016-methods"),
)
async def methods(scene: Scene) -> None:
    for path in DOCUMENTS:
        expect_status(await scene.post(path, {"schemas": []}), 405)


@CHECKS.add(
    "missing",
    "An unknown schema or resource type is 404",
    asks="GET /Schemas/urn:example:nothing, GET /ResourceTypes/Nothing",
    expects="404 with a SCIM error",
    remedy="Answer 404 with the error of RFC 7644 §3.12.",
    rfc="RFC 7644 §3.12, §4",
    is_reading=True,
)
async def missing(scene: Scene) -> None:
    for path in (f"{SCHEMAS_PATH}/urn:example:nothing", f"{TYPES_PATH}/Nothing"):
        expect_status(await scene.get(path), 404)


async def get_document(scene: Scene, path: str) -> Exchange:
    answer = expect_status(await scene.get(path), 200)
    expect(answer.is_json and answer.content, f"{path} is no JSON document.", answer)
    return answer


def _null_in(value: Any, path: str = "") -> str:
    """The path of the first null; empty when there is none."""
    if value is None:
        return path or "the document"
    parts: list[tuple[str, Any]] = []
    if isinstance(value, Mapping):
        parts = [(f"{path}.{key}" if path else str(key), each) for key, each in value.items()]
    elif isinstance(value, list):
        parts = [(f"{path}[{index}]", each) for index, each in enumerate(value)]
    return next((found for place, each in parts if (found := _null_in(each, place))), "")
