"""The SCIM client over real sockets: what it asks, and how it reads what a well-behaved target answers."""

import asyncio
from typing import Any

import pytest
from scripted_scim import TOKEN, Seen, page, problem, scene, user

from provisor.model.answer import AnswerKind
from provisor.model.errors import JobFailed, Reject, ResourceFailed
from provisor.model.operation import AttributeChange
from provisor.ports.target import Target

PATHS = frozenset({"userName", "name.givenName", 'emails[type eq "work"].value', "active"})
HTML = b"<html><body>Sign in to the portal of ada@contoso.example</body></html>"


# ---------------------------------------------------------------- Test Connection


async def test_connection_asks_for_somebody_who_does_not_exist() -> None:
    """The matching attribute is searched for a random id; 200 with an empty list passes."""
    async with scene(page(), new_id=lambda: "3b1e0f0a-0000-4000-8000-000000000000") as there:
        target: Target = there.target
        await target.test_connection('emails[type eq "work"].value')
        seen = there.seen[0]
    assert (seen.method, seen.path) == ("GET", "/scim/v2/Users")
    assert seen.query == [("filter", 'emails[type eq "work"].value eq "3b1e0f0a-0000-4000-8000-000000000000"')]
    assert seen.headers["Authorization"] == f"Bearer {TOKEN}"
    assert "application/scim+json" in seen.headers["Accept"]
    assert there.target.requests == 1


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        (problem(401, "token expired"), "Unauthorized", "refuses the token"),
        (problem(403, "no"), "InsufficientRights", "does not let us read"),
        (problem(404), "ServiceIncompatible", "nothing at http"),
        ((200, HTML, {"Content-Type": "text/html"}), "ServiceIncompatible", "not with what a SCIM endpoint says"),
        ((200, {"hello": "world"}), "ServiceIncompatible", "not with what a SCIM endpoint says"),
        ((200, [1, 2]), "ServiceIncompatible", "not with what a SCIM endpoint says"),
        ((200, b"[" * 100_000), "ServiceIncompatible", "not with what a SCIM endpoint says"),
        ((204, None), "ServiceIncompatible", "not with what a SCIM endpoint says"),
        (page(user("ada")), "Filtering", "does not filter"),
        (problem(400, "no such attribute", "invalidFilter"), "Filtering", "does not answer a search by userName"),
        ((302, None, {"Location": "https://login.example/?secret=1"}), "Incompatible", "redirects to https://login"),
    ],
)
async def test_connection_fails_with_a_sentence(answer: Any, code: str, words: str) -> None:
    """Wrong token, wrong URL, something that is not SCIM: each says what is wrong and what to do, after one request."""
    async with scene(answer) as there:
        with pytest.raises(JobFailed) as caught:
            await there.target.test_connection("userName")
        assert there.target.requests == 1
    assert words in caught.value.message
    assert caught.value.code.endswith(code)
    assert caught.value.remedy
    assert "ada@" not in str(caught.value)
    assert "secret=1" not in str(caught.value)


async def test_connection_to_an_address_that_may_not_be_reached() -> None:
    """A forbidden address is a failure with a reason, and no request is sent there."""
    async with scene(page()) as there:
        elsewhere = type(there.target)(there.target._channel._http, "https://169.254.169.254/scim", None, there.clock)
        with pytest.raises(JobFailed, match="metadata"):
            await elsewhere.test_connection("userName")
    assert there.seen == []


@pytest.mark.parametrize("url", ["", "contoso.example/scim", "ftp://a/scim", "https://a/scim#top", "https://[::1/"])
async def test_a_tenant_url_that_is_none(url: str) -> None:
    """A malformed Tenant URL is refused when the target is made."""
    async with scene(page()) as there:
        with pytest.raises(Reject):
            type(there.target)(there.target._channel._http, url, None, there.clock)


@pytest.mark.parametrize("path", ["/scim/v2", "/scim/v2/", "/scim/v2//", "/scim/v2?aadOptscim062020", "/scim/v2/?a=b"])
async def test_the_tenant_url_as_people_paste_it(path: str) -> None:
    """Trailing slashes do no harm, and query flags travel with every request."""
    async with scene(page(), path=path) as there:
        await there.target.test_connection("userName")
        await there.target.count("User")
    assert [seen.path for seen in there.seen] == ["/scim/v2/Users"] * 2
    flags = path.partition("?")[2]
    assert all((flags.partition("=")[0] in dict(seen.query)) for seen in there.seen if flags)


# ---------------------------------------------------------------- reading


