"""Versions (RFC 7644 §3.14): ETags and conditions, where the server announces them; and changes that change nothing."""

import re

from provisor.connectors.scim.check.check import CheckGroup
from provisor.connectors.scim.check.exchange import Exchange
from provisor.connectors.scim.check.expectations import (
    NotApplicable,
    expect,
    expect_resource,
    expect_status,
    expect_value,
    value_at,
)
from provisor.connectors.scim.check.judges import Severity
from provisor.connectors.scim.check.needs import ETAG, PATCH, writable
from provisor.connectors.scim.check.scene import Resource, Scene, encode_query, place

CHECKS = CheckGroup("versions", "Versions")

_TAG = re.compile(r'(W/)?"[^"]*"')
STALE = 'W/"provisor-check-has-an-old-version"'


@CHECKS.add(
    "header",
    "A resource carries its version",
    asks="GET /Users/{id}",
    expects="an ETag header, equal to meta.version",
    remedy="Send the version as ETag, and the same text as meta.version.",
    rfc="RFC 7644 §3.14",
    needs=(ETAG,),
)
async def header(scene: Scene) -> None:
    answer = await scene.get(place(await scene.user()))
    resource = expect_resource(answer)
    tag = answer.header("etag")
    expect(_TAG.fullmatch(tag), f"ETag is {tag!r}.", answer)
    shown = value_at(resource, "meta.version")
    expect(shown == tag, f"`meta.version` is {shown!r}, and ETag is {tag!r}.", answer)


@CHECKS.add(
    "changes",
    "A change makes a new version",
    asks="PATCH /Users/{id}, then GET",
    expects="another version, and a lastModified that is not older",
    remedy="Make a new version with each change.",
    rfc="RFC 7644 §3.14",
    needs=(ETAG, PATCH, writable("displayName")),
)
async def changes(scene: Scene) -> None:
    user = await scene.user()
    before = await scene.get(place(user))
    await scene.prepare(user, {"op": "replace", "path": "displayName", "value": "Ada King"})
    after = await scene.get(place(user))
    expect(after.header("etag") != before.header("etag"), "The version is the same as before the change.", after)
    old, new = (str(value_at(each.resource, "meta.lastModified")) for each in (before, after))
    expect(new >= old, f"`meta.lastModified` was {old} and is {new}.", after)


@CHECKS.add(
    "not-modified",
    "A version that is known is not sent again",
    asks="GET /Users/{id} with If-None-Match",
    expects="304 without a body; 200 for another version",
    remedy="Compare If-None-Match with the version.",
    rfc="RFC 7644 §3.14",
    needs=(ETAG,),
)
async def not_modified(scene: Scene) -> None:
    user, tag = await _versioned(scene)
    answer = expect_status(await scene.get(place(user), headers={"If-None-Match": tag}), 304)
    expect(not answer.answer_body, "The 304 has a body.", answer)
    expect_status(await scene.get(place(user), headers={"If-None-Match": STALE}), 200)


@CHECKS.add(
    "stale-put",
    "PUT of an old version is refused",
    asks="PUT /Users/{id} with an If-Match that names another version",
    expects="412, and no change",
    remedy="Compare If-Match before changing anything.",
    rfc="RFC 7644 §3.14",
    needs=(ETAG, writable("displayName")),
)
async def stale_put(scene: Scene) -> None:
    user, _ = await _versioned(scene)
    body = {**await scene.read(user), "displayName": "Too late"}
    expect_status(await scene.send("PUT", place(user), body, headers={"If-Match": STALE}), 412)
    expect_value(await scene.read(user), "displayName", user["displayName"])


@CHECKS.add(
    "stale-patch",
    "PATCH of an old version is refused",
    asks="PATCH /Users/{id} with an If-Match that names another version",
    expects="412, and no change",
    remedy="Compare If-Match before changing anything.",
    rfc="RFC 7644 §3.14",
    needs=(ETAG, PATCH, writable("displayName")),
)
async def stale_patch(scene: Scene) -> None:
    user, _ = await _versioned(scene)
    operation = {"op": "replace", "path": "displayName", "value": "Too late"}
    expect_status(await scene.patch(user, operation, headers={"If-Match": STALE}), 412)
    expect_value(await scene.read(user), "displayName", user["displayName"])


@CHECKS.add(
    "stale-delete",
    "DELETE of an old version is refused",
    asks="DELETE /Users/{id} with an If-Match that names another version",
    expects="412, and the user is still there",
    remedy="Compare If-Match before deleting.",
    rfc="RFC 7644 §3.14",
    needs=(ETAG,),
)
async def stale_delete(scene: Scene) -> None:
    user, _ = await _versioned(scene)
    expect_status(await scene.delete(user, headers={"If-Match": STALE}), 412)
    expect_status(await scene.get(place(user)), 200)


@CHECKS.add(
    "matching",
    "The right version, or any, lets a change through",
    asks="PATCH with If-Match: {its version}, and with *",
    expects="200 or 204",
    remedy="Accept the present version, and `*`.",
    rfc="RFC 7644 §3.14, RFC 9110 §13.1.1",
    needs=(ETAG, PATCH, writable("displayName")),
)
async def matching(scene: Scene) -> None:
    user, tag = await _versioned(scene)
    for wanted, name in ((tag, "Ada King"), ("*", "Ada Lovelace")):
        operation = {"op": "replace", "path": "displayName", "value": name}
        expect_status(await scene.patch(user, operation, headers={"If-Match": wanted}), 200, 204)


@CHECKS.add(
    "projection",
    "What is shown does not change the version",
    asks="GET /Users/{id}?attributes=userName",
    expects="the same ETag as for the whole resource",
    remedy="Make the version from the resource, not from the bytes of an answer.",
    severity=Severity.SHOULD,
    rfc="RFC 7644 §3.14",
    needs=(ETAG,),
)
async def projection(scene: Scene) -> None:
    user, tag = await _versioned(scene)
    answer = await scene.send("GET", place(user), query=encode_query({"attributes": "userName"}))
    found = answer.header("etag")
    expect(found == tag, f"ETag is {found!r}, and {tag!r} for the whole resource.", answer)


@CHECKS.add(
    "no-change",
    "A PATCH that changes nothing makes no new version",
    asks="PATCH add of a value that is there, then GET",
    expects="the version and lastModified as before",
    remedy="Compare before storing: nothing is modified where nothing is new.",
    severity=Severity.SHOULD,
    rfc="RFC 7644 §3.5.2.1",
    points=("common.9",),
    needs=(PATCH, writable("displayName")),
)
async def no_change(scene: Scene) -> None:
    user = await scene.user()
    before = await scene.get(place(user))
    await scene.prepare(user, {"op": "add", "path": "displayName", "value": user["displayName"]})
    after = await scene.get(place(user))
    for name in ("meta.version", "meta.lastModified"):
        old, new = value_at(before.resource, name), value_at(after.resource, name)
        expect(old == new, f"`{name}` was {old!r} and is {new!r}, though nothing changed.", after)


async def _versioned(scene: Scene) -> tuple[Resource, str]:
    """A user and its version."""
    user = await scene.user()
    answer: Exchange = await scene.get(place(user))
    tag = answer.header("etag")
    if not tag:
        raise NotApplicable("there is no ETag")
    return user, tag
