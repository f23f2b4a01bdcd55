"""Disabling, enabling and deleting users (RFC 7644 §3.6): what leavers depend on."""

from provisor.connectors.scim.check.announced import USERS
from provisor.connectors.scim.check.check import CheckGroup
from provisor.connectors.scim.check.expectations import (
    Blocked,
    Wrong,
    expect,
    expect_nothing,
    expect_only,
    expect_resource,
    expect_status,
    expect_value,
)
from provisor.connectors.scim.check.judges import Severity
from provisor.connectors.scim.check.needs import FILTER, PATCH, writable
from provisor.connectors.scim.check.scene import Resource, Scene, place, text
from provisor.scim.patch import PATCH_SCHEMA

CHECKS = CheckGroup("leaving", "Disabling and deleting")


@CHECKS.add(
    "disable",
    "A user is disabled, and stays readable",
    asks='PATCH {"op": "replace", "path": "active", "value": false}, then GET and a search',
    expects="200 or 204, and `active` false in both",
    remedy="Keep disabled users in every answer; only DELETE makes them go.",
    rfc="RFC 7644 §3.5.2",
    points=(
        "entra.disable",
        "entra-validator.user-disable",
        "entra-gallery.user-disable",
        "others.onelogin-disable",
        "others.google-leave",
    ),
    needs=(PATCH, FILTER, writable("active")),
)
async def disable(scene: Scene) -> None:
    user = await scene.user("chen")
    after = await scene.changed(user, {"op": "replace", "path": "active", "value": False})
    expect_value(after, "active", wanted=False)
    answer = await scene.get(USERS, filter=f"userName eq {text(user['userName'])}")
    expect_only(answer, user)
    expect_value(answer.resources[0], "active", wanted=False, exchange=answer)


@CHECKS.add(
    "disable-pathless",
    "A user is disabled without a path",
    asks='PATCH {"op": "replace", "value": {"active": false}}',
    expects="200 or 204, then `active` false",
    remedy="Take each member of the value for an attribute to replace.",
    rfc="RFC 7644 §3.5.2.3",
    points=("okta.disable",),
    needs=(PATCH, writable("active")),
)
async def disable_pathless(scene: Scene) -> None:
    user = await scene.user("chen")
    expect_value(await scene.changed(user, {"op": "replace", "value": {"active": False}}), "active", wanted=False)


@CHECKS.add(
    "disable-put",
    "A user is disabled and enabled by PUT",
    asks="GET, PUT with `active` false, GET, PUT with `active` true",
    expects="200, and `active` as sent; the same id throughout",
    remedy="Let PUT set `active` like any other attribute.",
    rfc="RFC 7644 §3.5.1",
    points=("okta-crud.disable", "okta-crud.enable", "okta-crud.unassign", "okta.reactivate"),
    needs=(writable("active"),),
)
async def disable_put(scene: Scene) -> None:
    user = await scene.user("dana")
    for is_active in (False, True):
        body = await scene.read(user)
        answer = await scene.put(user, {**body, "active": is_active})
        expect_resource(answer)
        after = await scene.read(user)
        expect_value(after, "active", is_active)
        expect_value(after, "id", user["id"])


@CHECKS.add(
    "enable",
    "A user who returns is enabled, with the same id",
    asks="PATCH active false, PATCH active true",
    expects="`active` true, everything else as before",
    remedy="Keep the user as it was while it is disabled.",
    rfc="RFC 7644 §3.5.2",
    points=("entra-gallery.user-restore", "okta.reactivate"),
    needs=(PATCH, writable("active")),
)
async def enable(scene: Scene) -> None:
    user = await scene.user("dana")
    await scene.prepare(user, {"op": "replace", "path": "active", "value": False})
    after = await scene.changed(user, {"op": "replace", "path": "active", "value": True})
    expect_value(after, "active", wanted=True)
    expect_value(after, "id", user["id"])
    expect_value(after, "externalId", user["externalId"])


