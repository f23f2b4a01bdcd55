"""Searches by POST (RFC 7644 §3.4.3), which keep names and addresses out of URLs and logs."""

from provisor.connectors.scim.check.announced import USERS
from provisor.connectors.scim.check.check import CheckGroup
from provisor.connectors.scim.check.expectations import (
    expect,
    expect_found,
    expect_list,
    expect_list_schema,
    expect_only,
    expect_refused,
)
from provisor.connectors.scim.check.judges import Severity
from provisor.connectors.scim.check.needs import FILTER, writable
from provisor.connectors.scim.check.scene import Scene, text

CHECKS = CheckGroup("search", "Searches by POST")


@CHECKS.add(
    "users",
    "POST /Users/.search searches among users",
    asks="POST /Users/.search with a filter on userName",
    expects="200 and a ListResponse of exactly this user",
    remedy="Read a SearchRequest as you read the query of a GET.",
    rfc="RFC 7644 §3.4.3",
    needs=(FILTER,),
    is_reading=True,
)
async def users(scene: Scene) -> None:
    somebody = await scene.somebody()
    answer = await scene.search(USERS, filter=f"userName eq {text(somebody['userName'])}", startIndex=1, count=10)
    expect_only(answer, somebody)
    expect_list_schema(answer)


@CHECKS.add(
    "root",
    "POST /.search searches among everything",
    asks="POST /.search with a filter on userName",
    expects="200 and a ListResponse of exactly this user",
    remedy="Search all types of resources at the root; 501 where you cannot.",
    severity=Severity.SHOULD,
    rfc="RFC 7644 §3.4.3",
    needs=(FILTER,),
    is_reading=True,
)
async def root(scene: Scene) -> None:
    somebody = await scene.somebody()
    answer = await scene.search("", filter=f"userName eq {text(somebody['userName'])}")
    expect_found(answer, somebody)


@CHECKS.add(
    "attributes",
    "A search names attributes as a list",
    asks='POST /Users/.search with `"attributes": ["userName"]`, and with `"excludedAttributes": ["emails"]`',
    expects="200; what is named, or everything but what is named",
    remedy="Read attributes and excludedAttributes as lists of names.",
    rfc="RFC 7644 §3.4.3, §3.9",
    needs=(FILTER, writable("emails")),
)
async def attributes(scene: Scene) -> None:
    cast = await scene.cast()
    terms = f"userName eq {text(cast.ada['userName'])}"
    answer = await scene.search(USERS, filter=terms, attributes=["userName"])
    for each in expect_list(answer):
        expect("userName" in each and "emails" not in each, "`attributes` is ignored.", answer)
    answer = await scene.search(USERS, filter=terms, excludedAttributes=["emails"])
    for each in expect_list(answer):
        expect("userName" in each and "emails" not in each, "`excludedAttributes` is ignored.", answer)


@CHECKS.add(
    "pages",
    "A search by POST is paged",
    asks="POST /Users/.search with startIndex 3 and count 2",
    expects="200, startIndex 3, two resources",
    remedy="Read startIndex and count, which are numbers here.",
    rfc="RFC 7644 §3.4.3",
    needs=(FILTER,),
)
async def pages(scene: Scene) -> None:
    await scene.cast()
    terms = f"userName sw {text(scene.belongings.cast_prefix)}"
    answer = await scene.search(USERS, filter=terms, startIndex=3, count=2)
    found = expect_list(answer)
    expect(len(found) == 2, f"{len(found)} resources are listed instead of 2.", answer)
    start = answer.resource.get("startIndex")
    expect(start == 3, f"`startIndex` is {start!r} instead of 3.", answer)


@CHECKS.add(
    "broken",
    "A broken filter is refused here as well",
    asks='POST /Users/.search with `"filter": "userName eq"`',
    expects="400, scimType invalidFilter",
    remedy="Check the filter as in a GET.",
    rfc="RFC 7644 §3.4.3, §3.12",
    needs=(FILTER,),
    is_reading=True,
)
async def broken(scene: Scene) -> None:
    expect_refused(await scene.search(USERS, filter="userName eq"), 400, scim_type="invalidFilter")