async def test_count() -> None:
    """The total is asked for without any resource; a target that does not tell gives None."""
    async with scene(page(total=42), problem(400, "count must be positive"), (200, {"totalResults": "7"})) as there:
        assert [await there.target.count("User") for _ in range(3)] == [42, None, 7]
    assert there.seen[0].query == [("count", "0")]


def paged(everybody: list[dict[str, Any]], cap: int) -> Any:
    """A target that pages by index and never gives more than `cap` at once."""

    def answer(seen: Seen) -> Any:
        query = dict(seen.query)
        start = int(query.get("startIndex", 1))
        size = min(int(query["count"]), cap)
        return page(*everybody[start - 1 : start - 1 + size], total=len(everybody))

    return answer


@pytest.mark.parametrize(
    ("number", "cap", "requests"), [(0, 100, 1), (1, 100, 1), (100, 100, 1), (250, 100, 3), (250, 50, 5)]
)
async def test_listing(number: int, cap: int, requests: int) -> None:
    """Everybody is listed once, with as few requests as the target's own page size allows."""
    everybody = [user(f"u{n}", name={"givenName": f"N{n}"}) for n in range(number)]
    async with scene(paged(everybody, cap)) as there:
        found = [one async for some in there.target.list_all("User", PATHS) for one in some]
    assert [one.id for one in found] == [one["id"] for one in everybody]
    assert all(one.attributes["name.givenName"] == "N" + one.id[1:] for one in found)
    assert len(there.seen) == requests


async def test_listing_that_shrinks_meanwhile_misses_nobody() -> None:
    """When somebody is removed between two pages, those who moved up are not skipped, and nobody comes twice."""
    everybody = [user(f"u{n}") for n in range(30)]
    answer = paged(everybody, 10)

    def shrinking(seen: Seen) -> Any:
        if len(there.seen) == 2:
            del everybody[3:6]
        return answer(seen)

    async with scene(shrinking) as there:
        found = [one.id async for some in there.target.list_all("User", PATHS) for one in some]
    assert sorted(found) == sorted(f"u{n}" for n in range(30))


async def test_listing_follows_a_cursor() -> None:
    """A target that names a next cursor is asked with it, without an index, until there is none."""
    pages = [page(user("a"), total=3, nextCursor="c+1/="), page(user("b"), nextCursor="c2"), page(user("c"))]
    async with scene(*pages) as there:
        found = [one.id async for some in there.target.list_all("User", PATHS) for one in some]
    assert found == ["a", "b", "c"]
    assert [dict(seen.query).get("cursor") for seen in there.seen] == [None, "c+1/=", "c2"]
    assert not any("startIndex" in dict(seen.query) for seen in there.seen)


@pytest.mark.parametrize("more", [{}, {"nextCursor": "again"}])
async def test_listing_that_turns_in_a_circle_ends(more: dict[str, str]) -> None:
    """A target that ignores its own paging is found out instead of being asked for ever."""
    async with scene(page(user("a"), user("b"), total=1000, **more)) as there:
        with pytest.raises(JobFailed, match="does not come to an end"):
            async for _ in there.target.list_all("User", PATHS):
                pass
    assert len(there.seen) < 10


async def test_groups_are_read_without_their_members() -> None:
    """Members are left out of every reading of groups, unless they are asked for."""
    async with scene(page(), page(), page(), problem(404), page()) as there:
        async for _ in there.target.list_all("Group", frozenset({"displayName"})):
            pass
        await there.target.find("Group", "displayName", "Sales", frozenset({"displayName"}))
        await there.target.find("Group", "displayName", "Sales", frozenset({"displayName", "members"}))
        await there.target.get("Group", "g1", frozenset({"displayName"}))
    shown = [("excludedAttributes", "members") in seen.query for seen in there.seen]
    assert shown[:4] == [True, True, False, True]
    assert {seen.path.split("/")[3] for seen in there.seen} == {"Groups"}


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        ("ada@contoso.example", '"ada@contoso.example"'),
        ('o"brien\\x', '"o\\"brien\\\\x"'),
        ("a&b+c d#é/李", '"a&b+c d#é/李"'),
        ('" or userName pr or userName eq "', '"\\" or userName pr or userName eq \\""'),
        (True, "true"),
        (42, "42"),
    ],
)
async def test_searching_quotes_its_value(value: Any, literal: str) -> None:
    """Whatever the value holds, it arrives as one JSON literal and cannot change the filter."""
    async with scene(page()) as there:
        assert await there.target.find("User", "userName", value, PATHS) == ()
    assert dict(there.seen[0].query)["filter"] == f"userName eq {literal}"


