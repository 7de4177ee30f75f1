"""The curve of a conversation as SVG: places across in percent, so that any width is readable."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import chain

from emoplug import Reading, Turn
from emoplug_cli._felt import likely, sentiment, strongest, who
from emoplug_cli._plain import plain

HEIGHT = 350
_READOUT, _LABELS, _PLEASANT, _UNPLEASANT, _BASE, _NUMBERS = 16, 34, 84, 254, 314, 338
_LABEL_STEP, _BAR = 15, 38
"""Pixels from the top, between two labels, and of the longest bar of intensity."""
_LEAST, _MOST = 14, 4000
"""Pixels of one message at least, and of all of them at most."""
_TICKS = 12
_MARKS = (
    "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0Z",
    "M0 -6.5L6.5 0L0 6.5L-6.5 0Z",
    "M-5 -5H5V5H-5Z",
    "M0 -6.5L6.5 5H-6.5Z",
)
"""Circle, diamond, square, triangle: speakers are told apart without colour too."""


class Curve:
    """Draws one turn."""

    def __init__(self, turn: Turn, number: int) -> None:
        self.turn, self.number = turn, number
        self.felt = [reading for reading in turn.readings if reading.affect is not None]
        self.speakers = speakers(turn)

    def svg(self) -> str:
        """Draw valence as a line for each speaker, intensity as bars, and a link on each message.

        Empty without readings of affect.
        """
        if not self.felt:
            return ""
        width, n = min(_LEAST * len(self.felt), _MOST), self.number
        drawn = chain(
            self._grid(),
            self._bars(),
            self._lines(),
            self._moments(),
            self._ticks(),
            self._points(),
        )
        return (
            f'<svg class="chart" height="{HEIGHT}" style="min-width:{width}px" role="group" '
            f'aria-labelledby="t{n} d{n}"><title id="t{n}">Course of feeling</title>'
            f'<desc id="d{n}">A line for each speaker: the valence of each message, from pleasant '
            f"at the top to unpleasant at the bottom. Bars below: its intensity.</desc>"
            f"{''.join(drawn)}</svg>"
        )

    def _grid(self) -> list[str]:
        middle = (_PLEASANT + _UNPLEASANT) / 2
        return [
            f'<line class="grid" x1="0" x2="100%" y1="{y}" y2="{y}"/>'
            for y in (_PLEASANT, middle, _UNPLEASANT, _BASE)
        ]

    def _bars(self) -> list[str]:
        width = max(1.0, min(9.0, 0.6 * _MOST / len(self.felt)))
        return [
            f'<line class="bar {sentiment(reading)}" x1="{x}%" x2="{x}%" y1="{_BASE}" '
            f'y2="{_BASE - 1 - reading.intensity * _BAR:.1f}" stroke-width="{width:.1f}"/>'
            for x, reading in self._placed()
        ]

    def _lines(self) -> list[str]:
        courses: dict[int, list[str]] = {}
        for x, reading in self._placed():
            courses.setdefault(self._speaker(reading), []).append(f"{10 * x:g} {_down(reading)}")
        paths = "".join(
            f'<path class="line s{speaker % len(_MARKS)}" d="M{"L".join(course)}"/>'
            for speaker, course in courses.items()
            if len(course) > 1
        )
        return [
            f'<svg class="lines" width="100%" height="{HEIGHT}" viewBox="0 0 1000 {HEIGHT}" '
            f'preserveAspectRatio="none" aria-hidden="true">{paths}</svg>'
        ]

    def _moments(self) -> list[str]:
        """Name the strongest moments, each on its own height so that no two names meet."""
        places = {reading.index: x for x, reading in self._placed()}
        moments = [reading for reading in strongest(self.turn) if reading.index in places]
        left = [reading for reading in moments if places[reading.index] < 50]
        right = [reading for reading in moments if places[reading.index] >= 50]
        drawn = []
        for row, reading in enumerate([*left, *reversed(right)]):
            x, y = places[reading.index], _LABELS + row * _LABEL_STEP
            side, gap = ("start", 4) if x < 50 else ("end", -4)
            drawn.append(
                f'<g class="moment" aria-hidden="true"><line x1="{x}%" x2="{x}%" y1="{y - 10}" '
                f'y2="{_down(reading)}"/><text x="{x}%" dx="{gap}" y="{y}" text-anchor="{side}">'
                f"{safe(reading.emotion)}</text></g>"
            )
        return drawn

    def _ticks(self) -> list[str]:
        every = -(-len(self.felt) // _TICKS)
        return [
            f'<text class="tick" x="{x}%" y="{_NUMBERS}" aria-hidden="true">'
            f"{reading.index + 1}</text>"
            for place, (x, reading) in enumerate(self._placed())
            if place % every == 0
        ]

    def _points(self) -> list[str]:
        return [self._point(x, reading) for x, reading in self._placed()]

    def _point(self, x: float, reading: Reading) -> str:
        message, step = self.turn.messages[reading.index], 100 / len(self.felt)
        affect = reading.affect
        numbers = f"valence {affect.valence:+.2f}" if affect else ""
        short = f"{reading.index + 1}. {who(message)[:12]}: {likely(reading)}"
        long = f"Message {reading.index + 1}, {who(message)}: {likely(reading)}, {numbers}, "
        side = "start" if x < 50 else "end"
        return (
            f'<a href="#m{self.number}-{reading.index}" '
            f'aria-label="{safe(long)}intensity {reading.intensity:.2f}">'
            f'<rect class="hit" x="{x - step / 2:.4g}%" width="{step:.4g}%" height="{HEIGHT}"/>'
            f'<line class="guide" x1="{x}%" x2="{x}%" y1="{_READOUT + 6}" y2="{_BASE}"/>'
            f'<svg x="{x}%" y="{_down(reading)}" class="at">'
            f"{mark(self._speaker(reading), sentiment(reading))}</svg>"
            f'<text class="tip" x="{x}%" y="{_READOUT}" text-anchor="{side}">{safe(short)}</text>'
            f"</a>"
        )

    def _placed(self) -> list[tuple[float, Reading]]:
        step = 100 / len(self.felt)
        return [
            (round((place + 0.5) * step, 3), reading) for place, reading in enumerate(self.felt)
        ]

    def _speaker(self, reading: Reading) -> int:
        return self.speakers.index(who(self.turn.messages[reading.index]))


def speakers(turn: Turn) -> list[str]:
    """Name those whose messages were read: the user first, then in the order they speak."""
    said = [turn.messages[reading.index] for reading in turn.readings]
    ordered = sorted(said, key=lambda message: message.role != "user")
    return list(dict.fromkeys(map(who, ordered)))


def mark(speaker: int, kind: str = "neutral") -> str:
    """Draw a speaker's mark around (0, 0), in the colour of a sentiment."""
    shape = speaker % len(_MARKS)
    return f'<path class="mark s{shape} {kind}" d="{_MARKS[shape]}"/>'


