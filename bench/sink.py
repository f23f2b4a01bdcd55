"""A trivial SCIM application in its own process: it numbers what it is sent. Also the bare answer to compare with."""

import asyncio
import itertools
import json
import sys

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

MEDIA = "application/scim+json"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
BARE = json.dumps(
    {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "1", "userName": "ada" * 250}
).encode()

numbers = itertools.count(1)
held: dict[str, dict] = {}


async def users(request: Request) -> Response:
    """POST stores; GET tells the total."""
    if request.method == "POST":
        body = json.loads(await request.body())
        body["id"] = str(next(numbers))
        held[body["id"]] = body
        return Response(json.dumps(body), 201, media_type=MEDIA)
    answer = {"schemas": [LIST], "totalResults": len(held), "startIndex": 1, "itemsPerPage": 0, "Resources": []}
    return Response(json.dumps(answer), media_type=MEDIA)


async def user(_request: Request) -> Response:
    """PATCH answers as if it were done."""
    return Response(status_code=204)


async def bare(_request: Request) -> Response:
    """A constant answer."""
    return Response(BARE, media_type=MEDIA)


app = Starlette(
    routes=[
        Route("/scim/v2/Users", users, methods=["GET", "POST"]),
        Route("/scim/v2/Users/{id}", user, methods=["PATCH", "DELETE"]),
        Route("/bare", bare),
    ]
)


if __name__ == "__main__":
    server = Server(app, port=int(sys.argv[1]), interface=Interfaces.ASGI, websockets=False, log_level=LogLevels.error)
    asyncio.run(server.serve())
