"""The RFC by the letter: for developers of clients, who want to hear about every departure from it.

RFC 7643 §8.7.1 declares no `display` for the members of a group. A client that compares what it reads with what it
wrote would take the names that we fill in for a change of somebody else's, so they are shown only where asked for.
"""

from provisor.server.dialects.dialect import Dialect

STRICT = Dialect("strict", is_strict=True, shown_on_request=frozenset({("members", "display")}))
