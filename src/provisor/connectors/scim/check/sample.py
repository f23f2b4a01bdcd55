"""Users and groups to try with, made from the server's own schemas: what it requires is there, what it lacks is not."""

from collections.abc import Iterable, Mapping
from typing import Any

from provisor.connectors.scim.check.announced import Announced
from provisor.scim.grammar.attribute_path import ENTERPRISE_SCHEMA, GROUP_SCHEMA, USER_SCHEMA
from provisor.scim.schema import Attribute, AttributeType, Mutability, ResourceType

USER_DOMAIN = "example.com"
_SIMPLE: dict[AttributeType, Any] = {
    AttributeType.BOOLEAN: True,
    AttributeType.INTEGER: 7,
    AttributeType.DECIMAL: 1.5,
    AttributeType.DATE_TIME: "2026-11-23T18:00:00Z",
    AttributeType.BINARY: "UHJvdmlzb3I=",
    AttributeType.REFERENCE: "https://example.com/provisor-check",
    AttributeType.STRING: "Provisor check",
}
_TEXTS = {
    "locale": "en-US",
    "preferredLanguage": "en-US",
    "timezone": "Europe/Berlin",
    "country": "DE",
    "phoneNumbers.value": "+1 201 555 0123",
    "emails.value": "ada@example.com",
    "photos.value": "https://example.com/ada.png",
    "employeeNumber": "701984",
}
_NOT_SAMPLED = frozenset({"password", "x509certificates", "groups", "manager", "entitlements", "schemas", "externalid"})
"""Left to checks of their own, or no business of a sample's."""


class Samples:
    """Makes bodies for POST. `domain` is what user names end in."""

    def __init__(self, announced: Announced, domain: str = USER_DOMAIN) -> None:
        self._announced = announced
        self._domain = domain

    def address(self, name: str) -> str:
        """A user name, which is a mail address: many servers want one."""
        return f"{name}@{self._domain}"

    def user(self, name: str, /, **attributes: Any) -> dict[str, Any]:
        """A user as an identity provider would create it; None leaves an attribute out."""
        given, _, rest = name.rpartition("-")[2].partition(" ")
        address = self.address(name)
        body: dict[str, Any] = {
            "schemas": [USER_SCHEMA],
            "userName": address,
            "externalId": f"{name}-Ext",
            "name": {"givenName": given.capitalize(), "familyName": rest or "Provisor"},
            "displayName": f"{given.capitalize()} Provisor",
            "active": True,
            "emails": [{"value": address, "type": "work", "primary": True}],
        }
        body = {key: value for key, value in body.items() if self._is_known(key, "User")}
        return self._finish(body, self._announced.user, attributes)

    def group(self, name: str, /, **attributes: Any) -> dict[str, Any]:
        """A group without members."""
        body = {"schemas": [GROUP_SCHEMA], "displayName": name}
        type_ = self._announced.group
        return self._finish(body, type_, attributes) if type_ is not None else {**body, **attributes}

    def everything(self, name: str) -> dict[str, Any]:
        """A user with a value for every attribute that the server's schemas let a client write."""
        body = self.user(name)
        for attribute in self._announced.user.schema.attributes:
            if attribute.name not in body and attribute.name.lower() not in _NOT_SAMPLED:
                self._add(body, attribute)
        for extension in self._announced.user.extensions:
            values: dict[str, Any] = {}
            for attribute in extension.schema.attributes:
                if attribute.name.lower() not in _NOT_SAMPLED:
                    self._add(values, attribute)
            if values:
                body[extension.schema.id] = values
                body["schemas"] = [*body["schemas"], extension.schema.id]
        return body

    def _is_known(self, key: str, type_name: str) -> bool:
        return key in {"schemas", "externalId"} or self._announced.is_writable(key, type_name)

    def _finish(self, body: dict[str, Any], type_: ResourceType, attributes: Mapping[str, Any]) -> dict[str, Any]:
        """Add what is required, then what was asked for, and name the extensions that are used."""
        for attribute in type_.schema.attributes:
            if attribute.is_required and attribute.name not in body:
                self._add(body, attribute)
        for extension in type_.extensions:
            required = [each for each in extension.schema.attributes if each.is_required]
            if extension.is_required and required:
                values = body.setdefault(extension.schema.id, {})
                for attribute in required:
                    self._add(values, attribute)
        body.update(attributes)
        body = {key: value for key, value in body.items() if value is not None}
        if "schemas" not in attributes:
            body["schemas"] = [*body["schemas"], *(key for key in body if key.startswith("urn:"))]
        return body

    def _add(self, holder: dict[str, Any], attribute: Attribute) -> None:
        value = sample_value(attribute)
        if value is not None:
            holder[attribute.name] = value


def enterprise(**attributes: Any) -> dict[str, Any]:
    """The enterprise extension, to be given to `Samples.user`."""
    return {ENTERPRISE_SCHEMA: attributes}


def sample_value(attribute: Attribute, parent: str = "") -> Any:
    """A value for an attribute; None where a client may write none."""
    if attribute.mutability in {Mutability.READ_ONLY, Mutability.WRITE_ONLY}:
        return None
    if attribute.is_complex:
        parts = {sub.name: sample_value(sub, attribute.name) for sub in _parts(attribute)}
        value: Any = {key: each for key, each in parts.items() if each is not None}
        if not value:
            return None
    elif attribute.canonical_values and attribute.type is AttributeType.STRING:
        value = attribute.canonical_values[0]
    else:
        name = f"{parent}.{attribute.name}" if parent else attribute.name
        value = _TEXTS.get(name) or _TEXTS.get(attribute.name) or _typed(attribute, name)
    return [value] if attribute.is_multivalued else value


def _typed(attribute: Attribute, name: str) -> Any:
    if attribute.type is AttributeType.STRING and attribute.name == "type":
        return "work"
    if attribute.type is AttributeType.STRING:
        return f"{_SIMPLE[AttributeType.STRING]} {name.rpartition('.')[2]}"
    return _SIMPLE.get(attribute.type)


def _parts(attribute: Attribute) -> Iterable[Attribute]:
    """What of a complex value is given: not what the server fills in, and no link beside a value."""
    subs = attribute.sub_attributes
    has_value = any(sub.name == "value" for sub in subs)
    return [sub for sub in subs if sub.name not in {"$ref", "display"} or (sub.name == "display" and not has_value)]


def differences(sent: Any, shown: Any, path: str = "") -> list[str]:
    """Paths of what was sent and is not shown like that. Further values of the server's own are no difference."""
    if isinstance(sent, Mapping):
        if not isinstance(shown, Mapping):
            return [path]
        folded = {str(key).lower(): value for key, value in shown.items()}
        return [
            each
            for key, value in sent.items()
            for each in differences(value, folded.get(str(key).lower()), f"{path}.{key}" if path else str(key))
        ]
    if isinstance(sent, list):
        listed = shown if isinstance(shown, list) else []
        return [] if all(any(not differences(one, other) for other in listed) for one in sent) else [path]
    return [] if _is_equal(sent, shown) else [path]


def _is_equal(sent: Any, shown: Any) -> bool:
    """Equal, an instant in whatever form it is written."""
    if isinstance(sent, str) and isinstance(shown, str) and sent.endswith("Z") and sent[:4].isdigit():
        return shown[:19] == sent[:19]
    return bool(sent == shown) and isinstance(sent, bool) == isinstance(shown, bool)
