"""The profiles that a token may have (CONTRACT, `token create --profile`)."""

from provisor.model.errors import Reject
from provisor.server.dialects.dialect import Dialect
from provisor.server.dialects.entra import ENTRA
from provisor.server.dialects.okta import OKTA
from provisor.server.dialects.strict import STRICT

DEFAULT = Dialect("default")
"""Kind to every client: reads what they are known to send, and shows the whole resource after every change."""

PROFILES = {dialect.name: dialect for dialect in (DEFAULT, STRICT, ENTRA, OKTA)}


def find_dialect(profile: str) -> Dialect:
    """The dialect of a profile. Raises `Reject` for a name that nobody knows."""
    try:
        return PROFILES[profile]
    except KeyError:
        raise Reject(f"There is no profile '{profile}'.", remedy=f"Choose one of {', '.join(PROFILES)}.") from None
