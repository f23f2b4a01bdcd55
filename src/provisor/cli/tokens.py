"""`provisor token …`: bearer tokens for SCIM clients, and for whoever watches the service."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

import typer

from provisor.bootstrap.home import Home
from provisor.bootstrap.scim import find_user
from provisor.cli.applications import FormatOption, parse_interval
from provisor.cli.printing import Format, out, print_json, print_rows
from provisor.cli.root import app as cli
from provisor.cli.session import run_in_home
from provisor.cli.shapes import iso
from provisor.cli.tenants import find_tenant, tenant_names
from provisor.model.errors import Reject
from provisor.policy.access import Role
from provisor.ports.tokens import SCIM_ROLE, TokenGrant
from provisor.server.dialects.profiles import find_dialect

COLUMNS = ("name", "app", "role", "profile", "rate", "created", "expires", "lastUsed", "state", "id")
EMBEDDED = "embedded"
NO_TENANT = ""
"""Of a token that reaches nobody's resources."""
PROFILE_DEFAULT = "default"
"""Kind to every client, as `scim serve` is; the RFC's letter is for who asks for it."""
TOKEN_ROLES = (SCIM_ROLE, Role.REPORTS_READER.value)
"""The roles that a token has a use for; the others come with the management API."""

group = typer.Typer(help="Bearer tokens for SCIM clients.", no_args_is_help=True)
cli.add_typer(group, name="token")

Id = Annotated[str, typer.Argument(help="Its id, from `token list`.")]
ProfileOption = Annotated[
    str | None, typer.Option("--profile", help="The client's dialect: strict, entra, okta, or default.")
]
RateOption = Annotated[
    int | None, typer.Option("--rate", min=0, help="Requests per second that it may send for long; 0 for no limit.")
]


@group.command("create")
def create(
    context: typer.Context,
    role: Annotated[
        str, typer.Option("--role", help="scim for a SCIM client, reports-reader for whoever reads /metrics.")
    ] = SCIM_ROLE,
    app: Annotated[
        str | None,
        typer.Option("--app", help="The application whose resources it reaches; a new name is a new, empty one."),
    ] = None,
    name: Annotated[str, typer.Option("--name", help="What you call it.")] = "",
    expires: Annotated[str | None, typer.Option("--expires", help="Such as 180d.")] = None,
    profile: ProfileOption = None,
    rate: RateOption = None,
    me: Annotated[
        str | None, typer.Option("--me", metavar="USER_ID", help="The id of the user that /Me stands for.")
    ] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Make a token. It is shown once, and stored hashed."""
    if role not in TOKEN_ROLES:
        raise Reject(f"The role {role!r} cannot be given to a token.", remedy=f"Use one of: {', '.join(TOKEN_ROLES)}.")
    lasting: timedelta | None = parse_interval(expires) if expires else None
    chosen = find_dialect(profile or PROFILE_DEFAULT).name

    async def work(home: Home) -> tuple[TokenGrant, str]:
        tenant = await find_tenant(home, app, may_be_new=True) if role == SCIM_ROLE else NO_TENANT
        if me is not None:
            await find_user(home, tenant, me)
        return await home.tokens.create(
            tenant=tenant,
            backend=await _backend(home, tenant),
            role=role,
            profile=chosen,
            name=name,
            expires_at=home.clock.now() + lasting if lasting else None,
            rate=rate,
            me=me,
        )

    _show_once(*run_in_home(context, work), form)


@group.command("list")
def list_(context: typer.Context, form: FormatOption = Format.TABLE) -> None:
    """List tokens; the tokens themselves are not kept."""

    async def work(home: Home) -> list[dict[str, Any]]:
        now, names = home.clock.now(), await tenant_names(home)
        return [
            {**_shape(grant, names), "state": "valid" if grant.is_valid(now) else _ended(grant)}
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
    _show_once(*run_in_home(context, lambda home: home.tokens.rotate(token_id, lasting)), form)


@group.command("set")
def set_(context: typer.Context, token_id: Id, profile: ProfileOption = None, rate: RateOption = None) -> None:
    """Give a token another profile or rate; both hold within a second."""
    if profile is None and rate is None:
        raise Reject("There is nothing to set.", remedy="Give --profile or --rate.")
    chosen = find_dialect(profile).name if profile is not None else None
    run_in_home(context, lambda home: home.tokens.change(token_id, profile=chosen, rate=rate))
    out.print("Set.")


async def _backend(home: Home, tenant: str) -> str:
    """Where a tenant's resources lie: a further token for an installed account speaks to that account."""
    known = await home.tokens.list(tenant)
    return known[0].backend if known else EMBEDDED


def _shape(grant: TokenGrant, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "id": grant.id,
        "name": grant.name,
        "app": names.get(grant.tenant, grant.tenant),
        "tenant": grant.tenant,
        "role": grant.role,
        "profile": grant.profile,
        "rate": grant.rate,
        "created": iso(grant.created),
        "expires": iso(grant.expires_at),
        "lastUsed": iso(grant.last_used),
    }


def _ended(grant: TokenGrant) -> str:
    return "expired" if grant.revoked_at is None else "revoked"


def _show_once(grant: TokenGrant, token: str, form: Format) -> None:
    if form is Format.JSON:
        print_json({"id": grant.id, "token": token})
    else:
        out.print(f"Token (shown once): {token}", markup=False)
