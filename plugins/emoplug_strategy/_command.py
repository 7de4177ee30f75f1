"""``emoplug bias``: which support strategies does a model prefer?"""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from emoplug import InputError, Settings
from emoplug_strategy._html import write_page
from emoplug_strategy._judged import judged
from emoplug_strategy._log import Log, read_log
from emoplug_strategy._report import BiasReport, report_of
from emoplug_strategy._show import show

_TRUE = "macro-F1 against the true strategies"
_PLANNER = "agreement with our planner, which is no truth"

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)


@app.callback()
def bias() -> None:
    """Tell which support strategies a model prefers, whatever people need."""


@app.command()
def report(
    file: Annotated[
        Path,
        typer.Argument(help="A chat log, or JSON lines of predicted and true strategies."),
    ],
    html: Annotated[Path | None, typer.Option(help="Write a page there, too.")] = None,
    supporter: Annotated[
        str | None, typer.Option(help="Who helps in the log, if not the assistant.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show proficiency Q, bias B and the eight preferences of a chat log."""
    if html is not None and html.resolve() == file.resolve():
        raise InputError(f"--html would overwrite the log {file}; choose another path")
    found = _report(read_log(file, supporter), file.name)
    if html is not None:
        write_page(found, html)
    if as_json:
        typer.echo(json.dumps(found.model_dump(), ensure_ascii=True))
    else:
        show(found, Console())


def _report(log: Log, source: str) -> BiasReport:
    if log.choices:
        return report_of(log.choices, source, _TRUE, "")
    permissive_only = Settings.load().permissive_only
    replies = sum(said.is_reply for talk in log.conversations.values() for said in talk)
    errors = Console(stderr=True)
    shown = errors.is_terminal
    bar = Progress(console=errors, transient=True, disable=not shown)
    with bar if shown else nullcontext():  # even a bar that is not shown would end with a line
        task = bar.add_task("reading replies", total=replies)
        found = judged(
            log.conversations,
            lambda done: bar.update(task, completed=done),
            permissive_only=permissive_only,
        )
    return report_of(found.choices, source, _PLANNER, found.judge)
