"""`provisor serve`: one web process and one engine process, supervised."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from provisor.bootstrap.home import Home
from provisor.bootstrap.housekeeping import keep_house
from provisor.bootstrap.web import open_web
from provisor.cli.printing import err, out
from provisor.cli.processes import Child, stop_requested, stop_with_parent, supervise
from provisor.cli.root import app as cli
from provisor.cli.serving import FINISH_SECONDS, Listening, check_listening, serve_app
from provisor.cli.session import run_in_home
from provisor.config import DEFAULT_PORT
from provisor.engine.notifying import remind
from provisor.engine.scheduling import run_schedule
from provisor.model.errors import Reject

Host = Annotated[str, typer.Option("--host", help="The address to listen on.")]
Port = Annotated[int, typer.Option("--port", min=1, max=65535, help="The port to listen on.")]
BaseUrl = Annotated[str | None, typer.Option("--base-url", help="The URL under which others reach this service.")]
Certificate = Annotated[Path | None, typer.Option("--tls-cert", help="A certificate in PEM form, with its chain.")]
Key = Annotated[Path | None, typer.Option("--tls-key", help="The key of the certificate, in PEM form.")]
Proxy = Annotated[
    str | None,
    typer.Option(
        "--trusted-proxy", help="The address of the proxy in front that brings TLS; networks too, between commas."
    ),
]


@cli.command("serve")
def serve(
    context: typer.Context,
    host: Host = "127.0.0.1",
    port: Port = DEFAULT_PORT,
    base_url: BaseUrl = None,
    tls_cert: Certificate = None,
    tls_key: Key = None,
    trusted_proxy: Proxy = None,
    workers: Annotated[
        int, typer.Option("--workers", min=1, help="Web processes; more than one is still to come.")
    ] = 1,
) -> None:
    """Serve the console and SCIM, and run due cycles."""
    listening = Listening(host, port, tls_cert, tls_key, trusted_proxy)
    if workers > 1:
        if context.obj.settings().database_url is None:
            raise Reject(
                "More than one worker is not possible with the embedded database.",
                remedy="Leave --workers out, or set PROVISOR_DATABASE_URL to a PostgreSQL database.",
            )
        raise Reject("More than one worker is still to come.", remedy="Leave --workers out.")
    check_listening(listening)
    arguments = ["--host", host, "--port", str(port), "--base-url", base_url or listening.url]
    for flag, value in (("--tls-cert", tls_cert), ("--tls-key", tls_key), ("--trusted-proxy", trusted_proxy)):
        arguments += [flag, str(value)] if value else []

    async def work(home: Home) -> None:
        if warning := home.check(("engine", "scim")):
            err.print(f"Note: {warning}", style="yellow", markup=False)
        data = ["--data", str(home.settings.data)]
        children = [
            Child("web", [*data, "serve-web", *arguments]),
            Child("engine", [*data, "serve-engine"]),
        ]
        out.print(f"Serving on {base_url or listening.url} (Ctrl-C stops).", markup=False)
        if out.is_terminal:  # a link in a log file would let its readers in
            link = await home.sign_in_link(base_url or listening.url)
            out.print(f"Sign in once, within 15 minutes: {link}", markup=False)
        await supervise(children, home.clock, stop_requested())

    stop_with_parent()
    run_in_home(context, work)


@cli.command("serve-web", hidden=True)
def serve_web(
    context: typer.Context,
    base_url: BaseUrl = None,
    host: Host = "127.0.0.1",
    port: Port = DEFAULT_PORT,
    tls_cert: Certificate = None,
    tls_key: Key = None,
    trusted_proxy: Proxy = None,
    notice: Annotated[str, typer.Option("--notice", help="A sentence for the top of every page.")] = "",
) -> None:
    """The web process of `serve`."""
    stop_with_parent()
    listening = Listening(host, port, tls_cert, tls_key, trusted_proxy)

    async def work(home: Home) -> None:
        stopping = asyncio.Event()
        url = base_url or listening.url
        async with open_web(home, url, stopping, notice=notice, trusted_proxy=trusted_proxy) as app:
            await serve_app(app, listening, stopping)

    run_in_home(context, work)


@cli.command("serve-engine", hidden=True)
def serve_engine(context: typer.Context) -> None:
    """The engine process of `serve`."""
    stop_with_parent()

    async def work(home: Home) -> None:
        tidying = asyncio.create_task(keep_house(home))
        reminding = asyncio.create_task(remind(home.notifying, home.applications))
        cycles = asyncio.create_task(run_schedule(home.engine))
        stopping = asyncio.create_task(stop_requested())
        await asyncio.wait({cycles, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if cycles.done():
            await cycles
        home.engine.ending.set()
        await asyncio.wait({cycles}, timeout=FINISH_SECONDS)
        for task in (cycles, tidying, reminding):
            task.cancel()
        await asyncio.gather(cycles, tidying, reminding, return_exceptions=True)

    run_in_home(context, work)
