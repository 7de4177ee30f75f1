"""A conversation's feelings on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from emoplug import Reading, Turn
from emoplug_cli._felt import (
    alarming,
    fitting,
    likely,
    others,
    sentiment,
    set_off,
    strongest,
    who,
)
from emoplug_cli._plain import one_line
from emoplug_cli._seen import degraded_line

_BARS = "▁▂▃▄▅▆▇█"
_STYLES = {
    "positive": "green",
    "negative": "red",
    "ambiguous": "yellow",
    "neutral": "dim",
}
_ROOM_FOR_NUMBERS, _ROOM_FOR_WORDS, _ROOM_FOR_ALL, _ROOM_FOR_NAMES = 30, 48, 74, 96
"""Columns a terminal needs for message numbers, messages, all we know, and whole headings."""


def show(turn: Turn, console: Console) -> None:
    """Print a table of the messages, the course of valence, and the strongest moments."""
    readings = {reading.index: reading for reading in turn.readings}
    console.print(_table(turn, readings, console.width))
    found = (*_moments(turn), *_causes(turn), *_risks(turn), *_next(turn))
    for line in (*_sparks(turn.readings, console.width), *found):
        # Given here: printing a text forgets its own.
        console.print(line, no_wrap=True, overflow="ellipsis", crop=True)
    if turn.guidance:
        note = one_line(turn.guidance_text, 1000)
        console.print(Text.assemble(("told to the model  ", "bold"), (note, "italic")))
    for skipped in turn.degraded:
        console.print(Text(degraded_line(skipped), style="yellow"))


def spark(values: Sequence[float], low: float, high: float, width: int | None = None) -> str:
    """Draw ``values`` from ``low`` to ``high`` as bars: one each, or means in ``width`` bars."""
    bars = min(len(values), width or len(values))
    edges = [round(bar * len(values) / bars) for bar in range(bars + 1)] if bars else []
    parts = [values[start:end] for start, end in pairwise(edges)]
    scaled = ((sum(part) / len(part) - low) / (high - low) for part in parts)
    steps = len(_BARS) - 1
    return "".join(_BARS[round(min(1.0, max(0.0, share)) * steps)] for share in scaled)


def _table(turn: Turn, readings: Mapping[int, Reading], width: int) -> Table:
    table = Table(box=box.SIMPLE_HEAD, expand=True, padding=(0, 1, 0, 0))
    whole = width >= _ROOM_FOR_NAMES
    if width >= _ROOM_FOR_NUMBERS:
        table.add_column("#", justify="right", style="dim", no_wrap=True)
    table.add_column("who", no_wrap=True, max_width=12 if whole else 9)
    if width >= _ROOM_FOR_WORDS:
        table.add_column("message", ratio=1, no_wrap=True, overflow="ellipsis")
    table.add_column("emotion", no_wrap=True)
    if width >= _ROOM_FOR_ALL:
        table.add_column("valence" if whole else "val", justify="right", no_wrap=True)
        table.add_column("arousal" if whole else "aro", justify="right", no_wrap=True)
        table.add_column("intensity", no_wrap=True)
    for index in range(len(turn.messages)):
        table.add_row(*_row(turn, index, readings.get(index), width))
    return table


def _row(turn: Turn, index: int, reading: Reading | None, width: int) -> Iterator[Text]:
    message, style = turn.messages[index], _style(reading)
    if width >= _ROOM_FOR_NUMBERS:
        yield Text(str(index + 1))
    yield Text(who(message))
    if width >= _ROOM_FOR_WORDS:
        yield Text(one_line(message.text))
    yield Text(likely(reading) if reading else "", style=style)
    if width >= _ROOM_FOR_ALL:
        affect = reading.affect if reading else None
        yield Text(f"{affect.valence:+.2f}" if affect else "")
        yield Text(f"{affect.arousal:+.2f}" if affect else "")
        yield Text(_bar(reading.intensity) if reading else "", style=style)


def _style(reading: Reading | None) -> str:
    return _STYLES[sentiment(reading)]


def _bar(share: float, width: int = 9) -> str:
    full = round(share * width)
    return "█" * full + "░" * (width - full)


def _sparks(readings: Sequence[Reading], width: int) -> Iterator[Text]:
    felt = [reading.affect for reading in readings if reading.affect]
    if felt:
        head = len("valence  ")
        valence = spark([affect.valence for affect in felt], -1, 1, max(1, width - head))
        arousal = spark([affect.arousal for affect in felt], -1, 1, max(1, width - head))
        yield Text.assemble(("valence  ", "bold"), valence)
        yield Text.assemble(("arousal  ", "bold"), arousal)


def _moments(turn: Turn) -> Iterator[Text]:
    moments = strongest(turn)
    if moments:
        yield Text("strongest moments", style="bold")
    for reading in moments:
        message = turn.messages[reading.index]
        named = ", ".join([reading.emotion, *others(reading)])
        yield Text.assemble(
            (f"  #{reading.index + 1} {named}", _style(reading)),
            f"  {who(message)}: {one_line(message.text)}",
        )


def _causes(turn: Turn) -> Iterator[Text]:
    causes = set_off(turn)
    if causes:
        yield Text("the last feeling was set off by", style="bold")
    for cause in causes:
        yield Text(f"  {cause}")


def _risks(turn: Turn) -> Iterator[Text]:
    risks = alarming(turn)
    if risks:
        yield Text("somebody may be in danger", style="bold red")
    for risk in risks:
        yield Text(f"  {risk}")


def _next(turn: Turn) -> Iterator[Text]:
    strategies = fitting(turn)
    if strategies:
        yield Text.assemble(("fits next  ", "bold"), strategies)
