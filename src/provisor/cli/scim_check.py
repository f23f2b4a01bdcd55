"""`provisor scim check`: the conformance self-test of any SCIM server."""

import asyncio
import signal
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

import typer
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bar

from provisor.cli.printing import err, print_json
from provisor.cli.root import EXIT_FAILED
from provisor.cli.scim import group
from provisor.cli.scim_report import catalogue_json, print_catalogue, print_report
from provisor.cli.secret_variables import read_secret
from provisor.config import Settings, read_settings
from provisor.connectors.clock import SystemClock
from provisor.connectors.http.client import GuardedHttpClient
from provisor.connectors.http.guard import AddressRules, check_url
from provisor.connectors.scim.check.catalogue import Selection, select
from provisor.connectors.scim.check.judges import Client
from provisor.connectors.scim.check.line import TIMEOUT_SECONDS, Line
from provisor.connectors.scim.check.report import Report
from provisor.connectors.scim.check.reporting.json_report import json_report
from provisor.connectors.scim.check.reporting.junit_report import junit_report
from provisor.connectors.scim.check.running import Progress, run_checks
from provisor.connectors.scim.check.sample import USER_DOMAIN
from provisor.connectors.scim.tenant_url import TenantUrl, parse_tenant_url
from provisor.model.errors import Reject


class Form(StrEnum):
    """Forms of a report."""

    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"


Url = Annotated[str | None, typer.Argument(help="The server: the address right before /Users.")]
TokenEnv = Annotated[
    str | None, typer.Option("--token-env", help="The environment variable that holds the bearer token.")
]
FormOption = Annotated[Form, typer.Option("--format", help="The form of the report.")]
Clients = Annotated[list[Client] | None, typer.Option("--client", help="Check only what this client needs.")]
Only = Annotated[list[str] | None, typer.Option("--only", help="Run only this group of checks, or this check.")]
Skip = Annotated[list[str] | None, typer.Option("--skip", help="Leave out this group of checks, or this check.")]
ReadOnly = Annotated[bool, typer.Option("--read-only", help="Write nothing: for a server in use.")]
Strict = Annotated[bool, typer.Option("--strict", help="Fail for what is only a SHOULD too.")]
ListOnly = Annotated[bool, typer.Option("--list", help="List the checks and run none.")]
Verbose = Annotated[
    bool, typer.Option("--verbose", help="Show every check, not only those that have something to say.")
]
UserDomain = Annotated[str, typer.Option("--user-domain", help="What the user names of test users end in.")]
Timeout = Annotated[float, typer.Option("--timeout", min=1, max=600, help="Seconds that one request may take.")]
CaFile = Annotated[
    Path | None, typer.Option("--ca-file", help="A PEM file of authorities to trust besides the system's.")
]


@group.command("check")
def check(
    context: typer.Context,
    url: Url = None,
    token_env: TokenEnv = None,
    form: FormOption = Form.TEXT,
    client: Clients = None,
    only: Only = None,
    skip: Skip = None,
    read_only: ReadOnly = False,
    strict: Strict = False,
    list_only: ListOnly = False,
    verbose: Verbose = False,
    user_domain: UserDomain = USER_DOMAIN,
    timeout: Timeout = TIMEOUT_SECONDS,
    ca_file: CaFile = None,
) -> None:
    """Check any SCIM 2.0 server against the RFCs and what Entra, Okta and other clients need.

    It creates test users and groups of its own, touches nothing else, and removes them at the end. Exit code 1 when a
    MUST is broken, or when the server cannot be reached or refuses the token.
    """
    chosen = select(only=only or (), skip=skip or (), clients=client or (), is_reading=read_only)
    if list_only:
        if form is Form.JSON:
            print_json(catalogue_json(chosen))
        else:
            print_catalogue(chosen)
        return
    if url is None:
        raise Reject("There is no server to check.", remedy="Name it: provisor scim check URL --token-env VAR.")
    settings: Settings = read_settings(context.obj.data)
    server = Server(
        tenant=parse_tenant_url(url),
        token=read_secret(token_env, "token") if token_env else None,
        rules=AddressRules(allow_private=settings.allow_private),
        ca_file=ca_file or settings.ca_file,
        proxy=settings.proxy,
        timeout_seconds=timeout,
    )
    check_url(server.tenant.base, server.rules)
    report = run_watched(server, chosen, user_domain)
    print_in(form, report, is_verbose=verbose)
    if report.has_failed or (strict and report.has_warnings):
        raise typer.Exit(EXIT_FAILED)


@dataclass(frozen=True, slots=True)
class Server:
    """The server that is checked, and how it is reached."""

    tenant: TenantUrl
    token: str | None
    rules: AddressRules
    ca_file: Path | None
    proxy: str | None
    timeout_seconds: float

    async def check(self, chosen: Selection, domain: str, watch: "Watch") -> Report:
        """Run the checks. Raises `Unreachable`, `JobFailed` and `Reject`."""
        task = asyncio.current_task()
        assert task is not None
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        clock = SystemClock()
        named = GuardedHttpClient(rules=self.rules, ca_file=self.ca_file, proxy=self.proxy)
        nameless = GuardedHttpClient(rules=self.rules, ca_file=self.ca_file, proxy=self.proxy, user_agent=None)
        try:
            line = Line(
                named,
                self.tenant,
                self.token,
                clock,
                timeout_seconds=self.timeout_seconds,
                anonymous_http=nameless,
            )
            return await run_checks(line, chosen, clock, domain=domain, on_begin=watch.begin, on_progress=watch.show)
        finally:
            await named.close()
            await nameless.close()


def run_watched(server: Server, chosen: Selection, domain: str) -> Report:
    """Run the checks with a progress line. A first Ctrl-C ends them and clears up; a second one ends that as well."""
    with Watch(is_reading=chosen.is_reading) as watch:
        try:
            return asyncio.run(server.check(chosen, domain, watch))
        except KeyboardInterrupt:
            if watch.prefix and not chosen.is_reading:
                err.print(f"Stopped. Remove by hand whatever has a name that begins with {watch.prefix}.", markup=False)
            raise typer.Exit(EXIT_FAILED) from None


def print_in(form: Form, report: Report, *, is_verbose: bool) -> None:
    """Print a report in one of its forms."""
    if form is Form.JSON:
        print_json(json_report(report))
    elif form is Form.JUNIT:
        sys.stdout.write(junit_report(report))
    else:
        print_report(report, is_verbose=is_verbose)
    if form is not Form.TEXT:
        for url in report.leftovers:
            err.print(f"Not removed: {url}", markup=False)


class Watch:
    """A progress line on standard error: a bar on a terminal, else a line for each group."""

    def __init__(self, *, is_reading: bool) -> None:
        self._is_reading = is_reading
        self._title = ""
        self.prefix = ""
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        self._bar = Bar(*columns, console=err, transient=True, disable=not err.is_terminal)
        self._task = self._bar.add_task("Meeting the server", total=None)

    def begin(self, prefix: str) -> None:
        """Say what is going to happen, before it does."""
        self.prefix = prefix
        if self._is_reading:
            err.print("Nothing is written: only the checks that read are run.", markup=False)
        else:
            err.print(
                f"Test users and groups whose names begin with {prefix} are created, and removed at the end;"
                " nothing else is touched.",
                markup=False,
            )

    def show(self, progress: Progress) -> None:
        """Show how far it is."""
        self._bar.update(self._task, description=progress.title, total=progress.total, completed=progress.done)
        if not err.is_terminal and progress.title != self._title:
            err.print(f"{progress.done:>4} of {progress.total}  {progress.title} …", markup=False)
        self._title = progress.title

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()
