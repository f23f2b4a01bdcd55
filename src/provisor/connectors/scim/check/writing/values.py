"""Values as identity providers really send them: nulls, odd texts, unknown names, other scripts."""

from typing import Any

from provisor.connectors.scim.check.announced import USERS
from provisor.connectors.scim.check.check import CheckGroup
from provisor.connectors.scim.check.exchange import Exchange
from provisor.connectors.scim.check.expectations import (
    expect,
    expect_only,
    expect_resource,
    expect_status,
    expect_value,
    values_of,
)
from provisor.connectors.scim.check.judges import Severity
from provisor.connectors.scim.check.needs import ENTERPRISE, FILTER, writable
from provisor.connectors.scim.check.sample import enterprise
from provisor.connectors.scim.check.scene import Resource, Scene, text
from provisor.scim.grammar.attribute_path import ENTERPRISE_SCHEMA, USER_SCHEMA

CHECKS = CheckGroup("values", "Values")

OLD_SCHEMA = "urn:scim:schemas:core:1.0"
UNKNOWN_SCHEMA = "urn:example:params:scim:schemas:unknown:2.0:User"


@CHECKS.add(
    "entra-user",
    "A user as Entra creates it is accepted",
    asks="POST /Users with core and enterprise schema, meta, `roles: []`, externalId and a work address",
    expects="201, and the values as sent",
    remedy="Accept empty lists and a `meta` that names the type.",
    points=("entra.create-user", "entra-validator.user-create"),
    needs=(ENTERPRISE,),
)
async def entra_user(scene: Scene) -> None:
    body, answer = await _create(
        scene,
        schemas=[USER_SCHEMA, ENTERPRISE_SCHEMA],
        meta={"resourceType": "User"},
        roles=[],
        **enterprise(department="Engine Room"),
    )
    resource = expect_resource(answer, 201, 200)
    expect_value(resource, "externalId", body["externalId"], answer)
    expect_value(resource, f"{ENTERPRISE_SCHEMA}/department", "Engine Room", answer)


@CHECKS.add(
    "nulls",
    "Nulls mean that there is no value",
    asks='POST /Users with `"title": null`, `"nickName": null`, `"addresses": null`',
    expects="201, and nothing is shown as null",
    remedy="Take null for no value.",
    rfc="RFC 7643 §2.5",
    points=("common.20", "entra.create-nulls"),
    needs=(writable("title"), writable("nickName"), writable("addresses")),
)
async def nulls(scene: Scene) -> None:
    answer = await scene.post(USERS, _body(scene) | {"title": None, "nickName": None, "addresses": None})
    resource = expect_resource(answer, 201, 200)
    null = [name for name, value in resource.items() if value is None]
    expect(not null, f"{', '.join(null)} is shown as null.", answer)


@CHECKS.add(
    "foreign-nulls",
    "Nulls under names that lack their schema are ignored",
    asks='POST /Users with `"department": null` and `"manager": null` beside the core attributes',
    expects="201",
    remedy="Ignore attributes that no schema declares, nulls among them.",
    points=("common.20", "entra.create-nulls"),
)
async def foreign_nulls(scene: Scene) -> None:
    answer = await scene.post(USERS, _body(scene) | {"department": None, "manager": None, "roles": []})
    expect_resource(answer, 201, 200)


@CHECKS.add(
    "empty-texts",
    "Empty texts are accepted",
    asks='POST /Users with `"title": ""`, `"nickName": ""` and an empty address',
    expects="201",
    remedy="Take an empty text for no value, or keep it.",
    severity=Severity.SHOULD,
    points=("okta.empty-values",),
    needs=(writable("title"),),
)
async def empty_texts(scene: Scene) -> None:
    _, answer = await _create(scene, title="", nickName="", profileUrl="", phoneNumbers=[{"type": "work", "value": ""}])
    expect_resource(answer, 201, 200)


@CHECKS.add(
    "unknown-attributes",
    "Unknown attributes are ignored",
    asks='POST /Users with `"noSuchAttribute": "x"`',
    expects="201",
    remedy="Ignore attributes that no schema declares.",
    points=("common.20", "entra.create-nulls"),
)
async def unknown_attributes(scene: Scene) -> None:
    _, answer = await _create(scene, noSuchAttribute="x")
    expect_resource(answer, 201, 200)


@CHECKS.add(
    "unknown-schemas",
    "Unknown schemas are tolerated",
    asks="POST /Users with the schema of SCIM 1.0, or an unknown one, beside that of users",
    expects="201",
    remedy="Ignore schemas that you do not know.",
    severity=Severity.SHOULD,
    points=("common.20", "others.onelogin-schemas"),
)
async def unknown_schemas(scene: Scene) -> None:
    for urn in (OLD_SCHEMA, UNKNOWN_SCHEMA):
        _, answer = await _create(scene, schemas=[USER_SCHEMA, urn])
        expect_resource(answer, 201, 200)


@CHECKS.add(
    "okta-user",
    "A user as Okta creates it is accepted",
    asks="POST /Users with a password, `groups: []`, locale and externalId",
    expects="201, and no password in the answer",
    remedy="Accept and ignore what you do not store.",
    points=("okta.create", "okta-crud.assign", "okta-spec.create"),
)
async def okta_user(scene: Scene) -> None:
    _, answer = await _create(scene, password="9!provisor-Check", groups=[], locale="en-US")  # noqa: S106 - a sample
    resource = expect_resource(answer, 201, 200)
    expect("password" not in resource, "`password` is shown.", answer)


