"""Sorting (RFC 7644 §3.4.2.3), where the server announces it."""

from typing import Any

from provisor.connectors.scim.check.announced import USERS
from provisor.connectors.scim.check.check import CheckGroup
from provisor.connectors.scim.check.expectations import expect, expect_list, expect_status, value_at
from provisor.connectors.scim.check.judges import Severity
from provisor.connectors.scim.check.needs import FILTER, SORT, writable
from provisor.connectors.scim.check.scene import Scene, text

CHECKS = CheckGroup("sorting", "Sorting")


@CHECKS.add(
    "ascending",
    "Lists are sorted, ascending by default",
    asks="GET /Users?sortBy=userName, with and without sortOrder=ascending",
    expects="the users of this run by userName, from the beginning of the alphabet",
    remedy="Sort by the attribute before cutting pages; ascending where no order is named.",
    rfc="RFC 7644 §3.4.2.3",
    needs=(SORT, FILTER),
)
async def ascending(scene: Scene) -> None:
    for order in ({}, {"sortOrder": "ascending"}):
        names = await _sorted(scene, "userName", **order)
        expect(names == sorted(names, key=str.casefold), "The list is not in ascending order of userName.")


@CHECKS.add(
    "descending",
    "sortOrder=descending turns the order round",
    asks="GET /Users?sortBy=userName&sortOrder=descending",
    expects="the users of this run by userName, from the end of the alphabet",
    remedy="Read sortOrder.",
    rfc="RFC 7644 §3.4.2.3",
    needs=(SORT, FILTER),
)
async def descending(scene: Scene) -> None:
    names = await _sorted(scene, "userName", sortOrder="descending")
    expect(names == sorted(names, key=str.casefold, reverse=True), "The list is not in descending order of userName.")


@CHECKS.add(
    "sub-attribute",
    "Lists are sorted by a part of a complex attribute",
    asks="GET /Users?sortBy=name.givenName",
    expects="the users of this run by given name",
    remedy="Support dotted paths in sortBy.",
    rfc="RFC 7644 §3.4.2.3",
    needs=(SORT, FILTER, writable("name")),
)
async def sub_attribute(scene: Scene) -> None:
    names = await _sorted(scene, "name.givenName")
    expect(names == sorted(names, key=str.casefold), "The list is not in ascending order of name.givenName.")


@CHECKS.add(
    "absent",
    "Who has no value comes last",
    asks="GET /Users?sortBy=title; descending, first",
    expects="users without a title behind those with one; with sortOrder=descending before them",
    remedy="Place absent values at the end in ascending order, and at the beginning in descending order.",
    rfc="RFC 7644 §3.4.2.3",
    needs=(SORT, FILTER, writable("title")),
)
async def absent(scene: Scene) -> None:
    titles = [value is not None for value in await _sorted(scene, "title")]
    expect(titles == sorted(titles, reverse=True), "Users without a title do not come last.")
    titles = [value is not None for value in await _sorted(scene, "title", sortOrder="descending")]
    expect(titles == sorted(titles), "Users without a title do not come first in descending order.")


@CHECKS.add(
    "list-attribute",
    "A list attribute is sorted by its primary value",
    asks="GET /Users?sortBy=emails.value, sortBy=emails",
    expects="200",
    remedy="Sort by the primary value, else by the first one.",
    severity=Severity.SHOULD,
    rfc="RFC 7644 §3.4.2.3",
    needs=(SORT, FILTER, writable("emails")),
)
async def list_attribute(scene: Scene) -> None:
    cast = await scene.cast()
    for name in ("emails.value", "emails"):
        answer = await scene.get(USERS, filter=_own(scene), sortBy=name, count=100)
        expect(len(expect_list(answer)) == len(cast.all), "Sorting loses people.", answer)


@CHECKS.add(
    "pages",
    "Sorted lists can be paged",
    asks="GET /Users?sortBy=title&startIndex=N&count=5, page after page",
    expects="everybody once, though many have the same title",
    remedy="Break ties by something unique, such as the id.",
    rfc="RFC 7644 §3.4.2.3, §3.4.2.4",
    points=("okta.stable-order",),
    needs=(SORT, FILTER, writable("title")),
)
async def pages(scene: Scene) -> None:
    cast = await scene.cast()
    seen: list[Any] = []
    for start in range(1, len(cast.all) + 1, 5):
        answer = await scene.get(USERS, filter=_own(scene), sortBy="title", startIndex=start, count=5)
        seen += [each.get("id") for each in expect_list(answer)]
    expect(sorted(map(str, seen)) == sorted(each["id"] for each in cast.all), "The pages do not show everybody once.")


@CHECKS.add(
    "unknown",
    "Sorting by something unknown does no harm",
    asks="GET /Users?sortBy=noSuchAttribute",
    expects="200, or 400",
    remedy="Ignore it, or answer 400.",
    rfc="RFC 7644 §3.4.2.3",
    needs=(SORT,),
    is_reading=True,
)
async def unknown(scene: Scene) -> None:
    expect_status(await scene.get(USERS, sortBy="noSuchAttribute", count=1), 200, 400)


def _own(scene: Scene) -> str:
    return f"userName sw {text(scene.belongings.cast_prefix)}"


async def _sorted(scene: Scene, path: str, **parameters: Any) -> list[Any]:
    """The values of an attribute in the order of the list."""
    cast = await scene.cast()
    answer = await scene.get(USERS, filter=_own(scene), sortBy=path, count=100, **parameters)
    listed = expect_list(answer)
    expect_status(answer, 200)
    expect(len(listed) == len(cast.all), f"{len(listed)} of {len(cast.all)} users are listed.", answer)
    return [value_at(each, path) for each in listed]
