"""Which attributes are shown (RFC 7644 §3.9): `attributes` and `excludedAttributes`, everywhere."""

from collections.abc import Mapping
from typing import Any

from provisor.connectors.scim.check.announced import USERS
from provisor.connectors.scim.check.check import CheckGroup
from provisor.connectors.scim.check.exchange import Exchange
from provisor.connectors.scim.check.expectations import expect, expect_list, expect_resource, expect_status
from provisor.connectors.scim.check.judges import Severity
from provisor.connectors.scim.check.needs import ENTERPRISE, FILTER, PATCH, writable
from provisor.connectors.scim.check.scene import Scene, place, text
from provisor.scim.grammar.attribute_path import ENTERPRISE_SCHEMA, USER_SCHEMA

CHECKS = CheckGroup("projection", "Projection")

ALWAYS = frozenset({"id", "schemas", "meta"})


@CHECKS.add(
    "attributes",
    "attributes shows what it names, and the id",
    asks="GET /Users/{id}?attributes=userName",
    expects="userName and id, and neither name nor emails",
    remedy="Show what is named, and what is returned always.",
    rfc="RFC 7644 §3.9",
    is_reading=True,
)
async def attributes(scene: Scene) -> None:
    somebody = await scene.somebody()
    answer = await scene.get(place(somebody), attributes="userName")
    _expect_only(answer, expect_resource(answer), "userName")


@CHECKS.add(
    "attributes-list",
    "attributes holds for lists",
    asks='GET /Users?filter=userName eq "…"&attributes=userName',
    expects="userName and id of the user",
    remedy="Apply the projection to each resource of a list.",
    rfc="RFC 7644 §3.9",
    points=("entra.reference-check",),
    needs=(FILTER,),
    is_reading=True,
)
async def attributes_list(scene: Scene) -> None:
    somebody = await scene.somebody()
    answer = await scene.get(USERS, filter=f"userName eq {text(somebody['userName'])}", attributes="userName")
    for each in expect_list(answer):
        _expect_only(answer, each, "userName")


@CHECKS.add(
    "attributes-case",
    "Names in attributes are read in any case",
    asks="GET /Users/{id}?attributes=USERNAME",
    expects="userName",
    remedy="Compare attribute names without regard to case.",
    rfc="RFC 7643 §2.1",
    is_reading=True,
)
async def attributes_case(scene: Scene) -> None:
    somebody = await scene.somebody()
    answer = await scene.get(place(somebody), attributes="USERNAME")
    _expect_only(answer, expect_resource(answer), "userName")


@CHECKS.add(
    "sub-attribute",
    "attributes may name a part",
    asks="GET /Users/{id}?attributes=name.givenName",
    expects="name with givenName only",
    remedy="Support dotted paths.",
    rfc="RFC 7644 §3.9, §3.10",
    needs=(writable("name"),),
)
async def sub_attribute(scene: Scene) -> None:
    cast = await scene.cast()
    answer = await scene.get(place(cast.ada), attributes="name.givenName")
    resource = expect_resource(answer)
    _expect_only(answer, resource, "name")
    parts = set(resource["name"])
    expect(parts == {"givenName"}, f"`name` shows {', '.join(sorted(parts)) or 'nothing'}.", answer)


@CHECKS.add(
    "qualified",
    "attributes may name the schema too",
    asks="GET /Users/{id}?attributes=urn:…:core:2.0:User:userName",
    expects="userName",
    remedy="Know your schemas' URNs in front of an attribute.",
    rfc="RFC 7644 §3.10",
    is_reading=True,
)
async def qualified(scene: Scene) -> None:
    somebody = await scene.somebody()
    answer = await scene.get(place(somebody), attributes=f"{USER_SCHEMA}:userName")
    _expect_only(answer, expect_resource(answer), "userName")


@CHECKS.add(
    "extension",
    "attributes may name a whole extension, or an attribute of it",
    asks="GET /Users/{id}?attributes=urn:…:enterprise:2.0:User, and …:User:department",
    expects="the extension's object",
    remedy="Resolve an extension's URN in attributes.",
    rfc="RFC 7644 §3.10",
    needs=(ENTERPRISE,),
)
async def extension(scene: Scene) -> None:
    cast = await scene.cast()
    for name in (ENTERPRISE_SCHEMA, f"{ENTERPRISE_SCHEMA}:department"):
        answer = await scene.get(place(cast.ada), attributes=name)
        resource = expect_resource(answer)
        _expect_only(answer, resource, ENTERPRISE_SCHEMA)
        values = resource[ENTERPRISE_SCHEMA]
        found = values.get("department") if isinstance(values, Mapping) else None
        expect(found == "Engine Room", f"department is {found!r}.", answer)


@CHECKS.add(
    "excluded",
    "excludedAttributes hides what it names",
    asks="GET /Users/{id}?excludedAttributes=emails, and as a list",
    expects="everything but emails",
    remedy="Leave out what is named, in single resources and in lists.",
    rfc="RFC 7644 §3.9",
    needs=(writable("emails"), FILTER),
)
async def excluded(scene: Scene) -> None:
    cast = await scene.cast()
    answer = await scene.get(place(cast.ada), excludedAttributes="emails")
    _expect_without(answer, expect_resource(answer), "emails")
    terms = f"userName eq {text(cast.ada['userName'])}"
    answer = await scene.get(USERS, filter=terms, excludedAttributes="emails")
    for each in expect_list(answer):
        _expect_without(answer, each, "emails")


