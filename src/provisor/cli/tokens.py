"""`provisor token …`: bearer tokens for SCIM."""

from datetime import timedelta
from typing import Annotated, Any

import typer

from provisor.bootstrap.home import Home
from provisor.cli.applications import FormatOption, parse_interval
from provisor.cli.printing import Format, out, print_json, print_rows
from provisor.cli.root import app as cli
from provisor.cli.session import run_in_home
from provisor.cli.shapes import iso
from provisor.model.errors import Reject
from provisor.ports.tokens import SCIM_ROLE, TokenGrant

COLUMNS = ("name", "tenant", "role", "profile", "created", "expires", "lastUsed", "state", "id")
TENANT_DEFAULT = "embedded"
EMBEDDED = "embedded"

group = typer.Typer(help="Bearer tokens for SCIM clients.", no_args_is_help=True)
cli.add_typer(group, name="token")

Id = Annotated[str, typer.Argument(help="Its id, from `token list`.")]


@group.command("create")
def create(
    context: typer.Context,
    role: Annotated[str, typer.Option("--role", help="What it may do; only `scim` so far.")] = SCIM_ROLE,
    app: Annotated[str | None, typer.Option("--app", help="The tenant whose resources the token reaches.")] = None,
    name: Annotated[str, typer.Option("--name", help="What you call it.")] = "",
    expires: Annotated[str | None, typer.Option("--expires", help="Such as 180d.")] = None,
    profile: Annotated[str, typer.Option("--profile", help="The client's dialect: strict, entra or okta.")] = "strict",
    form: FormatOption = Format.TABLE,
) -> None:
    """Make a token. It is shown once, and stored hashed."""
    if role != SCIM_ROLE:
        raise Reject(f"The role {role!r} cannot be given to a token yet.", remedy=f"Use --role {SCIM_ROLE}.")
    lasting: timedelta | None = parse_interval(expires) if expires else None

    async def work(home: Home) -> tuple[TokenGrant, str]:
        return await home.tokens.create(
            tenant=app or TENANT_DEFAULT,
            backend=EMBEDDED,
            role=role,
            profile=profile,
            name=name,
            expires_at=home.clock.now() + lasting if lasting else None,
        )

    grant, token = run_in_home(context, work)
    if form is Format.JSON:
        print_json({"id": grant.id, "token": token})
    else:
        out.print(f"Token (shown once): {token}", markup=False)


@group.command("list")
def list_(context: typer.Context, form: FormatOption = Format.TABLE) -> None:
    """List tokens; the tokens themselves are not kept."""

    async def work(home: Home) -> list[dict[str, Any]]:
        now = home.clock.now()
        return [
            {
                "id": grant.id,
                "name": grant.name,
                "tenant": grant.tenant,
                "role": grant.role,
                "profile": grant.profile,
                "created": iso(grant.created),
                "expires": iso(grant.expires_at),
                "lastUsed": iso(grant.last_used),
                "state": "valid" if grant.is_valid(now) else "ended",
            }
            for grant in await home.tokens.list()
        ]

    print_rows(run_in_home(context, work), COLUMNS, form, empty="No tokens yet.")


@group.command("revoke")
def revoke(context: typer.Context, token_id: Id) -> None:
    """End a token now."""
    run_in_home(context, lambda home: home.tokens.revoke(token_id))
    out.print("Revoked.")


@group.command("rotate")
def rotate(
    context: typer.Context,
    token_id: Id,
    overlap: Annotated[str, typer.Option("--overlap", help="How long the old one still works.")] = "24h",
    form: FormatOption = Format.TABLE,
) -> None:
    """Make a new token in the place of another."""
    lasting = parse_interval(overlap)
    grant, token = run_in_home(context, lambda home: home.tokens.rotate(token_id, lasting))
    if form is Format.JSON:
        print_json({"id": grant.id, "token": token})
    else:
        out.print(f"Token (shown once): {token}", markup=False)
