"""Pages by index (RFC 7644 §3.4.2.4), as the RFC, Okta's import and Entra's gallery validation want them."""

from typing import Any

from provisor.connectors.scim.check.announced import USERS
from provisor.connectors.scim.check.check import CheckGroup
from provisor.connectors.scim.check.exchange import Exchange
from provisor.connectors.scim.check.expectations import (
    NotApplicable,
    expect,
    expect_list,
    expect_list_schema,
    expect_status,
)
from provisor.connectors.scim.check.judges import Severity
from provisor.connectors.scim.check.needs import FILTER
from provisor.connectors.scim.check.scene import Scene, text

CHECKS = CheckGroup("paging", "Pages by index")

PAGE = 5
"""What Entra's gallery validation asks for."""
PAGES_MAX = 10
NUMBERS = ("totalResults", "startIndex", "itemsPerPage")
FAR = 1_000_000_000
MANY = 100_000


@CHECKS.add(
    "first-page",
    "The first page says what it is",
    asks="GET /Users?startIndex=1&count=2",
    expects="200, a ListResponse with totalResults, startIndex and itemsPerPage as numbers, at most two resources",
    remedy="Give the three as JSON numbers, not as texts.",
    rfc="RFC 7644 §3.4.2.4",
    points=("okta.probe", "okta.integers", "okta-spec.list"),
    is_reading=True,
)
async def first_page(scene: Scene) -> None:
    await _ensure_people(scene)
    answer = await scene.get(USERS, startIndex=1, count=2)
    listed = expect_list(answer)
    expect_list_schema(answer)
    for name in NUMBERS:
        value = answer.resource.get(name)
        is_number = isinstance(value, int) and not isinstance(value, bool)
        expect(is_number, f"`{name}` is {value!r} instead of a whole number.", answer)
    expect(len(listed) <= 2, f"{len(listed)} resources are listed instead of 2.", answer)


@CHECKS.add(
    "count-one",
    "count=1 lists one",
    asks="GET /Users?count=1",
    expects="one resource, itemsPerPage 1, with id, userName and a name",
    remedy="itemsPerPage is the number of resources in this answer.",
    rfc="RFC 7644 §3.4.2.4",
    points=("okta.count-one", "okta-spec.list", "okta-spec.first-user", "others.google-probe", "common.19"),
    is_reading=True,
)
async def count_one(scene: Scene) -> None:
    await _ensure_people(scene)
    answer = await scene.get(USERS, count=1)
    listed = expect_list(answer)
    if not listed and scene.is_reading:
        raise NotApplicable("the server lists no user to read")
    expect(len(listed) == 1, f"{len(listed)} resources are listed instead of 1.", answer)
    _expect_number(answer, "itemsPerPage", 1)
    for name in ("id", "userName"):
        expect(isinstance(listed[0].get(name), str), f"The user has no `{name}`.", answer)


@CHECKS.add(
    "start-index",
    "startIndex comes back",
    asks="GET /Users?startIndex=3&count=5",
    expects="startIndex 3, itemsPerPage the number of resources",
    remedy="Echo the startIndex that was used, and count what you list.",
    rfc="RFC 7644 §3.4.2.4",
    points=("entra-gallery.user-pagination", "common.19"),
    is_reading=True,
)
async def start_index(scene: Scene) -> None:
    await _ensure_people(scene)
    answer = await scene.get(USERS, startIndex=3, count=PAGE)
    listed = expect_list(answer)
    _expect_number(answer, "startIndex", 3)
    _expect_number(answer, "itemsPerPage", len(listed))
    expect(len(listed) <= PAGE, f"{len(listed)} resources are listed instead of {PAGE}.", answer)


@CHECKS.add(
    "walk",
    "Page after page shows everybody once",
    asks='GET /Users?filter=userName sw "…"&startIndex=N&count=5, page after page',
    expects="all 12 users of this run, each once, totalResults 12 on each page",
    remedy="Apply startIndex after the filter, in an order that stays the same.",
    rfc="RFC 7644 §3.4.2.4",
    points=("entra-gallery.user-pagination", "okta.import", "common.19"),
    needs=(FILTER,),
)
async def walk(scene: Scene) -> None:
    cast = await scene.cast()
    terms = f"userName sw {text(scene.belongings.cast_prefix)}"
    seen: list[Any] = []
    for _ in range(PAGES_MAX):
        answer = await scene.get(USERS, filter=terms, startIndex=len(seen) + 1, count=PAGE)
        listed = expect_list(answer)
        _expect_number(answer, "totalResults", len(cast.all))
        expect(listed, "The page is empty, and people are missing.", answer)
        expect(len(listed) <= PAGE, f"The page has {len(listed)} resources instead of {PAGE}.", answer)
        seen += [each.get("id") for each in listed]
        if len(seen) >= len(cast.all):
            break
    expect(len(set(seen)) == len(seen), "Somebody stands on two pages.")
    expect(set(seen) == {each["id"] for each in cast.all}, "The pages together do not show everybody.")


@CHECKS.add(
    "stable",
    "The same page shows the same people",
    asks='GET /Users?filter=userName sw "…", twice',
    expects="the same resources in the same order",
    remedy="Order lists by something that does not change, such as the id.",
    severity=Severity.SHOULD,
    points=("okta.stable-order",),
    needs=(FILTER,),
)
async def stable(scene: Scene) -> None:
    await scene.cast()
    terms = f"userName sw {text(scene.belongings.cast_prefix)}"
    first, second = [
        [each.get("id") for each in expect_list(await scene.get(USERS, filter=terms, startIndex=1, count=100))]
        for _ in range(2)
    ]
    expect(first == second, "The order is another one the second time.")


