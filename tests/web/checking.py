"""The conformance check, run in process against an ASGI application: the same bytes, without sockets."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from asgi import AsgiClient

from provisor.connectors.clock import SystemClock
from provisor.connectors.scim.check.catalogue import select
from provisor.connectors.scim.check.line import Line
from provisor.connectors.scim.check.report import Finding, Outcome, Report
from provisor.connectors.scim.check.running import run_checks
from provisor.connectors.scim.tenant_url import parse_tenant_url
from provisor.ports.http import HttpAnswer

ORIGIN = "https://scim.example"


class AsgiHttp:
    """Outgoing HTTP that ends in an application of this process."""

    def __init__(self, app: Any, *, mount: str = "/scim/v2") -> None:
        self.app = app
        self.mount = mount
        self.sent: list[tuple[str, str, bytes | None]] = []

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        timeout_seconds: float | None = None,
    ) -> HttpAnswer:
        parts = urlsplit(url)
        client = AsgiClient(self.app, root_path=self.mount, headers={"host": parts.netloc})
        target = parts.path.removeprefix(self.mount) + (f"?{parts.query}" if parts.query else "")
        self.sent.append((method, target, body))
        given = {**headers, "content-length": str(len(body))} if body is not None else dict(headers)
        heard = await client(method, target, body or None, headers={k.lower(): v for k, v in given.items()})
        return HttpAnswer(heard.status, {name.lower(): value for name, value in heard.headers.items()}, heard.body)

    async def close(self) -> None:
        """Nothing is open."""


async def check(
    app: Any, token: str | None, *, http: AsgiHttp | None = None, clock: SystemClock | None = None, **chosen: Any
) -> Report:
    """Run a selection of checks."""
    clock = clock or SystemClock()
    http = http or AsgiHttp(app)
    line = Line(http, parse_tenant_url(f"{ORIGIN}{http.mount or '/v2'}"), token, clock)
    return await run_checks(line, select(**chosen), clock)


def complaints(report: Report) -> dict[str, str]:
    """Checks that did not pass, with what they say; those that make no sense here are left out."""
    return {
        finding.check.id: f"{finding.outcome} ({finding.severity}): {finding.problem}"
        for finding in report.findings
        if finding.outcome in {Outcome.FAILED, Outcome.BLOCKED}
    }


def finding_of(report: Report, check_id: str) -> Finding:
    """The finding of one check."""
    return next(finding for finding in report.findings if finding.check.id == check_id)
