"""Other sides of a connection, on real sockets: web servers, servers that misbehave, a proxy; a client."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp import web

from provisor.connectors.http.client import GuardedHttpClient
from provisor.model.errors import ProvisorError
from provisor.ports.http import HttpClient

SECRET_QUERY = "?filter=userName%20eq%20%22ada%40contoso.example%22"


def lookup_of(*addresses: str) -> Any:
    """A name server that always gives the same answer."""

    async def lookup(host: str, port: int) -> list[tuple[int, str]]:
        return [(10 if ":" in address else 2, address) for address in addresses]

    return lookup


@contextlib.asynccontextmanager
async def client_of(**options: Any) -> AsyncIterator[GuardedHttpClient]:
    """A client that is closed at the end."""
    client = GuardedHttpClient(**options)
    try:
        yield client
    finally:
        await client.close()


@contextlib.asynccontextmanager
async def web_server(handler: Callable[..., Any], tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A real web server on loopback; gives its port."""
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def raw_server(reply: bytes, *, abort: bool = False) -> AsyncIterator[int]:
    """Something on loopback that sends exactly these bytes after the request's head and hangs up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(reply)
            await writer.drain()
            if abort:
                writer.transport.abort()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def fault_of(client: HttpClient, url: str, **options: Any) -> ProvisorError:
    """The error that a request ends in."""
    with pytest.raises(ProvisorError) as caught:
        await client.request("GET", url, headers={"Authorization": "Bearer s3cret"}, **options)
    text = str(caught.value)
    assert "s3cret" not in text
    assert "contoso" not in text
    return caught.value


async def hello(request: web.Request) -> web.Response:
    """Any answer."""
    return web.Response(text="hello")


@contextlib.asynccontextmanager
async def connect_proxy(port_to: int, seen: list[str], status: int = 200) -> AsyncIterator[int]:
    """A real CONNECT proxy on loopback that leads everywhere to one port."""

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        seen.append(head.split("\r\n")[0])
        writer.write(f"HTTP/1.1 {status} x\r\n\r\n".encode())
        if status != 200:
            writer.close()
            return
        there, back = await asyncio.open_connection("127.0.0.1", port_to)
        await asyncio.gather(pump(reader, back), pump(there, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
