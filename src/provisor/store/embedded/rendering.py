"""Resources as JSON text, made from the stored text without reading it (port: `ResourceTexts`).

What is not stored, the id, memberships, meta and addresses, is written between what is. That costs a tenth of decoding,
completing and encoding a resource, and a page has a hundred of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from provisor.ports.resources import JsonObject, ResourceText
from provisor.scim.characteristics import without_secrets
from provisor.scim.grammar.attribute_path import ENTERPRISE_SCHEMA
from provisor.scim.schema import ResourceType
from provisor.store.embedded.reading import ResourceRow, Room
from provisor.store.embedded.rows import JOINED, decode, encode, version_text
from provisor.store.scim_tables import GROUP, USER

MANAGER = "manager"
_SCHEMAS = '{"schemas":['


def can_render(type_: ResourceType) -> bool:
    """Whether all addresses in resources of a type are known to this module.

    They are those of members, groups and managers. Other references, and other attributes that could be taken for a
    manager, are left to those who read resources.
    """
    schemas = [type_.schema, *(each.schema for each in type_.extensions)]
    attributes = [attribute for schema in schemas for attribute in schema.attributes]
    subs = [sub for attribute in attributes for sub in attribute.sub_attributes]
    managers = sum(each.name == MANAGER for each in (*attributes, *subs))
    references = {(place.container, place.attribute.name) for place in type_.references}
    known = {(None, JOINED.get(type_.name)), (ENTERPRISE_SCHEMA, MANAGER)}
    return references <= known and managers <= 1 and not any(schema.is_open for schema in schemas)


def make_room(tenant: str, types: Mapping[str, ResourceType], *, is_postgres: bool) -> Room:
    """A tenant's room."""
    rendered = {
        name: tuple(f'"{place.leaf.name}"' for place in type_.unkept)
        for name, type_ in types.items()
        if can_render(type_)
    }
    return Room(tenant, types, is_postgres, rendered)


@dataclass(frozen=True, slots=True)
class Renderer:
    """Renders resources of one kind. `urls` says where resources are, by the names of their types."""

    room: Room
    kind: str
    urls: Mapping[str, str]

    def render(self, row: ResourceRow, joined: Sequence[JsonObject] | None) -> ResourceText:
        """The text of a resource with its members or groups."""
        kind, url = self.kind, self.urls[self.kind]
        body = row.body
        if any(mark in body for mark in self.room.rendered[kind]):  # kept before its schema said that it is secret
            body = encode(without_secrets(decode(body), self.room.types[kind])).decode()
        if row.manager_id is not None:
            body = self._with_manager(body, row.manager_id)
        version = version_text(row.version)
        beside = "" if not joined else f'"{JOINED[kind]}":{self._located(joined)},'
        meta = (
            f'{beside}"meta":{{"resourceType":"{kind}","created":"{row.created}","lastModified":"{row.last_modified}",'
            f'"version":"W/\\"{row.version}\\"","location":{_quoted(f"{url}/{row.id}")}}}}}'
        )
        if body.startswith(_SCHEMAS):  # as they are written, and URNs hold no brackets
            end = body.index("]") + 1
            text = f'{body[:end]},"id":"{row.id}"{body[end:-1]},{meta}'
        else:
            text = f'{{"id":"{row.id}",{body[1:-1]},{meta}'
        return ResourceText(row.id, version, text)

    def _located(self, joined: Sequence[JsonObject]) -> str:
        for each in joined:
            url = self.urls.get(GROUP if self.kind == USER else each.get("type", USER))
            if url is not None:
                each["$ref"] = f"{url}/{each['value']}"
        return encode(joined).decode()

    def _with_manager(self, body: str, manager_id: str) -> str:
        """The stored text with the manager's address, where a client gave none."""
        url = self.urls.get(USER)
        if url is None:
            return body
        mark = f'"{MANAGER}":{{"value":"{manager_id}"'
        at = body.find(mark)
        if at < 0 or '"$ref"' in body:  # written in an unusual way: read it after all
            resource = decode(body)
            resource[ENTERPRISE_SCHEMA][MANAGER].setdefault("$ref", f"{url}/{manager_id}")
            return encode(resource).decode()
        end = at + len(mark)
        return f'{body[:end]},"$ref":{_quoted(f"{url}/{manager_id}")}{body[end:]}'


def _quoted(text: str) -> str:
    """A text as JSON; addresses hold what the client's Host header said."""
    return encode(text).decode()