@CHECKS.add(
    "texts-for-booleans",
    "Booleans may come as texts",
    asks='POST /Users with `"active": "True"` and `"roles": [{"primary": "True", …}]`',
    expects="201, and booleans in the answer",
    remedy='Read "True" and "False" as booleans.',
    points=("common.2", "entra.trait-roles", "entra-validator.user-create"),
    needs=(writable("active"),),
)
async def texts_for_booleans(scene: Scene) -> None:
    attributes: dict[str, Any] = {"active": "True"}
    if scene.announced.is_writable("roles"):
        attributes["roles"] = [{"primary": "True", "value": "agent", "display": "Agent", "type": "desk"}]
    _, answer = await _create(scene, **attributes)
    resource = expect_resource(answer, 201, 200)
    expect(resource.get("active") is True, f"`active` is {resource.get('active')!r} instead of true.", answer)
    for role in resource.get("roles") or []:
        primary = role.get("primary") if isinstance(role, dict) else None
        expect(primary in {True, None}, f"`roles.primary` is {primary!r} instead of true.", answer)


@CHECKS.add(
    "odd-texts",
    "Texts of a certain kind are not examined",
    asks="POST /Users with a profileUrl that is no URL, and random locale, language and time zone",
    expects="201",
    remedy="Accept what is not in the form you expect: Entra's validator sends random texts.",
    points=("entra.trait-odd-texts", "entra-validator.user-create"),
)
async def odd_texts(scene: Scene) -> None:
    texts = {"profileUrl": "QJXZWPLM", "locale": "kfgqzw", "preferredLanguage": "xq", "timezone": "Zyxw/Vuts"}
    known = {name: value for name, value in texts.items() if scene.announced.is_writable(name)}
    _, answer = await _create(scene, **known)
    expect_resource(answer, 201, 200)


@CHECKS.add(
    "types",
    "Values of any type are kept in lists",
    asks="POST /Users with telephone numbers of the types work, mobile and fax, and an address of the type other",
    expects="201, and each value with its type",
    remedy="Take canonicalValues for suggestions.",
    rfc="RFC 7643 §2.4",
    points=("entra.trait-types", "entra.one-of-a-type"),
    needs=(writable("phoneNumbers"),),
)
async def types(scene: Scene) -> None:
    numbers = [{"type": kind, "value": f"+1 201 555 01{at}"} for at, kind in enumerate(("work", "mobile", "fax"), 20)]
    _, answer = await _create(scene, phoneNumbers=numbers)
    resource = expect_resource(answer, 201, 200)
    for each in numbers:
        found = values_of(resource, "phoneNumbers", type=each["type"])
        expect(len(found) == 1, f"{len(found)} numbers are of the type {each['type']}.", answer)
        expect(found[0].get("value") == each["value"], f"The number of the type {each['type']} is another.", answer)


@CHECKS.add(
    "scripts",
    "Names in any script are kept",
    asks="POST /Users with names in Greek, Japanese and Arabic, an emoji, and an apostrophe",
    expects="201, and the same characters",
    remedy="Store and send UTF-8.",
    rfc="RFC 7644 §3.1",
    points=("entra.values-kept",),
    needs=(writable("displayName"), writable("name")),
)
async def scripts(scene: Scene) -> None:
    for shown in ("Ελένη O'Neil", "山田 太郎", "فاطمة", "Zoë 👩‍💻", "A & B <C>"):
        _, answer = await _create(scene, displayName=shown, name={"givenName": shown, "familyName": "d'Été"})
        resource = expect_resource(answer, 201, 200)
        expect_value(resource, "displayName", shown, answer)
        expect_value(resource, "name.givenName", shown, answer)


@CHECKS.add(
    "plus-address",
    "A plus sign in a userName is kept and found",
    asks='POST /Users with `"userName": "…+tag@…"`, then a search',
    expects="201, and the user is found",
    remedy="Keep the characters of userName as they are.",
    rfc="RFC 7644 §3.3",
    points=("entra.values-kept",),
    needs=(FILTER,),
)
async def plus_address(scene: Scene) -> None:
    name = scene.samples.address(f"{scene.belongings.new_name('ada')}+tag")
    _, answer = await _create(scene, userName=name)
    user = expect_resource(answer, 201, 200)
    expect_value(user, "userName", name, answer)
    expect_only(await scene.get(USERS, filter=f"userName eq {text(name)}"), user)


@CHECKS.add(
    "dangling-manager",
    "A manager who is not there yet is accepted",
    asks="POST /Users with a manager's id that nobody has",
    expects="201",
    remedy="Accept the id: the manager may come later, and Entra's validator sends random ones.",
    points=("entra.trait-dangling-manager",),
    needs=(ENTERPRISE,),
)
async def dangling_manager(scene: Scene) -> None:
    _, answer = await _create(scene, **enterprise(manager={"value": scene.belongings.invent_id()}))
    expect_status(answer, 201, 200)


def _body(scene: Scene, **attributes: Any) -> Resource:
    return scene.samples.user(scene.belongings.new_name("ada"), **attributes)


async def _create(scene: Scene, **attributes: Any) -> tuple[Resource, Exchange]:
    body = _body(scene, **attributes)
    return body, await scene.post(USERS, body)
