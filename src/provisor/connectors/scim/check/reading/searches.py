"""Searches that identity providers make to find somebody (RFC 7644 §3.4.2.2): exact, complete, and empty for nobody."""

from provisor.connectors.scim.check.announced import USERS
from provisor.connectors.scim.check.check import CheckGroup
from provisor.connectors.scim.check.exchange import Exchange
from provisor.connectors.scim.check.expectations import (
    expect,
    expect_list,
    expect_list_schema,
    expect_nothing,
    expect_only,
)
from provisor.connectors.scim.check.judges import Severity
from provisor.connectors.scim.check.needs import ENTERPRISE, FILTER, writable
from provisor.connectors.scim.check.scene import Scene, text
from provisor.scim.grammar.attribute_path import ENTERPRISE_SCHEMA, USER_SCHEMA

CHECKS = CheckGroup("searches", "Searches")

METACHARACTERS = (".*", "%", "_", "(((", "a+b", "[a-z]", "*")
"""What stands for something else in SQL and in regular expressions, and for itself in SCIM."""


@CHECKS.add(
    "username",
    "A user is found by userName",
    asks='GET /Users?filter=userName eq "…"',
    expects="200 and a list of exactly this user",
    remedy="Support `eq` on userName: every identity provider looks people up by it.",
    rfc="RFC 7644 §3.4.2.2",
    points=(
        "entra.match-username",
        "entra-validator.user-filter",
        "entra-gallery.user-on-demand",
        "okta.link-existing",
        "okta-crud.assign",
    ),
    needs=(FILTER,),
    is_reading=True,
)
async def username(scene: Scene) -> None:
    somebody = await scene.somebody()
    answer = await _search(scene, f"userName eq {text(somebody['userName'])}")
    expect_only(answer, somebody)
    expect_list_schema(answer)


@CHECKS.add(
    "username-paged",
    "A user is found by userName, with startIndex and count",
    asks='GET /Users?filter=userName eq "…"&startIndex=1&count=100',
    expects="200 and a list of exactly this user",
    remedy="Apply the filter first, then the page.",
    points=("okta.find-user", "okta-crud.assign"),
    needs=(FILTER,),
    is_reading=True,
)
async def username_paged(scene: Scene) -> None:
    somebody = await scene.somebody()
    answer = await scene.get(USERS, filter=f"userName eq {text(somebody['userName'])}", startIndex=1, count=100)
    expect_only(answer, somebody)


@CHECKS.add(
    "nobody",
    "A search for nobody is 200 with an empty list",
    asks='GET /Users?filter=userName eq "{a random id}"',
    expects="200, totalResults 0, not 404",
    remedy="Answer 200 with an empty ListResponse: 404 makes Entra's Test Connection fail.",
    rfc="RFC 7644 §3.4.2",
    points=(
        "common.5",
        "entra.test-connection",
        "entra-validator.user-filter-missing",
        "okta-spec.filter-missing",
    ),
    needs=(FILTER,),
    is_reading=True,
)
async def nobody(scene: Scene) -> None:
    expect_nothing(await _search(scene, f"userName eq {text(scene.belongings.invent_id())}"))


@CHECKS.add(
    "empty-resources",
    "An empty list has an empty `Resources`",
    asks='GET /Users?filter=userName eq "{a random id}"',
    expects="`Resources: []`",
    remedy="Give the empty list as well: some clients look into it without asking.",
    severity=Severity.SHOULD,
    points=("entra.test-connection",),
    needs=(FILTER,),
    is_reading=True,
)
async def empty_resources(scene: Scene) -> None:
    answer = await _search(scene, f"userName eq {text(scene.belongings.invent_id())}")
    expect_list(answer)
    expect("Resources" in answer.resource, "`Resources` is missing.", answer)


@CHECKS.add(
    "username-case",
    "A user is found by userName in another case",
    asks='GET /Users?filter=userName eq "{the name in capitals}"',
    expects="200 and a list of exactly this user",
    remedy="Compare userName without regard to case: it is caseExact false.",
    rfc="RFC 7643 §4.1.1, RFC 7644 §3.4.2.2",
    points=("common.13", "entra-validator.user-filter-case", "okta-spec.filter-case"),
    needs=(FILTER,),
    is_reading=True,
)
async def username_case(scene: Scene) -> None:
    somebody = await scene.somebody()
    other = somebody["userName"].upper()
    if other == somebody["userName"]:
        other = other.lower()
    expect_only(await _search(scene, f"userName eq {text(other)}"), somebody)


@CHECKS.add(
    "external-id",
    "A user is found by externalId",
    asks='GET /Users?filter=externalId eq "…"',
    expects="200 and a list of exactly this user",
    remedy="Support `eq` on externalId, which Entra matches by; an index makes it fast.",
    rfc="RFC 7643 §3.1, RFC 7644 §3.4.2.2",
    points=("entra.match-external-id",),
    needs=(FILTER,),
)
async def external_id(scene: Scene) -> None:
    cast = await scene.cast()
    expect_only(await _search(scene, f"externalId eq {text(cast.boris['externalId'])}"), cast.boris)
    expect_nothing(await _search(scene, f"externalId eq {text(scene.belongings.invent_id())}"))


