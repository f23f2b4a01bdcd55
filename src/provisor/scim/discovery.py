"""The discovery documents (RFC 7643 §5-§7, RFC 7644 §4): what the service provider supports, as JSON.

Every characteristic is written out, nothing is null, and addresses are made from the base URL that is passed in.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from provisor.scim.messages import PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX
from provisor.scim.schema import Attribute, ResourceType, Schema

CONFIG_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
RESOURCE_TYPE_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
SCHEMA_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Schema"

JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True)
class AuthenticationScheme:
    """A way to authenticate; `type` is one of RFC 7643 §5: oauthbearertoken, httpbasic and others."""

    type: str
    name: str
    description: str
    spec_uri: str | None = None
    documentation_uri: str | None = None
    is_primary: bool = False


BEARER_TOKEN = AuthenticationScheme(
    type="oauthbearertoken",
    name="Bearer token",
    description="The token that was shown once when it was made, in the Authorization header.",
    spec_uri="https://www.rfc-editor.org/info/rfc6750",
    is_primary=True,
)


@dataclass(frozen=True, slots=True)
class Features:
    """What a service provider supports. Zero bulk operations or no cursor timeout mean: not supported."""

    bulk_operations_max: int = 0
    bulk_payload_bytes_max: int = 0
    filter_results_max: int = PAGE_SIZE_MAX
    supports_change_password: bool = False
    supports_sort: bool = True
    supports_etag: bool = True
    page_size_default: int = PAGE_SIZE_DEFAULT
    page_size_max: int = PAGE_SIZE_MAX
    cursor_timeout_seconds: int | None = None
    event_uris: tuple[str, ...] = ()
    async_request: str = "none"
    documentation_uri: str | None = None
    authentication_schemes: tuple[AuthenticationScheme, ...] = (BEARER_TOKEN,)


def service_provider_config(features: Features, base_url: str) -> JsonObject:
    """The ServiceProviderConfig document."""
    has_cursor = features.cursor_timeout_seconds is not None
    pagination: JsonObject = {
        "cursor": has_cursor,
        "index": True,
        "defaultPaginationMethod": "index",
        "defaultPageSize": features.page_size_default,
        "maxPageSize": features.page_size_max,
        "cursorTimeout": features.cursor_timeout_seconds,
    }
    document: JsonObject = {
        "schemas": [CONFIG_SCHEMA],
        "documentationUri": features.documentation_uri,
        "patch": {"supported": True},
        "bulk": {
            "supported": features.bulk_operations_max > 0,
            "maxOperations": features.bulk_operations_max,
            "maxPayloadSize": features.bulk_payload_bytes_max,
        },
        "filter": {"supported": True, "maxResults": features.filter_results_max},
        "changePassword": {"supported": features.supports_change_password},
        "sort": {"supported": features.supports_sort},
        "etag": {"supported": features.supports_etag},
        "authenticationSchemes": [_scheme_document(each) for each in features.authentication_schemes],
        "pagination": _without_nulls(pagination),
    }
    if features.event_uris:
        document["securityEvents"] = {
            "asyncRequest": features.async_request,
            "eventUris": list(features.event_uris),
        }
    document["meta"] = _meta("ServiceProviderConfig", f"{base_url}/ServiceProviderConfig")
    return _without_nulls(document)


def resource_type_document(type_: ResourceType, base_url: str) -> JsonObject:
    """The ResourceType document of one kind of resource."""
    return _without_nulls(
        {
            "schemas": [RESOURCE_TYPE_SCHEMA],
            "id": type_.id,
            "name": type_.name,
            "description": type_.description or None,
            "endpoint": type_.endpoint,
            "schema": type_.schema.id,
            "schemaExtensions": [
                {"schema": extension.schema.id, "required": extension.is_required} for extension in type_.extensions
            ],
            "meta": _meta("ResourceType", f"{base_url}/ResourceTypes/{type_.id}"),
        }
    )


def schema_document(schema: Schema, base_url: str) -> JsonObject:
    """The Schema document, with every characteristic of every attribute."""
    return {
        "schemas": [SCHEMA_SCHEMA],
        "id": schema.id,
        "name": schema.name,
        "description": schema.description or schema.name,
        "attributes": [attribute_document(attribute) for attribute in schema.attributes],
        "meta": _meta("Schema", f"{base_url}/Schemas/{schema.id}"),
    }


def schemas_in_use(types: Iterable[ResourceType]) -> tuple[Schema, ...]:
    """The schemas of the resource types and their extensions, each once, in order."""
    found: dict[str, Schema] = {}
    for type_ in types:
        for schema in (type_.schema, *(extension.schema for extension in type_.extensions)):
            found.setdefault(schema.id, schema)
    return tuple(found.values())


def attribute_document(attribute: Attribute) -> JsonObject:
    """One attribute's definition. A complex one has neither caseExact nor uniqueness (RFC 7643 erratum 6004)."""
    document: JsonObject = {
        "name": attribute.name,
        "type": attribute.type.value,
        "multiValued": attribute.is_multivalued,
        "description": attribute.description or attribute.name,
        "required": attribute.is_required,
    }
    if attribute.canonical_values:
        document["canonicalValues"] = list(attribute.canonical_values)
    if not attribute.is_complex:
        document["caseExact"] = attribute.is_case_exact
    document["mutability"] = attribute.mutability.value
    document["returned"] = attribute.returned.value
    if not attribute.is_complex:
        document["uniqueness"] = attribute.uniqueness.value
    if attribute.reference_types:
        document["referenceTypes"] = list(attribute.reference_types)
    if attribute.is_complex:
        document["subAttributes"] = [attribute_document(sub) for sub in attribute.sub_attributes]
    return document


def _scheme_document(scheme: AuthenticationScheme) -> JsonObject:
    return _without_nulls(
        {
            "type": scheme.type,
            "name": scheme.name,
            "description": scheme.description,
            "specUri": scheme.spec_uri,
            "documentationUri": scheme.documentation_uri,
            "primary": scheme.is_primary,
        }
    )


def _meta(resource_type: str, location: str) -> JsonObject:
    return {"resourceType": resource_type, "location": location}


def _without_nulls(document: JsonObject) -> JsonObject:
    return {key: value for key, value in document.items() if value is not None}
