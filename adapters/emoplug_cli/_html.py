"""A self-contained page: the curve of a conversation, and its messages."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib.resources import files
from string import Template

from emoplug import Message, Reading, Turn
from emoplug_cli._plain import plain

_WIDTH, _HEIGHT, _LEFT, _TOP = 960.0, 260.0, 70.0, 20.0
_KINDS = frozenset({"positive", "negative", "ambiguous", "neutral"})


def page(turns: Sequence[Turn], title: str) -> str:
    """Answer a page that needs nothing from anywhere: no script, no network."""
    template = Template(files(__package__).joinpath("_page.html").read_text(encoding="utf-8"))
    sections = [_section(turn, number, len(turns)) for number, turn in enumerate(turns, 1)]
    return template.substitute(title=_safe(title), conversations="\n".join(sections))


def _section(turn: Turn, number: int, of: int) -> str:
    heading = f"<h2>Conversation {number}</h2>" if of > 1 else ""
    readings = {reading.index: reading for reading in turn.readings}
    items = (
        _message(index, message, readings.get(index), number)
        for index, message in enumerate(turn.messages)
    )
    note = f"<p class=note>{_safe(turn.guidance_text)}</p>" if turn.guidance else ""
    told = f"<h3>What emoplug would tell the model</h3>{note}" if note else ""
    return f"<section>{heading}{_curve(turn, number)}<ol>{''.join(items)}</ol>{told}</section>"


def _curve(turn: Turn, number: int) -> str:
    felt = [reading for reading in turn.readings if reading.affect is not None]
    if not felt:
        return "<p>No affect was read.</p>"
    step = (_WIDTH - _LEFT - 30) / max(1, len(felt) - 1)
    across = [_LEFT + place * step for place in range(len(felt))]
    valence = [_down(reading.affect.valence if reading.affect else 0.0) for reading in felt]
    strength = [_down(reading.intensity * 2 - 1) for reading in felt]
    base = _down(-1)
    area = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(across, strength, strict=True))
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(across, valence, strict=True))
    points = "".join(
        _point(reading, turn.messages[reading.index], x, y, number)
        for reading, x, y in zip(felt, across, valence, strict=True)
    )
    return (
        f'<svg viewBox="0 0 {_WIDTH:.0f} {_HEIGHT:.0f}" role="img" '
        f'aria-labelledby="t{number} d{number}"><title id="t{number}">Course of feeling</title>'
        f'<desc id="d{number}">Valence of each message as a line with points, from unpleasant at '
        f"the bottom to pleasant at the top; intensity as the area behind it.</desc>"
        f'<polygon class="area" points="{across[0]:.1f},{base:.1f} {area} '
        f'{across[-1]:.1f},{base:.1f}"/>{_axis()}<polyline class="line" points="{line}"/>'
        f"{points}</svg>"
    )


def _axis() -> str:
    names = ((1.0, "pleasant"), (0.0, "neutral"), (-1.0, "unpleasant"))
    return "".join(
        f'<line class="grid" x1="{_LEFT:.0f}" x2="{_WIDTH - 20:.0f}" y1="{_down(v):.1f}" '
        f'y2="{_down(v):.1f}"/><text x="{_LEFT - 8:.0f}" y="{_down(v) + 4:.1f}">{name}</text>'
        for v, name in names
    )


def _point(reading: Reading, message: Message, x: float, y: float, number: int) -> str:
    label = f"{reading.index + 1}. {_who(message)}: {message.text[:160]} ({_felt(reading)})"
    return (
        f'<a href="#m{number}-{reading.index}"><circle class="point {_kind(reading)}" '
        f'cx="{x:.1f}" cy="{y:.1f}" r="6"><title>{_safe(label)}</title></circle></a>'
    )


def _message(index: int, message: Message, reading: Reading | None, number: int) -> str:
    felt = f'<span class="felt">{_safe(_felt(reading))}</span>' if reading else ""
    return (
        f'<li id="m{number}-{index}" class="{_kind(reading)}"><b>{_safe(_who(message))}</b>{felt}'
        f"<p>{_safe(message.text)}</p></li>"
    )


def _felt(reading: Reading) -> str:
    others = [label for label in reading.labels if label != reading.emotion]
    named = ", ".join([f"{reading.emotion} {min(reading.probability, 0.99):.0%}", *others])
    return f"{named}; intensity {reading.intensity:.2f}"


def _kind(reading: Reading | None) -> str:
    kind = reading.groups.get("sentiment", "neutral") if reading else "neutral"
    return kind if kind in _KINDS else "neutral"


def _who(message: Message) -> str:
    return message.name or message.role


def _down(value: float) -> float:
    """Answer how far down -1..1 is drawn."""
    return _TOP + (1 - value) / 2 * (_HEIGHT - 2 * _TOP)


def _safe(text: str) -> str:
    return escape(plain(text))
