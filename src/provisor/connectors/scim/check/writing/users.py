"""Creating and reading users (RFC 7644 §3.3, §3.4.1): what comes back, what is refused, what is ignored."""

from typing import Any

from provisor.connectors.scim.check.announced import USERS
from provisor.connectors.scim.check.check import CheckGroup
from provisor.connectors.scim.check.exchange import Exchange
from provisor.connectors.scim.check.expectations import (
    NotApplicable,
    expect,
    expect_list,
    expect_refused,
    expect_resource,
    expect_status,
    expect_value,
    value_at,
)
from provisor.connectors.scim.check.judges import Severity
from provisor.connectors.scim.check.needs import FILTER, writable
from provisor.connectors.scim.check.sample import differences
from provisor.connectors.scim.check.scene import Resource, Scene, place, text
from provisor.scim.grammar.attribute_path import USER_SCHEMA
from provisor.scim.grammar.literals import read_instant

CHECKS = CheckGroup("users", "Users")

INVENTED_ID = "provisor-check-chose-this-id"
PASSWORD = "9!provisor-Check-Passw0rd"  # noqa: S105 - of a user who lives for a second


@CHECKS.add(
    "create",
    "A user can be created",
    asks="POST /Users",
    expects="201 (clients understand 200), a resource with an id, schemas, and userName as sent",
    remedy="Answer 201 with the whole resource.",
    rfc="RFC 7644 §3.3",
    points=(
        "entra.create-user",
        "entra-validator.user-create",
        "entra-gallery.user-create",
        "entra-gallery.direct-user-create",
        "okta-spec.create",
        "okta-crud.assign",
        "others.jumpcloud-trial",
    ),
)
async def create(scene: Scene) -> None:
    body, answer = await _create(scene)
    resource = expect_resource(answer, 201, 200)
    expect_value(resource, "userName", body["userName"], answer)
    schemas = resource.get("schemas")
    expect(isinstance(schemas, list) and USER_SCHEMA in schemas, f"`schemas` is {schemas!r}.", answer)


@CHECKS.add(
    "status",
    "Creating is answered with 201",
    asks="POST /Users",
    expects="201, not 200",
    remedy="Answer 201 Created.",
    rfc="RFC 7644 §3.3",
)
async def status(scene: Scene) -> None:
    expect_status((await _create(scene))[1], 201)


@CHECKS.add(
    "location",
    "201 says where the resource is",
    asks="POST /Users, then GET of its Location",
    expects="a Location header, equal to meta.location, under which the user is found",
    remedy="Send Location with every 201, and the same URL as meta.location.",
    rfc="RFC 7644 §3.3, RFC 7643 §3.1",
    points=("common.15",),
)
async def location(scene: Scene) -> None:
    _, answer = await _create(scene)
    resource = expect_resource(answer, 201, 200)
    header = answer.header("location")
    expect(header, "There is no Location header.", answer)
    shown = value_at(resource, "meta.location")
    expect(shown == header, f"`meta.location` is {shown!r}, and Location is {header!r}.", answer)
    expect(header.rstrip("/").endswith(place(resource)), f"Location {header!r} does not lead to this user.", answer)


@CHECKS.add(
    "meta",
    "A user says what it is and since when",
    asks="POST /Users",
    expects="meta with resourceType User, created, lastModified and location; instants as xsd:dateTime",
    remedy="Fill in meta; the client's own is ignored.",
    rfc="RFC 7643 §3.1",
)
async def meta(scene: Scene) -> None:
    body, answer = await _create(scene, meta={"resourceType": "Nonsense", "created": "2001-01-01T00:00:00Z"})
    assert body
    found = expect_resource(answer, 201, 200).get("meta")
    expect(isinstance(found, dict), "`meta` is missing.", answer)
    assert isinstance(found, dict)
    expect(found.get("resourceType") == "User", f"`meta.resourceType` is {found.get('resourceType')!r}.", answer)
    for name in ("created", "lastModified"):
        value = found.get(name)
        is_instant = isinstance(value, str) and read_instant(value) is not None
        expect(is_instant, f"`meta.{name}` is {value!r}.", answer)
        expect(not str(value).startswith("2001-01-01"), f"`meta.{name}` is the client's.", answer)
    expect(found.get("location"), "`meta.location` is missing.", answer)


@CHECKS.add(
    "read",
    "A user is read back as created",
    asks="POST /Users, GET /Users/{id}",
    expects="200, and what was sent: userName, names, active, addresses, externalId",
    remedy="Store what was sent, and show it unchanged.",
    rfc="RFC 7644 §3.4.1",
    points=("entra.read-user", "entra.values-kept", "okta-spec.get", "okta-spec.read-back", "okta.required"),
)
async def read(scene: Scene) -> None:
    body, answer = await _create(scene)
    resource = expect_resource(answer, 201, 200)
    again = await scene.get(place(resource))
    _expect_same(body, expect_resource(again), again)