@CHECKS.add(
    "delete",
    "A user is deleted",
    asks="DELETE /Users/{id}, then GET",
    expects="204 without a body, then 404",
    remedy="Answer 204, and forget the resource.",
    rfc="RFC 7644 §3.6",
    points=(
        "entra.delete",
        "entra-validator.user-delete",
        "entra-gallery.user-delete",
        "others.google-leave",
        "others.jumpcloud-trial",
    ),
)
async def delete(scene: Scene) -> None:
    user = await scene.user("chen")
    answer = expect_status(await scene.delete(user), 204)
    expect(not answer.answer_body, "The 204 has a body.", answer)
    expect_status(await scene.get(place(user)), 404)


@CHECKS.add(
    "gone",
    "Whoever is deleted is gone for every method",
    asks="after DELETE: PUT, PATCH, and a search",
    expects="404 for PUT and PATCH, and an empty list",
    remedy="Check that the resource exists before anything else.",
    rfc="RFC 7644 §3.6",
    points=("entra.gone", "entra.read-user"),
    needs=(FILTER,),
)
async def gone(scene: Scene) -> None:
    user, body = await _deleted(scene)
    expect_status(await scene.put(user, body), 404)
    if PATCH.is_met(scene.announced):
        operation = {"op": "replace", "path": "active", "value": False}
        expect_status(await scene.patch(user, operation), 404)
    expect_nothing(await scene.get(USERS, filter=f"userName eq {text(user['userName'])}"))


@CHECKS.add(
    "delete-twice",
    "Deleting the same user twice is 404",
    asks="DELETE /Users/{id}, twice",
    expects="204, then 404",
    remedy="Answer 404 when there is nothing to delete.",
    rfc="RFC 7644 §3.6",
    points=("entra-validator.user-delete-twice",),
)
async def delete_twice(scene: Scene) -> None:
    user, _ = await _deleted(scene)
    expect_status(await scene.delete(user), 404)


@CHECKS.add(
    "delete-missing",
    "Deleting somebody who never was is 404",
    asks="DELETE /Users/{a random id}",
    expects="404",
    remedy="Answer 404 when there is nothing to delete.",
    rfc="RFC 7644 §3.6",
    points=("entra-validator.user-delete-missing",),
)
async def delete_missing(scene: Scene) -> None:
    expect_status(await scene.delete(scene.invented()), 404)


@CHECKS.add(
    "again",
    "A userName is free once its user is deleted",
    asks="POST, DELETE, POST with the same userName",
    expects="201, with another id",
    remedy="Leave deleted users out of the check for uniqueness, and never use an id again.",
    rfc="RFC 7644 §3.6, RFC 7643 §3.1",
)
async def again(scene: Scene) -> None:
    user, body = await _deleted(scene)
    answer = await scene.post(USERS, body)
    created = expect_resource(answer, 201, 200)
    if created["id"] == user["id"]:  # the same person, at least; others may take the id for somebody who came back
        raise Wrong("The id of the deleted user is used again.", answer, Severity.SHOULD)


@CHECKS.add(
    "patch-missing",
    "Changing somebody who never was is 404",
    asks="PATCH /Users/{a random id}",
    expects="404, and nothing is created",
    remedy="Answer 404: Entra then creates the user anew.",
    rfc="RFC 7644 §3.5.2",
    points=("entra.gone",),
    needs=(PATCH,),
)
async def patch_missing(scene: Scene) -> None:
    body = {"schemas": [PATCH_SCHEMA], "Operations": [{"op": "replace", "path": "active", "value": False}]}
    expect_status(await scene.send("PATCH", place(scene.invented()), body), 404)


async def _deleted(scene: Scene) -> tuple[Resource, Resource]:
    """A user who is gone, and what was sent to create it."""
    body = scene.samples.user(scene.belongings.new_name("chen"))
    user = await scene.make(USERS, body)
    answer = await scene.delete(user)
    if not answer.is_success:
        raise Blocked(f"the user that it needs cannot be deleted ({answer.status})", answer)
    return user, body
