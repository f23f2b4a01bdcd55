"""scim2-server, another SCIM server in Python, on the same web server; it keeps everything in memory, without a token.

The address space below /v2 is its own. Cursors are switched on, as its documentation has it, and ids are given as its
documentation proposes for predictable ones, so that they need not be collected.
"""

import asyncio
import itertools
import sys
from typing import Any

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server
from scim2_models import Pagination, Resource, ResourceType, ScimProvider
from scim2_server.applications.asgi import ASGIApplication
from scim2_server.memory import AsyncInMemoryStorage, InMemoryStorage
from scim2_server.service import ScimService
from scim2_server.utils import (
    load_default_resource_types,
    load_default_schemas,
    load_default_service_provider_config,
)

from people import resource_id


class _Storage(InMemoryStorage):
    def __init__(self) -> None:
        super().__init__()
        self._numbers = itertools.count()

    def generate_id(self, _resource_type: ResourceType, _resource: Resource[Any]) -> str:
        return resource_id(next(self._numbers))


def make_app() -> ASGIApplication:
    """The application over its own storage."""
    config = load_default_service_provider_config()
    config.pagination = Pagination(index=True, cursor=True)
    provider = ScimProvider.from_discovery(
        load_default_schemas().values(), load_default_resource_types().values(), config=config
    )
    return ASGIApplication(
        AsyncInMemoryStorage(_Storage()), provider, ScimService(provider, secret="only for measuring")
    )


if __name__ == "__main__":
    server = Server(
        make_app(), port=int(sys.argv[1]), interface=Interfaces.ASGI, websockets=False, log_level=LogLevels.error
    )
    asyncio.run(server.serve())
