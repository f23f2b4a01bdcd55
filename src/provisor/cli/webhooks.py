"""`provisor scim webhook …`: who hears of changes at the SCIM endpoint, and what was delivered."""

from typing import Annotated, Any

import typer

from provisor.bootstrap.hearing import add_webhook, rotate_key, try_webhook
from provisor.bootstrap.home import Home
from provisor.cli.applications import FormatOption
from provisor.cli.printing import Format, out, print_json, print_rows
from provisor.cli.root import EXIT_FAILED
from provisor.cli.scim import group as scim
from provisor.cli.secret_variables import read_secret
from provisor.cli.session import run_in_home
from provisor.cli.shapes import iso
from provisor.cli.tenants import find_tenant, tenant_names
from provisor.ports.webhooks import Payload, Webhook

COLUMNS = ("url", "app", "payload", "state", "waiting", "nextAttempt", "lastError", "id")
DELIVERY_COLUMNS = ("time", "event", "resource", "outcome", "status", "attempt", "error", "milliseconds")
SHOWN_DEFAULT = 100

group = typer.Typer(help="Webhooks that hear of changes (RFC 9967).", no_args_is_help=True)
scim.add_typer(group, name="webhook")

Id = Annotated[str, typer.Argument(help="Its id, from `scim webhook list`.")]
KeyOption = Annotated[
    str | None, typer.Option("--key-env", help="The environment variable that holds the key; one is made without.")
]


@group.command("add")
def add(
    context: typer.Context,
    url: Annotated[str, typer.Argument(help="Where events are sent: https, or http on this machine.")],
    app: Annotated[str | None, typer.Option("--app", help="Only of this application; of all without.")] = None,
    payload: Annotated[
        Payload, typer.Option("--payload", help="notice names what changed, full says the values too.")
    ] = Payload.NOTICE,
    key_env: KeyOption = None,
    authorization_env: Annotated[
        str | None,
        typer.Option("--authorization-env", help="The variable that holds what to send as Authorization header."),
    ] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Send change events to an address. The key that signs them is shown once, and stored encrypted."""
    key = read_secret(key_env, "key") if key_env else None
    authorization = read_secret(authorization_env, "Authorization header") if authorization_env else None

    async def work(home: Home) -> tuple[str, str]:
        tenant = await find_tenant(home, app) if app is not None else None
        made = await add_webhook(home, url, tenant=tenant, payload=payload, key=key, authorization=authorization)
        return made.webhook.id, made.key

    _show_key(*run_in_home(context, work), form)


@group.command("list")
def list_(context: typer.Context, form: FormatOption = Format.TABLE) -> None:
    """List the webhooks, how they stand, and how many events wait for each."""

    async def work(home: Home) -> list[dict[str, Any]]:
        names, waiting = await tenant_names(home), await home.webhooks.waiting_counts()
        return [
            {
                "id": each.id,
                "url": each.url,
                "app": "all" if each.tenant is None else names.get(each.tenant, each.tenant),
                "tenant": each.tenant,
                "payload": each.payload.value,
                "state": _state(each),
                "waiting": waiting.get(each.id, 0),
                "failures": each.failures,
                "nextAttempt": iso(each.next_attempt),
                "lastError": each.last_error,
                "created": iso(each.created),
            }
            for each in await home.webhooks.list()
        ]

    print_rows(run_in_home(context, work), COLUMNS, form, empty="No webhooks.")


@group.command("remove")
def remove(context: typer.Context, webhook_id: Id) -> None:
    """Forget a webhook, what waits for it and what was delivered."""
    run_in_home(context, lambda home: home.webhooks.remove(webhook_id))
    out.print("Removed.")


@group.command("enable")
def enable(context: typer.Context, webhook_id: Id) -> None:
    """Let a webhook hear again that was disabled, or try one that failed now instead of later."""
    run_in_home(context, lambda home: home.webhooks.enable(webhook_id))
    out.print("Enabled.")


@group.command("rotate-key")
def rotate(
    context: typer.Context, webhook_id: Id, key_env: KeyOption = None, form: FormatOption = Format.TABLE
) -> None:
    """Sign with another key from now on, also what waits."""
    key = read_secret(key_env, "key") if key_env else None
    _show_key(webhook_id, run_in_home(context, lambda home: rotate_key(home, webhook_id, key)), form)


@group.command("test")
def test(context: typer.Context, webhook_id: Id) -> None:
    """Send a signed event that says nothing, and tell what was answered."""
    attempt = run_in_home(context, lambda home: try_webhook(home, webhook_id))
    if not attempt.is_delivered:
        out.print(attempt.error, markup=False)
        raise typer.Exit(EXIT_FAILED)
    out.print(f"The receiver answered {attempt.status} after {attempt.milliseconds:.0f} ms.")


@group.command("deliveries")
def deliveries(
    context: typer.Context,
    webhook_id: Annotated[str | None, typer.Argument(help="Its id; of all webhooks without.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=0, help="Attempts at most; 0 for all.")] = SHOWN_DEFAULT,
    form: FormatOption = Format.TABLE,
) -> None:
    """What was sent to webhooks and what came of it, newest first."""

    async def work(home: Home) -> list[dict[str, Any]]:
        if webhook_id is not None:
            await home.webhooks.get(webhook_id)
        return [
            {
                "time": iso(each.at),
                "webhook": each.webhook_id,
                "jti": each.token_identifier,
                "event": each.events,
                "resource": each.subject,
                "outcome": each.outcome.value,
                "status": each.status,
                "attempt": each.attempt,
                "error": each.error,
                "milliseconds": round(each.milliseconds, 1),
            }
            for each in await home.webhooks.deliveries(webhook_id, limit)
        ]

    print_rows(run_in_home(context, work), DELIVERY_COLUMNS, form, empty="No deliveries.")


def _state(webhook: Webhook) -> str:
    if webhook.disabled_at is not None:
        return "disabled"
    return "failing" if webhook.failures else "enabled"


def _show_key(webhook_id: str, key: str, form: Format) -> None:
    if form is Format.JSON:
        print_json({"id": webhook_id, "key": key})
    else:
        out.print(f"Webhook {webhook_id}", markup=False)
        out.print(f"Key (shown once): {key}", markup=False)
