"""Cuts long text into overlapping chunks (LongEmotion: 128 tokens, 50 of them shared)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from emoplug import estimate_tokens

SIZE = 128
OVERLAP = 50
_WORD = re.compile(r"\S{1,32}\s*")
"""A word with the space after it; what has no spaces is cut where it must be."""
_SENTENCE_END = re.compile(
    r"""[.!?\u2026]["'\u201d\u2019)\]]*\s+$|\n\s*$|[\u3002\uff01\uff1f]\s*$"""
)


@dataclass(frozen=True)
class _Word:
    start: int
    end: int
    tokens: int
    ends_sentence: bool


def chunks(text: str, size: int = SIZE, overlap: int = OVERLAP) -> list[str]:
    """Answer pieces of ``text``, each exactly as it stands there, ends of white space aside.

    A piece has at most ``size`` estimated tokens. It ends with a sentence where one ends in its
    second half, and the next one starts with a sentence where one starts in the ``overlap``.
    """
    words = [
        _Word(m.start(), m.end(), estimate_tokens(m[0]), bool(_SENTENCE_END.search(m[0])))
        for m in _WORD.finditer(text)
    ]
    pieces, start = [], 0
    while start < len(words):
        stop = _stop(words, start, size)
        pieces.append(text[words[start].start : words[stop - 1].end].strip())
        start = _next(words, start, stop, overlap) if stop < len(words) else stop
    return pieces


def _stop(words: list[_Word], start: int, size: int) -> int:
    """Answer the word after the last that fits, back at a sentence's end if one is near."""
    stop, tokens = start, 0
    while stop < len(words) and (stop == start or tokens + words[stop].tokens <= size):
        tokens += words[stop].tokens
        stop += 1
    if stop == len(words):
        return stop
    half = start + (stop - start) // 2
    ends = (i + 1 for i in range(stop - 1, half, -1) if words[i].ends_sentence)
    return next(ends, stop)


def _next(words: list[_Word], start: int, stop: int, overlap: int) -> int:
    """Answer the word to go on with: up to ``overlap`` tokens back, at a sentence if one starts."""
    back, tokens = stop, 0
    while back > start + 1 and tokens + words[back - 1].tokens <= overlap:
        back -= 1
        tokens += words[back].tokens
    starts = (i for i in range(back, stop) if words[i - 1].ends_sentence)
    return next(starts, back)
