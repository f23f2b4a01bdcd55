"""Target authentication: bearer, none, and OAuth client credentials against a real token endpoint."""

import asyncio
import contextlib
from base64 import b64decode
from urllib.parse import parse_qs

import pytest
from aiohttp import web
from other_side import web_server
from scripted_scim import TurningClock, page, problem, scene, user

from provisor.connectors.http.client import GuardedHttpClient
from provisor.connectors.scim.target import ScimTarget
from provisor.model.credentials import BearerToken, ClientCredentials, credentials_text, read_credentials
from provisor.model.errors import JobFailed, Unreachable

SECRET = "the client's s3cr3t:/"


class TokenEndpoint:
    """Hands out token-1, token-2, … for the right secret; answers `answer` instead where that is set."""

    def __init__(self) -> None:
        self.asked = []
        self.answer = None

    async def handle(self, request: web.Request) -> web.Response:
        self.asked.append((dict(request.headers), parse_qs((await request.read()).decode())))
        if self.answer:
            status, body = self.answer
            return web.json_response(body, status=status)
        return web.json_response(
            {"access_token": f"token-{len(self.asked)}", "token_type": "Bearer", "expires_in": 600}
        )


@contextlib.asynccontextmanager
async def oauth(*answers, **options):
    """A token endpoint and a target that takes its tokens."""
    endpoint = TokenEndpoint()
    async with web_server(endpoint.handle) as port:
        credentials = ClientCredentials(f"http://127.0.0.1:{port}/token", "provisor", SECRET, **options)
        async with scene(*answers, credentials=credentials) as there:
            yield endpoint, there


def authorizations(there) -> list[str | None]:
    """What the target was shown, request by request."""
    return [seen.headers.get("Authorization") for seen in there.seen]


async def test_no_credentials_send_none() -> None:
    """A target without authentication gets no header."""
    async with scene(page(), credentials=None) as there:
        await there.target.test_connection("userName")
    assert authorizations(there) == [None]


async def test_a_token_is_fetched_once_and_renewed_before_it_ends() -> None:
    """Many requests at once share one fetch; in its last minute it is replaced."""
    async with oauth(page()) as (endpoint, there):
        await asyncio.gather(*(there.target.test_connection("userName") for _ in range(8)))
        there.clock.seconds += 539
        await there.target.test_connection("userName")
        there.clock.seconds += 2
        await there.target.test_connection("userName")
    assert len(endpoint.asked) == 2
    assert authorizations(there) == ["Bearer token-1"] * 9 + ["Bearer token-2"]


async def test_id_and_secret_travel_in_the_header_or_in_the_body() -> None:
    """As RFC 6749 prefers, or as some servers want it; scope and audience where they are given."""
    async with oauth(page(), oauth_scope="scim", audience="desk") as (endpoint, there):
        await there.target.test_connection("userName")
    headers, form = endpoint.asked[0]
    assert b64decode(headers["Authorization"].removeprefix("Basic ")).decode() == (
        "provisor:the%20client%27s%20s3cr3t%3A%2F"
    )
    assert form == {"grant_type": ["client_credentials"], "scope": ["scim"], "audience": ["desk"]}
    async with oauth(page(), sends_basic=False) as (endpoint, there):
        await there.target.test_connection("userName")
    headers, form = endpoint.asked[0]
    assert "Authorization" not in headers
    assert form["client_secret"] == [SECRET]


async def test_a_token_that_is_refused_early_is_fetched_anew_once() -> None:
    """The request goes again with the new one; if that is refused too, the job stops."""
    async with oauth(problem(401), (201, user("42")), problem(401), problem(401)) as (endpoint, there):
        answer = await there.target.create("User", {"userName": "ada"})
        assert answer.target_id == "42"
        with pytest.raises(JobFailed, match="refuses the token"):
            await there.target.create("User", {"userName": "boris"})
    assert len(endpoint.asked) == 3


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ((401, {"error": "invalid_client", "error_description": f"bad {SECRET}"}), "invalid_client"),
        ((400, {"error": "invalid_scope"}), "invalid_scope"),
        ((200, {"token_type": "bearer"}), "no access_token"),
        ((200, {"access_token": "x", "token_type": "mac"}), "not bearer"),
        ((302, {}), "302"),
    ],
)
async def test_a_token_endpoint_that_refuses_stops_the_job(answer, sentence) -> None:
    """One sentence with what it said and what to check, never the secret; the target is not asked."""
    async with oauth(page()) as (endpoint, there):
        endpoint.answer = answer
        with pytest.raises(JobFailed, match=sentence) as fault:
            await there.target.test_connection("userName")
    assert fault.value.code == "Unauthorized"
    assert SECRET not in str(fault.value)
    assert not there.seen


async def test_a_token_endpoint_that_is_down_is_tried_again() -> None:
    """Nothing was sent to the target, so even a create may be repeated."""
    async with oauth((201, user("42"))) as (endpoint, there):
        endpoint.answer = (503, {})
        with pytest.raises(Unreachable, match="503"):
            await there.target.create("User", {"userName": "ada"})
        assert len(endpoint.asked) == 3
        assert there.target.requests == 0


def test_stored_credentials_come_back_and_show_nothing() -> None:
    """A text to be sealed; neither form shows its secret by accident."""
    held = ClientCredentials("https://id.example/token", "provisor", SECRET, sends_basic=False)
    assert read_credentials(credentials_text(held)) == held
    assert read_credentials(credentials_text(BearerToken("t0ken"))) == BearerToken("t0ken")
    assert SECRET not in repr(held)
    assert "t0ken" not in repr(BearerToken("t0ken"))


async def test_plain_http_off_loopback_is_refused_for_tokens_too() -> None:
    """The guard of outgoing requests holds for the token endpoint."""
    http = GuardedHttpClient()
    credentials = ClientCredentials("http://id.example/token", "provisor", SECRET)
    try:
        target = ScimTarget(http, "https://desk.example/scim/v2", credentials, TurningClock())
        with pytest.raises(JobFailed, match="https"):
            await target.test_connection("userName")
    finally:
        await http.close()
