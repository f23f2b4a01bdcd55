"""Members of groups (RFC 7643 §4.2): added and removed in every client's form, and nobody lost on the way."""

from provisor.connectors.scim.check.announced import GROUPS as PATH
from provisor.connectors.scim.check.check import CheckGroup
from provisor.connectors.scim.check.expectations import (
    Blocked,
    NotApplicable,
    Wrong,
    expect,
    expect_resource,
    expect_status,
    expect_value,
)
from provisor.connectors.scim.check.judges import Severity
from provisor.connectors.scim.check.needs import GROUPS, PATCH, declared
from provisor.connectors.scim.check.scene import Resource, Scene, place

CHECKS = CheckGroup("members", "Members of groups")

MEMBERS = (GROUPS, PATCH)


@CHECKS.add(
    "create",
    "A group is created with members",
    asks="POST /Groups with two members",
    expects="201, and both members in GET",
    remedy="Read `members` in POST.",
    rfc="RFC 7644 §3.3, RFC 7643 §4.2",
    needs=(GROUPS,),
)
async def create(scene: Scene) -> None:
    people = await _people(scene)
    body = scene.samples.group(scene.belongings.new_name("desk"), members=[{"value": each["id"]} for each in people])
    group = expect_resource(await scene.post(PATH, body), 201, 200)
    await _expect_members(scene, group, *people)


@CHECKS.add(
    "add",
    "A member is added",
    asks='PATCH {"op": "add", "path": "members", "value": [{"value": "{id}"}]}',
    expects="200 or 204, then both members",
    remedy="Append to the members that are there.",
    rfc="RFC 7644 §3.5.2.1",
    points=("entra-validator.member-add", "entra-gallery.group-add-member"),
    needs=MEMBERS,
)
async def add(scene: Scene) -> None:
    ada, boris = await _people(scene)
    group = await scene.group(ada)
    await _done(scene, group, {"op": "add", "path": "members", "value": [{"value": boris["id"]}]})
    await _expect_members(scene, group, ada, boris)


@CHECKS.add(
    "add-entra",
    "Members are added as Entra writes it",
    asks='PATCH {"op": "Add", "path": "members", "value": [{"$ref": null, "value": "{id}"}, …]}',
    expects="200 or 204, then all members",
    remedy="Ignore a `$ref` that is null.",
    points=("entra.add-members", "entra.many-memberships", "entra-validator.member-add", "common.20"),
    needs=MEMBERS,
)
async def add_entra(scene: Scene) -> None:
    people = await _people(scene)
    group = await scene.group()
    value = [{"$ref": None, "value": each["id"]} for each in people]
    await _done(scene, group, {"op": "Add", "path": "members", "value": value})
    await _expect_members(scene, group, *people)


@CHECKS.add(
    "add-twice",
    "Whoever is a member is not added again",
    asks="PATCH add of somebody who is a member",
    expects="200 or 204, then each member once",
    remedy="Leave out members that are there already.",
    rfc="RFC 7644 §3.5.2.1",
    points=("entra-validator.same-attribute-group",),
    needs=MEMBERS,
)
async def add_twice(scene: Scene) -> None:
    ada, boris = await _people(scene)
    group = await scene.group(ada)
    for _ in range(2):
        value = [{"value": ada["id"]}, {"value": boris["id"]}]
        await _done(scene, group, {"op": "add", "path": "members", "value": value})
    await _expect_members(scene, group, ada, boris)


@CHECKS.add(
    "add-many",
    "Many members are added with one operation",
    asks="PATCH add of all 12 users of this run",
    expects="200 or 204, then all of them",
    remedy="Read every element of the value; clients send hundreds in one operation.",
    rfc="RFC 7644 §3.5.2.1",
    points=("entra.many-memberships",),
    needs=MEMBERS,
)
async def add_many(scene: Scene) -> None:
    cast = await scene.cast()
    group = await scene.group()
    value = [{"value": each["id"]} for each in cast.all]
    await _done(scene, group, {"op": "Add", "path": "members", "value": value})
    await _expect_members(scene, group, *cast.all)


@CHECKS.add(
    "remove-chosen",
    "A member is removed by a filter in the path",
    asks='PATCH {"op": "remove", "path": "members[value eq \\"{id}\\"]"}',
    expects="200 or 204, then the other member only",
    remedy="Remove the members that the filter matches.",
    rfc="RFC 7644 §3.5.2.2",
    points=("entra.new-form-remove", "entra-validator.member-remove", "entra-gallery.group-remove-member"),
    needs=MEMBERS,
)
async def remove_chosen(scene: Scene) -> None:
    ada, boris = await _people(scene)
    group = await scene.group(ada, boris)
    await _done(scene, group, {"op": "remove", "path": f'members[value eq "{ada["id"]}"]'})
    await _expect_members(scene, group, boris)


