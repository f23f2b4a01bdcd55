"""`/healthz`, `/readyz` and `/metrics`: for whoever watches the process.

The first two are open to anybody and say nothing that a stranger should not read. Metrics are for this machine, unless
a proxy stands between, and for tokens whose role may read reports.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from provisor.model.errors import ProvisorError
from provisor.policy.access import Action, is_allowed
from provisor.ports.tokens import TokenStore
from provisor.server.operating.client_address import Network, is_local
from provisor.server.operating.metrics import Metrics
from provisor.server.transport.authentication import read_bearer

CHECK_SECONDS_MAX = 2.0
"""A check that takes longer has failed: whoever asks has little patience."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must work. `run` returns when it does, and raises `ProvisorError` or `OSError` when it does not.

    `reason` is what strangers are told then; what was raised is for nobody else.
    """

    name: str
    reason: str
    run: Callable[[], Awaitable[None]]


def monitoring_routes(
    checks: Sequence[Check], metrics: Metrics, tokens: TokenStore, proxies: tuple[Network, ...] = ()
) -> list[Route]:
    """The routes `/healthz`, `/readyz` and `/metrics`; `proxies` stand between others and this machine."""

    async def ready(_request: Request) -> Response:
        outcomes = await asyncio.gather(*(_passes(check) for check in checks))
        failed = {check.name: check.reason for check, passes in zip(checks, outcomes, strict=True) if not passes}
        if failed:
            body = {"status": "unavailable", "failed": list(failed), "reasons": failed}
            return JSONResponse(body, status_code=503)
        return JSONResponse({"status": "ok"})

    async def numbers(request: Request) -> Response:
        if not is_local(request.scope, request.headers, proxies):
            token = read_bearer(request.headers.get("authorization"))
            grant = await tokens.find(token) if token is not None else None
            if grant is None:
                challenge = {"WWW-Authenticate": 'Bearer realm="metrics"'}
                return Response("A token with the role reports-reader is needed.\n", 401, challenge)
            if not is_allowed(grant.role, Action.VIEW_STATUS):
                return Response(f"A token with the role {grant.role} does not read metrics.\n", 403)
        return Response(await metrics.render(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return [
        Route("/healthz", answer_health, methods=["GET"]),
        Route("/readyz", ready, methods=["GET"]),
        Route("/metrics", numbers, methods=["GET"]),
    ]


async def answer_health(_request: Request) -> Response:
    """The process answers: it lives."""
    return JSONResponse({"status": "ok"})


async def _passes(check: Check) -> bool:
    try:
        await asyncio.wait_for(check.run(), CHECK_SECONDS_MAX)
    except (ProvisorError, OSError, TimeoutError):
        return False
    return True
