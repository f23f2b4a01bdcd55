"""What a PATCH has to refuse (RFC 7644 §3.5.2, §3.12), and that nothing of a refused PATCH is done."""

from typing import Any

from provisor.connectors.scim.check.check import CheckGroup
from provisor.connectors.scim.check.expectations import (
    expect,
    expect_refused,
    expect_status,
    expect_value,
    value_at,
)
from provisor.connectors.scim.check.judges import Severity
from provisor.connectors.scim.check.needs import PATCH, writable
from provisor.connectors.scim.check.scene import Scene, place
from provisor.scim.patch import PATCH_SCHEMA

CHECKS = CheckGroup("patch-refusals", "What PATCH refuses")

TITLE = (PATCH, writable("title"))


@CHECKS.add(
    "atomic",
    "A PATCH that fails does nothing",
    asks="PATCH with a good operation, and one that removes userName",
    expects="400, and no change",
    remedy="Apply all operations to a copy, and store it when all succeeded.",
    rfc="RFC 7644 §3.5.2",
    points=("common.10",),
    needs=TITLE,
)
async def atomic(scene: Scene) -> None:
    user = await scene.user(title="Engineer")
    answer = await scene.patch(
        user,
        {"op": "replace", "path": "title", "value": "Half done"},
        {"op": "remove", "path": "userName"},
    )
    expect(400 <= answer.status < 500, f"The status is {answer.status} instead of 400.", answer)
    expect_value(await scene.read(user), "title", "Engineer")


@CHECKS.add(
    "remove-required",
    "A required attribute cannot be removed",
    asks='PATCH {"op": "remove", "path": "userName"}',
    expects="400, scimType mutability (invalidValue is understood)",
    remedy="Refuse to remove required attributes.",
    rfc="RFC 7644 §3.5.2.2",
    needs=(PATCH,),
)
async def remove_required(scene: Scene) -> None:
    user = await scene.user()
    answer = await scene.patch(user, {"op": "remove", "path": "userName"})
    expect_refused(answer, 400, scim_type=("mutability", "invalidValue"))
    expect_value(await scene.read(user), "userName", user["userName"])


@CHECKS.add(
    "remove-without-path",
    "remove needs a path",
    asks='PATCH {"op": "remove"}',
    expects="400, scimType noTarget",
    remedy="Refuse `remove` without a path; it must never empty the resource.",
    rfc="RFC 7644 §3.5.2.2",
    needs=(PATCH,),
)
async def remove_without_path(scene: Scene) -> None:
    user = await scene.user()
    expect_refused(await scene.patch(user, {"op": "remove"}), 400, scim_type="noTarget")
    expect_value(await scene.read(user), "externalId", user["externalId"])


@CHECKS.add(
    "read-only",
    "What only the server sets cannot be changed",
    asks='PATCH {"op": "replace", "path": "id", …}, and meta.created',
    expects="400, scimType mutability",
    remedy="Refuse a path that leads to a readOnly attribute.",
    rfc="RFC 7644 §3.5.2",
    points=("common.14",),
    needs=(PATCH,),
)
async def read_only(scene: Scene) -> None:
    user = await scene.user()
    for path, value in (("id", "another-id"), ("meta.created", "2001-01-01T00:00:00Z")):
        before = value_at(await scene.read(user), path)
        answer = await scene.patch(user, {"op": "replace", "path": path, "value": value})
        expect_refused(answer, 400, scim_type="mutability")
        expect_value(await scene.read(user), path, before)


@CHECKS.add(
    "broken-path",
    "A path that makes no sense is refused",
    asks='PATCH {"op": "replace", "path": "emails[type eq", …}',
    expects="400, scimType invalidPath or invalidFilter",
    remedy="Parse the whole path, and refuse what does not fit the grammar.",
    rfc="RFC 7644 §3.5.2, §3.12",
    needs=(PATCH,),
)
async def broken_path(scene: Scene) -> None:
    user = await scene.user()
    answer = await scene.patch(user, {"op": "replace", "path": 'emails[type eq "work"', "value": "x"})
    expect_refused(answer, 400, scim_type=("invalidPath", "invalidFilter"))


