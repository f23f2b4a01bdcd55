"""`provisor scim …`: the SCIM service provider on its own."""

import asyncio
from typing import Annotated, Any

import typer

from provisor.bootstrap.home import Home
from provisor.bootstrap.web import open_scim_site
from provisor.cli.applications import FormatOption
from provisor.cli.printing import Format, out, print_rows
from provisor.cli.processes import stop_with_parent
from provisor.cli.root import app as cli
from provisor.cli.secret_variables import read_secret
from provisor.cli.serve import BaseUrl, Certificate, Host, Key, Port, Proxy
from provisor.cli.serving import Listening, check_listening, serve_app
from provisor.cli.session import run_in_home
from provisor.cli.tenants import TENANT_DEFAULT
from provisor.cli.tokens import EMBEDDED, ProfileOption, RateOption
from provisor.config import DEFAULT_PORT
from provisor.server.dialects.profiles import find_dialect
from provisor.server.mounting import ENDPOINT

group = typer.Typer(help="The SCIM service provider.", no_args_is_help=True)
cli.add_typer(group, name="scim")

TYPE_COLUMNS = ("name", "endpoint", "schema", "extensions")


@group.command("types")
def types(context: typer.Context, form: FormatOption = Format.TABLE) -> None:
    """List the resource types of the embedded store, and check the schema files that define further ones."""

    async def work(home: Home) -> list[dict[str, Any]]:
        return [
            {
                "name": each.name,
                "endpoint": each.endpoint,
                "schema": each.schema.id,
                "extensions": [extension.schema.id for extension in each.extensions],
            }
            for each in home.resource_types.values()
        ]

    print_rows(run_in_home(context, work), TYPE_COLUMNS, form)


@group.command("serve")
def serve(
    context: typer.Context,
    host: Host = "127.0.0.1",
    port: Port = DEFAULT_PORT,
    token_env: Annotated[
        str | None, typer.Option("--token-env", help="The environment variable that holds the token to accept.")
    ] = None,
    profile: ProfileOption = None,
    rate: RateOption = None,
    base_url: BaseUrl = None,
    tls_cert: Certificate = None,
    tls_key: Key = None,
    trusted_proxy: Proxy = None,
) -> None:
    """Serve SCIM at /scim/v2 with the embedded store. Without --token-env a token is made and printed."""
    listening = Listening(host, port, tls_cert, tls_key, trusted_proxy)
    check_listening(listening)
    given = read_secret(token_env, "token") if token_env else None
    chosen = find_dialect(profile).name if profile is not None else None
    stop_with_parent()

    async def work(home: Home) -> None:
        made = await _ensure_token(home, given, chosen, rate)
        stopping = asyncio.Event()
        async with open_scim_site(home, base_url, trusted_proxy) as site:
            _print_start(base_url or listening.url, made, token_env)
            await serve_app(site, listening, stopping)

    run_in_home(context, work)


async def _ensure_token(home: Home, given: str | None, profile: str | None, rate: int | None) -> str | None:
    """A token for the standing tenant: the given one, or a new one where there is none yet, which is returned."""
    grant = await home.tokens.find(given) if given is not None else None
    if grant is not None:
        await home.tokens.change(grant.id, profile=profile, rate=rate)
        return None
    if given is None and any(each.is_valid(home.clock.now()) for each in await home.tokens.list(TENANT_DEFAULT)):
        return None
    _, token = await home.tokens.create(
        tenant=TENANT_DEFAULT,
        backend=EMBEDDED,
        profile=profile or "default",
        name="scim serve",
        token=given,
        rate=rate,
    )
    return token if given is None else None


def _print_start(url: str, made: str | None, token_env: str | None) -> None:
    """Where it is, how to get in, and what to try first."""
    tenant_url = f"{url.rstrip('/')}{ENDPOINT}"
    token = "TOKEN" if token_env is None else f"${token_env}"
    if made is not None:
        out.print(f"Token (shown once): {made}", markup=False)
    elif token_env is None:
        out.print("`provisor token list` shows the tokens that are accepted.", markup=False)
    out.print(f'Try: curl -H "Authorization: Bearer {token}" {tenant_url}/Users', markup=False)
    out.print(f"Serving SCIM on {tenant_url} (Ctrl-C stops).", markup=False)
