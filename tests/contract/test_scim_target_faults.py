"""The SCIM client when the target refuses, throttles, breaks down or talks nonsense, over real sockets."""

import asyncio
from email.utils import format_datetime
from typing import Any

import pytest
from scripted_scim import NOW, TOKEN, page, problem, scene, user

from provisor.connectors.http.client import GuardedHttpClient
from provisor.model.answer import AnswerKind
from provisor.model.credentials import BearerToken
from provisor.model.errors import AmbiguousWrite, JobFailed, Transient, Unreachable
from provisor.model.operation import AttributeChange

PATHS = frozenset({"userName"})
ADA = {"userName": "ada@contoso.example"}
DISABLE = [AttributeChange("active", before=True, after=False)]
MADE = (201, user("42"))
INCOMPATIBLE = "SystemForCrossDomainIdentityManagementServiceIncompatible"
HTML = (200, b"<html>Sign in</html>", {"Content-Type": "text/html"})


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (problem(409, "userName is taken", "uniqueness"), AnswerKind.CONFLICT, "Conflict"),
        (problem(409), AnswerKind.CONFLICT, "Conflict"),
        (problem(400, "userName is taken", "uniqueness"), AnswerKind.CONFLICT, "Conflict"),
        (problem(400, "no such attribute", "invalidPath"), AnswerKind.REFUSED, "SchemaAttributeNotFound"),
        (problem(400, "emails is required", "invalidValue"), AnswerKind.REFUSED, "MandatoryFieldsMissing"),
        (problem(400, "too long", "invalidValue"), AnswerKind.REFUSED, "BadRequest"),
        (problem(400, "id is read only", "mutability"), AnswerKind.REFUSED, "NotPermitted"),
        (problem(402, "no seats left"), AnswerKind.REFUSED, "LicenseLimitExceeded"),
        (problem(403, "not yours"), AnswerKind.REFUSED, "InsufficientRights"),
        (problem(403, "your licence limit is reached"), AnswerKind.REFUSED, "LicenseLimitExceeded"),
        (problem(405), AnswerKind.REFUSED, "MethodNotAllowed"),
        (problem(413), AnswerKind.REFUSED, "UnprocessableEntity"),
        (problem(422, "cannot be processed"), AnswerKind.REFUSED, "UnprocessableEntity"),
        (problem(501), AnswerKind.REFUSED, "NotImplemented"),
        ((400, b"<html>Bad</html>", {"Content-Type": "text/html"}), AnswerKind.REFUSED, "BadRequest"),
    ],
)
async def test_a_refusal_has_a_code_and_the_targets_own_words(answer: Any, kind: AnswerKind, code: str) -> None:
    """Every refusal is one answer after one request, with a code of the provisioning log and what was said."""
    async with scene(answer) as there:
        for result in (
            await there.target.create("User", ADA),
            await there.target.update("User", "42", DISABLE),
            await there.target.delete("User", "42"),
        ):
            assert result.kind is kind
            assert result.error_code.endswith(code)
            assert str(answer[0]) in result.message
            if isinstance(answer[1], dict):
                assert answer[1].get("detail", "") in result.message
        assert there.target.requests == 3


async def test_the_targets_words_are_bounded_and_without_secrets() -> None:
    """A target that echoes the token, or writes a novel, gets neither into our log."""
    detail = f"Authorization: Bearer {TOKEN} was sent; password=hunter2; " + "very " * 5000 + "long"
    async with scene(problem(400, detail)) as there:
        message = (await there.target.create("User", ADA)).message
    assert TOKEN not in message
    assert "hunter2" not in message
    assert "was sent" in message
    assert len(message) < 600


async def test_a_linked_resource_that_is_gone() -> None:
    """404 to an update says that the link leads nowhere, once the endpoint has answered; that is asked once."""
    async with scene(problem(404), page(), problem(404)) as there:
        for _ in range(2):
            result = await there.target.update("User", "42", DISABLE)
            assert (result.kind, result.error_code) == (AnswerKind.GONE, "InvalidAnchor")
        with pytest.raises(JobFailed, match="nothing at"):
            await there.target.create("User", ADA)
    assert [seen.method for seen in there.seen] == ["PATCH", "GET", "PATCH", "POST"]


