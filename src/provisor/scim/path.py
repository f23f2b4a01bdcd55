"""Paths of PATCH operations: `members`, `name.givenName`, `emails[type eq "work"].value` (RFC 7644 figure 7).

Read from tokens, never by splitting at dots: a schema's id and a quoted value may hold dots, colons and brackets. What
a path aims at in a resource is decided in patching/targets.py.
"""

from collections.abc import Collection
from dataclasses import dataclass

from provisor.scim.filter import Filter, FilterParser, print_filter
from provisor.scim.grammar.attribute_path import (
    ENTERPRISE_SCHEMA,
    GROUP_SCHEMA,
    STANDARD_SCHEMAS,
    USER_SCHEMA,
    AttributePath,
)

__all__ = [
    "ENTERPRISE_SCHEMA",
    "GROUP_SCHEMA",
    "STANDARD_SCHEMAS",
    "USER_SCHEMA",
    "AttributePath",
    "Path",
    "parse_path",
    "print_path",
]


@dataclass(frozen=True, slots=True)
class Path:
    """`attribute[filter].sub_attribute`. Without a filter a sub-attribute is part of `attribute`."""

    attribute: AttributePath
    filter: Filter | None = None
    sub_attribute: str | None = None

    def __str__(self) -> str:
        """As it is written in a PATCH request."""
        return print_path(self)


def parse_path(text: str, *, schemas: Collection[str] = STANDARD_SCHEMAS) -> Path:
    """Read a path. Raises Reject (`invalidPath`). `schemas` holds further known schema ids, in lower case."""
    parser = FilterParser(text, "invalidPath", lenient=False, schemas=schemas)
    attribute = parser.read_path()
    filter_: Filter | None = None
    sub: str | None = None
    if parser.token.kind == "[":
        if attribute.sub_attribute is not None or not attribute.attribute:
            parser.fail("the end")
        filter_ = parser.read_bracketed(0)
        sub = parser.read_sub_attribute(parser.advance().stop)
    if parser.token.kind != "end":
        parser.fail("the end")
    return Path(attribute, filter_, sub)


def print_path(path: Path) -> str:
    """A path as text; reading it again gives an equal path."""
    if path.filter is None:
        return str(path.attribute)
    sub = "" if path.sub_attribute is None else f".{path.sub_attribute}"
    return f"{path.attribute}[{print_filter(path.filter)}]{sub}"
