"""A conversation's feelings on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from emoplug import Message, Reading, Turn
from emoplug_cli._plain import one_line
from emoplug_cli._seen import degraded_line

_BARS = "▁▂▃▄▅▆▇█"
_MOMENTS = 3
STYLES = {
    "positive": "green",
    "negative": "red",
    "ambiguous": "yellow",
    "neutral": "dim",
}
_NEUTRAL = "neutral"


def show(turn: Turn, console: Console) -> None:
    """Print a table of the messages, the course of valence, and the strongest moments."""
    readings = {reading.index: reading for reading in turn.readings}
    console.print(_table(turn, readings))
    console.print(_sparks(turn.readings))
    for moment in _moments(turn):
        console.print(moment)
    if turn.guidance:
        note = one_line(turn.guidance_text, 1000)
        console.print(Text.assemble(("told to the model  ", "bold"), (note, "italic")))
    for skipped in turn.degraded:
        console.print(Text(degraded_line(skipped), style="yellow"))


def who(message: Message) -> str:
    """Name who speaks."""
    return one_line(message.name or message.role, 20)


def style_of(reading: Reading | None) -> str:
    """Name the style of a reading's sentiment."""
    return STYLES.get(reading.groups.get("sentiment", "neutral"), "") if reading else "dim"


def spark(values: Sequence[float], low: float, high: float) -> str:
    """Draw ``values`` as one bar each, ``low`` to ``high``."""
    steps = len(_BARS) - 1
    scaled = ((value - low) / (high - low) for value in values)
    return "".join(_BARS[round(min(1.0, max(0.0, part)) * steps)] for part in scaled)


def _table(turn: Turn, readings: dict[int, Reading]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, expand=True, padding=(0, 1, 0, 0))
    table.add_column("#", justify="right", style="dim", no_wrap=True)
    table.add_column("who", no_wrap=True, max_width=12)
    table.add_column("message", ratio=1, no_wrap=True, overflow="ellipsis")
    table.add_column("emotion", no_wrap=True)
    table.add_column("val", justify="right", no_wrap=True)
    table.add_column("aro", justify="right", no_wrap=True)
    table.add_column("intensity", no_wrap=True)
    for index, message in enumerate(turn.messages):
        reading = readings.get(index)
        style = style_of(reading)
        table.add_row(
            str(index + 1),
            Text(who(message)),
            Text(one_line(message.text)),
            Text(_felt(reading), style=style),
            *(Text(number) for number in _affect(reading)),
            Text(_bar(reading.intensity) if reading else "", style=style),
        )
    return table


def _felt(reading: Reading | None) -> str:
    if reading is None:
        return ""
    others = sum(label != reading.emotion for label in reading.labels)
    return (
        f"{reading.emotion} {min(reading.probability, 0.99):.0%}{f' +{others}' if others else ''}"
    )


def _affect(reading: Reading | None) -> tuple[str, str]:
    if reading is None or reading.affect is None:
        return "", ""
    return f"{reading.affect.valence:+.2f}", f"{reading.affect.arousal:+.2f}"


def _bar(share: float, width: int = 9) -> str:
    full = round(share * width)
    return "█" * full + "░" * (width - full)


def _sparks(readings: Sequence[Reading]) -> Text:
    felt = [reading.affect for reading in readings if reading.affect]
    valence = spark([affect.valence for affect in felt], -1, 1)
    arousal = spark([affect.arousal for affect in felt], -1, 1)
    return Text.assemble(
        ("valence  ", "bold"), valence, ("   arousal  ", "bold"), arousal, no_wrap=True
    )


def _moments(turn: Turn) -> list[Text]:
    felt = [reading for reading in turn.readings if reading.emotion != _NEUTRAL]
    strongest = sorted(felt, key=lambda reading: -reading.intensity)[:_MOMENTS]
    lines = []
    for place, reading in enumerate(sorted(strongest, key=lambda reading: reading.index)):
        message = turn.messages[reading.index]
        lines.append(
            Text.assemble(
                ("strongest moments  " if place == 0 else " " * 19, "bold"),
                (f"#{reading.index + 1} {reading.emotion}", style_of(reading)),
                f"  {who(message)}: {one_line(message.text)}",
                no_wrap=True,
                overflow="ellipsis",
            )
        )
    return lines