@CHECKS.add(
    "excluded-part",
    "excludedAttributes may name a part",
    asks="GET /Users/{id}?excludedAttributes=name.familyName",
    expects="name without familyName",
    remedy="Support dotted paths.",
    rfc="RFC 7644 §3.9, §3.10",
    needs=(writable("name"),),
)
async def excluded_part(scene: Scene) -> None:
    cast = await scene.cast()
    answer = await scene.get(place(cast.ada), excludedAttributes="name.familyName")
    name = expect_resource(answer).get("name")
    expect(isinstance(name, Mapping) and "givenName" in name, "`name` is hidden as a whole.", answer)
    expect("familyName" not in (name or {}), "`name.familyName` is shown.", answer)


@CHECKS.add(
    "always",
    "The id cannot be hidden",
    asks="GET /Users/{id}?excludedAttributes=id,schemas",
    expects="the id all the same",
    remedy="Show what is returned always, whatever is excluded.",
    rfc="RFC 7643 §3.1, RFC 7644 §3.9",
    points=("entra.id-everywhere",),
    is_reading=True,
)
async def always(scene: Scene) -> None:
    somebody = await scene.somebody()
    answer = expect_status(await scene.get(place(somebody), excludedAttributes="id,schemas"), 200)
    expect(answer.resource.get("id") == somebody["id"], "The id is hidden.", answer)


@CHECKS.add(
    "unknown",
    "Unknown names are ignored",
    asks="GET /Users/{id}?attributes=userName,noSuchAttribute",
    expects="200 and userName",
    remedy="Ignore names that you do not know.",
    severity=Severity.SHOULD,
    rfc="RFC 7644 §3.9",
    is_reading=True,
)
async def unknown(scene: Scene) -> None:
    somebody = await scene.somebody()
    answer = await scene.get(place(somebody), attributes="userName,noSuchAttribute")
    _expect_only(answer, expect_resource(answer), "userName")


@CHECKS.add(
    "both",
    "attributes and excludedAttributes exclude each other",
    asks="GET /Users/{id}?attributes=userName&excludedAttributes=emails",
    expects="400",
    remedy="Refuse a query that names both.",
    severity=Severity.ADVICE,
    rfc="RFC 7644 §3.9",
    is_reading=True,
)
async def both(scene: Scene) -> None:
    somebody = await scene.somebody()
    answer = await scene.get(place(somebody), attributes="userName", excludedAttributes="emails")
    expect_status(answer, 400)


@CHECKS.add(
    "on-post",
    "attributes holds for the answer to POST",
    asks="POST /Users?attributes=userName",
    expects="201 with userName and id only",
    remedy="Apply the projection to answers of POST and PUT.",
    severity=Severity.SHOULD,
    rfc="RFC 7644 §3.9",
)
async def on_post(scene: Scene) -> None:
    body = scene.samples.user(scene.belongings.new_name("ada"))
    answer = await scene.post(USERS, body, attributes="userName")
    _expect_only(answer, expect_resource(answer, 201, 200), "userName")


@CHECKS.add(
    "on-put",
    "attributes holds for the answer to PUT",
    asks="PUT /Users/{id}?attributes=userName",
    expects="200 with userName and id only",
    remedy="Apply the projection to answers of POST and PUT.",
    severity=Severity.SHOULD,
    rfc="RFC 7644 §3.9",
)
async def on_put(scene: Scene) -> None:
    user = await scene.user()
    body = await scene.read(user)
    answer = await scene.put(user, body, attributes="userName")
    _expect_only(answer, expect_resource(answer), "userName")


@CHECKS.add(
    "on-patch",
    "A PATCH that names attributes is answered with them",
    asks="PATCH /Users/{id}?attributes=userName",
    expects="200, not 204, with userName and id only",
    remedy="Answer 200 with the attributes that the request names.",
    rfc="RFC 7644 §3.5.2, §3.9",
    needs=(PATCH, writable("displayName")),
)
async def on_patch(scene: Scene) -> None:
    user = await scene.user()
    operation = {"op": "replace", "path": "displayName", "value": "Ada L."}
    answer = await scene.patch(user, operation, attributes="userName")
    _expect_only(answer, expect_resource(answer, 200), "userName")


def _expect_only(answer: Exchange, resource: Mapping[str, Any], *wanted: str) -> None:
    """These attributes and the ones that are returned always, and no others."""
    for name in wanted:
        expect(name in resource, f"`{name}` is not shown.", answer)
    more = sorted(set(resource) - ALWAYS - set(wanted))
    expect(not more, f"{', '.join(more)} is shown as well.", answer)


def _expect_without(answer: Exchange, resource: Mapping[str, Any], name: str) -> None:
    expect(name not in resource, f"`{name}` is shown.", answer)
    expect("userName" in resource, "`userName` is not shown.", answer)
