"""What of the person's words to quote: what set the feeling off, and an earlier strong moment.

Nothing is quoted that the note says already, or that is the whole of the message that the note is
in.
"""

from __future__ import annotations

from dataclasses import dataclass

from emoplug import Cause, Reading, Turn, count_tokens, quote
from emoplug_hef._feeling import CALM

_CHARACTERS = 80
_TOKENS = 24
"""Most tokens of a quotation, whatever its script."""
_LEAST = 8
"""Fewest characters that a quotation is cut down to."""
_NOTHING = frozenset({'""', '"\u2026"'})
"""Quotations of words that do not show."""
_LIKELY = 0.5
"""Least probability of a cause that is quoted."""
_CLEARLY_OUTSIDE = 0.6
"""Probability from which on it is worth saying that no cause was said."""
_COMPARED = 400
"""Characters that two texts are compared by: more than is quoted of either."""
_TRIED = 8
"""Earlier messages that are tried: who says one thing over and over is not quoted by it again."""
_WHOLE = 0.7
"""Share of the last message from which on quoting picks nothing out."""


@dataclass(frozen=True)
class Quotation:
    """Words quoted from a message, with the key of their template; none where none were said."""

    key: str
    index: int | None = None
    quoted: str = ""


def cause_in(turn: Turn, last: int) -> Quotation | None:
    """Answer the likeliest cause that is worth saying; without words where none was said."""
    causes = [c for c in turn.causes if c.index is None or c.index <= last]
    if causes and causes[0].index is None:
        clear = causes[0].score >= _CLEARLY_OUTSIDE
        return Quotation("cause_unsaid") if clear else None
    told = (_quotation(turn, cause, last) for cause in causes if cause.score >= _LIKELY)
    return next((quotation for quotation in told if quotation), None)


def earlier_in(
    turn: Turn, reading: Reading, least: float, cause: Quotation | None
) -> tuple[Quotation, str] | None:
    """Answer the person's strongest earlier words, of intensity ``least``, and their emotion."""
    own = turn.messages[reading.index]
    strong = [
        r
        for r in turn.readings
        if r.intensity >= least and r.index < reading.index and r.emotion not in CALM
    ]
    strongest = sorted(strong, key=lambda r: (-r.intensity, -r.index))
    for one in strongest[:_TRIED]:
        said = turn.messages[one.index]
        if not said.same_speaker(own) or not _picks_out(said.text, own.text, now=False):
            continue
        words = Quotation("earlier", one.index, quoted(turn.messages[one.index].text, turn.model))
        if words.quoted not in _NOTHING and (cause is None or not _same(words, cause)):
            return words, one.emotion
    return None


def quoted(said: str, model: str | None) -> str:
    """Quote ``said`` on one line, cut where it is long to read or costs many tokens."""
    limit = _CHARACTERS
    text = quote(said, limit)
    while (tokens := count_tokens(text, model)) > _TOKENS and limit > _LEAST:
        limit = max(_LEAST, min(limit - 1, len(text) * _TOKENS // tokens))
        text = quote(said, limit)
    return text


def _quotation(turn: Turn, cause: Cause, last: int) -> Quotation | None:
    if cause.index is None:
        return None
    text = turn.messages[cause.index].text
    said = text if cause.span is None else text[slice(*cause.span)]
    if not _picks_out(said, turn.messages[last].text, now=cause.index == last):
        return None
    shown = quoted(said, turn.model)
    key = _whose(turn, cause.index, last)
    return None if shown in _NOTHING else Quotation(key, cause.index, shown)


def _picks_out(said: str, last: str, now: bool) -> bool:
    """Tell whether words are worth quoting beside the ``last`` message, in which they may be."""
    if now:
        return len(said.strip()) < _WHOLE * len(last.strip())
    return _folded(said) != _folded(last)


def _whose(turn: Turn, index: int, last: int) -> str:
    message = turn.messages[index]
    if index == last:
        return "cause_now"
    if message.same_speaker(turn.messages[last]):
        return "cause_before"
    return "cause_yours" if message.role == "assistant" else "cause_another"


def _same(one: Quotation, other: Quotation) -> bool:
    """Tell whether two quotations are from one message, or one has the words of the other."""
    if not other.quoted:
        return False
    first, second = (_folded(q.quoted.strip('"').rstrip("\u2026")) for q in (one, other))
    return one.index == other.index or first in second or second in first


def _folded(text: str) -> str:
    return " ".join(text[:_COMPARED].split()).casefold()
