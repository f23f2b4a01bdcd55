"""A SCIM service provider as a process of its own, with a token for each profile."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from main_job import free_ports, is_listening, running, wait_until

from provisor.bootstrap.home import Home
from provisor.config import read_settings
from provisor.server.dialects.profiles import PROFILES

FIRST_TOKEN = "first-token-of-the-scim-process-0123456789"


@dataclass(frozen=True, slots=True)
class ScimProcess:
    """Where it listens, and a token for each profile; each token has a tenant of its own."""

    data: Path
    port: int
    tokens: dict[str, str]

    @property
    def url(self) -> str:
        """The Tenant URL."""
        return f"http://127.0.0.1:{self.port}/scim/v2"

    def token(self, tenant: str, profile: str = "default") -> str:
        """A new token."""
        return asyncio.run(_make_token(self.data, tenant, profile))


async def _make_token(data: Path, tenant: str, profile: str) -> str:
    home = Home(read_settings(data, {}))
    try:
        _, token = await home.tokens.create(tenant=tenant, backend="embedded", profile=profile)
        return token
    finally:
        await home.close()


@contextmanager
def scim_process(data: Path) -> Iterator[ScimProcess]:
    """Start it, wait until it answers, make the tokens; it is gone afterwards."""
    port = free_ports()
    arguments = ("scim", "serve", "--port", str(port), "--token-env", "FIRST_TOKEN")
    with running(data, *arguments, environment={"FIRST_TOKEN": FIRST_TOKEN}) as process:
        wait_until(lambda: is_listening(port) or process.poll() is not None, "the server answers")
        assert process.poll() is None, process.stdout and process.stdout.read()
        found = ScimProcess(data, port, {})
        for profile in PROFILES:
            found.tokens[profile] = found.token(f"judged-{profile}", profile)
        yield found