@CHECKS.add(
    "count-zero",
    "count=0 tells the number only",
    asks="GET /Users?count=0",
    expects="200 with totalResults, and no resources",
    remedy="List nothing for count=0.",
    rfc="RFC 7644 §3.4.2.4",
    points=("common.19",),
    is_reading=True,
)
async def count_zero(scene: Scene) -> None:
    await _ensure_people(scene)
    answer = await scene.get(USERS, count=0)
    expect(not expect_list(answer), "Resources are listed.", answer)
    total = answer.resource.get("totalResults")
    expect(isinstance(total, int), f"`totalResults` is {total!r}.", answer)
    expect(total or scene.is_reading, "`totalResults` is 0, and there are users.", answer)


@CHECKS.add(
    "count-negative",
    "A negative count means 0",
    asks="GET /Users?count=-1",
    expects="200 and no resources",
    remedy="Take a negative count for 0.",
    rfc="RFC 7644 §3.4.2.4",
    points=("common.19",),
    is_reading=True,
)
async def count_negative(scene: Scene) -> None:
    await _ensure_people(scene)
    answer = await scene.get(USERS, count=-1)
    expect(not expect_list(answer), "Resources are listed.", answer)


@CHECKS.add(
    "start-zero",
    "A startIndex below 1 means 1",
    asks="GET /Users?startIndex=0&count=2, and -5",
    expects="200 and the first page",
    remedy="Take a startIndex below 1 for 1.",
    rfc="RFC 7644 §3.4.2.4",
    points=("common.19",),
    is_reading=True,
)
async def start_zero(scene: Scene) -> None:
    await _ensure_people(scene)
    first = [each.get("id") for each in expect_list(await scene.get(USERS, startIndex=1, count=2))]
    for start in (0, -5):
        answer = await scene.get(USERS, startIndex=start, count=2)
        listed = [each.get("id") for each in expect_list(answer)]
        expect(listed == first, f"startIndex={start} shows another page than startIndex=1.", answer)


@CHECKS.add(
    "beyond",
    "A page beyond the end is empty",
    asks=f"GET /Users?startIndex={FAR}&count=2",
    expects="200, no resources, totalResults as ever",
    remedy="Answer 200 with an empty list and the true totalResults.",
    rfc="RFC 7644 §3.4.2.4",
    points=("common.19",),
    is_reading=True,
)
async def beyond(scene: Scene) -> None:
    await _ensure_people(scene)
    answer = await scene.get(USERS, startIndex=FAR, count=2)
    expect(not expect_list(answer), "Resources are listed.", answer)
    expect(answer.resource.get("totalResults") or scene.is_reading, "`totalResults` is not told.", answer)


@CHECKS.add(
    "count-large",
    "A count that is too large is cut down",
    asks=f"GET /Users?startIndex={FAR}&count={MANY}",
    expects="200",
    remedy="List as many as you allow, and no error.",
    severity=Severity.SHOULD,
    rfc="RFC 7644 §3.4.2.4",
    is_reading=True,
)
async def count_large(scene: Scene) -> None:
    expect_status(await scene.get(USERS, startIndex=FAR, count=MANY), 200)


@CHECKS.add(
    "import-page",
    "Pages of 100 are answered in time",
    asks="GET /Users?startIndex=1&count=100",
    expects="200 with at most 100 resources",
    remedy="List up to 100 resources in one page; Okta imports by such pages.",
    points=("okta.import",),
    is_reading=True,
)
async def import_page(scene: Scene) -> None:
    answer = await scene.get(USERS, startIndex=1, count=100)
    listed = expect_list(answer)
    expect(len(listed) <= 100, f"{len(listed)} resources are listed.", answer)


@CHECKS.add(
    "no-number",
    "A count that is no number is refused",
    asks="GET /Users?count=many",
    expects="400",
    remedy="Answer 400 invalidValue.",
    severity=Severity.ADVICE,
    rfc="RFC 7644 §3.12",
    is_reading=True,
)
async def no_number(scene: Scene) -> None:
    expect_status(await scene.get(USERS, count="many"), 400)


@CHECKS.add(
    "parameter-case",
    "Names of parameters are read in any case",
    asks="GET /Users?startindex=2&COUNT=1",
    expects="200, startIndex 2, one resource",
    remedy="Compare names of parameters without regard to case: Microsoft's collection sends `startindex`.",
    severity=Severity.ADVICE,
    points=("entra-gallery.user-pagination",),
    is_reading=True,
)
async def parameter_case(scene: Scene) -> None:
    await _ensure_people(scene)
    answer = await scene.get(USERS, startindex=2, COUNT=1)
    listed = expect_list(answer)
    _expect_number(answer, "startIndex", 2)
    expect(len(listed) <= 1, f"{len(listed)} resources are listed instead of 1.", answer)


async def _ensure_people(scene: Scene) -> None:
    """There are users to list, unless nothing may be written."""
    if not scene.is_reading:
        await scene.cast()


def _expect_number(answer: Exchange, name: str, wanted: int) -> None:
    value = answer.resource.get(name)
    expect(value == wanted and not isinstance(value, bool), f"`{name}` is {value!r} instead of {wanted}.", answer)