@CHECKS.add(
    "external-id-exact",
    "externalId is compared exactly",
    asks='GET /Users?filter=externalId eq "{the same in small letters}"',
    expects="200 and an empty list",
    remedy="Compare externalId with regard to case: it is caseExact.",
    rfc="RFC 7643 §3.1",
    needs=(FILTER,),
)
async def external_id_exact(scene: Scene) -> None:
    cast = await scene.cast()
    expect_nothing(await _search(scene, f"externalId eq {text(cast.boris['externalId'].lower())}"))


@CHECKS.add(
    "id",
    "A user is found by id",
    asks='GET /Users?filter=id eq "…"',
    expects="200 and a list of exactly this user",
    remedy="Support `eq` on id.",
    rfc="RFC 7644 §3.4.2.2",
    points=("entra.reference-check",),
    needs=(FILTER,),
    is_reading=True,
)
async def by_id(scene: Scene) -> None:
    somebody = await scene.somebody()
    expect_only(await _search(scene, f"id eq {text(somebody['id'])}"), somebody)


@CHECKS.add(
    "work-email",
    "A user is found by the work address as Entra writes it",
    asks='GET /Users?filter=emails[type eq "work"].value eq "…"',
    expects="200 and a list of exactly this user; nobody for the same address under another type",
    remedy="Read a sub-attribute behind the brackets: the RFC's grammar has none, and Entra sends it.",
    points=("common.12", "entra.match-work-email"),
    needs=(FILTER, writable("emails")),
)
async def work_email(scene: Scene) -> None:
    cast = await scene.cast()
    work, home = (text(each["value"]) for each in cast.ada["emails"])
    expect_only(await _search(scene, f'emails[type eq "work"].value eq {work}'), cast.ada)
    expect_nothing(await _search(scene, f'emails[type eq "work"].value eq {home}'))


@CHECKS.add(
    "email-value",
    "A user is found by an address",
    asks='GET /Users?filter=emails.value eq "…"',
    expects="200 and a list of exactly this user",
    remedy="Match when any element of the list matches.",
    rfc="RFC 7644 §3.4.2.2",
    needs=(FILTER, writable("emails")),
)
async def email_value(scene: Scene) -> None:
    cast = await scene.cast()
    expect_only(await _search(scene, f"emails.value eq {text(cast.ada['emails'][1]['value'])}"), cast.ada)


@CHECKS.add(
    "email-implied",
    "A list attribute alone means its values",
    asks='GET /Users?filter=emails co "…"',
    expects="200 and a list of exactly this user",
    remedy="Take `emails` for `emails.value`, as the RFC's examples do.",
    severity=Severity.SHOULD,
    rfc="RFC 7644 §3.4.2.2",
    needs=(FILTER, writable("emails")),
)
async def email_implied(scene: Scene) -> None:
    cast = await scene.cast()
    part = cast.ada["emails"][1]["value"].partition("@")[0]
    expect_only(await _search(scene, f"emails co {text(part)}"), cast.ada)


@CHECKS.add(
    "and-manager",
    "References are checked with two conditions",
    asks='GET /Users?attributes=id&filter=id eq "…" and manager eq "…"',
    expects="200 and a list of exactly this user, or of nobody",
    remedy="Take `manager` for `manager.value`, also without its schema's name.",
    points=("entra.reference-check", "entra.match-and"),
    needs=(FILTER, ENTERPRISE),
)
async def and_manager(scene: Scene) -> None:
    cast = await scene.cast()
    for manager, wanted in ((cast.frank, [cast.ada]), (cast.boris, [])):
        terms = f"id eq {text(cast.ada['id'])} and manager eq {text(manager['id'])}"
        answer = await scene.get(USERS, attributes="id", filter=terms)
        expect_only(answer, *wanted)


@CHECKS.add(
    "inactive",
    "Disabled users are found like any other",
    asks='GET /Users?filter=userName eq "{somebody with active false}"',
    expects="200 and a list of exactly this user, `active` false",
    remedy="Hide a user only after DELETE.",
    points=("entra.match-inactive", "entra.disable"),
    needs=(FILTER, writable("active")),
)
async def inactive(scene: Scene) -> None:
    cast = await scene.cast()
    answer = await _search(scene, f"userName eq {text(cast.chen['userName'])}")
    expect_only(answer, cast.chen)
    active = answer.resources[0].get("active")
    expect(active is False, f"`active` is {active!r} instead of false.", answer)


@CHECKS.add(
    "attribute-case",
    "Names of attributes are read in any case",
    asks='GET /Users?filter=USERNAME eq "…"',
    expects="200 and a list of exactly this user",
    remedy="Compare attribute names without regard to case.",
    rfc="RFC 7643 §2.1, RFC 7644 §3.4.2.2",
    needs=(FILTER,),
    is_reading=True,
)
async def attribute_case(scene: Scene) -> None:
    somebody = await scene.somebody()
    expect_only(await _search(scene, f"USERNAME eq {text(somebody['userName'])}"), somebody)


