"""`provisor app …`: applications from the gallery, who is assigned to them, and the settings of their jobs."""

import re
from datetime import timedelta
from typing import Annotated, Any

import typer

from provisor.bootstrap.home import Home, new_id
from provisor.cli.printing import Format, out, print_json, print_rows
from provisor.cli.root import app as cli
from provisor.cli.secret_variables import read_secret
from provisor.cli.session import run_in_home
from provisor.cli.shapes import application_json
from provisor.gallery.templates import get_template
from provisor.model.errors import NotFound, Reject
from provisor.model.job import Application, GuardSettings, Profile, ScopeSetting
from provisor.model.notice import Notice, NoticeKind
from provisor.ports.directory import DEFAULT_ACCESS, AppRole, AppRoleAssignment, PrincipalType

group = typer.Typer(help="Applications and their provisioning jobs.", no_args_is_help=True)
cli.add_typer(group, name="app")

COLUMNS = ("name", "status", "template", "scope", "interval", "tenantUrl", "id")
INTERVAL_MIN_SECONDS = 5
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}

Named = Annotated[str, typer.Argument(help="Its name or id.")]
"""An application on the command line."""

FormatOption = Annotated[Format, typer.Option("--format", help="The form of the answer.")]


@group.command("create")
def create(
    context: typer.Context,
    template: Annotated[str, typer.Option("--template", help="A template of the gallery.")],
    name: Annotated[str | None, typer.Option("--name", help="The name; the template's own by default.")] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Add an application from the gallery."""
    made = run_in_home(context, lambda home: home.create_application(template, name))
    _show([made], form, made)


@group.command("list")
def list_(context: typer.Context, form: FormatOption = Format.TABLE) -> None:
    """List the applications."""
    apps = run_in_home(context, lambda home: home.applications.list_all())
    _show(list(apps), form)


@group.command("show")
def show(context: typer.Context, application: Named, form: FormatOption = Format.TABLE) -> None:
    """Show one application."""
    found = run_in_home(context, lambda home: home.applications.get(application))
    _show([found], form, found)


@group.command("delete")
def delete(
    context: typer.Context,
    application: Named,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete an application with its job, links and logs. Accounts in the target stay as they are."""
    if not yes:
        typer.confirm(f"Delete {application} with its links and logs?", abort=True)

    async def work(home: Home) -> None:
        found = await home.applications.get(application)
        await home.directory.forget_app(found.id, home.clock.now())
        await home.applications.delete(found.id)

    run_in_home(context, work)


@group.command("assign")
def assign(
    context: typer.Context,
    application: Named,
    user: Annotated[list[str] | None, typer.Option("--user", help="A person: UPN, id, employee id or mail.")] = None,
    group_name: Annotated[list[str] | None, typer.Option("--group", help="A group: name or id.")] = None,
    role: Annotated[str | None, typer.Option("--role", help="An app role of the application.")] = None,
) -> None:
    """Assign people and groups to an application."""

    async def work(home: Home) -> int:
        app = await home.applications.get(application)
        app_role = _role(app, role)
        count = 0
        for kind, principal_id, _ in await _principals(home, user, group_name):
            assignment = AppRoleAssignment(new_id(), app.id, kind, principal_id, app_role)
            count += await home.directory.assign(assignment, home.clock.now())
        return count

    out.print(f"{run_in_home(context, work)} assigned.")


@group.command("unassign")
def unassign(
    context: typer.Context,
    application: Named,
    user: Annotated[list[str] | None, typer.Option("--user", help="As for `app assign`.")] = None,
    group_name: Annotated[list[str] | None, typer.Option("--group", help="As for `app assign`.")] = None,
) -> None:
    """Take assignments away."""

    async def work(home: Home) -> int:
        app = await home.applications.get(application)
        count = 0
        for _, principal_id, _ in await _principals(home, user, group_name):
            count += await home.directory.unassign(app.id, principal_id, home.clock.now())
        return count

    out.print(f"{run_in_home(context, work)} unassigned.")


@group.command("set")
def set_(
    context: typer.Context,
    application: Named,
    scope: Annotated[
        ScopeSetting | None, typer.Option("--scope", help="Who is to have an account: the assigned, or everybody.")
    ] = None,
    interval: Annotated[str | None, typer.Option("--interval", help="Such as 40m, 90s or 2h.")] = None,
    guard_count: Annotated[
        int | None, typer.Option("--guard-count", min=0, help="Removals wait above this number …")
    ] = None,
    guard_percent: Annotated[
        float | None,
        typer.Option("--guard-percent", min=0, max=100, help="… and above this percentage of the accounts."),
    ] = None,
    profile: Annotated[Profile | None, typer.Option("--profile", help="How the engine behaves.")] = None,
    notify: Annotated[
        list[str] | None,
        typer.Option("--notify", metavar="MAIL", help="Who is mailed; repeat it for more. They replace the former."),
    ] = None,
    is_notifying: Annotated[
        bool | None,
        typer.Option("--notify-failures/--no-notify-failures", help="Send a notification when a failure occurs."),
    ] = None,
    webhook: Annotated[
        str | None, typer.Option("--webhook", metavar="URL", help="Where notices are posted as JSON; '' for nowhere.")
    ] = None,
    webhook_secret_env: Annotated[
        str | None,
        typer.Option("--webhook-secret-env", metavar="VAR", help="The variable with the secret that signs them."),
    ] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Change the settings of an application's job."""

    async def work(home: Home) -> Application:
        app = await home.applications.get(application)
        guard = None
        if guard_count is not None or guard_percent is not None:
            guard = GuardSettings(
                app.guard.count_max if guard_count is None else guard_count,
                app.guard.percent_max if guard_percent is None else guard_percent,
            )
        await home.applications.set_settings(
            app.id,
            scope=scope,
            interval=parse_interval(interval) if interval else None,
            guard=guard,
            profile=profile.value if profile else None,
        )
        await home.set_notices(
            app.id,
            mails=notify,
            is_enabled=is_notifying,
            webhook_url=webhook,
            webhook_secret=read_secret(webhook_secret_env, "webhook's secret") if webhook_secret_env else None,
        )
        return await home.applications.get(app.id)

    changed = run_in_home(context, work)
    _show([changed], form, changed)


@group.command("notify-test")
def notify_test(context: typer.Context, application: Named) -> None:
    """Send a test notice to whoever is told about an application."""

    async def work(home: Home) -> str:
        app = await home.applications.get(application)
        settings = await home.notices.settings(app.id)
        if not settings.reaches_somebody:
            raise Reject(
                f"Nobody is told about {app.name}.",
                remedy=f'Name somebody with `provisor app set "{app.name}" --notify MAIL` or --webhook URL.',
            )
        lines = (f"This is a test. Notices about {app.name} will arrive here.",)
        subject = f"Provisor: a test for {app.name}"
        await home.notifying.tell(Notice(NoticeKind.TEST, "", app.id, app.name, subject, lines, home.clock.now()))
        return ", ".join(filter(None, (*settings.mails, settings.webhook_url)))

    out.print(f"Sent to {run_in_home(context, work)}.")


def parse_interval(text: str) -> timedelta:
    """`40m`, `90s`, `2h`, `1d`. Raises `Reject`."""
    match = re.fullmatch(r"(\d+)\s*([smhd])", text.strip().lower())
    if match is None:
        raise Reject(f"{text!r} is not a length of time.", remedy="Write it as 40m, 90s, 2h or 1d.")
    seconds = int(match[1]) * _UNITS[match[2]]
    if seconds < INTERVAL_MIN_SECONDS:
        raise Reject(f"An interval has at least {INTERVAL_MIN_SECONDS} seconds.")
    return timedelta(seconds=seconds)


async def _principals(
    home: Home, users: list[str] | None, groups: list[str] | None
) -> list[tuple[PrincipalType, str, str]]:
    if not users and not groups:
        raise Reject("Nobody is named.", remedy="Use --user UPN or --group NAME, as often as needed.")
    found: list[tuple[PrincipalType, str, str]] = []
    for reference in users or ():
        people = await home.directory.find_users(reference)
        found.append((PrincipalType.USER, _only(people, "person", reference).id, reference))
    for reference in groups or ():
        some = await home.directory.find_groups(reference)
        found.append((PrincipalType.GROUP, _only(some, "group", reference).id, reference))
    return found


def _only(found: Any, what: str, reference: str) -> Any:
    if not found:
        raise NotFound(f"There is no {what} {reference!r} in the directory.")
    if len(found) > 1:
        raise Reject(f"{len(found)} answer to {reference!r}.", remedy="Use the object id.")
    return found[0]


def _role(app: Application, role: str | None) -> AppRole:
    if role is None:
        return DEFAULT_ACCESS
    roles = get_template(app.template).app_roles
    known = next((one for one in roles if one.casefold() == role.casefold()), None)
    if known is None:
        raise Reject(f"{app.name} has no app role {role!r}.", remedy=f"Use one of: {', '.join(roles)}.")
    return AppRole(f"{app.template}.{known}", known, known)


def _show(apps: list[Application], form: Format, single: Application | None = None) -> None:
    rows = [application_json(one) for one in apps]
    if single and form is Format.JSON:
        print_json(rows[0])
        return
    empty = "No applications yet. Add one with `provisor app create --template freshservice`."
    print_rows(rows, COLUMNS, form, empty=empty)
