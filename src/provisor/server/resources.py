"""The endpoints of resources: create, read, replace, patch, delete (RFC 7644 §3.3 to §3.6).

Shape and characteristics are checked here by the protocol's own room; what is stored and how is the backend's.
"""

from collections.abc import Sequence
from typing import Any

from provisor.ports.resources import JsonObject, ResourceText
from provisor.scim.characteristics import check_create, check_replace
from provisor.scim.patch import parse_patch
from provisor.scim.schema import ResourceType
from provisor.server.caller import Caller
from provisor.server.members import MEMBERS, GroupMembers
from provisor.server.showing import COSTLY, Shown, read_shown
from provisor.server.transport.answers import Answer, Shape, encode_json, header, shaped_answer
from provisor.server.transport.conditions import is_named, prefers, read_tags
from provisor.server.transport.requests import ScimRequest

PROJECTION_PARAMETERS = ("attributes", "excludedattributes")
NO_CONTENT = Answer(204)


async def create(caller: Caller, type_: ResourceType, request: ScimRequest) -> Answer:
    """POST to a type's endpoint: 201 with the resource and its Location."""
    shown = _shown(type_, request)
    resource = check_create(await request.json(), type_, caller.dialect.is_strict)
    caller.journal.status = 201
    created = await caller.backend.create(type_.name, resource)
    return await _answer(caller, type_, created, shown, 201)


async def read(caller: Caller, type_: ResourceType, resource_id: str, request: ScimRequest) -> Answer:
    """GET: 200 with the resource, or 304 when the client has this version."""
    shown = _shown(type_, request)
    known = read_tags(request.headers.get("if-none-match"))
    excluded = GroupMembers(caller, type_, shown).excluded
    texts = caller.backend.texts(type_.name) if shown.is_whole else None
    if texts is not None:
        rendered = await texts.get(type_.name, resource_id, caller.urls, excluded=excluded)
        return _unmodified(rendered.version, known) or await _answer_text(caller, type_, rendered, shown)
    resource = await caller.backend.get(type_.name, resource_id, excluded=excluded)
    return _unmodified(_version(resource), known) or await _answer(caller, type_, resource, shown, 200, note="shown")


async def replace(caller: Caller, type_: ResourceType, resource_id: str, request: ScimRequest) -> Answer:
    """PUT: 200 with the resource. Never creates one."""
    shown = _shown(type_, request)
    body = await request.json()
    current = await caller.backend.get(type_.name, resource_id, excluded=COSTLY)
    checked = check_replace(current, body, type_, caller.dialect.is_strict)
    for attribute in type_.attributes:
        if attribute.name.lower() in caller.dialect.kept_on_replace and attribute.name in current:
            checked.setdefault(attribute.name, current[attribute.name])
    expected = read_tags(request.headers.get("if-match"))
    replaced = await caller.backend.replace(type_.name, resource_id, checked, expected)
    return await _answer(caller, type_, replaced, shown, 200)


async def patch(caller: Caller, type_: ResourceType, resource_id: str, request: ScimRequest) -> Answer:
    """PATCH: 200 with the resource or 204, as the dialect and the request want it (RFC 7644 §3.5.2)."""
    parameters = request.parameters()
    shown = _shown(type_, request)
    operations = parse_patch(await request.json(), schemas=type_.schema_ids)
    is_silent = _is_silent(caller, type_, request, parameters)
    caller.journal.status = 204 if is_silent else 200
    patched = await caller.backend.patch(
        type_.name,
        resource_id,
        operations,
        read_tags(request.headers.get("if-match")),
        lenient=not caller.dialect.is_strict,
        excluded=COSTLY if is_silent else GroupMembers(caller, type_, shown).excluded,
    )
    if is_silent:
        return NO_CONTENT.with_headers(*_headers(caller, type_, patched))
    return await _answer(caller, type_, patched, shown, 200)


async def delete(caller: Caller, type_: ResourceType, resource_id: str, request: ScimRequest) -> Answer:
    """DELETE: 204; afterwards there is no such resource."""
    caller.journal.status = 204
    await caller.backend.delete(type_.name, resource_id, read_tags(request.headers.get("if-match")))
    return NO_CONTENT


def _is_silent(caller: Caller, type_: ResourceType, request: ScimRequest, parameters: dict[str, str]) -> bool:
    if "attributes" in parameters:  # the RFC wants a body then
        return False
    preference = prefers(request.headers.get("prefer"))
    return preference == "minimal" or (preference == "" and type_.name in caller.dialect.silent_patches)


def _shown(type_: ResourceType, request: ScimRequest) -> Shown:
    if not request.query_string:
        return read_shown(type_, (), ())
    parameters = request.parameters()
    attributes, excluded = (_names(parameters.get(name)) for name in PROJECTION_PARAMETERS)
    return read_shown(type_, attributes, excluded)


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(each for each in text.split(",") if each.strip()) if text else ()


def _version(resource: JsonObject) -> str:
    meta: dict[str, Any] = resource.get("meta", {})
    return str(meta.get("version", ""))


def _headers(caller: Caller, type_: ResourceType, resource: JsonObject) -> list[tuple[bytes, bytes]]:
    headers = [header("location", caller.location(type_, resource["id"]))]
    version = _version(resource)
    return [*headers, header("etag", version)] if version else headers


def _unmodified(version: str, known: Sequence[str] | None) -> Answer | None:
    """The answer to a client that has this version already."""
    if known is None or not version or not is_named(version, known):
        return None
    return Answer(304, b"", (header("etag", version),), note="not modified")


async def _answer_text(caller: Caller, type_: ResourceType, rendered: ResourceText, shown: Shown) -> Answer:
    location = caller.location(type_, rendered.id)
    headers = (
        header("location", location),
        header("etag", rendered.version),
        header("content-location", location),
    )
    shape = await GroupMembers(caller, type_, shown).fill(rendered.id, rendered.text.encode())
    return shaped_answer(shape, 200, *headers, note="shown")


async def _answer(
    caller: Caller, type_: ResourceType, resource: JsonObject, shown: Shown, status: int, note: str = ""
) -> Answer:
    resource_id = resource["id"]
    headers = [*_headers(caller, type_, resource), header("content-location", caller.location(type_, resource_id))]
    is_whole = MEMBERS in resource  # as a write gives them back that brought them
    text = encode_json(shown.project(caller.located(resource, type_)))
    shape: Shape = text if is_whole else await GroupMembers(caller, type_, shown).fill(resource_id, text)
    return shaped_answer(shape, status, *headers, note=note)
