"""`provisor emulate freshservice`: the Freshservice emulator on its own."""

import secrets
from pathlib import Path
from typing import Annotated

import typer

from provisor.bootstrap.desk import open_emulated_desk
from provisor.bootstrap.home import Home
from provisor.cli.printing import out
from provisor.cli.processes import stop_with_parent
from provisor.cli.root import app as cli
from provisor.cli.secret_variables import read_secret
from provisor.cli.serving import Listening, check_listening, is_loopback, serve_app
from provisor.cli.session import run_in_home
from provisor.model.errors import Reject

DEFAULT_EMULATOR_PORT = 8081
KEY_BYTES = 20

group = typer.Typer(help="Emulators of other systems, for trials and tests.", no_args_is_help=True)
cli.add_typer(group, name="emulate")


@group.command("freshservice")
def freshservice(
    context: typer.Context,
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=1, max=65535, help="The port to listen on.")
    ] = DEFAULT_EMULATOR_PORT,
    plan: Annotated[str, typer.Option("--plan", help="starter, growth, pro or enterprise.")] = "pro",
    api_key_env: Annotated[
        str | None, typer.Option("--api-key-env", help="The environment variable that holds the API key.")
    ] = None,
    faults: Annotated[Path | None, typer.Option("--faults", help="A JSON file of faults to inject.")] = None,
    allow_remote: Annotated[
        bool, typer.Option("--allow-remote", help="Let other machines reach it, without encryption.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing; wants a key that was made before.")] = False,
) -> None:
    """Serve the Freshservice REST API v2 without Freshservice. Its people survive a restart."""
    listening = Listening(host, port)
    check_listening(listening, leaves_loopback=allow_remote, flag="--allow-remote")
    if faults is not None and not faults.is_file():
        raise Reject(f"There is no file {faults}.", remedy="Give --faults a JSON file.")
    given = read_secret(api_key_env, "API key") if api_key_env else None
    stop_with_parent()

    async def work(home: Home) -> None:
        emulator = await open_emulated_desk(
            home, plan, faults.read_bytes() if faults else None, is_page_open=is_loopback(host)
        )
        key = given
        if key is None and not quiet and not emulator.has_key:
            key = secrets.token_urlsafe(KEY_BYTES)
            out.print(f"API key (shown once): {key}", markup=False)
        if key is not None:
            await emulator.ensure_key(key)
        if not quiet:
            out.print(f"Emulating Freshservice on {listening.url} (Ctrl-C stops).", markup=False)
        await serve_app(emulator.app, listening)

    run_in_home(context, work)