@CHECKS.add(
    "okta-shape",
    "A user has what Okta looks at",
    asks="POST /Users, GET /Users/{id}",
    expects="id, userName, name.givenName, name.familyName, active, emails[0].value",
    remedy="Support these attributes: Okta's tests read them from the first user.",
    points=("okta-spec.first-user", "okta.required"),
)
async def okta_shape(scene: Scene) -> None:
    user = await scene.user()
    answer = await scene.get(place(user))
    resource = expect_resource(answer)
    for path in ("userName", "name.givenName", "name.familyName"):
        expect(isinstance(value_at(resource, path), str), f"`{path}` is missing.", answer)
    expect(resource.get("active") is True, f"`active` is {resource.get('active')!r}.", answer)
    emails = resource.get("emails")
    is_there = isinstance(emails, list) and emails and isinstance(emails[0], dict) and emails[0].get("value")
    expect(is_there, "`emails[0].value` is missing.", answer)


@CHECKS.add(
    "active",
    "A user just created is active",
    asks="POST /Users with `active` true, and without `active`",
    expects="`active` is not false",
    remedy="Do not show an invited user as inactive: Okta would enable it again and again.",
    points=("okta.not-inactive",),
    needs=(writable("active"),),
)
async def active(scene: Scene) -> None:
    for value in (True, None):
        _, answer = await _create(scene, active=value)
        found = expect_resource(answer, 201, 200).get("active")
        expect(found is not False, "`active` is false.", answer)


@CHECKS.add(
    "duplicate",
    "A userName that is taken is 409",
    asks="POST /Users, twice the same",
    expects="409, scimType uniqueness",
    remedy="Answer 409 uniqueness; Entra and Okta then look for the user and link it.",
    rfc="RFC 7644 §3.3, §3.12",
    points=("entra.conflict", "entra-validator.user-duplicate", "okta-spec.duplicate"),
)
async def duplicate(scene: Scene) -> None:
    user = await scene.user()
    body = scene.samples.user(scene.belongings.new_name("ada"), userName=user["userName"])
    expect_refused(await scene.post(USERS, body), 409, scim_type="uniqueness")


@CHECKS.add(
    "duplicate-case",
    "A userName that is taken in another case is 409",
    asks="POST /Users with the userName of another user in capitals",
    expects="409",
    remedy="Compare userName without regard to case: it is caseExact false.",
    rfc="RFC 7643 §4.1.1",
    points=("common.13",),
)
async def duplicate_case(scene: Scene) -> None:
    user = await scene.user()
    body = scene.samples.user(scene.belongings.new_name("ada"), userName=user["userName"].upper())
    expect_status(await scene.post(USERS, body), 409)


@CHECKS.add(
    "read-only",
    "What only the server sets is ignored",
    asks="POST /Users with id, meta and groups in it",
    expects="201, and the server's own id",
    remedy="Ignore readOnly attributes in POST; do not refuse them.",
    rfc="RFC 7643 §2.2, RFC 7644 §3.3",
    points=("common.14", "okta.create"),
)
async def read_only(scene: Scene) -> None:
    _, answer = await _create(scene, id=INVENTED_ID, meta={"resourceType": "User", "version": 'W/"x"'}, groups=[])
    resource = expect_resource(answer, 201, 200)
    expect(resource["id"] != INVENTED_ID, "The id is the client's.", answer)


@CHECKS.add(
    "no-username",
    "A user without userName is refused",
    asks="POST /Users without userName",
    expects="400, scimType invalidValue",
    remedy="Check required attributes; answer 400 invalidValue.",
    rfc="RFC 7643 §4.1.1, RFC 7644 §3.12",
)
async def no_username(scene: Scene) -> None:
    body = scene.samples.user(scene.belongings.new_name("ada"), userName=None)
    expect_refused(await scene.post(USERS, body), 400, scim_type=("invalidValue", "invalidSyntax"))


@CHECKS.add(
    "wrong-type",
    "A value of another type is refused",
    asks='POST /Users with `"name": "Ada"`, and with `"active": "perhaps"`',
    expects="400",
    remedy="Check the types of values against the schema; answer 400 invalidValue, never 500.",
    rfc="RFC 7643 §2.3, RFC 7644 §3.12",
    needs=(writable("name"), writable("active")),
)
async def wrong_type(scene: Scene) -> None:
    for attributes in ({"name": "Ada"}, {"active": "perhaps"}):
        _, answer = await _create(scene, **attributes)
        expect_status(answer, 400)


@CHECKS.add(
    "names-case",
    "Names of attributes are read in any case",
    asks="POST /Users with `USERNAME` and `DisplayName`",
    expects="201, and the values under their proper names",
    remedy="Compare attribute names without regard to case, and show them as the schema writes them.",
    rfc="RFC 7643 §2.1",
    needs=(writable("displayName"),),
)
async def names_case(scene: Scene) -> None:
    name = scene.samples.address(scene.belongings.new_name("ada"))
    _, answer = await _create(scene, userName=None, displayName=None, USERNAME=name, DisplayName="Ada L.")
    resource = expect_resource(answer, 201, 200)
    expect_value(resource, "userName", name, answer)
    expect_value(resource, "displayName", "Ada L.", answer)


