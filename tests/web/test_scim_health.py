"""`/healthz` and `/readyz`: for whoever watches the process."""

from asgi import AsgiClient
from starlette.applications import Starlette

from provisor.model.errors import Transient
from provisor.server.health import health_routes


async def test_a_process_that_works_is_healthy_and_ready() -> None:
    """Both answer 200 when every check passes."""

    async def works() -> None:
        return None

    client = AsgiClient(Starlette(routes=health_routes({"database": works})))
    for target in ("/healthz", "/readyz"):
        heard = await client("GET", target)
        assert (heard.status, heard.json) == (200, {"status": "ok"})


async def test_a_process_that_cannot_work_lives_but_is_not_ready() -> None:
    """503 with the names of what fails, and nothing that a stranger should not read."""

    async def works() -> None:
        return None

    async def fails() -> None:
        raise Transient("postgresql://user:secret@host is down")

    client = AsgiClient(Starlette(routes=health_routes({"database": fails, "disk": works})))
    assert (await client("GET", "/healthz")).status == 200
    heard = await client("GET", "/readyz")
    assert (heard.status, heard.json) == (503, {"status": "unavailable", "failed": ["database"]})
