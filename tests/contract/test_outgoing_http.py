"""Outgoing HTTP over real sockets: what comes back, and what is said when nothing does."""

import asyncio
import contextlib
import zlib
from typing import Any

import pytest
from aiohttp import web
from other_side import SECRET_QUERY, client_of, fault_of, lookup_of, raw_server, web_server

from provisor.model.errors import Reject, Transient, Unreachable


async def test_a_name_is_refused_when_any_of_its_addresses_is() -> None:
    """One forbidden address among several good ones is enough: which one is used would be chance."""
    async with client_of(lookup=lookup_of("93.184.215.14", "169.254.169.254")) as client:
        error = await fault_of(client, "https://rebind.example/" + SECRET_QUERY)
    assert isinstance(error, Reject)
    assert "rebind.example (169.254.169.254)" in str(error)


async def test_localhost_must_be_this_machine() -> None:
    """A name server that sends `localhost` elsewhere does not get a plain http request out of us."""
    async with client_of(lookup=lookup_of("93.184.215.14")) as client:
        assert isinstance(await fault_of(client, "http://localhost/"), Reject)


async def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    """The name is resolved once, by us: a second, different answer of the name server is never asked for."""
    answers = [["127.0.0.1"], ["169.254.169.254"]]
    asked: list[str] = []

    async def lookup(host: str, port: int) -> list[tuple[int, str]]:
        asked.append(host)
        return [(2, address) for address in answers[len(asked) - 1]]

    async def handler(request: web.Request) -> web.Response:
        return web.Response(text=request.host)

    async with web_server(handler) as port, client_of(lookup=lookup) as client:
        answer = await client.request("GET", f"http://localhost:{port}/", headers={})
    assert (answer.status, answer.body, asked) == (200, f"localhost:{port}".encode(), ["localhost"])


# ---------------------------------------------------------------- answers


async def test_redirects_are_answers_like_any_other() -> None:
    """A redirect is handed back and nothing is asked at its target."""
    paths: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        paths.append(request.path)
        return web.Response(status=302, headers={"Location": "/elsewhere", "Set-Cookie": "a=b"})

    async with web_server(handler) as port, client_of() as client:
        answer = await client.request("GET", f"http://127.0.0.1:{port}/here", headers={})
        await client.request("GET", f"http://127.0.0.1:{port}/again", headers={})
    assert (answer.status, answer.headers["location"], paths) == (302, "/elsewhere", ["/here", "/again"])


async def test_what_is_sent_is_what_was_asked() -> None:
    """Method, body, headers and the percent-encoded query arrive as given; no cookie, no version of ours."""
    seen: dict[str, Any] = {}

    async def handler(request: web.Request) -> web.Response:
        seen.update(method=request.method, path=request.raw_path, body=await request.read(), headers=request.headers)
        return web.Response(status=201, headers={"ETag": 'W/"1"', "Set-Cookie": "session=1"})

    async with web_server(handler) as port, client_of() as client:
        url = f"http://127.0.0.1:{port}/Users?filter=a%20eq%20%22x%2By%26z%22&aadOptscim062020"
        for _ in range(2):
            answer = await client.request("POST", url, headers={"X-One": "1"}, body=b"{}")
    assert (seen["method"], seen["path"], seen["body"]) == ("POST", url.split(str(port))[1], b"{}")
    assert (seen["headers"]["X-One"], seen["headers"]["User-Agent"]) == ("1", "Provisor")
    assert "Cookie" not in seen["headers"]
    assert answer.headers["etag"] == 'W/"1"'


@pytest.mark.parametrize("style", ["declared", "chunked", "compressed"])
async def test_an_answer_too_large_is_not_read(style: str) -> None:
    """However its size is disguised, an answer is read up to the limit and no further."""

    async def handler(request: web.Request) -> web.StreamResponse:
        body = bytes(5_000_000)
        if style == "compressed":
            return web.Response(body=zlib.compress(body), headers={"Content-Encoding": "deflate"})
        if style == "declared":
            return web.Response(body=body)
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            for _ in range(1000):
                await response.write(body[:5000])
        return response

    async with web_server(handler) as port, client_of(answer_bytes_max=100_000) as client:
        error = await fault_of(client, f"http://127.0.0.1:{port}/Users{SECRET_QUERY}")
    assert isinstance(error, Transient)
    assert "more than 100,000 bytes" in str(error)


async def test_hundreds_of_requests_share_the_pool() -> None:
    """Several hundred requests are in flight at the same time."""
    together = asyncio.Event()
    waiting = 0

    async def handler(request: web.Request) -> web.Response:
        nonlocal waiting
        waiting += 1
        if waiting == 300:
            together.set()
        await together.wait()
        return web.Response()

    async with web_server(handler) as port, client_of() as client:
        url = f"http://127.0.0.1:{port}/"
        answers = await asyncio.gather(*(client.request("GET", url, headers={}) for _ in range(300)))
    assert {answer.status for answer in answers} == {200}


# ---------------------------------------------------------------- faults


async def test_nobody_listens() -> None:
    """A refused connection is a sentence with host and remedy, and is known as never sent."""
    async with raw_server(b"") as port:
        pass
    async with client_of() as client:
        error = await fault_of(client, f"http://127.0.0.1:{port}/scim/v2{SECRET_QUERY}")
    assert isinstance(error, Unreachable)
    assert f"Nothing answers at http://127.0.0.1:{port}/scim/v2" in str(error)
    assert "Is it running?" in str(error)


async def test_an_unknown_name() -> None:
    """A name without an address is told apart from a machine that does not answer."""

    async def lookup(host: str, port: int) -> list[tuple[int, str]]:
        raise OSError(-2, "Name or service not known")

    async with client_of(lookup=lookup) as client:
        error = await fault_of(client, "https://typo.example/scim")
    assert isinstance(error, Unreachable)
    assert "typo.example cannot be resolved" in str(error)


@pytest.mark.parametrize(
    ("reply", "abort", "words"),
    [
        (b"", False, "closed the connection without an answer"),
        (b"", True, "closed the connection without an answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", False, "broke off in the middle"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", False, "broke off in the middle"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", False, "does not speak HTTP"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 20_000 + b"\r\n\r\n", False, "does not speak HTTP"),
    ],
)
async def test_no_whole_answer(reply: bytes, abort: bool, words: str) -> None:
    """Resets, truncation and other protocols are transient faults, and may have reached the other side."""
    async with raw_server(reply, abort=abort) as port, client_of() as client:
        error = await fault_of(client, f"http://127.0.0.1:{port}/Users{SECRET_QUERY}", body=b"{}")
    assert isinstance(error, Transient)
    assert not isinstance(error, Unreachable)
    assert words in str(error)


async def test_a_slow_answer() -> None:
    """The time limit covers the whole answer and is named in the sentence."""

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            for _ in range(100):
                await response.write(b" ")
                await asyncio.sleep(0.05)
        return response

    async with web_server(handler) as port, client_of() as client:
        error = await fault_of(client, f"http://127.0.0.1:{port}/{SECRET_QUERY}", timeout_seconds=0.2)
    assert isinstance(error, Transient)
    assert (error.code, "within 0.2 seconds" in str(error)) == ("Timeout", True)
