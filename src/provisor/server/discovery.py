"""The discovery endpoints: ServiceProviderConfig, ResourceTypes, Schemas (RFC 7644 §4). Read-only, never filtered."""

from collections.abc import Sequence

from provisor.model.errors import Forbidden, NotFound
from provisor.ports.resources import JsonObject
from provisor.scim.discovery import (
    Features,
    resource_type_document,
    schema_document,
    schemas_in_use,
    service_provider_config,
)
from provisor.scim.messages import list_response
from provisor.server.caller import Caller
from provisor.server.transport.answers import Answer, json_answer
from provisor.server.transport.problems import refuse_method, refuse_path
from provisor.server.transport.requests import ScimRequest

DISCOVERY = frozenset({"ServiceProviderConfig", "ResourceTypes", "Schemas"})
DISCOVERY_METHODS = "GET, HEAD"


def answer_discovery(caller: Caller, request: ScimRequest, features: Features) -> Answer:
    """A discovery document, or the list of them."""
    what, *rest = request.segments
    if len(rest) > 1 or (rest and what == "ServiceProviderConfig"):
        raise refuse_path(request.segments)
    if request.method not in {"GET", "HEAD"}:
        raise refuse_method(request.method, DISCOVERY_METHODS)
    if "filter" in request.parameters():
        raise Forbidden("Discovery cannot be filtered.", remedy="Ask without a filter.")
    if what == "ServiceProviderConfig":
        return json_answer(service_provider_config(features, caller.origin))
    if what == "ResourceTypes":
        documents = [resource_type_document(each, caller.origin) for each in caller.types.values()]
    else:
        documents = [schema_document(each, caller.origin) for each in schemas_in_use(caller.types.values())]
    return _list_or_one(documents, what, rest)


def _list_or_one(documents: Sequence[JsonObject], what: str, rest: Sequence[str]) -> Answer:
    if not rest:
        return json_answer(list_response(documents, len(documents)))
    wanted = rest[0].lower()  # schema URNs are compared without case (RFC 8141)
    found = next((each for each in documents if str(each["id"]).lower() == wanted), None)
    if found is None:
        raise NotFound(f"There is nothing called '{rest[0][:200]}' under /{what}.")
    return json_answer(found)