@CHECKS.add(
    "password",
    "A password is never shown",
    asks="POST /Users with a password, GET /Users/{id}?attributes=password",
    expects="201, and no password in any answer",
    remedy="Never return `password`: it is returned never.",
    rfc="RFC 7643 §4.1.1, §7",
    points=("okta.create",),
    needs=(writable("password"),),
)
async def password(scene: Scene) -> None:
    _, answer = await _create(scene, password=PASSWORD)
    resource = expect_resource(answer, 201, 200)
    shown = await scene.get(place(resource), attributes="password")
    for each in (answer, await scene.get(place(resource)), shown):
        expect("password" not in each.resource, "`password` is shown.", each)
        expect(PASSWORD.encode() not in each.answer_body, "The password is shown.", each)


@CHECKS.add(
    "id",
    "The id is the server's own and means nothing",
    asks="POST /Users, PATCH or PUT of userName",
    expects="an id that is not the userName, and that stays when the name changes",
    remedy="Use ids that never change, such as UUIDs.",
    rfc="RFC 7643 §3.1",
    points=("entra.id-everywhere",),
)
async def identifier(scene: Scene) -> None:
    body, answer = await _create(scene)
    resource = expect_resource(answer, 201, 200)
    expect(resource["id"].lower() != body["userName"].lower(), "The id is the userName.", answer)
    expect("bulkid" not in resource["id"].lower(), "The id holds the word bulkId, which is reserved.", answer)
    renamed = scene.samples.address(scene.belongings.new_name("renamed"))
    changed = await scene.put(resource, {**body, "userName": renamed})
    if changed.is_success and changed.resource:
        expect(changed.resource.get("id") == resource["id"], "The id changes with the name.", changed)


@CHECKS.add(
    "missing",
    "An id that nobody has is 404",
    asks="GET /Users/{a random id}",
    expects="404",
    remedy="Answer 404 with a SCIM error.",
    rfc="RFC 7644 §3.4.1, §3.12",
    points=("entra.read-user", "okta-spec.get-missing"),
    is_reading=True,
)
async def missing(scene: Scene) -> None:
    expect_status(await scene.get(place(scene.invented())), 404)


@CHECKS.add(
    "compared",
    "Everything that is sent is kept",
    asks="POST /Users with a value for every attribute of the schemas, then a search for the user",
    expects="each value as it was sent",
    remedy="Store every attribute that your schemas declare; leave out of them what you do not store.",
    rfc="RFC 7644 §3.3",
    points=("entra.values-kept", "entra.trait-compared", "entra-validator.user-create", "entra-gallery.user-on-demand"),
    needs=(FILTER,),
)
async def compared(scene: Scene) -> None:
    body = scene.samples.everything(scene.belongings.new_name("ada"))
    answer = await scene.post(USERS, body)
    expect_resource(answer, 201, 200)
    found = await scene.get(USERS, filter=f"userName eq {text(body['userName'])}")
    listed = expect_list(found)
    expect(listed, "The new user is not found.", found)
    _expect_same(body, listed[0], found)


@CHECKS.add(
    "two-primaries",
    "Two primary values are refused",
    asks="POST /Users with two addresses whose `primary` is true",
    expects="400, or 201 with one primary address",
    remedy="Allow one primary value in a list.",
    severity=Severity.ADVICE,
    rfc="RFC 7643 §2.4",
    needs=(writable("emails"),),
)
async def two_primaries(scene: Scene) -> None:
    name = scene.belongings.new_name("ada")
    emails = [
        {"value": scene.samples.address(f"{name}-{kind}"), "type": kind, "primary": True} for kind in ("work", "home")
    ]
    _, answer = await _create(scene, emails=emails)
    if answer.status == 400:
        return
    found = expect_resource(answer, 201, 200).get("emails") or []
    primary = [each for each in found if isinstance(each, dict) and each.get("primary") is True]
    expect(len(primary) <= 1, "Both addresses are primary.", answer)


async def _create(scene: Scene, **attributes: Any) -> tuple[Resource, Exchange]:
    """POST of a new user; what was sent, and the answer."""
    body = scene.samples.user(scene.belongings.new_name("ada"), **attributes)
    return body, await scene.post(USERS, body)


def _expect_same(sent: Resource, shown: Resource, answer: Exchange) -> None:
    wanted = {key: value for key, value in sent.items() if key != "schemas"}
    if not wanted:
        raise NotApplicable("there is nothing to compare")
    changed = differences(wanted, shown)
    expect(not changed, f"Not as sent: {', '.join(changed[:8])}.", answer)
