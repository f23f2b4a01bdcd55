"""Filters (RFC 7644 §3.4.2.2): every operator, their order, brackets, and what has to be refused.

Each filter is narrowed to the users of this run, so that a full server is no trouble and other people are not listed.
"""

from provisor.connectors.scim.check.announced import USERS
from provisor.connectors.scim.check.check import CheckGroup
from provisor.connectors.scim.check.exchange import Exchange
from provisor.connectors.scim.check.expectations import Wrong, expect, expect_found, expect_refused, expect_status
from provisor.connectors.scim.check.judges import Severity
from provisor.connectors.scim.check.needs import FILTER, writable
from provisor.connectors.scim.check.scene import Cast, Scene, text
from provisor.scim.grammar.attribute_path import USER_SCHEMA

CHECKS = CheckGroup("filters", "Filters")

OUR_OWN = "`and userName sw …` keeps it to the users of this run"


@CHECKS.add(
    "starts-with",
    "sw finds what begins so",
    asks='GET /Users?filter=userName sw "…"',
    expects="all users of this run",
    remedy="Support `sw` on texts.",
    rfc="RFC 7644 §3.4.2.2",
    needs=(FILTER,),
)
async def starts_with(scene: Scene) -> None:
    cast = await scene.cast()
    expect_found(await scene.get(USERS, filter=_own(scene)), *cast.all)


@CHECKS.add(
    "contains",
    "co finds what holds it, in any case",
    asks=f'GET /Users?filter=userName co "-CHEN"; {OUR_OWN}',
    expects="only Chen",
    remedy="Support `co` on texts, without regard to case where the attribute is not caseExact.",
    rfc="RFC 7644 §3.4.2.2",
    needs=(FILTER,),
)
async def contains(scene: Scene) -> None:
    cast = await scene.cast()
    await _found(scene, cast, 'userName co "-CHEN"', "chen")


@CHECKS.add(
    "ends-with",
    "ew finds what ends so",
    asks=f'GET /Users?filter=userName ew "chen@…"; {OUR_OWN}',
    expects="only Chen",
    remedy="Support `ew` on texts.",
    rfc="RFC 7644 §3.4.2.2",
    needs=(FILTER,),
)
async def ends_with(scene: Scene) -> None:
    cast = await scene.cast()
    await _found(scene, cast, f"userName ew {text(cast.chen['userName'].rpartition('-')[2])}", "chen")


@CHECKS.add(
    "not-equal",
    "ne finds everybody else",
    asks=f'GET /Users?filter=userName ne "{{Ada}}"; {OUR_OWN}',
    expects="everybody but Ada",
    remedy="Support `ne`.",
    rfc="RFC 7644 §3.4.2.2",
    needs=(FILTER,),
)
async def not_equal(scene: Scene) -> None:
    cast = await scene.cast()
    everybody_else = [each for each in cast.all if each is not cast.ada]
    answer = await _narrowed(scene, f"userName ne {text(cast.ada['userName'])}")
    expect_found(answer, *everybody_else, among=cast.all)


@CHECKS.add(
    "present",
    "pr finds who has a value",
    asks=f"GET /Users?filter=title pr; {OUR_OWN}",
    expects="Ada, Boris and Chen, who have a title",
    remedy="Support `pr`: true for any value that is not empty.",
    rfc="RFC 7644 §3.4.2.2",
    needs=(FILTER, writable("title")),
)
async def present(scene: Scene) -> None:
    await _found(scene, await scene.cast(), "title pr", "ada", "boris", "chen")


@CHECKS.add(
    "greater-date",
    "gt, ge, lt and le compare instants",
    asks=f'GET /Users?filter=meta.lastModified gt "2000-…", and lt, ge, le; {OUR_OWN}',
    expects="everybody is newer than the year 2000, and nobody older",
    remedy="Compare dateTime by time, whatever the number of fraction digits and the offset.",
    rfc="RFC 7644 §3.4.2.2",
    needs=(FILTER,),
)
async def greater_date(scene: Scene) -> None:
    cast = await scene.cast()
    for operator, is_found in (("gt", True), ("ge", True), ("lt", False), ("le", False)):
        answer = await _narrowed(scene, f'meta.lastModified {operator} "2000-01-01T00:00:00Z"')
        expect_found(answer, *(cast.all if is_found else ()), among=cast.all)


@CHECKS.add(
    "date-forms",
    "Instants are read in every form",
    asks=f'GET /Users?filter=meta.created gt "2000-01-01T00:00:00.1234567+02:00"; {OUR_OWN}',
    expects="everybody",
    remedy="Read any offset and up to nine digits of fraction: .NET writes seven.",
    severity=Severity.SHOULD,
    rfc="RFC 7643 §2.3.5",
    needs=(FILTER,),
)
async def date_forms(scene: Scene) -> None:
    cast = await scene.cast()
    expect_found(await _narrowed(scene, 'meta.created gt "2000-01-01T00:00:00.1234567+02:00"'), *cast.all)


