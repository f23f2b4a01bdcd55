"""Other clients (§15): OneLogin, Google Workspace, JumpCloud, PingFederate and PingOne."""

from provisor.connectors.scim.check.judges import OTHERS, Point, beyond, points_of

_SENT = {
    "onelogin-schemas": "OneLogin names schemas as an administrator wrote them, old ones too",
    "onelogin-disable": "OneLogin disables by `active`",
    "google-probe": "Google Workspace probes with `GET /Users?count=1`",
    "google-leave": "Google Workspace disables, and deletes later",
    "jumpcloud-trial": "JumpCloud creates a user and a group on activation, and deletes both",
    "jumpcloud-members": "JumpCloud removes members by a list of values, as Entra does",
    "ping-operators": "PingFederate writes operators with a capital: `userName Eq`, `emails Co`",
    "ping-put": "PingFederate updates users by PUT and groups by PATCH",
    "ping-list-groups": "PingFederate matches groups by listing all of them, page by page",
    "ping-health": "`GET /Users/0` serves as a health check: a plain 404",
}

POINTS: tuple[Point, ...] = (
    *points_of(OTHERS, _SENT),
    beyond(OTHERS, "jumpcloud-domain", "JumpCloud wants its users' domain accepted", "see `--user-domain`"),
)
