"""Pages by cursor (RFC 9865), where the server announces them."""

import re
from typing import Any

from provisor.connectors.scim.check.announced import USERS
from provisor.connectors.scim.check.check import CheckGroup
from provisor.connectors.scim.check.exchange import Exchange
from provisor.connectors.scim.check.expectations import expect, expect_list, expect_refused, expect_status
from provisor.connectors.scim.check.judges import Severity
from provisor.connectors.scim.check.needs import CURSOR, FILTER
from provisor.connectors.scim.check.scene import Scene, text

CHECKS = CheckGroup("cursors", "Pages by cursor")

PAGE = 5
PAGES_MAX = 10
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]+")


@CHECKS.add(
    "first",
    "An empty cursor asks for the first page",
    asks="GET /Users?cursor=&count=5",
    expects="200 with at most five resources, and nextCursor",
    remedy="Take `cursor` without a value for the first page, and give nextCursor while there is more.",
    rfc="RFC 9865 §2",
    needs=(CURSOR,),
)
async def first(scene: Scene) -> None:
    await scene.cast()
    answer = await scene.get(USERS, cursor="", count=PAGE)
    listed = expect_list(answer)
    expect(0 < len(listed) <= PAGE, f"{len(listed)} resources are listed instead of {PAGE}.", answer)
    expect(_next(answer), "There is more, and no `nextCursor`.", answer)


@CHECKS.add(
    "bare",
    "cursor may stand without an equals sign",
    asks="GET /Users?cursor&count=5",
    expects="200 and the first page",
    remedy="Read `?cursor` like `?cursor=`.",
    rfc="RFC 9865 §2.1",
    needs=(CURSOR,),
)
async def bare(scene: Scene) -> None:
    await scene.cast()
    answer = await scene.send("GET", USERS, query=f"cursor&count={PAGE}")
    expect_list(answer)
    expect(_next(answer), "There is more, and no `nextCursor`.", answer)


@CHECKS.add(
    "walk",
    "Cursor after cursor shows everybody once",
    asks='GET /Users?filter=userName sw "…"&count=5&cursor=…, page after page',
    expects="all 12 users of this run, each once, and no nextCursor on the last page",
    remedy="Go on exactly behind the last resource shown; leave nextCursor out only at the end.",
    rfc="RFC 9865 §2",
    needs=(CURSOR, FILTER),
)
async def walk(scene: Scene) -> None:
    cast = await scene.cast()
    seen: list[Any] = []
    cursor = ""
    for _ in range(PAGES_MAX):
        answer = await _page(scene, cursor)
        seen += [each.get("id") for each in expect_list(answer)]
        cursor = _next(answer)
        if not cursor:
            break
    expect(not cursor, f"There is still a `nextCursor` after {PAGES_MAX} pages.")
    expect(len(set(seen)) == len(seen), "Somebody stands on two pages.")
    expect(set(seen) == {each["id"] for each in cast.all}, "The pages together do not show everybody.")


@CHECKS.add(
    "characters",
    "A cursor needs no encoding in a URL",
    asks="GET /Users?cursor=&count=5",
    expects="nextCursor of letters, digits, `-`, `.`, `_` and `~` only",
    remedy="Write cursors in base64url without padding, for example.",
    rfc="RFC 9865 §2",
    needs=(CURSOR,),
)
async def characters(scene: Scene) -> None:
    await scene.cast()
    answer = await scene.get(USERS, cursor="", count=PAGE)
    cursor = _next(answer)
    expect(_UNRESERVED.fullmatch(cursor), f"`nextCursor` is {cursor[:80]!r}.", answer)


@CHECKS.add(
    "invalid",
    "A cursor that was not given out is refused",
    asks="GET /Users?cursor=VZUTiyhEQJ94IR&count=5",
    expects="400, scimType invalidCursor",
    remedy="Answer 400 invalidCursor; sign cursors, so that none can be made up.",
    rfc="RFC 9865 §2.1",
    needs=(CURSOR,),
    is_reading=True,
)
async def invalid(scene: Scene) -> None:
    expect_refused(await scene.get(USERS, cursor="VZUTiyhEQJ94IR", count=PAGE), 400, scim_type="invalidCursor")


@CHECKS.add(
    "other-query",
    "A cursor belongs to its query",
    asks="GET with a nextCursor and another filter",
    expects="400, scimType invalidCursor",
    remedy="Bind the cursor to the query that it was given for.",
    severity=Severity.SHOULD,
    rfc="RFC 9865 §2",
    needs=(CURSOR, FILTER),
)
async def other_query(scene: Scene) -> None:
    await scene.cast()
    cursor = _next(await _page(scene, ""))
    answer = await scene.get(USERS, filter="userName pr", cursor=cursor, count=PAGE)
    expect_refused(answer, 400, scim_type="invalidCursor")


@CHECKS.add(
    "default",
    "Without a wish pages are those that the config names",
    asks="GET /Users?count=5",
    expects="startIndex, where pagination.defaultPaginationMethod is index; nextCursor, where it is cursor",
    remedy="Page by the method that you announce as the default.",
    rfc="RFC 9865 §4",
    needs=(CURSOR,),
    is_reading=True,
)
async def default(scene: Scene) -> None:
    pagination = scene.announced.config.get("pagination", {})
    answer = await scene.get(USERS, count=PAGE)
    expect_list(answer)
    if pagination.get("defaultPaginationMethod") == "cursor":
        expect("startIndex" not in answer.resource, "The page is one by index.", answer)
    else:
        expect("nextCursor" not in answer.resource, "The page is one by cursor.", answer)


@CHECKS.add(
    "both",
    "A cursor and a startIndex exclude each other",
    asks="GET /Users?cursor=&startIndex=1",
    expects="400",
    remedy="Refuse a query that names both.",
    severity=Severity.ADVICE,
    rfc="RFC 9865 §2",
    needs=(CURSOR,),
    is_reading=True,
)
async def both(scene: Scene) -> None:
    expect_status(await scene.get(USERS, cursor="", startIndex=1), 400)


@CHECKS.add(
    "search",
    "A search in a body pages by cursor too",
    asks='POST /Users/.search with `"cursor": "", "count": 5`',
    expects="200 and nextCursor, which leads to the next page",
    remedy="Read `cursor` in search requests.",
    rfc="RFC 9865 §3",
    needs=(CURSOR,),
)
async def search(scene: Scene) -> None:
    await scene.cast()
    answer = await scene.search(USERS, cursor="", count=PAGE)
    listed = {each.get("id") for each in expect_list(answer)}
    cursor = _next(answer)
    expect(cursor, "There is more, and no `nextCursor`.", answer)
    following = await scene.search(USERS, cursor=cursor, count=PAGE)
    repeated = listed.intersection(each.get("id") for each in expect_list(following))
    expect(not repeated, "The second page repeats the first.", following)


async def _page(scene: Scene, cursor: str) -> Exchange:
    terms = f"userName sw {text(scene.belongings.cast_prefix)}"
    return await scene.get(USERS, filter=terms, cursor=cursor, count=PAGE)


def _next(answer: Exchange) -> str:
    cursor = answer.resource.get("nextCursor")
    return cursor if isinstance(cursor, str) else ""