@CHECKS.add(
    "boolean",
    "Booleans are compared as booleans",
    asks=f"GET /Users?filter=active eq false; {OUR_OWN}",
    expects="only Chen, who is disabled",
    remedy="Read true and false without quotes as booleans.",
    rfc="RFC 7644 §3.4.2.2",
    needs=(FILTER, writable("active")),
)
async def boolean(scene: Scene) -> None:
    await _found(scene, await scene.cast(), "active eq false", "chen")


@CHECKS.add(
    "boolean-order",
    "Booleans have no order",
    asks="GET /Users?filter=active gt true",
    expects="400, scimType invalidFilter",
    remedy="Refuse gt, ge, lt and le on booleans and binaries.",
    rfc="RFC 7644 §3.4.2.2",
    needs=(FILTER, writable("active")),
    is_reading=True,
)
async def boolean_order(scene: Scene) -> None:
    expect_refused(await scene.get(USERS, filter="active gt true"), 400, scim_type="invalidFilter")


@CHECKS.add(
    "sub-attribute",
    "A part of a complex attribute can be searched",
    asks=f'GET /Users?filter=name.givenName eq "chen"; {OUR_OWN}',
    expects="only Chen",
    remedy="Support dotted paths.",
    rfc="RFC 7644 §3.4.2.2, §3.10",
    needs=(FILTER, writable("name")),
)
async def sub_attribute(scene: Scene) -> None:
    await _found(scene, await scene.cast(), 'name.givenName eq "chen"', "chen")


@CHECKS.add(
    "and",
    "and wants both",
    asks=f'GET /Users?filter=title eq "Engineer" and name.givenName eq "Ada"; {OUR_OWN}',
    expects="only Ada",
    remedy="Support `and`.",
    rfc="RFC 7644 §3.4.2.2",
    points=("entra.match-and",),
    needs=(FILTER, writable("title"), writable("name")),
)
async def both(scene: Scene) -> None:
    await _found(scene, await scene.cast(), 'title eq "Engineer" and name.givenName eq "Ada"', "ada")


@CHECKS.add(
    "or",
    "or wants one of them",
    asks='GET /Users?filter=userName eq "{Ada}" or userName eq "{Boris}"',
    expects="Ada and Boris",
    remedy="Support `or`.",
    rfc="RFC 7644 §3.4.2.2",
    needs=(FILTER,),
)
async def either(scene: Scene) -> None:
    cast = await scene.cast()
    terms = f"userName eq {text(cast.ada['userName'])} or userName eq {text(cast.boris['userName'])}"
    expect_found(await scene.get(USERS, filter=terms), cast.ada, cast.boris, among=cast.all)


@CHECKS.add(
    "not",
    "not turns a condition in brackets round",
    asks=f"GET /Users?filter=not (active eq true); {OUR_OWN}",
    expects="only Chen",
    remedy="Support `not ( … )`.",
    rfc="RFC 7644 §3.4.2.2",
    needs=(FILTER, writable("active")),
)
async def negated(scene: Scene) -> None:
    await _found(scene, await scene.cast(), "not (active eq true)", "chen")


@CHECKS.add(
    "brackets",
    "Brackets come first",
    asks=f'GET /Users?filter=({{Ada}} or {{Chen}}) and title eq "Engineer"; {OUR_OWN}',
    expects="only Ada",
    remedy="Support grouping.",
    rfc="RFC 7644 §3.4.2.2",
    points=("common.11",),
    needs=(FILTER, writable("title")),
)
async def brackets(scene: Scene) -> None:
    cast = await scene.cast()
    one, other = (f"userName eq {text(each['userName'])}" for each in (cast.ada, cast.chen))
    await _found(scene, cast, f'({one} or {other}) and title eq "Engineer"', "ada")


@CHECKS.add(
    "precedence",
    "and binds more closely than or",
    asks='GET /Users?filter={Ada} or {Boris} and title eq "Analyst"',
    expects="only Ada: Boris is no analyst",
    remedy="Read `a or b and c` as `a or (b and c)`.",
    rfc="RFC 7644 §3.4.2.2",
    points=("common.11",),
    needs=(FILTER, writable("title")),
)
async def precedence(scene: Scene) -> None:
    cast = await scene.cast()
    one, other = (f"userName eq {text(each['userName'])}" for each in (cast.ada, cast.boris))
    answer = await scene.get(USERS, filter=f'{one} or {other} and title eq "Analyst"')
    expect_found(answer, cast.ada, among=cast.all)


@CHECKS.add(
    "value-path",
    "Conditions in square brackets choose elements of a list",
    asks=f'GET /Users?filter=emails[type eq "home"]; {OUR_OWN}',
    expects="only Ada, who has a home address",
    remedy="Support `attribute[conditions]`.",
    rfc="RFC 7644 §3.4.2.2",
    needs=(FILTER, writable("emails")),
)
async def value_path(scene: Scene) -> None:
    await _found(scene, await scene.cast(), 'emails[type eq "home"]', "ada")


