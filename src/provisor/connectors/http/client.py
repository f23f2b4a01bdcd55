"""The guarded HTTP client (ports/http.py): every request that leaves the product is sent here.

One connection pool serves several hundred requests in flight. Redirects are never followed, cookies never
kept, the environment's proxy settings never read; answers are bounded in size and time. Errors name host and
cause, and never the query string, headers or body, for those carry personal data and secrets.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Mapping
from pathlib import Path

import aiohttp
from yarl import URL

from provisor.connectors.http.faults import translate, untrusted_ca_file
from provisor.connectors.http.guard import AddressRules, check_text, check_url, means_loopback, shown
from provisor.connectors.http.resolver import GuardedResolver, Lookup, look_up
from provisor.model.errors import Reject, Transient
from provisor.ports.http import HttpAnswer

CONNECTIONS_MAX = 512
ANSWER_BYTES_MAX = 32 * 1024 * 1024
"""A page of some thousand resources is far below; a runaway answer stops here."""
TIMEOUT_SECONDS = 60.0
CONNECT_TIMEOUT_SECONDS = 10.0
USER_AGENT = "Provisor"
ORIGINS_MAX = 1024


class GuardedHttpClient:
    """Sends requests within the rules. Make it inside a running event loop, and close it.

    `ca_file` is a PEM file of authorities trusted besides the system's; `proxy` the URL of an HTTP proxy used
    for everything but loopback. `lookup` replaces the system's name resolution. Without a `user_agent` no such header
    is sent.
    """

    def __init__(
        self,
        *,
        rules: AddressRules | None = None,
        ca_file: Path | None = None,
        proxy: str | None = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
        answer_bytes_max: int = ANSWER_BYTES_MAX,
        connections_max: int = CONNECTIONS_MAX,
        lookup: Lookup = look_up,
        user_agent: str | None = USER_AGENT,
    ) -> None:
        self._rules = rules or AddressRules()
        self._proxy = _check_proxy(proxy)
        self._timeout_seconds = timeout_seconds
        self._answer_bytes_max = answer_bytes_max
        self._routes: dict[str, URL | None] = {}
        self._resolver = GuardedResolver(self._rules, lookup)
        trusted = frozenset({self._proxy.raw_host or ""} if self._proxy else ())
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=connections_max,
                resolver=GuardedResolver(self._rules, lookup, trusted),
                ssl=_tls(ca_file),
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": user_agent} if user_agent else None,
            skip_auto_headers=() if user_agent else ("User-Agent",),
            trust_env=False,
        )
        # The library repeats some requests by itself after a reset; whoever asked counts and decides instead.
        self._session._retry_connection = False  # noqa: SLF001 - there is no public switch

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        timeout_seconds: float | None = None,
    ) -> HttpAnswer:
        """Send one request and read the whole answer.

        Raises `Reject` for an address that may not be reached, `Unreachable` when no connection came about,
        and `Transient` when nothing, or nothing whole, came back.
        """
        seconds = self._timeout_seconds if timeout_seconds is None else timeout_seconds
        proxy = await self._check(url)
        try:
            async with self._session.request(
                method,
                URL(url, encoded=True) if url.isascii() else URL(url),
                headers=headers,
                data=body,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=seconds, sock_connect=min(seconds, CONNECT_TIMEOUT_SECONDS)),
                proxy=proxy,
            ) as response:
                content = await self._read(response, url)
                return HttpAnswer(
                    response.status,
                    {name.lower(): value for name, value in response.headers.items()},
                    content,
                )
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise translate(error, url, seconds, proxied=proxy is not None) from error

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()
        await asyncio.sleep(0)  # lets the transports see that they are closed

    async def _check(self, url: str) -> URL | None:
        """Judge the address, once per origin; returns the proxy to use, if any."""
        check_text(url)
        end = url.find("/", len("https://"))
        origin = url if end < 0 else url[:end]
        if origin in self._routes:
            return self._routes[origin]
        parts = check_url(url, self._rules)
        host = parts.hostname or ""
        proxy = None if means_loopback(host) else self._proxy
        if proxy is not None:  # it resolves the name itself; what we can see of it is judged all the same
            with contextlib.suppress(OSError):  # names of the outside are often unknown behind a proxy
                await self._resolver.resolve(host, parts.port or 443)
        if len(self._routes) < ORIGINS_MAX and not {"?", "#"} & set(origin):
            self._routes[origin] = proxy
        return proxy

    async def _read(self, response: aiohttp.ClientResponse, url: str) -> bytes:
        """The whole body, or a clear error as soon as it is too large."""
        declared = response.content_length or 0
        chunks: list[bytes] = []
        size = 0
        if declared <= self._answer_bytes_max:
            async for chunk in response.content.iter_any():
                size += len(chunk)
                chunks.append(chunk)
                if size > self._answer_bytes_max:
                    break
            else:
                return chunks[0] if len(chunks) == 1 else b"".join(chunks)
        response.close()
        raise Transient(
            f"{shown(url)} answered with more than {self._answer_bytes_max:,} bytes; the rest is not read.",
            remedy="Check that the URL is that of the application's API.",
            code="WebExceptionProtocolError",
        )


def _tls(ca_file: Path | None) -> ssl.SSLContext:
    """The system's authorities, and those of the file; TLS 1.2 or newer, names checked."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=ca_file)
        except (OSError, ssl.SSLError) as error:
            raise untrusted_ca_file(ca_file, error) from error
    return context


def _check_proxy(proxy: str | None) -> URL | None:
    if not proxy:
        return None
    try:
        url = URL(proxy)
    except ValueError:
        url = URL()
    if url.scheme not in {"http", "https"} or not url.host:
        raise Reject("The proxy's address is not a web address.", remedy="Write it as http://proxy.example.com:3128.")
    return url
