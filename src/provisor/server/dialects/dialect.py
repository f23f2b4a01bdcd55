"""What one kind of client expects beyond, or instead of, the RFC's letter. Chosen per token by its profile.

Whatever can be told apart by its form alone (operation names in any case, booleans as text, paths that name what is
not there yet) is understood for every lenient dialect by the protocol's own room; a dialect holds what is a choice.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dialect:
    """A client's dialect.

    `is_strict` refuses what the RFC does not allow instead of reading it kindly. `silent_patches` names the resource
    types whose PATCH is answered with 204 and no body. `kept_on_replace` names attributes (lower case) that a PUT
    does not clear by leaving them out. `shown_on_request` names sub-attributes that are shown only where the client
    asks for them; the schemas that it reads say so.
    """

    name: str
    is_strict: bool = False
    silent_patches: frozenset[str] = frozenset()
    kept_on_replace: frozenset[str] = frozenset()
    shown_on_request: frozenset[tuple[str, str]] = frozenset()
