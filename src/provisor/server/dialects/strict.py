"""The RFC by the letter: for developers of clients, who want to hear about every departure from it."""

from provisor.server.dialects.dialect import Dialect

STRICT = Dialect("strict", is_strict=True)
