"""PATCH by the RFC (RFC 7644 §3.5.2): add, replace and remove on single values and whole objects."""

from provisor.connectors.scim.check.check import CheckGroup
from provisor.connectors.scim.check.expectations import expect, expect_resource, expect_status, expect_value
from provisor.connectors.scim.check.judges import Severity
from provisor.connectors.scim.check.needs import ENTERPRISE, PATCH, writable
from provisor.connectors.scim.check.sample import enterprise
from provisor.connectors.scim.check.scene import Scene
from provisor.scim.grammar.attribute_path import ENTERPRISE_SCHEMA, USER_SCHEMA

CHECKS = CheckGroup("patch", "PATCH")


@CHECKS.add(
    "replace",
    "replace sets a single value",
    asks='PATCH {"op": "replace", "path": "displayName", "value": "Ada King"}',
    expects="200 or 204, then the new value and all others as before",
    remedy="Support `replace` with a path.",
    rfc="RFC 7644 §3.5.2.3",
    points=(
        "entra-validator.user-patch-replace",
        "entra-gallery.user-update",
        "entra-gallery.direct-user-update",
        "entra-gallery.user-on-demand",
    ),
    needs=(PATCH, writable("displayName")),
)
async def replace(scene: Scene) -> None:
    user = await scene.user()
    after = await scene.changed(user, {"op": "replace", "path": "displayName", "value": "Ada King"})
    expect_value(after, "displayName", "Ada King")
    expect_value(after, "userName", user["userName"])
    expect_value(after, "externalId", user["externalId"])


@CHECKS.add(
    "answer",
    "A PATCH is answered with the resource or with nothing",
    asks="PATCH /Users/{id}",
    expects="200 with the resource as it is now, or 204 without a body",
    remedy="Answer 200 with the new state, or 204.",
    rfc="RFC 7644 §3.5.2",
    points=("entra.patch-answer", "entra-gallery.direct-user-update"),
    needs=(PATCH, writable("displayName")),
)
async def answered(scene: Scene) -> None:
    user = await scene.user()
    answer = await scene.patch(user, {"op": "replace", "path": "displayName", "value": "Ada King"})
    expect_status(answer, 200, 204)
    if answer.status == 204:
        expect(not answer.answer_body, "The 204 has a body.", answer)
    else:
        expect_value(expect_resource(answer), "displayName", "Ada King", answer)


@CHECKS.add(
    "replace-part",
    "replace sets a part of a complex value",
    asks='PATCH {"op": "replace", "path": "name.givenName", "value": "Augusta"}',
    expects="the new given name, and the family name as before",
    remedy="Support dotted paths; write into `name`, not into an attribute called `name.givenName`.",
    rfc="RFC 7644 §3.5.2.3, §3.10",
    points=("entra-validator.user-patch-replace",),
    needs=(PATCH, writable("name")),
)
async def replace_part(scene: Scene) -> None:
    user = await scene.user()
    after = await scene.changed(user, {"op": "replace", "path": "name.givenName", "value": "Augusta"})
    expect_value(after, "name.givenName", "Augusta")
    expect_value(after, "name.familyName", user["name"]["familyName"])
    expect("name.givenName" not in after, "There is an attribute called `name.givenName` now.")


@CHECKS.add(
    "replace-complex",
    "replace of a complex value leaves its other parts",
    asks='PATCH {"op": "replace", "path": "name", "value": {"givenName": "Augusta"}}',
    expects="the new given name, and the family name as before",
    remedy="Set only the parts that are given.",
    rfc="RFC 7644 §3.5.2.3",
    needs=(PATCH, writable("name")),
)
async def replace_complex(scene: Scene) -> None:
    user = await scene.user()
    after = await scene.changed(user, {"op": "replace", "path": "name", "value": {"givenName": "Augusta"}})
    expect_value(after, "name.givenName", "Augusta")
    expect_value(after, "name.familyName", user["name"]["familyName"])


@CHECKS.add(
    "replace-missing",
    "replace of a value that is not there adds it",
    asks='PATCH {"op": "replace", "path": "title", "value": "Countess"} of a user without a title',
    expects="the title",
    remedy="Treat `replace` as `add` where there is no value.",
    rfc="RFC 7644 §3.5.2.3",
    needs=(PATCH, writable("title")),
)
async def replace_missing(scene: Scene) -> None:
    user = await scene.user()
    expect_value(
        await scene.changed(user, {"op": "replace", "path": "title", "value": "Countess"}), "title", "Countess"
    )


@CHECKS.add(
    "add",
    "add sets a single value, also one that is there",
    asks='PATCH {"op": "add", "path": "title", …}, twice with different values',
    expects="the last value",
    remedy="Let `add` replace a single value.",
    rfc="RFC 7644 §3.5.2.1",
    points=("entra-validator.user-patch-add",),
    needs=(PATCH, writable("title")),
)
async def add(scene: Scene) -> None:
    user = await scene.user()
    for title in ("Countess", "Engineer"):
        expect_value(await scene.changed(user, {"op": "add", "path": "title", "value": title}), "title", title)


@CHECKS.add(
    "remove",
    "remove takes a value away",
    asks='PATCH {"op": "remove", "path": "title"}',
    expects="no title",
    remedy="Support `remove` with a path.",
    rfc="RFC 7644 §3.5.2.2",
    needs=(PATCH, writable("title")),
)
async def remove(scene: Scene) -> None:
    user = await scene.user(title="Engineer")
    expect_value(await scene.changed(user, {"op": "remove", "path": "title"}), "title", None)


