"""Outgoing HTTP through TLS and proxies, over real sockets."""

import ssl
from pathlib import Path

import pytest
from other_side import client_of, connect_proxy, fault_of, hello, lookup_of, web_server

from certificates import make_certificate
from provisor.connectors.http.client import GuardedHttpClient
from provisor.model.errors import Reject, Unreachable


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS context for scim.inside.test, and the file of the authority that signed it (itself)."""
    return make_certificate(tmp_path_factory.mktemp("tls"), "scim.inside.test")


async def test_own_certificate_authority(certificate: tuple[ssl.SSLContext, Path]) -> None:
    """A certificate of one's own authority is refused with a hint, and accepted once its file is named."""
    tls, ca_file = certificate
    lookup = lookup_of("127.0.0.1")
    async with web_server(hello, tls) as port:
        url = f"https://scim.inside.test:{port}/"
        async with client_of(lookup=lookup) as client:
            error = await fault_of(client, url)
        async with client_of(lookup=lookup, ca_file=ca_file) as client:
            answer = await client.request("GET", url, headers={})
            wrong_name = await fault_of(client, url.replace("scim.inside", "other.inside"))
    assert isinstance(error, Unreachable)
    assert "CA file" in str(error)
    assert answer.body == b"hello"
    assert "not trustworthy" in str(wrong_name)


async def test_a_useless_ca_file_is_refused_at_once(tmp_path: Path) -> None:
    """A CA file that is missing or holds no certificate is a fault of the settings."""
    (tmp_path / "empty.pem").write_text("nothing")
    for name in ("empty.pem", "missing.pem"):
        with pytest.raises(Reject, match=name):
            GuardedHttpClient(ca_file=tmp_path / name)


async def test_proxy(certificate: tuple[ssl.SSLContext, Path]) -> None:
    """Behind a proxy a name may be unknown here, TLS still ends at the application, loopback stays direct."""
    tls, ca_file = certificate
    seen: list[str] = []

    async def lookup(host: str, port: int) -> list[tuple[int, str]]:
        if host == "metadata.example":
            return [(2, "169.254.169.254")]
        raise OSError(-2, "Name or service not known")

    async with (
        web_server(hello, tls) as port,
        web_server(hello) as plain,
        connect_proxy(port, seen) as proxy,
        client_of(ca_file=ca_file, proxy=f"http://127.0.0.1:{proxy}", lookup=lookup) as client,
    ):
        answer = await client.request("GET", "https://scim.inside.test/Users", headers={})
        direct = await client.request("GET", f"http://127.0.0.1:{plain}/", headers={})
        refused = await fault_of(client, "https://metadata.example/latest")
    assert (answer.body, direct.body) == (b"hello", b"hello")
    assert seen == ["CONNECT scim.inside.test:443 HTTP/1.1"]
    assert isinstance(refused, Reject)


async def test_a_proxy_that_refuses() -> None:
    """A proxy that does not let us through is named as such."""
    async with (
        connect_proxy(1, [], status=407) as proxy,
        client_of(proxy=f"http://127.0.0.1:{proxy}", lookup=lookup_of("93.184.215.14")) as client,
    ):
        error = await fault_of(client, "https://scim.example/Users")
    assert isinstance(error, Unreachable)
    assert "proxy" in str(error)
    assert "407" in str(error)
    with pytest.raises(Reject, match="proxy"):
        GuardedHttpClient(proxy="proxy:3128")
