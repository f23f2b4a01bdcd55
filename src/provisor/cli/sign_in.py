"""`provisor admin …`: people who may sign in to the console."""

from typing import Annotated

import typer

from provisor.bootstrap.home import Home
from provisor.cli.printing import out
from provisor.cli.root import app as cli
from provisor.cli.session import run_in_home

group = typer.Typer(help="People who may sign in to the console.", no_args_is_help=True)
cli.add_typer(group, name="admin")


@group.command("create")
def create(
    context: typer.Context,
    base_url: Annotated[str, typer.Option("--base-url", help="Where the console is served.")] = "http://127.0.0.1:8080",
) -> None:
    """Print a one-time sign-in link to the console; it is valid for 15 minutes."""

    async def work(home: Home) -> str:
        return await home.sign_in_link(base_url)

    out.print(run_in_home(context, work), markup=False)