@CHECKS.add(
    "remove-by-value",
    "Members are removed by a list of values, and only those",
    asks='PATCH {"op": "Remove", "path": "members", "value": [{"$ref": null, "value": "{id}"}]}',
    expects="200 or 204, then the other member only: the group must not be emptied",
    remedy="Where `remove` carries a value, remove just the members that it names. This is Entra's ordinary form.",
    points=(
        "common.1",
        "entra.remove-members",
        "entra-validator.member-remove",
        "entra-gallery.group-remove-member",
        "others.jumpcloud-members",
    ),
    needs=MEMBERS,
)
async def remove_by_value(scene: Scene) -> None:
    ada, boris = await _people(scene)
    group = await scene.group(ada, boris)
    value = [{"$ref": None, "value": ada["id"]}]
    await _done(scene, group, {"op": "Remove", "path": "members", "value": value})
    await _expect_members(scene, group, boris)


@CHECKS.add(
    "remove-stranger",
    "Removing somebody who is no member removes nobody",
    asks='PATCH {"op": "remove", "path": "members[value eq \\"{a random id}\\"]"}',
    expects="200, 204 or 400, then both members",
    remedy="Do nothing where the filter matches nobody.",
    rfc="RFC 7644 §3.5.2.2",
    needs=MEMBERS,
)
async def remove_stranger(scene: Scene) -> None:
    ada, boris = await _people(scene)
    group = await scene.group(ada, boris)
    answer = await scene.patch(group, {"op": "remove", "path": f'members[value eq "{scene.belongings.invent_id()}"]'})
    expect_status(answer, 200, 204, 400)
    await _expect_members(scene, group, ada, boris)


@CHECKS.add(
    "remove-all",
    "All members are removed",
    asks='PATCH {"op": "remove", "path": "members"}',
    expects="200 or 204, then no members",
    remedy="Remove all members where neither a filter nor a value names some.",
    rfc="RFC 7644 §3.5.2.2",
    needs=MEMBERS,
)
async def remove_all(scene: Scene) -> None:
    group = await scene.group(*await _people(scene))
    await _done(scene, group, {"op": "remove", "path": "members"})
    await _expect_members(scene, group)


@CHECKS.add(
    "replace",
    "All members are replaced",
    asks='PATCH {"op": "replace", "path": "members", "value": [{"value": "{id}"}]}',
    expects="200 or 204, then the new member only",
    remedy="Put the new members in the place of the old ones.",
    rfc="RFC 7644 §3.5.2.3",
    points=("okta.group-push",),
    needs=MEMBERS,
)
async def replace(scene: Scene) -> None:
    ada, boris = await _people(scene)
    group = await scene.group(ada)
    await _done(scene, group, {"op": "replace", "path": "members", "value": [{"value": boris["id"]}]})
    await _expect_members(scene, group, boris)


@CHECKS.add(
    "replace-empty",
    "A member is added by replace",
    asks='PATCH {"op": "replace", "path": "members", "value": [{"value": "{id}"}]} of a group without members',
    expects="200 or 204, then that member",
    remedy="Let `replace` set members where there are none.",
    points=("entra.trait-member-replace", "entra-validator.member-add"),
    needs=MEMBERS,
)
async def replace_empty(scene: Scene) -> None:
    ada, _ = await _people(scene)
    group = await scene.group()
    await _done(scene, group, {"op": "Replace", "path": "members", "value": [{"value": ada["id"]}]})
    await _expect_members(scene, group, ada)


@CHECKS.add(
    "one-body",
    "One PATCH removes a member and adds another",
    asks='PATCH with remove of `members[value eq "…"]` and add of `members`',
    expects="200 or 204, then the member that was added",
    remedy="Apply the operations one after the other.",
    rfc="RFC 7644 §3.5.2",
    points=("okta.members-one-body", "entra.many-memberships", "entra-validator.same-attribute-group"),
    needs=MEMBERS,
)
async def one_body(scene: Scene) -> None:
    ada, boris = await _people(scene)
    group = await scene.group(ada)
    await _done(
        scene,
        group,
        {"op": "remove", "path": f'members[value eq "{ada["id"]}"]'},
        {"op": "add", "path": "members", "value": [{"value": boris["id"], "display": "Boris"}]},
    )
    await _expect_members(scene, group, boris)


@CHECKS.add(
    "rename-first",
    "One PATCH renames a group and changes its members",
    asks='PATCH with replace of {"id": …, "displayName": …} and add of `members`',
    expects="200 or 204, then the new name and both members",
    remedy="Apply the operations one after the other.",
    points=("okta.rename-first", "okta.rename-group"),
    needs=MEMBERS,
)
async def rename_first(scene: Scene) -> None:
    ada, boris = await _people(scene)
    group = await scene.group(ada)
    name = scene.belongings.new_name("renamed")
    await _done(
        scene,
        group,
        {"op": "replace", "value": {"id": group["id"], "displayName": name}},
        {"op": "add", "path": "members", "value": [{"value": boris["id"]}]},
    )
    expect_value(await scene.read(group), "displayName", name)
    await _expect_members(scene, group, ada, boris)