def key(speaker: int) -> str:
    """Draw a speaker's mark on its own, for use beside a name."""
    return f'<svg class="key" viewBox="-8 -8 16 16" aria-hidden="true">{mark(speaker)}</svg>'


def safe(text: str) -> str:
    """Answer ``text`` for use in a page, between tags or in a quoted attribute."""
    return escape(plain(text))


def scale() -> str:
    """Draw the names of heights, to stand beside every part of a curve wider than the screen."""
    middle = (_PLEASANT + _UNPLEASANT) / 2
    names = (
        (_PLEASANT, "pleasant"),
        (middle, "neutral"),
        (_UNPLEASANT, "unpleasant"),
        (_BASE - _BAR / 2, "intensity"),
        (_NUMBERS - 4, "message"),
    )
    texts = "".join(f'<text x="100%" y="{y + 4:g}">{name}</text>' for y, name in names)
    return f'<svg class="scale" height="{HEIGHT}" aria-hidden="true">{texts}</svg>'


def legend(names: Sequence[str]) -> str:
    """Name who is which mark, and what the colours mean."""
    keys = "".join(f"<span>{key(place)}{safe(name)}</span>" for place, name in enumerate(names))
    colours = "".join(
        f'<span><i class="swatch {kind}"></i>{kind}</span>'
        for kind in ("positive", "negative", "ambiguous", "neutral")
    )
    return f"{keys}{colours}"


def _down(reading: Reading) -> float:
    valence = reading.affect.valence if reading.affect else 0.0
    share = (1 - max(-1.0, min(1.0, valence))) / 2
    return round(_PLEASANT + share * (_UNPLEASANT - _PLEASANT), 1)
