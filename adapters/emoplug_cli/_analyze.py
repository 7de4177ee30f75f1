"""``emoplug analyze``: what a conversation felt like, as a table, JSON or a page."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress
from rich.text import Text

from emoplug import Emoplug, InputError, Settings, Turn
from emoplug_cli._html import page
from emoplug_cli._input import RawMessage, parse, read_text
from emoplug_cli._plain import forgive_encodings, one_line
from emoplug_cli._table import show

_PATIENCE = 120.0
"""Seconds a long conversation may take: nobody waits for a reply, so nothing need be skipped."""
_SLICE = 64
"""Messages encoded between two moves of the progress bar."""


def analyze(
    file: Annotated[str, typer.Argument(help="A conversation, or - for standard input.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object each.")] = False,
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
    """Show how each message of a conversation feels, and what emoplug would tell the model."""
    forgive_encodings()
    errors = Console(stderr=True)
    parsed = parse(read_text(file), user)
    for problem in parsed.problems:
        errors.print(Text(f"{one_line(problem)}; left out", style="yellow"))
    turns = read_all(_emoplug(plugins), parsed.conversations, errors)
    if html is not None:
        _write(html, page(turns, title="standard input" if file == "-" else Path(file).name))
        errors.print(Text(f"wrote {html}"))
    if as_json:
        for turn in turns:
            typer.echo(json.dumps(as_object(turn), ensure_ascii=False))
    elif html is None:
        for turn in turns:
            show(turn, Console())


def read_all(
    emo: Emoplug, conversations: Sequence[Sequence[RawMessage]], errors: Console
) -> list[Turn]:
    """Understand every conversation, with a progress bar on a terminal."""
    total = sum(map(len, conversations))
    with Progress(console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task("reading", total=total)
        return [_read(emo, messages, lambda n: bar.advance(task, n)) for messages in conversations]


def as_object(turn: Turn) -> dict[str, Any]:
    """Answer what is known of a turn as plain JSON values."""
    readings = {reading.index: reading for reading in turn.readings}
    messages = []
    for index, message in enumerate(turn.messages):
        reading = readings.get(index)
        felt = reading.model_dump(exclude={"index"}) if reading else {}
        known = {"index": index, "role": message.role, "name": message.name, "text": message.text}
        messages.append({**known, **felt})
    return {
        "messages": messages,
        "guidance": turn.guidance_text,
        "degraded": [skipped.model_dump() for skipped in turn.degraded],
    }


def _emoplug(plugins: str | None) -> Emoplug:
    settings = Settings.load()
    # A deadline that somebody chose is kept; the default is made for live replies.
    deadline = settings.deadline if "deadline" in settings.model_fields_set else _PATIENCE
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


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}; choose another path") from error
