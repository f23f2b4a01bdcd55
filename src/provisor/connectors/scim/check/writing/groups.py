"""Groups as resources (RFC 7643 §4.2): created, found without their members, renamed, deleted."""

from typing import Any

from provisor.connectors.scim.check.announced import GROUPS as PATH
from provisor.connectors.scim.check.check import CheckGroup
from provisor.connectors.scim.check.exchange import Exchange
from provisor.connectors.scim.check.expectations import (
    expect,
    expect_list,
    expect_nothing,
    expect_only,
    expect_refused,
    expect_resource,
    expect_status,
    expect_value,
)
from provisor.connectors.scim.check.judges import Severity
from provisor.connectors.scim.check.needs import FILTER, GROUPS, PATCH
from provisor.connectors.scim.check.scene import Resource, Scene, place, text
from provisor.scim.grammar.attribute_path import GROUP_SCHEMA

CHECKS = CheckGroup("groups", "Groups")

ADSCIM = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"
"""What Entra adds to the schemas of a new group."""
QUICK_SECONDS = 0.6
"""What Okta's SPEC test allows for a list of groups."""


@CHECKS.add(
    "create",
    "A group can be created",
    asks="POST /Groups with displayName and externalId, without members",
    expects="201, a resource with an id and displayName as sent",
    remedy="Create groups without members too: identity providers fill them afterwards.",
    rfc="RFC 7644 §3.3, RFC 7643 §4.2",
    points=(
        "entra-validator.group-create",
        "entra-gallery.group-create",
        "entra-gallery.direct-group-create",
        "entra-gallery.group-on-demand",
        "others.jumpcloud-trial",
    ),
    needs=(GROUPS,),
)
async def create(scene: Scene) -> None:
    body, answer = await _create(scene)
    group = expect_resource(answer, 201, 200)
    expect_value(group, "displayName", body["displayName"], answer)
    expect_value(await scene.read(group), "displayName", body["displayName"])


@CHECKS.add(
    "entra-group",
    "A group as Entra creates it is accepted",
    asks=f"POST /Groups with the schema {ADSCIM} beside that of groups, externalId and meta",
    expects="201",
    remedy="Accept this schema, and leave it out.",
    points=("common.20", "entra.create-group", "entra-validator.group-create"),
    needs=(GROUPS,),
)
async def entra_group(scene: Scene) -> None:
    name = scene.belongings.new_name("desk")
    _, answer = await _create(
        scene,
        schemas=[GROUP_SCHEMA, ADSCIM],
        displayName=name,
        externalId=f"{name}-Ext",
        meta={"resourceType": "Group"},
    )
    expect_value(expect_resource(answer, 201, 200), "displayName", name, answer)


@CHECKS.add(
    "duplicate",
    "A name that is taken is 409",
    asks="POST /Groups, twice the same",
    expects="409, scimType uniqueness",
    remedy="Keep displayName of groups unique: Entra matches groups by it.",
    points=("entra-validator.group-duplicate", "entra.group-name-unique"),
    needs=(GROUPS,),
)
async def duplicate(scene: Scene) -> None:
    group = await scene.group()
    _, answer = await _create(scene, displayName=group["displayName"])
    expect_refused(answer, 409, scim_type="uniqueness")


@CHECKS.add(
    "no-name",
    "A group without a name is refused",
    asks="POST /Groups without displayName",
    expects="400",
    remedy="Require displayName (erratum 5368 of RFC 7643).",
    severity=Severity.SHOULD,
    rfc="RFC 7643 §4.2",
    needs=(GROUPS,),
)
async def no_name(scene: Scene) -> None:
    expect_status((await _create(scene, displayName=None))[1], 400)


@CHECKS.add(
    "find",
    "A group is found by its name",
    asks='GET /Groups?filter=displayName eq "…"',
    expects="200 and a list of exactly this group",
    remedy="Support `eq` on displayName.",
    rfc="RFC 7644 §3.4.2.2",
    points=("entra-validator.group-filter", "okta.find-group", "entra-gallery.group-on-demand"),
    needs=(GROUPS, FILTER),
)
async def find(scene: Scene) -> None:
    group = await scene.group()
    expect_only(await _search(scene, group["displayName"]), group)


@CHECKS.add(
    "find-case",
    "A group is found by its name in another case",
    asks='GET /Groups?filter=displayName eq "{the name in capitals}"',
    expects="200 and a list of exactly this group",
    remedy="Compare displayName without regard to case: it is caseExact false.",
    rfc="RFC 7643 §4.2",
    points=("entra-validator.group-filter-case",),
    needs=(GROUPS, FILTER),
)
async def find_case(scene: Scene) -> None:
    group = await scene.group()
    expect_only(await _search(scene, group["displayName"].upper()), group)


