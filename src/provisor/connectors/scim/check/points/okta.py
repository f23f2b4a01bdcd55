"""Okta: its requests, its SPEC and CRUD test suites, and the plan of manual tests before publication (§14)."""

from provisor.connectors.scim.check.judges import OKTA, OKTA_CRUD, OKTA_SPEC, Point, beyond, points_of

_SENT = {
    "probe": "The connection test lists two users: `startIndex=1&count=2`",
    "integers": "Counts in lists are numbers, not texts",
    "stable-order": "The order of a list is the same each time",
    "find-user": "A user is found by `userName eq`, with startIndex and count",
    "find-group": "A group is found by `displayName eq`",
    "import": "Users and groups are imported by pages of 100",
    "count-one": "`count=1` has itemsPerPage 1",
    "required": "userName, name.givenName, name.familyName, emails and active are kept",
    "create": "A new user carries a password, `groups: []`, locale and externalId",
    "put-whole": "An update is a PUT of the whole object as read, with id, meta and groups in it",
    "disable": '`{"op": "replace", "value": {"active": false}}` disables, without a path',
    "rename-group": "A group is renamed by a value that carries its id",
    "members-one-body": "One PATCH removes a member and adds another",
    "group-push": "A full push replaces all members",
    "rename-first": "A rename comes before each change of members, in the same PATCH",
    "patch-answer": "A PATCH of a group is answered with 204 or with the group",
    "put-groups": "Groups are changed by PUT, in applications made by the wizard",
    "delete-group": "Groups are deleted when they are unlinked",
    "discovery": "With entitlements: /ResourceTypes, then /Schemas, then the endpoints named there",
    "not-inactive": "A user just created is not shown as inactive",
    "headers": "A GET carries Content-Type, and a User-Agent of Okta's own",
    "bearer": "The token comes in the Authorization header",
    "link-existing": "An existing user is found and linked",
    "empty-values": "Empty values are pushed without an error",
    "reactivate": "A user enabled again keeps the id",
    "wrong-credentials": "Wrong credentials are refused",
}
_SPEC = {
    "list": "GET /Users?count=1: a ListResponse with three whole numbers",
    "first-user": "Its first user has id, name, userName, active and an address",
    "get": "GET /Users/{id} shows that user",
    "filter-missing": "A search for nobody: 200, totalResults 0",
    "get-missing": "GET with an unknown id: 404, a SCIM error with detail",
    "create": "POST: 201, with what was sent",
    "read-back": "GET shows what was created",
    "duplicate": "POST of the same user: 409",
    "filter-case": "userName in capitals is found",
    "groups": "GET /Groups: 200, within 600 ms",
    "bad-authorization": "`Authorization: non-token`: 401, a SCIM error with detail and status as text",
    "error-status": 'The status in an error is a text: "404"',
    "edition-2016-config": "Edition of 2016: ServiceProviderConfig with a scheme's type and description",
    "edition-2016-discovery": "Edition of 2016: /ResourceTypes and /Schemas",
    "edition-2016-methods": "Edition of 2016: POST to discovery is 405",
    "edition-2016-filter": "Edition of 2016: a filter that is a bare word is 400",
}
_CRUD = {
    "assign": "Assign: search, then create",
    "update": "Update by PUT",
    "disable": "Disable; GET shows active false",
    "enable": "Enable again",
    "unassign": "Unassign: disabled, still readable",
}

POINTS: tuple[Point, ...] = (
    *points_of(OKTA, _SENT),
    beyond(OKTA, "suspended", "Nothing is sent for suspended users", "Okta's own doing; it asks nothing of a server"),
    beyond(OKTA, "address", "The URL has TLS and no underscore", "settled before SCIM begins"),
    beyond(OKTA, "other-credentials", "Basic, or OAuth with refresh", "the check is given a token"),
    *points_of(OKTA_SPEC, _SPEC),
    *points_of(OKTA_CRUD, _CRUD),
)
