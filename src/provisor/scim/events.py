"""Change events as security event tokens (RFC 9967, RFC 8417): claims, and the names of the events.

A notice says which attributes changed and where to read them, and carries no value, so that nothing personal lies in an
outbox or passes through an address that somebody mistyped. A full event carries the values as well.
"""

from collections.abc import Mapping, Sequence
from typing import Any

EVENT = "urn:ietf:params:scim:event:prov:"
NOTICE, FULL = "notice", "full"
DELETE, ACTIVATE, DEACTIVATE = f"{EVENT}delete", f"{EVENT}activate", f"{EVENT}deactivate"
EVENT_URIS = (
    *(f"{EVENT}{action}:{form}" for action in ("create", "put", "patch") for form in (NOTICE, FULL)),
    DELETE,
    ACTIVATE,
    DEACTIVATE,
)

JsonObject = Mapping[str, Any]
NOT_CHANGED = frozenset({"id", "meta", "schemas"})


def changed_attributes(before: JsonObject | None, after: JsonObject | None) -> tuple[str, ...]:
    """The attributes that differ, in order; `id`, `meta` and `schemas` say nothing of their own."""
    old, new = before or {}, after or {}
    names = [*new, *(name for name in old if name not in new)]
    return tuple(name for name in names if name not in NOT_CHANGED and old.get(name) != new.get(name))


def event_claims(
    *,
    action: str,
    uri: str,
    resource_id: str,
    before: JsonObject | None,
    after: JsonObject | None,
    more: Sequence[str],
    issuer: str,
    identifier: str,
    transaction: str,
    issued_at: int,
    data: Any = None,
) -> dict[str, Any]:
    """The claims of one change. `uri` is relative to the endpoint; `more` names what changed beside the resource.

    `data` makes a full event: the resource as it is now, or the PATCH request that changed it.
    """
    subject = {"format": "scim", "uri": uri, "id": resource_id}
    external_id = (after or before or {}).get("externalId")
    if isinstance(external_id, str):
        subject["externalId"] = external_id
    return {
        "iss": issuer,
        "iat": issued_at,
        "jti": identifier,
        "txn": transaction,
        "sub_id": subject,
        "events": _events(action, before, after, more, data),
    }


def _events(
    action: str, before: JsonObject | None, after: JsonObject | None, more: Sequence[str], data: Any
) -> dict[str, dict[str, Any]]:
    if action == "delete":
        return {DELETE: {}}
    assert after is not None
    name = f"{EVENT}{action}:{NOTICE if data is None else FULL}"
    payload: dict[str, Any] = {}
    if data is None:
        names = changed_attributes(before, after)
        payload["attributes"] = [*names, *(each for each in more if each not in names)]
    else:
        payload["data"] = data
    version = after.get("meta", {}).get("version")
    if version is not None:
        payload["version"] = version
    found = {name: payload}
    is_active, was_active = after.get("active"), None if before is None else before.get("active")
    if before is not None and is_active is not was_active and isinstance(is_active, bool):
        if is_active and was_active is False:
            found[ACTIVATE] = {}
        elif not is_active:
            found[DEACTIVATE] = {}
    return found
