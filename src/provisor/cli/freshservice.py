"""`provisor freshservice …`: the provisioning app of a Freshservice account, as its set-up page does it."""

from typing import Annotated, Any

import typer

from provisor.bootstrap.desk import installations
from provisor.bootstrap.home import Home
from provisor.cli.applications import FormatOption
from provisor.cli.printing import Format, err, out, print_json, print_rows
from provisor.cli.root import app as cli
from provisor.cli.secret_variables import read_secret
from provisor.cli.session import run_in_home
from provisor.cli.shapes import iso

COLUMNS = ("domain", "owner", "created", "state", "id")

group = typer.Typer(help="Freshservice accounts behind the SCIM endpoint.", no_args_is_help=True)
cli.add_typer(group, name="freshservice")

Domain = Annotated[str, typer.Option("--domain", help="Such as acme.freshservice.com.")]
KeyVariable = Annotated[str, typer.Option("--api-key-env", help="The environment variable that holds the API key.")]


@group.command("install")
def install(
    context: typer.Context,
    domain: Domain,
    api_key_env: KeyVariable,
    base_url: Annotated[
        str, typer.Option("--base-url", help="Where this service is reached.")
    ] = "http://127.0.0.1:8080",
    form: FormatOption = Format.TABLE,
) -> None:
    """Check the key, store it encrypted, and print the Tenant URL and, once, the Bearer Token."""
    key = read_secret(api_key_env, "API key")

    async def work(home: Home) -> Any:
        return await installations(home).install(domain, key, base_url=base_url)

    installed = run_in_home(context, work)
    if form is Format.JSON:
        shape = {"id": installed.installation.id, "tenantUrl": installed.tenant_url, "token": installed.token}
        print_json(shape)
    else:
        out.print(f"Tenant URL:                {installed.tenant_url}", markup=False)
        out.print(f"Bearer Token (shown once): {installed.token}", markup=False)
    _warn(installed.warnings)


@group.command("list")
def list_(context: typer.Context, form: FormatOption = Format.TABLE) -> None:
    """List the installed accounts."""

    async def work(home: Home) -> list[dict[str, Any]]:
        return [
            {
                "id": one.id,
                "domain": one.domain,
                "owner": one.owner,
                "created": iso(one.created),
                "state": "installed" if one.is_active else "revoked",
            }
            for one in await home.installations.list()
        ]

    print_rows(run_in_home(context, work), COLUMNS, form, empty="No account is installed yet.")


@group.command("rotate-key")
def rotate_key(context: typer.Context, domain: Domain, api_key_env: KeyVariable) -> None:
    """Put a new API key in the place of the old one; the Bearer Token stays as it is."""
    key = read_secret(api_key_env, "API key")

    async def work(home: Home) -> Any:
        return await installations(home).rotate_key(domain, key)

    _, warnings = run_in_home(context, work)
    out.print("The new key is in use. Nothing changes at the other end.")
    _warn(warnings)


@group.command("revoke")
def revoke(
    context: typer.Context, domain: Domain, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False
) -> None:
    """End an installation: its token stops working and its key is erased. Nobody at the desk is touched."""
    if not yes:
        typer.confirm(f"Revoke the installation of {domain}?", abort=True)

    async def work(home: Home) -> Any:
        return await installations(home).revoke(domain)

    run_in_home(context, work)
    out.print("Revoked.")


def _warn(warnings: Any) -> None:
    for warning in warnings:
        err.print(f"Note: {warning}", style="yellow", markup=False)
