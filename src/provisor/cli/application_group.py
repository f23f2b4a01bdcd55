"""Command groups in which the application comes before the command: `provisor deletes APPLICATION list`."""

import shlex
from typing import Any

import typer
from typer.core import TyperGroup

from provisor.cli.applications import Named
from provisor.cli.root import app as cli
from provisor.model.errors import Reject


class _ApplicationFirst(TyperGroup):
    """Tells whoever puts the command before the application."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        words = [word for word in args if not word.startswith("-")]
        is_reversed = words and words[0] in self.commands and not (len(words) > 1 and words[1] in self.commands)
        if is_reversed and "--help" not in args:
            application = shlex.quote(words[1]) if len(words) > 1 else "APPLICATION"
            raise Reject(
                f"The application comes before the command {words[0]!r}.",
                remedy=f"Type: {ctx.command_path} {application} {words[0]}",
            )
        return super().parse_args(ctx, args)


def application_group(name: str, about: str) -> typer.Typer:
    """A group of commands about one application, registered under its name."""
    group = typer.Typer(cls=_ApplicationFirst, help=about, no_args_is_help=True)

    @group.callback(help=about)
    def of(application: Named) -> None:
        """Take the name; the commands ask for it with `named_application`."""

    cli.add_typer(group, name=name)
    return group


def named_application(context: typer.Context) -> str:
    """The application that was named before the command."""
    assert context.parent is not None
    return str(context.parent.params["application"])
