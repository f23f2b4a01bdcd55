"""A network on a bad day, as a process: it passes HTTP on to a SCIM service provider and lets much of it go wrong.

    python bad_network.py PORT TARGET_PORT SEED

Nasty are those that happen after the target has done its work: the answer is lost, or cut in the middle. `PUT /mishaps`
with a share between 0 and 1 says how much goes wrong from then on.
"""

import asyncio
import random
import sys

import aiohttp
from aiohttp import web

BEFORE = ("fault", "throttle", "busy", "reset")
AFTER = ("lost", "cut", "reset")
HOP_BY_HOP = {"transfer-encoding", "content-length", "connection", "content-encoding"}


class Network:
    """Passes requests on, when the day allows."""

    def __init__(self, target_port: int, seed: int) -> None:
        self._target = f"http://127.0.0.1:{target_port}"
        self._random = random.Random(seed)
        self._share = 0.0
        self._session: aiohttp.ClientSession | None = None

    async def set_share(self, request: web.Request) -> web.Response:
        """How much goes wrong."""
        self._share = float(await request.text())
        return web.Response(status=204)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One request, and what becomes of it."""
        if self._session is None:
            self._session = aiohttp.ClientSession()
        is_bad = self._random.random() < self._share
        mishap = self._random.choice([*BEFORE, *AFTER]) if is_bad else ""
        is_before = self._random.random() < 0.5
        if mishap in BEFORE and (mishap not in AFTER or is_before):
            return self._refuse(request, mishap)
        headers = {name: value for name, value in request.headers.items() if name.lower() not in HOP_BY_HOP}
        url, body = self._target + request.path_qs, await request.read()
        async with self._session.request(request.method, url, headers=headers, data=body) as answer:
            content = await answer.read()
        kept = {name: value for name, value in answer.headers.items() if name.lower() not in HOP_BY_HOP}
        if mishap == "lost":
            return web.Response(status=500, text="something went wrong afterwards")
        if mishap == "reset":
            return self._hang_up(request)
        if mishap == "cut":
            return web.Response(status=answer.status, headers=kept, body=content[: len(content) // 2])
        return web.Response(status=answer.status, headers=kept, body=content)

    def _refuse(self, request: web.Request, mishap: str) -> web.Response:
        match mishap:
            case "fault":
                return web.Response(status=500, text="<html>oops</html>", content_type="text/html")
            case "throttle":
                return web.Response(status=429, headers={"Retry-After": "0"})
            case "busy":
                return web.Response(status=503)
            case _:
                return self._hang_up(request)

    def _hang_up(self, request: web.Request) -> web.Response:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()


async def main(port: int, target_port: int, seed: int) -> None:
    """Serve until the process is ended."""
    network = Network(target_port, seed)
    app = web.Application()
    app.router.add_put("/mishaps", network.set_share)
    app.router.add_route("*", "/{path:.*}", network.serve)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*(int(argument) for argument in sys.argv[1:])))
