"""Names of attributes: `userName`, `name.givenName`, `urn:…:User:manager.value` (RFC 7644 §3.10, figure 1).

A schema's id holds dots and colons of its own. Known ids are recognised first; any other URN ends at the last colon.
Whether the attribute exists is the resource type's business (schema.py).
"""

from collections.abc import Collection
from dataclasses import dataclass
from string import ascii_letters, digits

USER_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE_SCHEMA = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
STANDARD_SCHEMAS = frozenset(schema.lower() for schema in (USER_SCHEMA, GROUP_SCHEMA, ENTERPRISE_SCHEMA))
"""Lower-case ids that every parser knows without being told."""

_FIRST = frozenset(ascii_letters + "_$")
_NAME = frozenset(ascii_letters + digits + "_$-")


@dataclass(frozen=True, slots=True)
class AttributePath:
    """An attribute as written, in its case. An empty `attribute` means the schema as a whole."""

    schema: str | None
    attribute: str
    sub_attribute: str | None = None

    def __str__(self) -> str:
        """As it is written in a filter or a path."""
        name = self.attribute if self.sub_attribute is None else f"{self.attribute}.{self.sub_attribute}"
        if self.schema is None:
            return name
        return f"{self.schema}:{name}" if name else self.schema


def is_name(text: str) -> bool:
    """Whether a text may be an attribute's name. Double underscores in front are refused: names never reach code."""
    return bool(text) and text[0] in _FIRST and _NAME.issuperset(text) and not text.startswith("__")


def read_attribute_path(word: str, schemas: Collection[str] = STANDARD_SCHEMAS) -> AttributePath | None:
    """The path that a word writes, or None when it writes none. `schemas` holds known ids in lower case."""
    schema: str | None = None
    rest = word
    if ":" in word:
        folded = word.lower()
        if folded in schemas:
            return AttributePath(word, "")
        known = max((len(each) for each in schemas if folded.startswith(f"{each}:")), default=0)
        if known:
            schema, rest = word[:known], word[known + 1 :]
        else:
            schema, _, rest = word.rpartition(":")
            if not folded.startswith("urn:") or len(schema) <= len("urn:"):
                return None
    name, dot, sub = rest.partition(".")
    if not is_name(name) or (dot and not is_name(sub)):
        return None
    return AttributePath(schema, name, sub if dot else None)