@CHECKS.add(
    "find-nothing",
    "A search for no group is 200 with an empty list",
    asks='GET /Groups?filter=displayName eq "{a random id}"',
    expects="200, totalResults 0, not 404",
    remedy="Answer 200 with an empty ListResponse.",
    rfc="RFC 7644 §3.4.2",
    points=("common.5", "entra.test-connection-group", "entra-validator.group-filter-missing"),
    needs=(GROUPS, FILTER),
    is_reading=True,
)
async def find_nothing(scene: Scene) -> None:
    expect_nothing(await _search(scene, scene.belongings.invent_id()))


@CHECKS.add(
    "excluded-members",
    "A group is found and read without its members",
    asks="GET /Groups?excludedAttributes=members&filter=…, GET /Groups/{id}?excludedAttributes=members",
    expects="200, the group, and no `members`",
    remedy="Leave members out, and do not even load them: Entra asks like that each time.",
    rfc="RFC 7644 §3.9",
    points=(
        "entra.match-group",
        "entra.read-group",
        "entra-validator.group-get",
        "entra-validator.group-filter-excluded",
    ),
    needs=(GROUPS, FILTER),
)
async def excluded_members(scene: Scene) -> None:
    group = await scene.group(await scene.user())
    found = await _search(scene, group["displayName"], excludedAttributes="members")
    expect_only(found, group)
    expect("members" not in found.resources[0], "`members` is shown in the list.", found)
    one = await scene.get(place(group), excludedAttributes="members")
    expect("members" not in expect_resource(one), "`members` is shown.", one)


@CHECKS.add(
    "rename",
    "A group is renamed",
    asks='PATCH {"op": "Replace", "path": "displayName", …}, and externalId',
    expects="200 or 204, then the new values and the same id",
    remedy="Let displayName and externalId be changed.",
    rfc="RFC 7644 §3.5.2.3",
    points=(
        "entra.rename-group",
        "entra-validator.group-rename",
        "entra-gallery.group-update",
        "entra-gallery.direct-group-update",
        "others.ping-put",
    ),
    needs=(GROUPS, PATCH),
)
async def rename(scene: Scene) -> None:
    group = await scene.group()
    name = scene.belongings.new_name("renamed")
    after = await scene.changed(
        group,
        {"op": "Replace", "path": "displayName", "value": name},
        {"op": "Replace", "path": "externalId", "value": f"{name}-Ext"},
    )
    expect_value(after, "displayName", name)
    expect_value(after, "externalId", f"{name}-Ext")
    expect_value(after, "id", group["id"])


@CHECKS.add(
    "rename-pathless",
    "A group is renamed by a value that carries its id",
    asks='PATCH {"op": "replace", "value": {"id": "{its id}", "displayName": …}}',
    expects="200 or 204, then the new name, and the members as before",
    remedy="Ignore the resource's own id in a value.",
    points=("okta.rename-group", "entra-validator.group-patch-replace"),
    needs=(GROUPS, PATCH),
)
async def rename_pathless(scene: Scene) -> None:
    user = await scene.user()
    group = await scene.group(user)
    name = scene.belongings.new_name("renamed")
    after = await scene.changed(group, {"op": "replace", "value": {"id": group["id"], "displayName": name}})
    expect_value(after, "displayName", name)
    members = [each.get("value") for each in after.get("members") or []]
    expect(members == [user["id"]], f"The members are {members!r} now.")


@CHECKS.add(
    "patch-silent",
    "A PATCH of a group is answered with 204",
    asks='PATCH {"op": "Replace", "path": "displayName", …}',
    expects="204; 200 with the group is understood",
    remedy="Answer 204 to Entra: with 200, a large group travels back each time.",
    severity=Severity.ADVICE,
    points=("entra.group-patch-silent", "okta.patch-answer"),
    needs=(GROUPS, PATCH),
)
async def patch_silent(scene: Scene) -> None:
    group = await scene.group()
    name = scene.belongings.new_name("renamed")
    answer = await scene.patch(group, {"op": "Replace", "path": "displayName", "value": name})
    expect_status(answer, 204, 200)
    if answer.status == 200:
        expect_value(expect_resource(answer), "displayName", name, answer)


