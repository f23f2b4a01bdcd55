"""What a check needs before it makes sense: a feature that the server announces, an attribute in its schemas.

A feature that is not announced is no fault, and its checks are skipped with that reason, unless a client whose
complaint the check is cannot do without the feature: then it is tried all the same.
"""

from collections.abc import Callable
from dataclasses import dataclass

from provisor.connectors.scim.check.announced import Announced
from provisor.connectors.scim.check.judges import Client


@dataclass(frozen=True, slots=True)
class Need:
    """`text` goes into the reference; `missing` is the reason when it is not met."""

    text: str
    missing: str
    is_met: Callable[[Announced], bool]
    wanted_by: frozenset[Client] = frozenset()


def _supported(feature: str, title: str, *clients: Client, unless_told: bool = False) -> Need:
    return Need(
        f"{title} is announced",
        f"{title} is not announced in the ServiceProviderConfig",
        lambda announced: announced.supports(feature, unless_told=unless_told),
        frozenset(clients),
    )


PATCH = _supported("patch", "PATCH", Client.ENTRA, unless_told=True)
FILTER = _supported("filter", "filter", Client.ENTRA, Client.OKTA, Client.OTHERS, unless_told=True)
SORT = _supported("sort", "sort", unless_told=False)
BULK = _supported("bulk", "bulk")
ETAG = _supported("etag", "etag")
CURSOR = Need("cursor paging is announced", "cursor paging is not announced", lambda announced: announced.has_cursor)
CONFIG = Need("there is a ServiceProviderConfig", "there is no ServiceProviderConfig", lambda each: bool(each.config))
GROUPS = Need("there are groups", "the server has no groups", lambda announced: announced.group is not None)
ENTERPRISE = Need(
    "users have the enterprise extension",
    "users have no enterprise extension",
    lambda announced: announced.has_enterprise,
)


def writable(path: str, type_name: str = "User") -> Need:
    """The server's schemas have this attribute, and clients may write it."""
    return Need(
        f"`{path}` can be written",
        f"the schemas have no writable `{path}`",
        lambda announced: announced.is_writable(path, type_name),
    )


def declared(path: str, type_name: str = "User") -> Need:
    """The server's schemas have this attribute."""
    return Need(
        f"`{path}` is declared",
        f"the schemas have no `{path}`",
        lambda announced: announced.attribute(path, type_name) is not None,
    )
