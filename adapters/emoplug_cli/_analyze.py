"""``emoplug analyze``: what a conversation felt like, as a table, JSON or a page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.text import Text

from emoplug import Emoplug, Settings, Turn
from emoplug_cli._files import overwrite
from emoplug_cli._html import page
from emoplug_cli._input import STDIN, RawMessage, parse, read_text
from emoplug_cli._json import as_line
from emoplug_cli._plain import forgive_encodings, one_line
from emoplug_cli._seen import degraded_line
from emoplug_cli._table import show

_PATIENCE, _PATIENCE_EACH = 120.0, 0.1
"""Seconds a conversation and each message of it may take: nobody waits for a reply."""
_SLICE = 64
"""Messages encoded between two moves of the progress bar; fewer in all need no bar."""
_WARNINGS = 20


def analyze(
    file: Annotated[str, typer.Argument(help="A conversation, or - for standard input.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object for each conversation.")
    ] = False,
    html: Annotated[
        Path | None, typer.Option(help="Write a self-contained page here.", dir_okay=False)
    ] = None,
    user: Annotated[
        str | None, typer.Option(help="Which speaker of a transcript is the user.")
    ] = None,
    plugins: Annotated[
        str | None, typer.Option(help="Plugins to use instead of those set: a,b,c.")
    ] = None,
) -> None:
    """Show how each message of a conversation feels, and what emoplug would tell the model.

    FILE is JSONL or a JSON array of OpenAI messages, or a transcript of 'Name: text' lines.
    Lines that cannot be read are named and left out; the exit code is then 1.
    """
    forgive_encodings()
    errors = Console(stderr=True)
    parsed = parse(read_text(file), user)
    _warn(errors, [f"{one_line(problem)}; left out" for problem in parsed.problems])
    size = sum(map(len, parsed.conversations))
    turns = read_all(_emoplug(plugins, size), parsed.conversations, errors)
    if html is not None:
        overwrite(html, page(turns, "standard input" if file == STDIN else Path(file).name))
        errors.print(Text(f"wrote {one_line(str(html), 2000)}"), soft_wrap=True)
    if as_json:
        for turn in turns:
            typer.echo(as_line(turn))
    elif html is None:
        for turn in turns:
            show(turn, Console())
    degraded = [degraded_line(skipped) for turn in turns for skipped in turn.degraded]
    if as_json or html is not None:  # the table says it itself
        _warn(errors, degraded)
    if degraded or parsed.problems:
        raise typer.Exit(1)


def read_all(
    emo: Emoplug, conversations: Sequence[Sequence[RawMessage]], errors: Console
) -> list[Turn]:
    """Understand every conversation, with a progress bar on a terminal when there are many."""
    total = sum(map(len, conversations))
    shown = errors.is_terminal and total > _SLICE
    bar = Progress(console=errors, transient=True, disable=not shown)
    with bar if shown else nullcontext():  # even a bar that is not shown would end with a line
        task = bar.add_task("reading", total=total)
        return [_read(emo, messages, lambda n: bar.advance(task, n)) for messages in conversations]


def _warn(errors: Console, lines: Sequence[str]) -> None:
    """Say each line, on a line of its own; nobody reads thousands."""
    more = len(lines) - _WARNINGS
    for line in (*lines[:_WARNINGS], *([f"and {more} more"] if more > 0 else [])):
        errors.print(Text(line, style="yellow"), soft_wrap=True)


def _emoplug(plugins: str | None, size: int) -> Emoplug:
    settings = Settings.load()
    # A deadline that somebody chose is kept; the default is made for live replies.
    patience = _PATIENCE + size * _PATIENCE_EACH
    deadline = settings.deadline if "deadline" in settings.model_fields_set else patience
    chosen = settings.plugins if plugins is None else [p.strip() for p in plugins.split(",")]
    options = {name: value for name, value in settings.options.items() if name in chosen}
    return Emoplug(settings, plugins=chosen, deadline=deadline, options=options)


def _read(emo: Emoplug, messages: Sequence[RawMessage], advance: Callable[[int], None]) -> Turn:
    """Understand one conversation; a long one is encoded slice by slice into the cache first."""
    if len(messages) > _SLICE:
        for start in range(0, len(messages), _SLICE):
            part = messages[start : start + _SLICE]
            emo.prepare(part)
            advance(len(part))
        return emo.prepare(messages)
    turn = emo.prepare(messages)
    advance(len(messages))
    return turn
