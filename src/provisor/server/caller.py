"""Who is talking to us and about what: everything that answering one request needs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from provisor.ports.changes import Journal
from provisor.ports.resources import JsonObject, ResourceBackend
from provisor.ports.tokens import TokenGrant
from provisor.scim.schema import Attribute, ResourceType
from provisor.server.dialects.dialect import Dialect
from provisor.server.operating.journal import RequestJournal
from provisor.server.transport.requests import ScimRequest

BackendFor = Callable[[TokenGrant, Journal], ResourceBackend]

USER = "User"
"""What a reference means that may mean several types and says none."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The tenant's backend and resource types (by name), the client's dialect, and the endpoint's URL.

    `journal` is that of the request; what `backend` writes is recorded there.
    """

    grant: TokenGrant
    backend: ResourceBackend
    types: Mapping[str, ResourceType]
    dialect: Dialect
    origin: str
    journal: RequestJournal
    backend_for: BackendFor

    def for_operation(self, number: int, request: ScimRequest) -> "Caller":
        """The same caller with one operation of a bulk request, which has a journal of its own."""
        journal = self.journal.for_operation(number, request)
        return replace(self, journal=journal, backend=self.backend_for(self.grant, journal))

    def type_at(self, segment: str) -> ResourceType | None:
        """The resource type whose endpoint a path segment names, exactly."""
        for each in self.types.values():
            if each.endpoint[1:] == segment:
                return each
        return None

    def location(self, type_: ResourceType, resource_id: str) -> str:
        """The URL of a resource."""
        return f"{self.origin}{type_.endpoint}/{resource_id}"

    @property
    def urls(self) -> Mapping[str, str]:
        """Where resources are, by the names of their types."""
        return {name: f"{self.origin}{type_.endpoint}" for name, type_ in self.types.items()}

    def located(self, resource: JsonObject, type_: ResourceType) -> JsonObject:
        """The same resource with its URL, and with URLs beside the ids of others (RFC 7643 §3.1, §2.4)."""
        resource.setdefault("meta", {})["location"] = self.location(type_, resource["id"])
        for place in type_.references:
            holder = resource if place.container is None else resource.get(place.container)
            value = holder.get(place.attribute.name) if holder is not None else None
            if value is not None:
                self._locate(value if isinstance(value, list) else [value], place.attribute)
        return resource

    def locate(self, references: Sequence[JsonObject], type_: ResourceType, name: str) -> None:
        """The same for the values of one attribute of a type."""
        attribute = type_.attribute(name)
        if attribute is not None:
            self._locate(references, attribute)

    def _locate(self, references: Sequence[JsonObject], attribute: Attribute) -> None:
        """Write `$ref` where a client did not: of the one type that it can be, else of the type that is named."""
        address = attribute.sub("$ref")
        named = address.reference_types if address is not None else ()
        known = [self.types[each] for each in named if each in self.types]
        for reference in references:
            type_ = known[0] if len(known) == 1 else self.types.get(reference.get("type", USER))
            if type_ is not None and "value" in reference and "$ref" not in reference:
                reference["$ref"] = self.location(type_, reference["value"])
