"""Quotes a person's words so that they stay words: nothing in them can end the quotation."""

from __future__ import annotations

import json
import unicodedata

_ELLIPSIS = "…"
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
"""Unicode categories that are no visible text: controls, bidi and format marks, line breaks."""
_JOINERS = frozenset({"\u200c", "\u200d"})
"""Format marks that belong to words and emoji."""
_BRACKETS = str.maketrans({"<": "\u2039", ">": "\u203a", "[": "(", "]": ")", "`": "'"})
"""Characters that open and close tags, notes and code: our own frame is made of them."""


def quote(text: str, limit: int = 80) -> str:
    """Answer ``text`` as one line in double quotes, at most ``limit`` characters of it.

    The result is a JSON string: quotes and backslashes inside are escaped; invisible characters
    become spaces, and brackets that our frame uses become look-alikes.
    """
    visible = "".join(
        c if c in _JOINERS or unicodedata.category(c) not in _UNSAFE else " " for c in text
    )
    line = " ".join(visible.translate(_BRACKETS).split())
    if len(line) > limit:
        line = line[:limit].rsplit(" ", 1)[0].rstrip() + _ELLIPSIS
    return json.dumps(line, ensure_ascii=False)