@pytest.mark.parametrize("answer", [problem(404), (404, b"<html>", {"Content-Type": "text/html"})])
async def test_under_a_wrong_url_nobody_is_gone(answer: Any) -> None:
    """Where everything is 404 no account is taken for gone, and no deletion for done: the URL is wrong."""
    async with scene(answer) as there:
        for attempt in (
            there.target.update("User", "42", DISABLE),
            there.target.delete("User", "42"),
            there.target.get("User", "42", PATHS),
        ):
            with pytest.raises(JobFailed, match="Tenant URL"):
                await attempt


async def test_a_refused_token_stops_the_job() -> None:
    """401 in the middle of a cycle concerns everybody."""
    async with scene(problem(401)) as there:
        for attempt in (
            there.target.update("User", "1", DISABLE),
            there.target.create("User", ADA),
            there.target.count("User"),
        ):
            with pytest.raises(JobFailed) as caught:
                await attempt
            assert caught.value.code == "Unauthorized"


# ---------------------------------------------------------------- throttling


@pytest.mark.parametrize(
    ("headers", "waits"),
    [
        ({"Retry_After": "7"}, 7),
        ({"Retry_After": format_datetime(NOW, usegmt=True)}, 0),
        ({"Retry_After": "Mon, 23 Nov 2026 18:00:09 GMT"}, 9),
        ({"Retry_After": "soon"}, 1),
        ({"Retry_After": "nan"}, 1),
        ({}, 1),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
async def test_throttling_is_waited_out(status: int, headers: dict[str, str], waits: float) -> None:
    """After 429, or 503 with a time, everything is sent again when the time has come, a create included."""
    async with scene(problem(status, **headers), MADE) as there:
        if status == 503 and waits == 1:
            with pytest.raises(AmbiguousWrite):  # no time was named: it may just be broken
                await there.target.create("User", ADA)
            return
        answer = await there.target.create("User", ADA)
    assert answer.kind is AnswerKind.DONE
    assert there.target.requests == 2
    assert sum(there.clock.slept) == pytest.approx(waits)


async def test_throttling_for_too_long_is_handed_back_with_its_time() -> None:
    """Patience has a bound; beyond it the time that the target asked for is handed to the engine."""
    async with scene(problem(429, Retry_After="3600")) as there:
        with pytest.raises(Transient) as caught:
            await there.target.create("User", ADA)
    assert not isinstance(caught.value, AmbiguousWrite)
    assert (caught.value.code, caught.value.retry_after_seconds) == ("TooManyRequests", 3600)
    assert (there.target.requests, there.clock.slept) == (1, [])


async def test_one_answer_of_throttling_holds_back_everybody() -> None:
    """While the target asks for a pause nobody sends, and afterwards everybody gets through."""
    async with scene(problem(429, Retry_After="30"), page(), in_flight_max=1) as there:
        await asyncio.gather(*(there.target.count("User") for _ in range(5)))
    assert there.target.requests == 6
    assert there.clock.slept == [30]


# ---------------------------------------------------------------- breaking down


@pytest.mark.parametrize(
    "fault",
    [
        problem(500),
        problem(502),
        problem(503),
        problem(504),
        problem(408),
        "reset",
        (200, b'{"schemas": ["urn:ietf', {}),
    ],
)
async def test_reading_and_changing_are_repeated(fault: Any) -> None:
    """What may be done twice is tried a few times, with growing pauses, and succeeds when the target recovers."""
    async with scene(fault, fault, page(user("ada"))) as there:
        assert len(await there.target.find("User", "id", "ada", PATHS)) == 1
    assert (there.target.requests, there.clock.slept) == (3, [0.5, 1.0])
    async with scene(fault, fault, (204, None)) as there:
        assert (await there.target.update("User", "42", DISABLE)).kind is AnswerKind.DONE
    async with scene(fault, problem(404), page()) as there:
        assert (await there.target.delete("User", "42")).kind is AnswerKind.DONE


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (problem(500, "boom"), "InternalServerError"),
        (problem(502), "InternalServerError"),
        (problem(503), "InternalServerError"),
        (problem(504), "Timeout"),
        ("reset", "WebExceptionProtocolError"),
        ((201, b'{"id": "4', {}), INCOMPATIBLE),
        (
            HTML,
            INCOMPATIBLE,
        ),
        ((201, {"userName": "ada"}), INCOMPATIBLE),
        ((201, {"id": None}), INCOMPATIBLE),
    ],
)
async def test_a_create_without_an_answer_is_not_repeated(fault: Any, code: str) -> None:
    """Whether it was carried out cannot be known: the engine is told to look, and only one request was sent."""
    async with scene(fault, MADE) as there:
        with pytest.raises(AmbiguousWrite) as caught:
            await there.target.create("User", ADA)
        assert there.target.requests == 1
    assert caught.value.code == code


