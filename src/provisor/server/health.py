"""Whether the process lives (`/healthz`) and whether it can do its work (`/readyz`). Both are open to anybody."""

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from provisor.model.errors import ProvisorError

Check = Callable[[], Awaitable[None]]
"""Returns when the thing works; raises `ProvisorError` or `OSError` when it does not."""


async def answer_health(_request: Request) -> Response:
    """The process answers: it lives."""
    return JSONResponse({"status": "ok"})


def answer_readiness(checks: Mapping[str, Check]) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that runs every check; 503 and the names of those that failed, without details."""

    async def ready(_request: Request) -> Response:
        failed = [name for name, check in checks.items() if not await _passes(check)]
        if failed:
            return JSONResponse({"status": "unavailable", "failed": failed}, status_code=503)
        return JSONResponse({"status": "ok"})

    return ready


def health_routes(checks: Mapping[str, Check]) -> list[Route]:
    """The routes `/healthz` and `/readyz`."""
    return [
        Route("/healthz", answer_health, methods=["GET"]),
        Route("/readyz", answer_readiness(checks), methods=["GET"]),
    ]


async def _passes(check: Check) -> bool:
    try:
        await check()
    except (ProvisorError, OSError):
        return False
    return True
