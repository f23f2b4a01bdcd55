"""Values in the type of a target attribute (mapping spec §4.6), by a converter chosen once, when rules are compiled."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from provisor.expressions.calls.coercion import read_integer
from provisor.expressions.choices import EMPTY_TEXT_FLOWS
from provisor.expressions.dotnet.dates import parse_date
from provisor.expressions.faults import quote_value
from provisor.expressions.values import as_utc, canonical_text
from provisor.model.errors import ResourceFailed
from provisor.model.operation import Reference
from provisor.model.rules import AttributeDefinition, AttributeType

Convert = Callable[[Any], Any]

CODE_WRONG_TYPE = "UnprocessableEntity"
CODE_ONE_VALUE = "SchemaPropertyCanOnlyAcceptValue"


def is_empty(value: Any) -> bool:
    """Null and the empty list do not flow, and neither does the empty text (mapping spec §4.4)."""
    return value is None or value == [] or (value == "" and not EMPTY_TEXT_FLOWS)


def converter(definition: AttributeDefinition) -> Convert:
    """The function that gives a value the attribute's type. It raises `ResourceFailed` when that cannot be."""
    convert = _CONVERTERS.get(definition.type, _to_text)
    name = definition.name
    if definition.is_multivalued:

        def convert_all(value: Any) -> list[Any]:
            items = value if isinstance(value, list | tuple) else [value]
            return [convert(item, name) for item in items if not is_empty(item)]

        return convert_all

    takes_text = convert is _to_text

    def convert_one(value: Any) -> Any:
        if takes_text and value.__class__ is str:
            return value
        if isinstance(value, list | tuple):
            if len(value) != 1:
                raise ResourceFailed(
                    f"{name} takes one value, the mapping gives {len(value)}.",
                    code=CODE_ONE_VALUE,
                    remedy="Use a function that picks or joins, such as Item or Join.",
                )
            value = value[0]
        return convert(value, name)

    return convert_one


def _to_text(value: Any, _name: str) -> Any:
    return value if isinstance(value, str | dict) else canonical_text(value)


def _to_boolean(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return value
    text = canonical_text(value).strip().lower()
    if text in ("true", "false"):
        return text == "true"
    raise _wrong(name, "a Boolean", value, "Map True or False.")


def _to_integer(value: Any, name: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    number = None if isinstance(value, bool) else read_integer(canonical_text(value))
    if number is not None:
        return number
    raise _wrong(name, "an Integer", value, "Map a whole number.")


def _to_moment(value: Any, name: str) -> str:
    """A date as SCIM writes it (RFC 7643 §2.3.5)."""
    moment = value if isinstance(value, datetime) else parse_date(canonical_text(value))
    if moment is None:
        raise _wrong(name, "a DateTime", value, "Read other forms of dates with FormatDateTime first.")
    return as_utc(moment).astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def _to_reference(value: Any, _name: str) -> Reference:
    return value if isinstance(value, Reference) else Reference(canonical_text(value))


_CONVERTERS: dict[AttributeType, Callable[[Any, str], Any]] = {
    AttributeType.BOOLEAN: _to_boolean,
    AttributeType.INTEGER: _to_integer,
    AttributeType.DATETIME: _to_moment,
    AttributeType.REFERENCE: _to_reference,
}


def _wrong(name: str, kind: str, value: Any, remedy: str) -> ResourceFailed:
    message = f"{name} is {kind}, the mapping gives {quote_value(canonical_text(value))}."
    return ResourceFailed(message, code=CODE_WRONG_TYPE, remedy=remedy)