@CHECKS.add(
    "operator-case",
    "Operators are read in any case",
    asks='GET /Users?filter=userName Eq "…", and `EQ`',
    expects="200 and a list of exactly this user",
    remedy="Compare operators without regard to case: PingFederate writes `Eq`.",
    rfc="RFC 7644 §3.4.2.2",
    points=("others.ping-operators",),
    needs=(FILTER,),
    is_reading=True,
)
async def operator_case(scene: Scene) -> None:
    somebody = await scene.somebody()
    for operator in ("Eq", "EQ"):
        expect_only(await _search(scene, f"userName {operator} {text(somebody['userName'])}"), somebody)


@CHECKS.add(
    "qualified",
    "An attribute may be named with its schema",
    asks='GET /Users?filter=urn:ietf:params:scim:schemas:core:2.0:User:userName eq "…"',
    expects="200 and a list of exactly this user",
    remedy="Know your schemas' URNs in front of an attribute; they hold colons and dots.",
    rfc="RFC 7644 §3.10",
    needs=(FILTER,),
    is_reading=True,
)
async def qualified(scene: Scene) -> None:
    somebody = await scene.somebody()
    expect_only(await _search(scene, f"{USER_SCHEMA}:userName eq {text(somebody['userName'])}"), somebody)


@CHECKS.add(
    "extension",
    "An attribute of an extension can be searched",
    asks='GET /Users?filter=urn:…:enterprise:2.0:User:department eq "…" and userName sw "…"',
    expects="200 and a list of exactly this user",
    remedy="Resolve the extension's URN to its object.",
    rfc="RFC 7644 §3.10",
    needs=(FILTER, ENTERPRISE),
)
async def extension(scene: Scene) -> None:
    cast = await scene.cast()
    terms = f'{ENTERPRISE_SCHEMA}:department eq "Engine Room" and userName sw {text(scene.belongings.cast_prefix)}'
    expect_only(await _search(scene, terms), cast.ada)


@CHECKS.add(
    "literal",
    "A value is taken literally",
    asks='GET /Users?filter=userName eq "…", with the characters of regular expressions and of SQL in it',
    expects="200 and nobody",
    remedy="Compare values as values; escape them before they go into a pattern or a statement.",
    rfc="RFC 7644 §3.4.2.2",
    needs=(FILTER,),
    is_reading=True,
)
async def literal(scene: Scene) -> None:
    somebody = await scene.somebody()
    name = somebody["userName"]
    for odd in (f"{name[:-3]}{each}" for each in METACHARACTERS):
        expect_nothing(await _search(scene, f"userName eq {text(odd)}"))


@CHECKS.add(
    "escaped",
    "Quotes and backslashes in a value are read as JSON writes them",
    asks='GET /Users?filter=displayName eq "Dana \\"Dee\\" O\\\\Neil (.*)" and userName sw "…"',
    expects="200 and a list of exactly this user",
    remedy="Read the value as a JSON string.",
    rfc="RFC 7644 §3.4.2.2",
    needs=(FILTER, writable("displayName")),
)
async def escaped(scene: Scene) -> None:
    cast = await scene.cast()
    terms = f"displayName eq {text(cast.dana['displayName'])} and userName sw {text(scene.belongings.cast_prefix)}"
    expect_only(await _search(scene, terms), cast.dana)


@CHECKS.add(
    "unicode",
    "Names in other scripts are found",
    asks='GET /Users?filter=userName eq "…", the name with Japanese letters and an umlaut',
    expects="200 and a list of exactly this user",
    remedy="Decode queries as UTF-8.",
    rfc="RFC 7644 §3.1, RFC 3986 §2.5",
    needs=(FILTER,),
)
async def unicode(scene: Scene) -> None:
    user = await scene.user("ada", displayName="Jürgen 山田")
    answer = await _search(scene, f'displayName eq "Jürgen 山田" and userName eq {text(user["userName"])}')
    expect_only(answer, user)


@CHECKS.add(
    "password",
    "Nobody can search for passwords",
    asks='GET /Users?filter=password sw "a"',
    expects="400 or 403, never a list that says who has such a password",
    remedy="Refuse filters on attributes that are never returned (400 invalidFilter or 403 sensitive).",
    rfc="RFC 7643 §7, RFC 7644 §7.5.2",
    needs=(FILTER,),
    is_reading=True,
)
async def password(scene: Scene) -> None:
    answer = await _search(scene, 'password sw "a"')
    expect(answer.status in {400, 403} or (answer.status == 200 and not answer.resources), "People are listed.", answer)
    expect(answer.status < 500, f"The status is {answer.status}.", answer)


async def _search(scene: Scene, terms: str) -> Exchange:
    return await scene.get(USERS, filter=terms)