@pytest.mark.parametrize("answer", [page(), problem(404), (204, None), (200, {"totalResults": 0})])
async def test_nobody_found(answer: Any) -> None:
    """An empty list, 404 and 204 all mean that there is nobody."""
    async with scene(answer) as there:
        assert await there.target.find("User", "userName", "x", PATHS) == ()


async def test_found() -> None:
    """The mapped attributes come flat, and a target that ignores filters does not have us join a stranger."""
    ada = user("ada", active=True, emails=[{"type": "work", "value": "ada@contoso.example"}])
    async with scene(page(ada), page(user("eve"), user("frank")), problem(400, "tilt", "invalidFilter")) as there:
        (found,) = await there.target.find("User", "userName", "ADA@contoso.example", PATHS)
        assert await there.target.find("User", "userName", "ada@contoso.example", PATHS) == ()
        with pytest.raises(ResourceFailed, match="tilt"):
            await there.target.find("User", "userName", "x", PATHS)
    assert found.id == "ada"
    assert found.attributes['emails[type eq "work"].value'] == "ada@contoso.example"
    assert found.attributes["active"] is True


async def test_get() -> None:
    """One resource by its id, which is one path segment whatever it holds; 404 is nobody."""
    async with scene((200, user("a/b")), problem(404), page(), problem(404)) as there:
        found = await there.target.get("User", "a/b c", PATHS)
        assert found is not None
        assert found.id == "a/b c"
        assert await there.target.get("User", "..", PATHS) is None
        assert await there.target.get("User", "x?y=1", PATHS) is None
    assert [seen.path for seen in there.seen] == [
        "/scim/v2/Users/a/b c",
        "/scim/v2/Users/..",
        "/scim/v2/Users",
        "/scim/v2/Users/x?y=1",
    ]


# ---------------------------------------------------------------- writing


async def test_create() -> None:
    """Flat attributes travel as one resource; the answer's id and attributes come back."""
    attributes = {"userName": "ada@contoso.example", "name.givenName": "Ada", "active": True}
    made = user("42", name={"givenName": "Ada"}, active=True)
    async with scene((201, made)) as there:
        answer = await there.target.create("User", attributes)
    assert there.seen[0].method == "POST"
    assert there.seen[0].headers["Content-Type"] == "application/scim+json"
    assert there.seen[0].body["name"] == {"givenName": "Ada"}
    assert there.seen[0].body["active"] is True
    assert (answer.kind, answer.target_id) == (AnswerKind.DONE, "42")
    assert answer.attributes is not None
    assert answer.attributes["name.givenName"] == "Ada"


async def test_create_without_a_body_in_the_answer() -> None:
    """Where the body is missing, the Location says which id was given."""
    async with scene((201, None, {"Location": "https://x.example/scim/v2/Users/a%20b"})) as there:
        answer = await there.target.create("User", {"userName": "x"})
    assert (answer.kind, answer.target_id, answer.attributes) == (AnswerKind.DONE, "a b", None)


@pytest.mark.parametrize("answer", [(200, user("42", active=False)), (204, None)])
async def test_update(answer: Any) -> None:
    """Only what changed is sent; 200 with a body and 204 without one are both good."""
    async with scene(answer) as there:
        result = await there.target.update("User", "42", [AttributeChange("active", before=True, after=False)])
    seen = there.seen[0]
    assert (seen.method, seen.path) == ("PATCH", "/scim/v2/Users/42")
    (operation,) = seen.body["Operations"]
    assert operation["op"].lower() == "replace"
    assert operation["value"] is False
    assert result.kind is AnswerKind.DONE
    assert result.attributes == ({"active": False} if answer[0] == 200 else None)


@pytest.mark.parametrize("status", [204, 200, 404, 410])
async def test_delete(status: int) -> None:
    """Removed, or gone already: both are done."""
    async with scene((status, None), page()) as there:
        assert (await there.target.delete("User", "42")).kind is AnswerKind.DONE
    assert (there.seen[0].method, there.seen[0].path) == ("DELETE", "/scim/v2/Users/42")


async def test_many_at_once_stay_within_the_limit() -> None:
    """However many ask, no more than the permitted number are in flight."""
    flying = peak = 0

    async def answer(_: Seen) -> Any:
        nonlocal flying, peak
        flying += 1
        peak = max(peak, flying)
        await asyncio.sleep(0.01)
        flying -= 1
        return page()

    async with scene(answer, in_flight_max=5) as there:
        await asyncio.gather(*(there.target.find("User", "userName", str(n), PATHS) for n in range(30)))
    assert (peak, there.target.requests, len(there.seen)) == (5, 30, 30)
