"""PATCH as Microsoft Entra writes it, in its older and its newer form (scim-protocol §13.1, §13.2, §16)."""

from provisor.connectors.scim.check.check import CheckGroup
from provisor.connectors.scim.check.expectations import Wrong, expect, expect_value, values_of
from provisor.connectors.scim.check.needs import ENTERPRISE, PATCH, writable
from provisor.connectors.scim.check.sample import enterprise
from provisor.connectors.scim.check.scene import Resource, Scene, place
from provisor.scim.grammar.attribute_path import ENTERPRISE_SCHEMA
from provisor.scim.patch import PATCH_SCHEMA

CHECKS = CheckGroup("entra", "PATCH as Entra writes it")

MANAGER = f"{ENTERPRISE_SCHEMA}:manager"
WITH_MANAGER = (PATCH, ENTERPRISE)


@CHECKS.add(
    "operation-case",
    "Operations may have a capital",
    asks='PATCH with `"op": "Replace"`, `"Add"` and `"Remove"`',
    expects="200 or 204, and all three done",
    remedy="Compare `op` without regard to case.",
    points=("entra.op-case",),
    needs=(PATCH, writable("title"), writable("displayName")),
)
async def operation_case(scene: Scene) -> None:
    user = await scene.user(title="Engineer")
    after = await scene.changed(
        user,
        {"op": "Replace", "path": "displayName", "value": "Ada King"},
        {"op": "Remove", "path": "title"},
        {"op": "Add", "path": "name.familyName", "value": "King"},
    )
    expect_value(after, "displayName", "Ada King")
    expect_value(after, "name.familyName", "King")
    expect_value(after, "title", None)


@CHECKS.add(
    "disable-text",
    'active may be the text "False"',
    asks='PATCH {"op": "Replace", "path": "active", "value": "False"}, then "True"',
    expects="`active` false, then true",
    remedy='Read "True" and "False" as booleans; a text that is not empty is no `true`.',
    points=("common.2", "entra.disable-text", "entra-validator.user-disable", "entra-gallery.user-disable"),
    needs=(PATCH, writable("active")),
)
async def disable_text(scene: Scene) -> None:
    user = await scene.user("chen")
    for value in (False, True):
        after = await scene.changed(user, {"op": "Replace", "path": "active", "value": str(value)})
        expect_value(after, "active", value)


@CHECKS.add(
    "extra-members",
    "Further members of a PATCH are ignored",
    asks='PATCH with `"id"` beside Operations, and `"name"` in an operation',
    expects="200 or 204, and the operation done",
    remedy="Ignore members that PatchOp does not have.",
    points=("entra.patch-many",),
    needs=(PATCH, writable("displayName")),
)
async def extra_members(scene: Scene) -> None:
    user = await scene.user()
    operation = {"name": "rename", "op": "Replace", "path": "displayName", "value": "Ada King"}
    body = {"schemas": [PATCH_SCHEMA], "id": user["id"], "Operations": [operation]}
    answer = await scene.send("PATCH", place(user), body)
    expect(answer.is_success, f"The status is {answer.status} instead of 200 or 204.", answer)
    expect_value(await scene.read(user), "displayName", "Ada King")


@CHECKS.add(
    "dotted-keys",
    "Keys of a value may be dotted, or name a schema",
    asks='PATCH {"op": "replace", "value": {"name.givenName": …, "urn:…:enterprise:2.0:User:department": …}}',
    expects="the given name and the department in their places",
    remedy="Read each key as a path; do not keep it as an attribute of that name.",
    points=("common.3", "entra.new-form-pathless"),
    needs=(PATCH, ENTERPRISE, writable("name")),
)
async def dotted_keys(scene: Scene) -> None:
    user = await scene.user()
    value = {
        "displayName": "Ada King",
        "name.givenName": "Augusta",
        f"{ENTERPRISE_SCHEMA}:department": "Engine Room",
    }
    after = await scene.changed(user, {"op": "replace", "value": value})
    expect_value(after, "displayName", "Ada King")
    expect_value(after, "name.givenName", "Augusta")
    expect_value(after, "name.familyName", user["name"]["familyName"])
    expect_value(after, f"{ENTERPRISE_SCHEMA}/department", "Engine Room")
    expect("name.givenName" not in after, "There is an attribute called `name.givenName` now.")