@CHECKS.add(
    "unknown-path",
    "A path to an unknown attribute does no harm",
    asks='PATCH {"op": "replace", "path": "noSuchAttribute", …}',
    expects="400 invalidPath; some clients would rather have it ignored",
    remedy="Answer 400 invalidPath, or ignore the operation.",
    severity=Severity.SHOULD,
    rfc="RFC 7644 §3.5.2, §3.12",
    needs=(PATCH,),
)
async def unknown_path(scene: Scene) -> None:
    user = await scene.user()
    answer = await scene.patch(user, {"op": "replace", "path": "noSuchAttribute", "value": "x"})
    expect_status(answer, 400, 200, 204)
    if answer.status == 400:
        scim_type = answer.resource.get("scimType")
        known = {"invalidPath", "noTarget", "invalidValue", "invalidSyntax"}
        expect(scim_type in known, f"`scimType` is {scim_type!r} instead of invalidPath.", answer)


@CHECKS.add(
    "unknown-operation",
    "An unknown operation is refused",
    asks='PATCH {"op": "move", "path": "title", …}',
    expects="400, scimType invalidSyntax or invalidValue",
    remedy="Know add, remove and replace, and refuse everything else.",
    rfc="RFC 7644 §3.5.2, §3.12",
    needs=TITLE,
)
async def unknown_operation(scene: Scene) -> None:
    user = await scene.user()
    answer = await scene.patch(user, {"op": "move", "path": "title", "value": "x"})
    expect_refused(answer, 400, scim_type=("invalidSyntax", "invalidValue"))


@CHECKS.add(
    "no-operations",
    "A PATCH without operations is refused",
    asks='PATCH {"schemas": […PatchOp], "Operations": []}, without Operations, and `[]`',
    expects="400",
    remedy="Require a list with at least one operation.",
    rfc="RFC 7644 §3.5.2",
    needs=(PATCH,),
)
async def no_operations(scene: Scene) -> None:
    user = await scene.user()
    bodies: tuple[Any, ...] = ({"schemas": [PATCH_SCHEMA], "Operations": []}, {"schemas": [PATCH_SCHEMA]}, [])
    for body in bodies:
        expect_status(await scene.send("PATCH", place(user), body), 400)


@CHECKS.add(
    "wrong-type",
    "A value of another type is refused",
    asks='PATCH {"op": "replace", "path": "name", "value": "Ada"}',
    expects="400, and no change",
    remedy="Check values against the schema in PATCH as in POST.",
    rfc="RFC 7644 §3.5.2, §3.12",
    needs=(PATCH, writable("name")),
)
async def wrong_type(scene: Scene) -> None:
    user = await scene.user()
    expect_status(await scene.patch(user, {"op": "replace", "path": "name", "value": "Ada"}), 400)
    expect_value(await scene.read(user), "name.givenName", user["name"]["givenName"])


@CHECKS.add(
    "duplicate",
    "A PATCH to a userName that is taken is 409",
    asks='PATCH {"op": "replace", "path": "userName", "value": "{another user}"}',
    expects="409, scimType uniqueness, and no change",
    remedy="Check uniqueness in PATCH as in POST.",
    rfc="RFC 7644 §3.5.2, §3.12",
    points=("common.13",),
    needs=(PATCH,),
)
async def duplicate(scene: Scene) -> None:
    other, user = await scene.user("boris"), await scene.user()
    answer = await scene.patch(user, {"op": "replace", "path": "userName", "value": other["userName"]})
    expect_refused(answer, 409, scim_type="uniqueness")
    expect_value(await scene.read(user), "userName", user["userName"])
