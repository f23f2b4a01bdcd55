"""What can go wrong under a request: for each fault its error class and a sentence that says what to do."""

import ssl
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from provisor.connectors.http.guard import shown
from provisor.model.errors import ProvisorError, Reject, Transient, Unreachable

PROTOCOL_ERROR = "WebExceptionProtocolError"
TIMEOUT = "Timeout"


def translate(error: Exception, url: str, seconds: float, *, proxied: bool = False) -> ProvisorError:
    """The error of ours that says the same; `seconds` is the time that was allowed."""
    host = urlsplit(url).netloc
    where = shown(url)
    match error:
        case aiohttp.ClientConnectorDNSError():
            return Unreachable(
                f"The name of {host} cannot be resolved.",
                remedy="Check the spelling of the URL, and this machine's network and name server.",
                code=PROTOCOL_ERROR,
            )
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientSSLError():
            return _untrusted(host, error)
        case aiohttp.ClientProxyConnectionError() | aiohttp.ClientHttpProxyError():
            status = getattr(error, "status", None)
            return Unreachable(
                f"The proxy does not let us through to {host}" + (f" (it answered {status})." if status else "."),
                remedy="Check the proxy's address and credentials, and that it allows this host.",
                code=PROTOCOL_ERROR,
            )
        case aiohttp.ConnectionTimeoutError():
            return Unreachable(
                f"Nothing answers at {where}: no connection came about in time.",
                remedy="Is it running, and does a firewall let this machine through?",
                code=TIMEOUT,
            )
        case aiohttp.ClientConnectorError():
            return Unreachable(
                f"Nothing answers at {where}: {_cause(error)}.",
                remedy="Is the proxy running?" if proxied else "Is it running?",
                code=PROTOCOL_ERROR,
            )
        case aiohttp.InvalidURL():
            return Reject("The address is not a valid URL.", remedy="Write it as https://host/path.")
    return _unfinished(error, where, seconds)


def _unfinished(error: Exception, where: str, seconds: float) -> ProvisorError:
    """A connection was there, and perhaps the request arrived; no whole answer came back."""
    match error:
        case TimeoutError():
            return Transient(
                f"{where} did not answer within {seconds:g} seconds.",
                remedy="It is slow or overloaded: try again, or allow it more time.",
                code=TIMEOUT,
            )
        case aiohttp.ClientPayloadError():
            return Transient(
                f"The answer of {where} broke off in the middle.",
                remedy="Try again; if it stays so, look at a proxy or load balancer in between.",
                code=PROTOCOL_ERROR,
            )
        case aiohttp.ClientResponseError():
            return Transient(
                f"What answers at {where} does not speak HTTP as it should.",
                remedy="Check host, port and https in the URL.",
                code=PROTOCOL_ERROR,
            )
    return Transient(
        f"{where} closed the connection without an answer.",
        remedy="Try again; if it stays so, look at the application's own log.",
        code=PROTOCOL_ERROR,
    )


def untrusted_ca_file(ca_file: Path, error: Exception) -> Reject:
    """The file of certificate authorities cannot be used."""
    cause = "it holds no certificate in PEM form" if isinstance(error, ssl.SSLError) else _cause(error)
    return Reject(
        f"The certificate authorities in {ca_file} cannot be used: {cause}.",
        remedy="Name a readable PEM file.",
    )


def _untrusted(host: str, error: Exception) -> Unreachable:
    cause = getattr(error, "certificate_error", None) or error
    text = getattr(cause, "verify_message", "") or "the TLS handshake failed"
    return Unreachable(
        f"The connection to {host} is not trustworthy: {text}.",
        remedy="Check the host name; if its certificate comes from your own authority, name that as CA file.",
        code=PROTOCOL_ERROR,
    )


def _cause(error: Exception) -> str:
    """The operating system's own words, without addresses or arguments."""
    inner = getattr(error, "os_error", error)
    text = getattr(inner, "strerror", None) or type(inner).__name__
    return text.partition(" [")[0].lower() if text.isascii() else text
