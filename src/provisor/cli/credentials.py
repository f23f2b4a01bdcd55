"""`provisor credentials …`: the Admin Credentials of an application, and Test Connection."""

from typing import Annotated

import typer

from provisor.bootstrap.home import Home
from provisor.cli.applications import Named
from provisor.cli.printing import out
from provisor.cli.root import app as cli
from provisor.cli.secret_variables import read_secret
from provisor.cli.session import run_in_home
from provisor.model.credentials import BearerToken, ClientCredentials, Credentials
from provisor.model.errors import Reject
from provisor.stages.rules.compiled import compile_rules

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
    token_url: Annotated[
        str | None, typer.Option("--oauth-token-url", help="OAuth client credentials instead: the token endpoint.")
    ] = None,
    client_id: Annotated[str | None, typer.Option("--oauth-client-id", help="The client id.")] = None,
    client_secret_env: Annotated[
        str | None, typer.Option("--oauth-client-secret-env", help="The variable that holds the client secret.")
    ] = None,
    oauth_scope: Annotated[str, typer.Option("--oauth-scope", help="The scope to ask for, if any.")] = "",
    audience: Annotated[str, typer.Option("--oauth-audience", help="The audience to ask for, if any.")] = "",
    in_body: Annotated[
        bool, typer.Option("--oauth-secret-in-body", help="Send id and secret in the body, not in the header.")
    ] = False,
) -> None:
    """Store the Tenant URL and the Secret Token, or OAuth client credentials. A new host forgets the old ones."""
    credentials: Credentials = BearerToken(read_secret(token_env, "Secret Token")) if token_env else None
    if token_url or client_id or client_secret_env:
        if credentials or not (token_url and client_id and client_secret_env):
            raise Reject(
                "OAuth client credentials are --oauth-token-url, --oauth-client-id and --oauth-client-secret-env.",
                remedy="Give all three, and no --token-env.",
            )
        secret = read_secret(client_secret_env, "client secret")
        credentials = ClientCredentials(token_url, client_id, secret, oauth_scope, audience, not in_body)

    async def work(home: Home) -> None:
        app = await home.applications.get(application)
        await home.set_credentials(app, url, credentials)

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
