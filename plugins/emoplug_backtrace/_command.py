"""``emoplug backtrace``: which segment of a text caused this question?"""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from emoplug import Passage
from emoplug_backtrace._backtracer import Backtracer
from emoplug_backtrace._segments import read_segments

_SURE = 0.99
"""No small model is certain: never 100 %."""


class Kind(StrEnum):
    """What kind of text it is."""

    AUTO = "auto"
    LECTURE = "lecture"
    NEWS = "news"
    CONVERSATION = "conversation"


def run(
    corpus: Annotated[
        Path,
        typer.Option(help="A text: a segment a line, or JSON lines with text, speaker and start."),
    ],
    query: Annotated[str, typer.Option(help="The question, or the message with the feeling.")],
    k: Annotated[int, typer.Option(min=1, help="How many segments to show.")] = 3,
    profile: Annotated[Kind, typer.Option(help="What kind of text it is.")] = Kind.AUTO,
    asked_at: Annotated[
        int | None, typer.Option(help="Segment where it was asked: only earlier ones count.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show which segment of a lecture, an article or a conversation caused a question."""
    tracer = Backtracer(read_segments(corpus), profile.value)
    found = tracer.trace(query, k, asked_at=asked_at)
    if as_json:
        typer.echo(json.dumps(_as_object(tracer, found), ensure_ascii=True))
    else:
        _show(tracer, found)


def _as_object(tracer: Backtracer, found: list[Passage]) -> dict[str, object]:
    fields = {"segment", "score", "text", "speaker"}
    return {
        "profile": tracer.profile,
        "segments": len(tracer.segments),
        "causes": [passage.model_dump(include=fields) for passage in found],
    }


def _show(tracer: Backtracer, found: list[Passage]) -> None:
    table = Table(box=None, pad_edge=False)
    for name in ("segment", "probability", "text"):
        table.add_column(name, justify="left" if name == "text" else "right", overflow="fold")
    for passage in found:
        said = f"{passage.speaker}: {passage.text}" if passage.speaker else passage.text
        visible = "".join(c if c.isprintable() else " " for c in said)
        table.add_row(str(passage.segment), f"{min(passage.score, _SURE):.0%}", Text(visible))
    console = Console()
    console.print(table if found else Text("nothing earlier that could have caused it"))
    console.print(Text(f"{len(tracer.segments)} segments, read as {tracer.profile}", style="dim"))
