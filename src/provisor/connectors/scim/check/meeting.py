"""Meeting a server: whether anything answers, whether it takes the token, and what it announces. Only reads."""

from typing import Any

from provisor.connectors.scim.check.announced import GROUPS, USERS, Announced, read_announced
from provisor.connectors.scim.check.exchange import Exchange
from provisor.connectors.scim.check.line import Line
from provisor.connectors.scim.refusals import INCOMPATIBLE
from provisor.model.errors import JobFailed


async def meet(line: Line) -> Announced:
    """What the server announces.

    Raises `Unreachable` when nothing answers, and `JobFailed` when the token is refused, the address redirects, or
    no SCIM endpoint is there.
    """
    users = await line.send("GET", USERS, query="count=1")
    _raise_if_refused(line, users)
    documents: dict[str, Any] = {}
    for name in ("ServiceProviderConfig", "ResourceTypes", "Schemas"):
        exchange = await line.send("GET", f"/{name}")
        documents[name] = exchange.content if exchange.is_success and isinstance(exchange.content, dict) else None
    if not any(documents.values()):
        _raise_if_elsewhere(line, users)
    groups = await line.send("GET", GROUPS, query="count=1")
    return read_announced(
        documents["ServiceProviderConfig"],
        documents["ResourceTypes"],
        documents["Schemas"],
        has_groups=groups.is_success,
    )


def _raise_if_refused(line: Line, exchange: Exchange) -> None:
    url = f"{line.tenant.base}{USERS}"
    if exchange.status in {401, 403}:
        if line.token is None:
            message, remedy = f"{url} asks for a token ({exchange.status}).", "Name its variable with --token-env."
        else:
            message = f"{url} refuses the token ({exchange.status})."
            remedy = "Check that the variable holds the whole token, without “Bearer”, and that it has not expired."
        raise JobFailed(message, remedy=remedy, code="Unauthorized")
    if 300 <= exchange.status < 400:
        target = line.hide(exchange.header("location").partition("?")[0])
        to = f" to {target}" if target else ""
        raise JobFailed(
            f"{url} redirects{to} ({exchange.status}); redirects are not followed.",
            remedy="Give the final address.",
            code=INCOMPATIBLE,
        )


def _raise_if_elsewhere(line: Line, exchange: Exchange) -> None:
    """No document of discovery is there; without a list of users either, this is no SCIM endpoint."""
    if not exchange.is_success or not exchange.resource:
        url = f"{line.tenant.base}{USERS}"
        kind = f", {exchange.media_type}" if exchange.media_type else ""
        raise JobFailed(
            f"There is no SCIM endpoint at {url} ({exchange.status}{kind}).",
            remedy="Check the URL: it is the address right before /Users, such as https://host/scim/v2.",
            code=INCOMPATIBLE,
        )
