"""Keeps the words of a cause whole: no edge lies within a word, an emoji or an accented letter.

Offsets count code points, as Python does. The standard library knows no grapheme clusters; what is
here never parts one (Unicode Standard Annex 29, the few prepended signs aside), and now and then
holds more together.
"""

from __future__ import annotations

import unicodedata
from itertools import takewhile

Span = tuple[int, int]
_JOINER = "\u200d"
_CLINGING = frozenset("\u200c\u200d\uff9e\uff9f\u0e33\u0eb3").union(
    map(chr, range(0x1F3FB, 0x1F400)),  # skin tones
    map(chr, range(0xE0020, 0xE0080)),  # tags, which make flags of regions
)
"""Characters beside the marks that belong to the one before them."""
_FLAGS = frozenset(map(chr, range(0x1F1E6, 0x1F200)))
"""Letters of which two make a flag."""
_APOSTROPHES = frozenset("'\u2019")
_UNSPACED = tuple("CJK,HIRAGANA,KATAKANA,HALFWIDTH KATAKANA,THAI,LAO ,KHMER,MYANMAR".split(","))
"""How the names of letters begin whose words have no spaces between them."""


def widened(text: str, span: Span) -> Span:
    """Answer ``span`` with both edges moved outwards to where a word or cluster ends."""
    start, end = span
    while start > 0 and _joined(text, start):
        start -= 1
    while end < len(text) and _joined(text, end):
        end += 1
    return start, end


def whole(text: str) -> Span:
    """Answer all of ``text``, which is not blank, without the white space around it."""
    return widened(text, (len(text) - len(text.lstrip()), len(text.rstrip())))


def _joined(text: str, place: int) -> bool:
    """Tell whether the characters on both sides of ``place`` belong together."""
    before, after = text[place - 1], text[place]
    if after in _CLINGING or unicodedata.category(after)[0] == "M":
        return True
    if before == _JOINER:
        return not after.isspace()
    if before in _FLAGS and after in _FLAGS:
        flags = takewhile(_FLAGS.__contains__, reversed(text[:place]))
        return sum(1 for _ in flags) % 2 == 1
    if after in _APOSTROPHES:
        return _of_word(before) and _of_word(text[place + 1 : place + 2])
    if before in _APOSTROPHES:
        return _of_word(after) and _of_word(text[place - 2 : place - 1])
    return (_of_word(before) and _of_word(after)) or _one_character(before, after)


def _of_word(character: str) -> bool:
    """Tell whether it is part of a word; of nothing, at either end of the text, it is not."""
    if not character or not (character.isalnum() or unicodedata.category(character)[0] == "M"):
        return False
    return not unicodedata.name(character, "").startswith(_UNSPACED)


def _one_character(before: str, after: str) -> bool:
    """A line break in two characters, or a pair of surrogates as broken clients send it."""
    return (before == "\r" and after == "\n") or ("\ud800" <= before < "\udc00" <= after < "\ue000")