@CHECKS.add(
    "pathless",
    "Several attributes are set without a path",
    asks='PATCH {"op": "add" or "replace", "value": {"title": …, "displayName": …}}',
    expects="both values",
    remedy="Take each member of the value for an attribute.",
    rfc="RFC 7644 §3.5.2.1, §3.5.2.3",
    points=("entra.new-form-pathless",),
    needs=(PATCH, writable("title"), writable("displayName")),
)
async def pathless(scene: Scene) -> None:
    for op in ("add", "replace"):
        user = await scene.user()
        after = await scene.changed(user, {"op": op, "value": {"title": "Engineer", "displayName": "Ada King"}})
        expect_value(after, "title", "Engineer")
        expect_value(after, "displayName", "Ada King")


@CHECKS.add(
    "in-order",
    "Operations are carried out in their order",
    asks="PATCH with three operations on one title",
    expects="what the last one leaves",
    remedy="Apply the operations one after the other.",
    rfc="RFC 7644 §3.5.2",
    points=("entra.patch-many", "entra-validator.same-attribute-user"),
    needs=(PATCH, writable("title")),
)
async def in_order(scene: Scene) -> None:
    user = await scene.user()
    after = await scene.changed(
        user,
        {"op": "add", "path": "title", "value": "Countess"},
        {"op": "remove", "path": "title"},
        {"op": "add", "path": "title", "value": "Engineer"},
    )
    expect_value(after, "title", "Engineer")


@CHECKS.add(
    "several",
    "One PATCH changes several attributes",
    asks="PATCH with operations on title, displayName and name.familyName",
    expects="all three values",
    remedy="Apply every operation of the request.",
    rfc="RFC 7644 §3.5.2",
    points=("entra.patch-many", "entra-validator.several-attributes"),
    needs=(PATCH, writable("title"), writable("name"), writable("displayName")),
)
async def several(scene: Scene) -> None:
    user = await scene.user()
    values = {"title": "Engineer", "displayName": "Ada King", "name.familyName": "King"}
    after = await scene.changed(
        user, *({"op": "replace", "path": path, "value": value} for path, value in values.items())
    )
    for path, value in values.items():
        expect_value(after, path, value)


@CHECKS.add(
    "names-case",
    "Paths are read in any case",
    asks='PATCH {"op": "replace", "path": "DISPLAYNAME", …}',
    expects="the new displayName",
    remedy="Compare attribute names in paths without regard to case.",
    rfc="RFC 7643 §2.1",
    needs=(PATCH, writable("displayName")),
)
async def names_case(scene: Scene) -> None:
    user = await scene.user()
    after = await scene.changed(user, {"op": "replace", "path": "DISPLAYNAME", "value": "Ada King"})
    expect_value(after, "displayName", "Ada King")


@CHECKS.add(
    "qualified",
    "A path may name the schema",
    asks='PATCH {"op": "replace", "path": "urn:…:core:2.0:User:displayName", …}',
    expects="the new displayName",
    remedy="Know your schemas' URNs in front of an attribute.",
    rfc="RFC 7644 §3.10",
    needs=(PATCH, writable("displayName")),
)
async def qualified(scene: Scene) -> None:
    user = await scene.user()
    after = await scene.changed(user, {"op": "replace", "path": f"{USER_SCHEMA}:displayName", "value": "Ada King"})
    expect_value(after, "displayName", "Ada King")


@CHECKS.add(
    "extension",
    "A path leads into an extension, and `schemas` follows",
    asks='PATCH {"op": "add", "path": "urn:…:enterprise:2.0:User:department", …}, then remove',
    expects="the department and its schema in `schemas`; afterwards neither",
    remedy="Create the extension's object when it is missing, and drop it when it is empty.",
    rfc="RFC 7644 §3.5.2, §3.10",
    needs=(PATCH, ENTERPRISE),
)
async def extension(scene: Scene) -> None:
    user = await scene.user()
    path = f"{ENTERPRISE_SCHEMA}:department"
    after = await scene.changed(user, {"op": "add", "path": path, "value": "Engine Room"})
    expect_value(after, f"{ENTERPRISE_SCHEMA}/department", "Engine Room")
    expect(ENTERPRISE_SCHEMA in after.get("schemas", []), "`schemas` does not list the extension.")
    after = await scene.changed(user, {"op": "remove", "path": path})
    expect_value(after, f"{ENTERPRISE_SCHEMA}/department", None)


@CHECKS.add(
    "extension-object",
    "An extension's object is merged",
    asks='PATCH {"op": "add", "value": {"urn:…:enterprise:2.0:User": {"division": …}}}',
    expects="the division, and the department as before",
    remedy="Merge the object of an extension with what is there.",
    rfc="RFC 7644 §3.5.2.1",
    needs=(PATCH, ENTERPRISE),
)
async def extension_object(scene: Scene) -> None:
    user = await scene.user(**enterprise(department="Engine Room"))
    after = await scene.changed(user, {"op": "add", "value": {ENTERPRISE_SCHEMA: {"division": "Analysis"}}})
    expect_value(after, f"{ENTERPRISE_SCHEMA}/division", "Analysis")
    expect_value(after, f"{ENTERPRISE_SCHEMA}/department", "Engine Room")


@CHECKS.add(
    "null",
    "A null takes a value away",
    asks='PATCH {"op": "replace", "path": "title", "value": null}',
    expects="no title",
    remedy="Take null for no value.",
    severity=Severity.SHOULD,
    rfc="RFC 7643 §2.5",
    points=("entra-gallery.null-update", "common.20"),
    needs=(PATCH, writable("title")),
)
async def null(scene: Scene) -> None:
    user = await scene.user(title="Engineer")
    expect_value(await scene.changed(user, {"op": "replace", "path": "title", "value": None}), "title", None)