@CHECKS.add(
    "element-made",
    "An element that a path describes is made when it is missing",
    asks='PATCH {"op": "Add", "path": "phoneNumbers[type eq \\"mobile\\"].value", …} of a user without numbers',
    expects="one number, of the type mobile",
    remedy="Make the element from the filter's `eq` conditions, then set the part.",
    points=("common.4", "entra-validator.user-patch-add", "entra.one-of-a-type"),
    needs=(PATCH, writable("phoneNumbers")),
)
async def element_made(scene: Scene) -> None:
    user = await scene.user()
    for number in ("+1 201 555 0121", "+1 201 555 0122"):
        path = 'phoneNumbers[type eq "mobile"].value'
        after = await scene.changed(user, {"op": "Add", "path": path, "value": number})
        found = [(each.get("type"), each.get("value")) for each in values_of(after, "phoneNumbers")]
        if found != [("mobile", number)]:
            raise Wrong(f"`phoneNumbers` holds {found!r}; it should hold one mobile number, {number}.")


@CHECKS.add(
    "one-element",
    "Parts that are set through the same filter land in one element",
    asks='PATCH with Add of `addresses[type eq "work"].locality`, `.country` and `.postalCode`',
    expects="one address of the type work with all three",
    remedy="Look for the element anew before each operation.",
    points=("common.4", "entra.one-of-a-type", "entra-validator.same-attribute-user"),
    needs=(PATCH, writable("addresses")),
)
async def one_element(scene: Scene) -> None:
    user = await scene.user()
    parts = {"locality": "London", "country": "GB", "postalCode": "W1"}
    after = await scene.changed(
        user,
        *({"op": "Add", "path": f'addresses[type eq "work"].{name}', "value": value} for name, value in parts.items()),
    )
    found = values_of(after, "addresses", type="work")
    expect(len(found) == 1, f"There are {len(found)} addresses of the type work.")
    for name, value in parts.items():
        expect_value(found[0], name, value)


@CHECKS.add(
    "roles-primary",
    'A filter may compare a boolean with the text "True"',
    asks='PATCH with Add of `roles[primary eq "True"].display`, `.value` and `.type`',
    expects="one role with the three parts, and primary",
    remedy='Compare "True" with true as equal, and make the element with `primary` true.',
    points=("entra.trait-verbose-add", "entra-validator.user-patch-add", "common.4"),
    needs=(PATCH, writable("roles")),
)
async def roles_primary(scene: Scene) -> None:
    user = await scene.user()
    parts = {"display": "Agent", "value": "agent", "type": "desk"}
    after = await scene.changed(
        user,
        *({"op": "Add", "path": f'roles[primary eq "True"].{name}', "value": value} for name, value in parts.items()),
    )
    found = values_of(after, "roles")
    expect(len(found) == 1, f"There are {len(found)} roles instead of one.")
    for name, value in parts.items():
        expect_value(found[0], name, value)
    expect(found[0].get("primary") is True, f"`primary` of the role is {found[0].get('primary')!r}.")


@CHECKS.add(
    "rename",
    "userName can be changed",
    asks='PATCH {"op": "Replace", "path": "userName", …}',
    expects="the new userName, and the same id",
    remedy="Let userName be changed; the id stays.",
    points=("entra-validator.user-rename",),
    needs=(PATCH,),
)
async def rename(scene: Scene) -> None:
    user = await scene.user()
    name = scene.samples.address(scene.belongings.new_name("renamed"))
    after = await scene.changed(user, {"op": "Replace", "path": "userName", "value": name})
    expect_value(after, "userName", name)
    expect_value(after, "id", user["id"])


