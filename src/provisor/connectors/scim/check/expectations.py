"""What a check may expect of an answer; each raises `Wrong` with a sentence when the server does something else."""

from collections.abc import Iterable, Mapping
from typing import Any

from provisor.connectors.scim.check.exchange import Exchange, describe_status
from provisor.connectors.scim.check.judges import Severity
from provisor.scim.errors import ERROR_SCHEMA
from provisor.scim.messages import LIST_SCHEMA

SCIM_TYPE = "scimType"


class Wrong(Exception):
    """The server does something else than is expected.

    `exchange` is where that shows; without one it is the last. `severity` makes it less bad than the check's own.
    """

    def __init__(self, problem: str, exchange: Exchange | None = None, severity: Severity | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.exchange = exchange
        self.severity = severity


class Blocked(Exception):
    """What a check has to prepare does not work, so that it cannot say anything about what it is for."""

    def __init__(self, reason: str, exchange: Exchange | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.exchange = exchange


class NotApplicable(Exception):
    """The check makes no sense here, and why."""


def expect(holds: object, problem: str, exchange: Exchange | None = None) -> None:
    """Anything."""
    if not holds:
        raise Wrong(problem, exchange)


def expect_status(exchange: Exchange, *statuses: int) -> Exchange:
    """One of these statuses."""
    if exchange.status not in statuses:
        wanted = " or ".join(map(str, statuses))
        raise Wrong(
            f"The status is {describe_status(exchange.status)}{_said(exchange)}; it should be {wanted}.", exchange
        )
    return exchange


def expect_resource(exchange: Exchange, *statuses: int) -> dict[str, Any]:
    """A success with one JSON object that has an id."""
    expect_status(exchange, *(statuses or (200,)))
    resource = exchange.resource
    expect(resource, "The answer holds no JSON object.", exchange)
    identifier = resource.get("id")
    expect(isinstance(identifier, str) and identifier, "The resource has no `id` that is a text.", exchange)
    return resource


def expect_list(exchange: Exchange) -> list[dict[str, Any]]:
    """200 and a ListResponse; returns its resources."""
    expect_status(exchange, 200)
    content = exchange.content
    if not isinstance(content, Mapping) or not ("Resources" in content or "totalResults" in content):
        raise Wrong("The answer is no ListResponse: it has neither `totalResults` nor `Resources`.", exchange)
    listed = content.get("Resources", [])
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise Wrong("`Resources` is not a list of objects.", exchange)
    return list(listed)


def expect_found(exchange: Exchange, *wanted: Mapping[str, Any], among: Iterable[Mapping[str, Any]] = ()) -> None:
    """A list that holds the wanted resources, and none of the others `among` which they were made."""
    found = {each.get("id") for each in expect_list(exchange)}
    for each in wanted:
        expect(each["id"] in found, f"{name_of(each)} is not found.", exchange)
    expected = {each["id"] for each in wanted}
    for each in among:
        if each["id"] not in expected:
            expect(each["id"] not in found, f"{name_of(each)} is found and should not be.", exchange)


def expect_only(exchange: Exchange, *wanted: Mapping[str, Any]) -> None:
    """A list of exactly these resources."""
    expect_found(exchange, *wanted)
    found = exchange.resources
    expect(len(found) == len(wanted), f"{len(found)} resources are found instead of {len(wanted)}.", exchange)


def expect_nothing(exchange: Exchange) -> None:
    """200 and an empty list."""
    found = expect_list(exchange)
    expect(not found, f"{len(found)} resources are found, and none should be.", exchange)
    total = exchange.resource.get("totalResults")
    expect(str(total) == "0", f"`totalResults` is {total!r} instead of 0.", exchange)


def expect_refused(exchange: Exchange, *statuses: int, scim_type: str | tuple[str, ...] = ()) -> None:
    """One of these statuses, and one of these scimTypes where any is given."""
    expect_status(exchange, *statuses)
    wanted = (scim_type,) if isinstance(scim_type, str) else scim_type
    if wanted:
        found = exchange.resource.get(SCIM_TYPE)
        names = " or ".join(wanted)
        expect(found in wanted, f"`scimType` is {found!r} instead of {names}.", exchange)


def expect_error(exchange: Exchange, status: int) -> None:
    """A SCIM error: its schema, and the status as text."""
    expect_status(exchange, status)
    expect(exchange.is_json, f"The error is no JSON but {exchange.media_type or 'empty'}.", exchange)
    body = exchange.resource
    schemas = body.get("schemas")
    expect(isinstance(schemas, list) and ERROR_SCHEMA in schemas, f"The error does not name {ERROR_SCHEMA}.", exchange)
    found = body.get("status")
    expect(isinstance(found, str), f"`status` in the error is {found!r}: it has to be a text.", exchange)
    expect(found == str(status), f"`status` in the error is {found!r}, and the answer's is {status}.", exchange)


def expect_value(resource: Mapping[str, Any], path: str, wanted: Any, exchange: Exchange | None = None) -> None:
    """The value at a dotted path, equal to what is wanted; None for no value."""
    found = value_at(resource, path)
    if found in (None, "", [], {}):
        found = None
    if found != wanted:
        wanted_text = "have no value" if wanted is None else f"be {wanted!r}"
        raise Wrong(f"`{path}` is {found!r}; it should {wanted_text}.", exchange)


def expect_list_schema(exchange: Exchange) -> None:
    """The list names its schema."""
    schemas = exchange.resource.get("schemas")
    expect(isinstance(schemas, list) and LIST_SCHEMA in schemas, f"The list does not name {LIST_SCHEMA}.", exchange)


def value_at(resource: Mapping[str, Any], path: str) -> Any:
    """The value at a path: names with dots between them, or with slashes where one of them is a URN."""
    value: Any = resource
    for name in path.split("/") if "/" in path or path.startswith("urn:") else path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def values_of(resource: Mapping[str, Any], attribute: str, **wanted: Any) -> list[dict[str, Any]]:
    """The elements of a list that have these parts."""
    listed = value_at(resource, attribute)
    elements = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    return [each for each in elements if all(each.get(key) == value for key, value in wanted.items())]


def name_of(resource: Mapping[str, Any]) -> str:
    """What to call a resource in a sentence."""
    return str(resource.get("userName") or resource.get("displayName") or resource.get("id"))


def _said(exchange: Exchange) -> str:
    """What the server itself says about a refusal; the answer is shown in full elsewhere."""
    scim_type = exchange.resource.get(SCIM_TYPE)
    return f" ({scim_type})" if isinstance(scim_type, str) and not exchange.is_success else ""
