"""``emoplug eval``: how good is it, measured on your copy of a public data set?"""

from __future__ import annotations

import json
from contextlib import nullcontext
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, TaskID

from emoplug_eval._evaluate import evaluate
from emoplug_eval._show import show, show_list


class Device(StrEnum):
    """Where the network runs."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"


class Split(StrEnum):
    """Which file of a folder is measured on."""

    TEST = "test"
    DEV = "dev"


def run(
    name: Annotated[str, typer.Argument(help="A benchmark; --list shows all.")] = "",
    data: Annotated[
        Path | None,
        typer.Option(help="The data set's folder, the folder of all data sets, or a file."),
    ] = None,
    split: Annotated[Split | None, typer.Option(help="Which split of a folder.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first N scored rows.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    weights: Annotated[
        str | None, typer.Option(help="Folder of weights, in place of the shipped ones.")
    ] = None,
    device: Annotated[Device, typer.Option(help="Where the network runs.")] = Device.AUTO,
    variants: Annotated[
        bool, typer.Option(help="Also measure ourselves without some part.")
    ] = True,
    log: Annotated[
        Path | None,
        typer.Option(help="Write predicted and true strategies there, for preference-bias."),
    ] = None,
    progress: Annotated[bool, typer.Option(help="Show a progress bar on a terminal.")] = True,
    listed: Annotated[
        bool, typer.Option("--list", help="Say where each data set is from, and its licence.")
    ] = False,
) -> None:
    """Measure emoplug on a public benchmark, beside baselines and published figures.

    Predictions read only what had been said. Settings files and variables play no part.
    """
    if listed:
        show_list(Console())
        return
    if not name:
        raise typer.BadParameter("name a benchmark; emoplug eval --list shows all")
    if data is None:
        raise typer.BadParameter(
            f"tell with --data PATH where {name} is; emoplug eval --list shows where from"
        )
    errors = Console(stderr=True)
    shown = progress and errors.is_terminal
    bar = Progress(console=errors, transient=True, disable=not shown)
    with bar if shown else nullcontext():  # even a bar that is not shown would end with a line
        report = evaluate(
            name,
            data,
            split=split and split.value,
            limit=limit,
            weights=weights,
            device=device.value,
            variants=variants,
            log=log,
            progress=_Bars(bar).move,
        )
    if as_json:
        # Not through the console, which would wrap lines at the terminal's width.
        typer.echo(json.dumps(report.as_json()))
    else:
        show(report, Console())


class _Bars:
    """One bar for each part of the work, as it begins."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def move(self, part: str, done: int, total: int) -> None:
        """Show how much of ``part`` is done."""
        if part not in self._tasks:
            self._tasks[part] = self._progress.add_task(part, total=total)
        self._progress.update(self._tasks[part], completed=done)
