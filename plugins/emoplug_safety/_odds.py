"""Log odds by the learned part, of the encoding that is there where it knows the text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from emoplug import Encoding, Turn
from emoplug_safety._head import Floats, Head

Encode = Callable[[Sequence[str]], Encoding]
Odds = Callable[[Sequence[str]], Floats]
"""Answers (texts, kinds + 1) log odds, the last column for "about another"."""

_RECENT = 64
"""Messages whose encoding is at hand; the encoder itself knows those before them."""


def odds_of(turn: Turn, head: Head, encode: Encode) -> Odds | None:
    """Answer how to ask the learned part; ``None`` where the encoder is not the one it fits."""
    encoding = turn.encoding
    if encoding is None or not head.fits(encoding):
        return None
    rows = range(max(0, len(turn.texts) - _RECENT), len(turn.texts))
    places = {turn.texts[row]: row for row in rows}
    return lambda wanted: _odds(wanted, places, encoding, head, encode)


def _odds(
    wanted: Sequence[str],
    places: Mapping[str, int],
    encoding: Encoding,
    head: Head,
    encode: Encode,
) -> Floats:
    new = [text for text in wanted if text not in places]
    fresh = dict(zip(new, head.logits(encode(new)), strict=True)) if new else {}
    rows = [fresh[text] if text in fresh else _row(encoding, places[text], head) for text in wanted]
    return np.stack(rows)


def _row(encoding: Encoding, place: int, head: Head) -> Floats:
    row: Floats = head.logits(encoding.rows(place, place + 1))[0]
    return row