@CHECKS.add(
    "empty-and-null",
    "An empty text and a null clear an attribute",
    asks='PATCH {"op": "Replace", "path": "title", "value": ""}, and null',
    expects="no title each time",
    remedy="Take both for no value.",
    points=("entra-gallery.null-update", "common.20", "okta.empty-values"),
    needs=(PATCH, writable("title")),
)
async def empty_and_null(scene: Scene) -> None:
    for value in ("", None):
        user = await scene.user(title="Engineer")
        expect_value(await scene.changed(user, {"op": "Replace", "path": "title", "value": value}), "title", None)


@CHECKS.add(
    "manager-forms",
    "A manager is set in every form",
    asks=f'PATCH {{"op": "Add", "path": "{MANAGER}", "value": …}} with a text, an object, and a list of one object',
    expects="manager.value as given, each time",
    remedy='Take a bare id for `{"value": id}`, and a list of one object for the object.',
    points=("entra-validator.manager-add", "entra-gallery.user-manager", "entra-gallery.direct-manager"),
    needs=WITH_MANAGER,
)
async def manager_forms(scene: Scene) -> None:
    frank = await scene.user("frank")
    for value in (frank["id"], {"value": frank["id"]}, [{"value": frank["id"]}], {"$ref": None, "value": frank["id"]}):
        user = await scene.user()
        _expect_manager(await scene.changed(user, {"op": "Add", "path": MANAGER, "value": value}), frank["id"])


@CHECKS.add(
    "manager-unqualified",
    "A manager is set without the schema's name",
    asks='PATCH {"op": "Replace", "path": "manager", "value": "{id}"}',
    expects="manager.value as given",
    remedy="Look for a name without a schema in the extensions too, where the core has none such.",
    points=("entra.new-form-pathless", "entra-gallery.user-manager"),
    needs=WITH_MANAGER,
)
async def manager_unqualified(scene: Scene) -> None:
    frank, user = await scene.user("frank"), await scene.user()
    _expect_manager(await scene.changed(user, {"op": "Replace", "path": "manager", "value": frank["id"]}), frank["id"])


@CHECKS.add(
    "manager-replace",
    "A manager is replaced",
    asks="PATCH Replace of the manager of a user who has one",
    expects="the new manager",
    remedy="Replace the whole reference; `displayName` and `$ref` of the old manager must not stay.",
    points=("entra-validator.manager-replace", "entra-gallery.user-manager", "entra-gallery.direct-manager"),
    needs=WITH_MANAGER,
)
async def manager_replace(scene: Scene) -> None:
    frank, grace = await scene.user("frank"), await scene.user("grace")
    user = await scene.user(**enterprise(manager={"value": frank["id"]}))
    after = await scene.changed(user, {"op": "Replace", "path": MANAGER, "value": grace["id"]})
    _expect_manager(after, grace["id"])
    manager = after[ENTERPRISE_SCHEMA]["manager"]
    expect(frank["id"] not in str(manager.get("$ref")), "`manager.$ref` leads to the old manager.")


@CHECKS.add(
    "manager-remove",
    "A manager is removed in every form",
    asks='PATCH Remove of the manager, and Replace with `{"value": ""}`, "" and null',
    expects="no manager each time",
    remedy="Take all of these for no manager.",
    points=(
        "entra-validator.manager-remove",
        "entra.trait-manager-empty",
        "entra-gallery.user-manager",
        "entra-gallery.direct-manager",
    ),
    needs=WITH_MANAGER,
)
async def manager_remove(scene: Scene) -> None:
    frank = await scene.user("frank")
    operations: list[Resource] = [{"op": "Remove", "path": MANAGER}]
    operations += [{"op": "Replace", "path": MANAGER, "value": value} for value in ({"value": ""}, "", None)]
    for operation in operations:
        user = await scene.user(**enterprise(manager={"value": frank["id"]}))
        _expect_manager(await scene.changed(user, operation), None)


def _expect_manager(resource: Resource, wanted: str | None) -> None:
    extension = resource.get(ENTERPRISE_SCHEMA)
    manager = extension.get("manager") if isinstance(extension, dict) else None
    found = manager.get("value") if isinstance(manager, dict) else manager
    if (found or None) != wanted:
        raise Wrong(f"The manager is {found!r} instead of {wanted!r}.")