@CHECKS.add(
    "same-element",
    "Conditions in square brackets hold for the same element",
    asks=f'GET /Users?filter=emails[type eq "work" and value co "-home@"]; {OUR_OWN}',
    expects="nobody: the address with -home is of another type",
    remedy="Match all conditions against one element at a time.",
    rfc="RFC 7644 §3.4.2.2",
    points=("common.11",),
    needs=(FILTER, writable("emails")),
)
async def same_element(scene: Scene) -> None:
    cast = await scene.cast()
    await _found(scene, cast, 'emails[type eq "home" and value co "-home@"]', "ada")
    await _found(scene, cast, 'emails[type eq "work" and value co "-home@"]')


@CHECKS.add(
    "value-path-and",
    "Square brackets stand beside other conditions",
    asks='GET /Users?filter=emails[type eq "home"] and active eq true and userName sw "…"',
    expects="only Ada",
    remedy="Treat `attribute[…]` like any other condition.",
    rfc="RFC 7644 §3.4.2.2",
    needs=(FILTER, writable("emails"), writable("active")),
)
async def value_path_and(scene: Scene) -> None:
    await _found(scene, await scene.cast(), 'emails[type eq "home"] and active eq true', "ada")


@CHECKS.add(
    "resource-type",
    "meta.resourceType and schemas can be searched",
    asks=f'GET /Users?filter=meta.resourceType eq "User", schemas eq "…:User"; {OUR_OWN}',
    expects="everybody",
    remedy="Filter by common attributes as by any others.",
    severity=Severity.SHOULD,
    rfc="RFC 7644 §3.4.2.2",
    needs=(FILTER,),
)
async def resource_type(scene: Scene) -> None:
    cast = await scene.cast()
    for terms in ('meta.resourceType eq "User"', f"schemas eq {text(USER_SCHEMA)}"):
        expect_found(await _narrowed(scene, terms), *cast.all)


@CHECKS.add(
    "broken",
    "A filter that makes no sense is 400 invalidFilter",
    asks='GET /Users?filter=userName eq, `eq "x"`, `(userName pr`, a bare word',
    expects="400, scimType invalidFilter",
    remedy="Parse the whole filter, and refuse what does not fit the grammar; never ignore it.",
    rfc="RFC 7644 §3.4.2.2, §3.12",
    points=("okta-spec.edition-2016-filter",),
    needs=(FILTER,),
    is_reading=True,
)
async def broken(scene: Scene) -> None:
    for terms in ("userName eq", 'eq "x"', "(userName pr", "nonsense"):
        answer = await scene.get(USERS, filter=terms)
        if answer.is_success and answer.resources:
            raise Wrong(f"The filter `{terms}` is ignored: people are listed.", answer)
        expect_refused(answer, 400, scim_type="invalidFilter")


@CHECKS.add(
    "unknown-operator",
    "An unknown operator is 400 invalidFilter",
    asks='GET /Users?filter=userName regex "x"',
    expects="400, scimType invalidFilter",
    remedy="Refuse operators that you do not know.",
    rfc="RFC 7644 §3.4.2.2",
    needs=(FILTER,),
    is_reading=True,
)
async def unknown_operator(scene: Scene) -> None:
    expect_refused(await scene.get(USERS, filter='userName regex "x"'), 400, scim_type="invalidFilter")


@CHECKS.add(
    "unknown-attribute",
    "A condition on an unknown attribute widens nothing",
    asks='GET /Users?filter=noSuchAttribute eq "x" and userName sw "…"',
    expects="200 and nobody, or 400 invalidFilter",
    remedy="Take an unknown attribute for one without a value, or refuse it; never leave the condition out.",
    rfc="RFC 7644 §3.4.2.2",
    needs=(FILTER,),
)
async def unknown_attribute(scene: Scene) -> None:
    await scene.cast()
    answer = expect_status(await _narrowed(scene, 'noSuchAttribute eq "x"'), 200, 400)
    expect(not answer.resources, "The condition on the unknown attribute was left out: people are listed.", answer)


@CHECKS.add(
    "bare-values",
    "Values without quotes are understood",
    asks="GET /Users?filter=userName sw provisor-check…",
    expects="200 and the users of this run",
    remedy="Take a bare word for a text: some clients forget the quotes.",
    severity=Severity.ADVICE,
    points=("entra.match-username",),
    needs=(FILTER,),
)
async def bare_values(scene: Scene) -> None:
    cast = await scene.cast()
    answer = await scene.get(USERS, filter=f"userName sw {scene.belongings.cast_prefix}")
    expect_found(answer, *cast.all)


def _own(scene: Scene) -> str:
    return f"userName sw {text(scene.belongings.cast_prefix)}"


async def _narrowed(scene: Scene, terms: str) -> Exchange:
    """A search among the users of this run."""
    return await scene.get(USERS, filter=f"{terms} and {_own(scene)}")


async def _found(scene: Scene, cast: Cast, terms: str, *wanted: str) -> None:
    """The filter finds exactly these of the cast."""
    people = [getattr(cast, name) for name in wanted]
    expect_found(await _narrowed(scene, terms), *people, among=cast.all)
