"""Text from people, models and servers, made safe to print on a terminal."""

from __future__ import annotations

import sys
import unicodedata
from io import TextIOWrapper

_KEPT = "\n\t"
_REORDERING = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_REMOVED_KINDS = frozenset({"Cc", "Cs", "Zl", "Zp"})


def plain(text: str) -> str:
    """Answer ``text`` without terminal escapes, lone surrogates or marks that reorder a line."""
    return "".join(character for character in text if _harmless(character))


def one_line(text: str, limit: int = 300) -> str:
    """Answer ``text`` plain and on one line, shortened to ``limit`` characters."""
    line = " ".join(plain(text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def forgive_encodings() -> None:
    """Replace what the terminal's encoding cannot say or spell, rather than fail on it."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def _harmless(character: str) -> bool:
    if character in _KEPT:
        return True
    return unicodedata.category(character) not in _REMOVED_KINDS and character not in _REORDERING
