"""Puts the parts of a note together: in fixed order, the least important left out first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from emoplug import count_tokens
from emoplug_hef._frame import Frame, Style, Templates
from emoplug_hef._options import HintOptions

ORDER = (
    "likely",
    "others",
    "situation",
    "cause",
    "earlier",
    "tone",
    "stage",
    "strategy",
    "alternative",
)
"""How parts are told."""
PRIORITY = (
    "likely",
    "cause",
    "strategy",
    "tone",
    "stage",
    "situation",
    "earlier",
    "alternative",
    "others",
)
"""Which parts are kept first."""
SEPARATORS: Mapping[Style, str] = {"prose": " ", "compact": " | "}
"""Between parts; no quotation and no words of a frame have the bar."""
_REMEMBERED = 1024
"""Texts whose tokens are remembered."""


@dataclass(frozen=True)
class Part:
    """One thing the note says, and whether the person's words are quoted in it."""

    text: str
    quotes: bool = False


class Meter:
    """Counts tokens, and remembers what our own words cost; never the person's."""

    def __init__(self) -> None:
        self._known = lru_cache(_REMEMBERED)(count_tokens)

    def __call__(self, text: str, model: str | None, quotes: bool = False) -> int:
        """Count the tokens of ``text`` for ``model``; ``quotes`` where a person's are in it."""
        return count_tokens(text, model) if quotes else self._known(text, model)


@dataclass(frozen=True)
class Note:
    """The longest note that fits, ever shorter ones, and the tokens of the first."""

    texts: tuple[str, ...]
    tokens: int


def note_of(
    parts: Mapping[str, Part], frame: Frame, options: HintOptions, meter: Meter, model: str | None
) -> Note | None:
    """Answer the note of at most ``options.budget`` tokens; ``None`` where not one part fits.

    Each shorter one is the one before without its least important part. Tokens are counted part
    by part, since none reaches over the space between two.
    """
    separator, words = SEPARATORS[options.style], frame.templates(options.style)
    spent = meter(frame.opening, model) + meter(f"{separator}{words.closing}", model)
    notice = meter(f"{separator}{words.quoted}", model)
    kept: list[str] = []
    for name in (name for name in PRIORITY if name in parts):
        part = parts[name]
        cost = meter(f"{separator if kept else ' '}{part.text}", model, part.quotes)
        if part.quotes:
            cost, notice = cost + notice, 0  # told once
        if spent + cost > options.budget:
            break
        spent += cost
        kept.append(name)
    told = (_joined(parts, kept[:size], words, separator) for size in range(len(kept), 0, -1))
    texts = tuple(f"{frame.opening} {body}" for body in told)
    return Note(texts, spent) if texts else None


def _joined(
    parts: Mapping[str, Part], kept: Iterable[str], words: Templates, separator: str
) -> str:
    chosen = [parts[name] for name in ORDER if name in {*kept}]
    notice = [words.quoted] if any(part.quotes for part in chosen) else []
    return separator.join([*(part.text for part in chosen), *notice, words.closing])