@CHECKS.add(
    "user-groups",
    "A user shows the groups",
    asks="GET /Users/{id} of a member",
    expects="`groups` with the group's id",
    remedy="Compute `groups` of a user from the memberships; it is readOnly.",
    severity=Severity.SHOULD,
    rfc="RFC 7643 §4.1.2",
    points=("common.18",),
    needs=(GROUPS, declared("groups")),
)
async def user_groups(scene: Scene) -> None:
    ada, _ = await _people(scene)
    group = await scene.group(ada)
    answer = await scene.get(place(ada))
    shown = expect_resource(answer).get("groups") or []
    found = [each.get("value") for each in shown if isinstance(each, dict)]
    expect(group["id"] in found, f"`groups` of the member is {found!r}, without the group.", answer)


@CHECKS.add(
    "deleted-group",
    "A group that is deleted leaves its members",
    asks="DELETE /Groups/{id}, then GET /Users/{id} of a member",
    expects="no such group in `groups`, and the user as before",
    remedy="Remove memberships with the group.",
    severity=Severity.SHOULD,
    rfc="RFC 7643 §4.1.2",
    points=("common.18",),
    needs=(GROUPS, declared("groups")),
)
async def deleted_group(scene: Scene) -> None:
    ada, _ = await _people(scene)
    group = await scene.group(ada)
    await scene.delete(group)
    answer = await scene.get(place(ada))
    shown = expect_resource(answer).get("groups") or []
    found = [each.get("value") for each in shown if isinstance(each, dict)]
    expect(group["id"] not in found, "`groups` still names the deleted group.", answer)


@CHECKS.add(
    "deleted-user",
    "A user who is deleted leaves the groups",
    asks="DELETE /Users/{id} of a member, then GET /Groups/{id}",
    expects="the other member only",
    remedy="Remove memberships with the user: a member who is gone cannot be removed by anybody later.",
    severity=Severity.SHOULD,
    rfc="RFC 7644 §3.6",
    points=("common.18",),
    needs=(GROUPS,),
)
async def deleted_user(scene: Scene) -> None:
    ada, boris = await _people(scene)
    group = await scene.group(ada, boris)
    answer = await scene.delete(ada)
    if not answer.is_success:
        raise Blocked(f"the user that it needs cannot be deleted ({answer.status})", answer)
    await _expect_members(scene, group, boris)


@CHECKS.add(
    "references",
    "A member says who it is",
    asks="GET /Groups/{id}",
    expects="`value`, and `$ref` or `type` that lead to the user",
    remedy="Fill in `$ref` and `type` of members.",
    severity=Severity.ADVICE,
    rfc="RFC 7643 §4.2",
    needs=(GROUPS,),
)
async def references(scene: Scene) -> None:
    ada, _ = await _people(scene)
    answer = await scene.get(place(await scene.group(ada)))
    members = expect_resource(answer).get("members") or [{}]
    reference, kind = members[0].get("$ref"), members[0].get("type")
    expect(reference or kind, "The member has neither `$ref` nor `type`.", answer)
    expect(not reference or ada["id"] in reference, f"`$ref` is {reference!r}.", answer)
    expect(not kind or kind == "User", f"`type` is {kind!r}.", answer)


@CHECKS.add(
    "nested",
    "A group may be a member of a group",
    asks="POST /Groups with a group as its member",
    expects="201, and that member; 400 where groups cannot be nested",
    remedy="Keep members that are groups, or refuse them.",
    severity=Severity.SHOULD,
    rfc="RFC 7643 §4.2",
    needs=(GROUPS,),
)
async def nested(scene: Scene) -> None:
    inner = await scene.group()
    members = [{"value": inner["id"], "type": "Group"}]
    answer = await scene.post(PATH, scene.samples.group(scene.belongings.new_name("desk"), members=members))
    if answer.status == 400:
        raise NotApplicable("the server says that groups cannot be nested")
    await _expect_members(scene, expect_resource(answer, 201, 200), inner)


async def _people(scene: Scene) -> tuple[Resource, Resource]:
    return await scene.user(), await scene.user("boris")


async def _done(scene: Scene, group: Resource, *operations: Resource) -> None:
    expect_status(await scene.patch(group, *operations), 200, 204)


async def _expect_members(scene: Scene, group: Resource, *wanted: Resource) -> None:
    """The group has exactly these members, each once."""
    answer = await scene.get(place(group))
    listed = expect_resource(answer).get("members") or []
    found = sorted(str(each.get("value")) for each in listed if isinstance(each, dict))
    expected = sorted(each["id"] for each in wanted)
    if len(found) != len(expected):
        raise Wrong(f"The group has {_number(len(found))} instead of {len(expected)}.", answer)
    if found != expected:
        raise Wrong("The members are others than they should be.", answer)


def _number(members: int) -> str:
    return "no members" if not members else "1 member" if members == 1 else f"{members} members"