async def test_a_create_that_was_never_sent_is_repeated() -> None:
    """Where no connection came about nothing can have happened, and in the end the sentence says that it is down."""
    async with scene(MADE) as there:
        pass
    http = GuardedHttpClient()
    target = type(there.target)(http, f"http://127.0.0.1:{there.port}/scim", BearerToken(TOKEN), there.clock)
    with pytest.raises(Unreachable, match="Is it running"):
        await target.create("User", ADA)
    assert target.requests == 3
    await http.close()


async def test_a_target_that_stays_down() -> None:
    """After a few tries the error says what the target said, and that it is worth trying later."""
    async with scene(problem(500, "database is on fire")) as there:
        with pytest.raises(Transient, match="database is on fire") as caught:
            await there.target.update("User", "42", DISABLE)
    assert (there.target.requests, caught.value.code) == (3, "InternalServerError")


async def test_an_answer_that_never_comes() -> None:
    """A create that runs out of time is ambiguous, with the code for it."""

    async def never(_: Any) -> Any:
        await asyncio.sleep(0.3)
        return MADE

    async with scene(never, timeout_seconds=0.05) as there:
        with pytest.raises(AmbiguousWrite, match="within") as caught:
            await there.target.create("User", ADA)
    assert caught.value.code == "Timeout"


# ---------------------------------------------------------------- nonsense


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (HTML, "not with what a SCIM endpoint says"),
        ((200, b'{"Resources": [', {}), "not with what a SCIM endpoint says"),
        ((200, {"Resources": {"a": 1}}), "not with what a SCIM endpoint says"),
        ((200, {"Resources": ["a"]}), "not with what a SCIM endpoint says"),
        (page({"userName": "nobody"}), "without an id"),
        (page({"id": ""}), "without an id"),
        (page({"id": ["x"]}), "without an id"),
    ],
)
async def test_lists_that_are_none(answer: Any, words: str) -> None:
    """An answer that is no list of resources stops the job with a sentence; nothing is guessed."""
    async with scene(answer) as there:
        with pytest.raises(JobFailed, match=words):
            await there.target.find("User", "userName", "x", PATHS)
        with pytest.raises(JobFailed, match=words):
            async for _ in there.target.list_all("User", PATHS):
                pass


async def test_an_unreadable_answer_to_a_change() -> None:
    """Whether a change whose answer stays unreadable was made is not known: neither a success nor a refusal."""
    async with scene(HTML) as there:
        with pytest.raises(Transient, match="cannot be read"):
            await there.target.update("User", "42", DISABLE)


async def test_numbers_as_ids_and_missing_lists_are_taken_as_they_are_meant() -> None:
    """Small departures from the standard that cannot be misunderstood do no harm."""
    with_mark = (201, b'\xef\xbb\xbf{"id": 7}', {})
    async with scene(page({"id": 7, "userName": "x"}), (200, {"totalResults": 0}), with_mark) as there:
        assert [one.id for one in await there.target.find("User", "userName", "x", PATHS)] == ["7"]
        assert await there.target.find("User", "userName", "x", PATHS) == ()
        assert (await there.target.create("User", ADA)).target_id == "7"
