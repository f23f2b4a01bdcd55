"""`provisor scim …`: the SCIM service provider on its own."""

from typing import Annotated, Any

import typer

from provisor.bootstrap.home import Home
from provisor.bootstrap.scim import open_scim
from provisor.cli.applications import FormatOption
from provisor.cli.printing import Format, out, print_rows
from provisor.cli.processes import stop_with_parent
from provisor.cli.root import app as cli
from provisor.cli.secret_variables import read_secret
from provisor.cli.serving import Listening, check_listening, serve_app
from provisor.cli.session import run_in_home
from provisor.cli.tokens import EMBEDDED, TENANT_DEFAULT
from provisor.config import DEFAULT_PORT
from provisor.server.mounting import ENDPOINT, scim_site

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
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="The port to listen on.")] = DEFAULT_PORT,
    token_env: Annotated[
        str | None, typer.Option("--token-env", help="The environment variable that holds the token to accept.")
    ] = None,
) -> None:
    """Serve SCIM at /scim/v2 with the embedded store. Without --token-env a token is made and printed."""
    listening = Listening(host, port)
    check_listening(listening)
    given = read_secret(token_env, "token") if token_env else None
    stop_with_parent()

    async def work(home: Home) -> None:
        if given is not None:
            if await home.tokens.find(given) is None:
                await home.tokens.create(tenant=TENANT_DEFAULT, backend=EMBEDDED, name="scim serve", token=given)
        elif not await home.tokens.list(TENANT_DEFAULT):
            _, token = await home.tokens.create(tenant=TENANT_DEFAULT, backend=EMBEDDED, name="scim serve")
            out.print(f"Token (shown once): {token}", markup=False)
        async with open_scim(home, None) as scim:
            out.print(f"Serving SCIM on {listening.url}{ENDPOINT} (Ctrl-C stops).", markup=False)
            await serve_app(scim_site(scim), listening)

    run_in_home(context, work)
