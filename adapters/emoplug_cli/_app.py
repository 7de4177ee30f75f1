"""The commands, by name."""

from __future__ import annotations

from typing import Annotated

import typer

import emoplug
from emoplug_cli._analyze import analyze
from emoplug_cli._brought import Commands
from emoplug_cli._chat import chat
from emoplug_cli._doctor import doctor
from emoplug_cli._plugins import plugins

app = typer.Typer(
    name="emoplug",
    cls=Commands,
    help="Emotion-aware middleware for LLM apps.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for command in (analyze, chat, plugins, doctor):
    app.command()(command)


def _version(*, asked: bool) -> None:
    if asked:
        typer.echo(f"emoplug {emoplug.__version__}")
        raise typer.Exit


@app.callback()
def _main(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", is_eager=True),
    ] = False,
) -> None:
    _version(asked=version)
