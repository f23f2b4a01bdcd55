"""The Freshservice client before answers that no emulator gives, and the domains that it takes."""

import base64
from typing import Any

import pytest

from emulated_desk import KEY, TurnedClock
from provisor.freshservice.rest import FreshserviceApi
from provisor.freshservice.rest_domain import check_domain
from provisor.freshservice.rest_faults import KeyRefused, NotAnAccount, read_fault
from provisor.model.errors import Forbidden, Reject
from provisor.ports.http import HttpAnswer


async def collect(pages: Any) -> list[Any]:
    """All rows of a list."""
    return [row async for page in pages for row in page]


class Scripted:
    """An account that gives canned answers, for what an emulator would never say."""

    def __init__(self, *answers: HttpAnswer) -> None:
        self.answers = list(answers)
        self.urls: list[str] = []
        self.headers: list[Any] = []

    async def request(self, method, url, *, headers, body=None, timeout_seconds=None) -> HttpAnswer:
        self.urls.append(url)
        self.headers.append(headers)
        return self.answers.pop(0)

    async def close(self) -> None:
        """Nothing is open."""


def scripted_api(http: Scripted, domain: str = "acme.freshservice.com") -> FreshserviceApi:
    """A client of a scripted account."""
    return FreshserviceApi(http, domain, KEY, TurnedClock())


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (HttpAnswer(404, {}, b"<html>no such account</html>"), NotAnAccount),
        (HttpAnswer(302, {"location": "https://elsewhere.example/"}, b""), NotAnAccount),
        (HttpAnswer(200, {}, b"<html>sign in</html>"), NotAnAccount),
        (HttpAnswer(200, {}, b"[]"), NotAnAccount),
        (HttpAnswer(403, {}, b'{"code":"require_feature","message":"no"}'), Forbidden),
        (HttpAnswer(403, {}, b""), KeyRefused),
    ],
)
async def test_odd_answers_have_a_meaning(answer: HttpAnswer, error: type[Exception]) -> None:
    """Whatever answers in the place of the API, the caller gets an error with a remedy."""
    with pytest.raises(error):
        await scripted_api(Scripted(answer)).me()


async def test_a_link_never_leads_to_another_host() -> None:
    """Of a Link header only the page number is used, so the key stays with the account."""
    link = {"link": '<https://evil.example/api/v2/requesters?page=2&per_page=100>; rel="next"'}
    http = Scripted(HttpAnswer(200, link, b'{"requesters":[{"id":1}]}'), HttpAnswer(200, {}, b'{"requesters":[]}'))
    assert await collect(scripted_api(http).list_requesters()) == [{"id": 1}]
    assert http.urls == [f"https://acme.freshservice.com/api/v2/requesters?per_page=100&page={n}" for n in (1, 2)]
    assert base64.b64decode(http.headers[0]["Authorization"].removeprefix("Basic ")) == f"{KEY}:X".encode()


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("acme.freshservice.com", "https://acme.freshservice.com/api/v2"),
        ("  https://Acme.Freshservice.com/ ", "https://acme.freshservice.com/api/v2"),
        ("127.0.0.1:8081", "http://127.0.0.1:8081/api/v2"),
        ("http://localhost:8081", "http://localhost:8081/api/v2"),
        ("[::1]:8081", "http://[::1]:8081/api/v2"),
    ],
)
def test_domains_that_are_taken(text: str, url: str) -> None:
    """An account's own domain, and an emulator on this machine."""
    assert check_domain(text) == url


@pytest.mark.parametrize(
    "text",
    [
        "", "acme", "freshservice.com", "acme.freshservice.com.evil.example", "evil.example/acme.freshservice.com",
        "http://acme.freshservice.com", "acme.freshservice.com:8443", "user@acme.freshservice.com", "10.0.0.1:8081",
        "127.0.0.1", "127.0.0.1:0", "127.0.0.1:99999", "a.b.freshservice.com",
        "169.254.169.254:80", "-a.freshservice.com",
    ],
)  # fmt: skip
def test_domains_that_are_refused(text: str) -> None:
    """Nothing else ever gets the key."""
    with pytest.raises(Reject):
        check_domain(text)


def test_both_shapes_of_a_refusal_are_read() -> None:
    """The validating shape, the single shape, and rubbish."""
    fault = read_fault(400, b'{"description":"Validation failed","errors":[{"field":"a","message":"b","code":"c"}]}')
    assert (fault.sentence(), fault.has_code("c")) == ("a: b", True)
    assert read_fault(403, b'{"code":"access_denied","message":"no"}').code == "access_denied"
    for rubbish in (b"", b"<html>", b"[]", b'{"errors":3}', b'{"errors":[1]}'):
        assert read_fault(500, rubbish).status == 500