@CHECKS.add(
    "put",
    "A group is replaced by PUT",
    asks="PUT /Groups/{id} with another name and one member",
    expects="200, and both as sent",
    remedy="Support PUT for groups: Okta's wizard applications use nothing else.",
    rfc="RFC 7644 §3.5.1",
    points=("okta.put-groups",),
    needs=(GROUPS,),
)
async def put(scene: Scene) -> None:
    one, other = await scene.user(), await scene.user("boris")
    group = await scene.group(one)
    name = scene.belongings.new_name("renamed")
    body = {**await scene.read(group), "displayName": name, "members": [{"value": other["id"]}]}
    expect_resource(await scene.put(group, body))
    after = await scene.read(group)
    expect_value(after, "displayName", name)
    members = [each.get("value") for each in after.get("members") or []]
    expect(members == [other["id"]], f"The members are {members!r} instead of one.")


@CHECKS.add(
    "delete",
    "A group is deleted",
    asks="DELETE /Groups/{id}, then GET",
    expects="204, then 404",
    remedy="Answer 204, and forget the group.",
    rfc="RFC 7644 §3.6",
    points=(
        "entra-validator.group-delete",
        "entra-gallery.group-delete",
        "okta.delete-group",
        "others.jumpcloud-trial",
    ),
    needs=(GROUPS,),
)
async def delete(scene: Scene) -> None:
    group = await scene.group()
    expect_status(await scene.delete(group), 204)
    expect_status(await scene.get(place(group)), 404)


@CHECKS.add(
    "delete-twice",
    "Deleting a group that is not there is 404",
    asks="DELETE /Groups/{id}, twice, and of a random id",
    expects="404",
    remedy="Answer 404 when there is nothing to delete.",
    rfc="RFC 7644 §3.6",
    points=("entra-validator.group-delete-twice", "entra-validator.group-delete-missing"),
    needs=(GROUPS,),
)
async def delete_twice(scene: Scene) -> None:
    group = await scene.group()
    await scene.delete(group)
    expect_status(await scene.delete(group), 404)
    expect_status(await scene.delete(scene.invented(PATH)), 404)


@CHECKS.add(
    "again",
    "A group's name is free once the group is deleted",
    asks="POST, DELETE, POST with the same displayName",
    expects="201, with another id",
    remedy="Leave deleted groups out of the check for uniqueness.",
    rfc="RFC 7644 §3.6",
    points=("entra-gallery.group-restore",),
    needs=(GROUPS,),
)
async def again(scene: Scene) -> None:
    group = await scene.group()
    await scene.delete(group)
    _, answer = await _create(scene, displayName=group["displayName"])
    created = expect_resource(answer, 201, 200)
    expect(created["id"] != group["id"], "The id of the deleted group is used again.", answer)


@CHECKS.add(
    "pages",
    "Groups are listed by pages",
    asks="GET /Groups?startIndex=1&count=1, then startIndex=2",
    expects="200, one group each, startIndex as asked, and not the same group",
    remedy="Page groups as you page users: PingFederate and Okta list all of them.",
    rfc="RFC 7644 §3.4.2.4",
    points=("entra-gallery.group-pagination", "okta.import", "others.ping-list-groups"),
    needs=(GROUPS,),
)
async def pages(scene: Scene) -> None:
    await scene.group()
    await scene.group()
    seen: list[Any] = []
    for start in (1, 2):
        answer = await scene.get(PATH, startIndex=start, count=1, excludedAttributes="members")
        listed = expect_list(answer)
        expect(len(listed) == 1, f"{len(listed)} groups are listed instead of 1.", answer)
        shown = answer.resource.get("startIndex")
        expect(shown == start, f"`startIndex` is {shown!r} instead of {start}.", answer)
        seen.append(listed[0].get("id"))
    expect(seen[0] != seen[1], "The second page shows the group of the first.")


@CHECKS.add(
    "quick",
    "Groups are listed quickly",
    asks="GET /Groups?count=10",
    expects=f"200 within {QUICK_SECONDS} seconds",
    remedy="Do not load members to list groups.",
    severity=Severity.ADVICE,
    points=("okta-spec.groups",),
    needs=(GROUPS,),
    is_reading=True,
)
async def quick(scene: Scene) -> None:
    answer = await scene.get(PATH, count=10)
    expect_list(answer)
    expect(answer.seconds <= QUICK_SECONDS, f"The answer takes {answer.seconds:.1f} seconds.", answer)


async def _create(scene: Scene, **attributes: Any) -> tuple[Resource, Exchange]:
    body = scene.samples.group(scene.belongings.new_name("desk"), **attributes)
    return body, await scene.post(PATH, body)


async def _search(scene: Scene, name: str, **parameters: Any) -> Exchange:
    return await scene.get(PATH, **parameters, filter=f"displayName eq {text(name)}")
