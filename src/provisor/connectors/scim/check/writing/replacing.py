"""PUT (RFC 7644 §3.5.1): a user is replaced as a whole, as Okta, PingFederate and others do it."""

from typing import Any

from provisor.connectors.scim.check.announced import USERS
from provisor.connectors.scim.check.check import CheckGroup
from provisor.connectors.scim.check.expectations import (
    expect,
    expect_refused,
    expect_resource,
    expect_status,
    expect_value,
)
from provisor.connectors.scim.check.judges import Severity
from provisor.connectors.scim.check.needs import ENTERPRISE, writable
from provisor.connectors.scim.check.sample import enterprise
from provisor.connectors.scim.check.scene import Resource, Scene, place
from provisor.scim.grammar.attribute_path import ENTERPRISE_SCHEMA

CHECKS = CheckGroup("put", "PUT")


@CHECKS.add(
    "replace",
    "PUT changes what it sends",
    asks="PUT /Users/{id} with another displayName",
    expects="200 with the resource, and the new value in GET",
    remedy="Answer 200 with the resource as it is now.",
    rfc="RFC 7644 §3.5.1",
    points=("okta-crud.update", "others.ping-put", "okta.put-whole"),
    needs=(writable("displayName"),),
)
async def replace(scene: Scene) -> None:
    user, body = await _made(scene)
    answer = await scene.put(user, {**body, "displayName": "Ada King"})
    expect_value(expect_resource(answer), "displayName", "Ada King", answer)
    expect_value(await scene.read(user), "displayName", "Ada King")


@CHECKS.add(
    "whole-object",
    "PUT takes back what GET showed",
    asks="GET /Users/{id}, PUT with the same object and another title, id, meta and groups included",
    expects="200, and the same id",
    remedy="Ignore readOnly attributes in PUT: Okta sends all that it read.",
    rfc="RFC 7644 §3.5.1",
    points=("okta.put-whole", "common.14", "okta-crud.update"),
    needs=(writable("displayName"),),
)
async def whole_object(scene: Scene) -> None:
    user, _ = await _made(scene)
    shown = await scene.read(user)
    answer = await scene.put(user, {"groups": [], **shown, "displayName": "Ada King"})
    after = expect_resource(answer)
    expect_value(after, "id", user["id"], answer)
    expect_value(after, "displayName", "Ada King", answer)


@CHECKS.add(
    "clears",
    "PUT clears what it leaves out",
    asks="PUT /Users/{id} without a title",
    expects="200, and no title",
    remedy="Take an attribute that is left out for one without a value.",
    severity=Severity.SHOULD,
    rfc="RFC 7644 §3.5.1",
    needs=(writable("title"),),
)
async def clears(scene: Scene) -> None:
    user, body = await _made(scene, title="Engineer")
    expect_value(await scene.read(user), "title", "Engineer")
    expect_resource(await scene.put(user, {key: value for key, value in body.items() if key != "title"}))
    expect_value(await scene.read(user), "title", None)


@CHECKS.add(
    "keeps-active",
    "PUT without active suspends nobody",
    asks="PUT /Users/{id} without `active`",
    expects="200, and `active` is not false",
    remedy="Leave `active` as it is, or unset, where a PUT does not name it.",
    severity=Severity.SHOULD,
    points=("okta.put-whole",),
    needs=(writable("active"),),
)
async def keeps_active(scene: Scene) -> None:
    user, body = await _made(scene)
    expect_resource(await scene.put(user, {key: value for key, value in body.items() if key != "active"}))
    after = await scene.read(user)
    expect(after.get("active") is not False, "`active` is false now: the user is suspended.")


@CHECKS.add(
    "missing",
    "PUT creates nobody",
    asks="PUT /Users/{a random id}",
    expects="404",
    remedy="Answer 404: ids are the server's to give.",
    rfc="RFC 7644 §3.5.1",
)
async def missing(scene: Scene) -> None:
    body = scene.samples.user(scene.belongings.new_name("eve"))
    expect_status(await scene.send("PUT", place(scene.invented()), body), 404)


@CHECKS.add(
    "required",
    "PUT without a required attribute is refused",
    asks="PUT /Users/{id} without userName",
    expects="400, and nothing is changed",
    remedy="Check required attributes in PUT as in POST.",
    rfc="RFC 7644 §3.5.1",
)
async def required(scene: Scene) -> None:
    user, body = await _made(scene)
    answer = await scene.put(user, {key: value for key, value in body.items() if key != "userName"})
    expect_status(answer, 400)
    expect_value(await scene.read(user), "userName", user["userName"])


@CHECKS.add(
    "duplicate",
    "PUT to a userName that is taken is 409",
    asks="PUT /Users/{id} with the userName of another user",
    expects="409, scimType uniqueness, and nothing is changed",
    remedy="Check uniqueness in PUT as in POST.",
    rfc="RFC 7644 §3.5.1, §3.12",
)
async def duplicate(scene: Scene) -> None:
    other = await scene.user("boris")
    user, body = await _made(scene)
    answer = await scene.put(user, {**body, "userName": other["userName"]})
    expect_refused(answer, 409, scim_type="uniqueness")
    expect_value(await scene.read(user), "userName", user["userName"])


@CHECKS.add(
    "extension",
    "PUT changes extensions",
    asks="PUT /Users/{id} with an enterprise extension, then without",
    expects="the extension's values, then none, and `schemas` that fit",
    remedy="Treat an extension's object like any attribute, and list its schema while it has values.",
    rfc="RFC 7644 §3.5.1, RFC 7643 §3.3",
    needs=(ENTERPRISE,),
)
async def extension(scene: Scene) -> None:
    user, body = await _made(scene)
    with_it = {**body, **enterprise(department="Engine Room"), "schemas": [*body["schemas"], ENTERPRISE_SCHEMA]}
    expect_resource(await scene.put(user, with_it))
    after = await scene.read(user)
    expect_value(after, f"{ENTERPRISE_SCHEMA}/department", "Engine Room")
    expect(ENTERPRISE_SCHEMA in after.get("schemas", []), "`schemas` does not list the extension.")
    expect_resource(await scene.put(user, body))
    expect_value(await scene.read(user), f"{ENTERPRISE_SCHEMA}/department", None)


@CHECKS.add(
    "empty-values",
    "PUT with empty values does no harm",
    asks='PUT /Users/{id} with `"title": ""` and `"nickName": null`',
    expects="200",
    remedy="Take empty texts and nulls for no value.",
    severity=Severity.SHOULD,
    points=("okta.empty-values",),
    needs=(writable("title"),),
)
async def empty_values(scene: Scene) -> None:
    user, body = await _made(scene, title="Engineer")
    expect_resource(await scene.put(user, {**body, "title": "", "nickName": None}))


async def _made(scene: Scene, **attributes: Any) -> tuple[Resource, Resource]:
    """A user, and what was sent to create it."""
    body = scene.samples.user(scene.belongings.new_name("ada"), **attributes)
    return await scene.make(USERS, body), body
