"""`provisor credentials …`: the Admin Credentials of an application, and Test Connection."""

from typing import Annotated

import typer

from provisor.bootstrap.home import Home
from provisor.cli.applications import Named
from provisor.cli.printing import out
from provisor.cli.root import app as cli
from provisor.cli.secret_variables import read_secret
from provisor.cli.session import run_in_home
from provisor.model.errors import Reject
from provisor.stages.mapping import compile_rules

group = typer.Typer(help="Admin Credentials of an application.", no_args_is_help=True)
cli.add_typer(group, name="credentials")


@group.command("set")
def set_(
    context: typer.Context,
    application: Named,
    url: Annotated[str, typer.Option("--url", help="The Tenant URL.")],
    token_env: Annotated[
        str | None, typer.Option("--token-env", help="The environment variable that holds the Secret Token.")
    ] = None,
) -> None:
    """Store the Tenant URL and the Secret Token. A new host forgets the old token."""
    token = read_secret(token_env, "Secret Token") if token_env else None

    async def work(home: Home) -> None:
        app = await home.applications.get(application)
        await home.set_credentials(app, url, token)

    run_in_home(context, work)
    out.print("Stored. `provisor credentials test` tries them.")


@group.command("test")
def test(context: typer.Context, application: Named) -> None:
    """Test Connection: ask the target for somebody who does not exist."""

    async def work(home: Home) -> str:
        app = await home.applications.get(application)
        if not app.tenant_url:
            raise Reject(f"{app.name} has no Admin Credentials yet.", remedy="`provisor credentials set` stores them.")
        rules = compile_rules(await home.rules_of(app))
        _, target = await home.connect(app)
        attribute = rules.matching[0].target
        await target.test_connection(attribute)
        return f"The target at {app.tenant_url} answered as it should to a search by {attribute}."

    out.print(run_in_home(context, work))
