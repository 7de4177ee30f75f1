"""Notices words of suicide and self-harm, so that the listener answers them with care.

It errs towards noticing: a careful answer to a figure of speech costs little.
"""

from __future__ import annotations

import re
import unicodedata

_SELF = r"(?:my|him|her|your|our|them|one)(?:self|selves)"
_WORDS = (
    rf"\bkill(?:ing|ed)?\s+{_SELF}\b(?!\s+(?:laugh|with\s+laugh))",
    rf"\b(?:harm|hurt|injur)(?:e|ing)?\s+{_SELF}\b",
    r"\bcut(?:ting)?\s+myself\b(?!\s+(?:a|an|some|off|loose|shaving|cooking|while|short|out)\b)",
    r"\bself[\s-]?harm",
    r"suicid|\bsuizid|selbstmord|umbringen|\bme\s+tuer\b|\bmatarme\b|quitarme\s+la\s+vida|自殺|自杀",
    r"\b(?:end|take|ending|taking)\s+(?:it\s+all|(?:my|his|her|their)\s+(?:own\s+)?life)\b",
    r"\b(?:want(?:ed)?\s+to|wanna|going\s+to|gonna|ready\s+to|hope\s+(?:i|to))\s+die\b",
    r"\bwish\s+(?:that\s+)?i\s+(?:(?:was|were)\s+(?:dead|gone|never\s+born)|had\s+died"
    r"|(?:was|were)\s*n[o']?t\s+(?:alive|here)|had\s+never\s+been\s+born)\b",
    r"\b(?:do\s+not|don'?t|never)\s+(?:want\s+to|wanna)\s+"
    r"(?:live|be\s+alive|be\s+here|exist|wake\s+up)\b(?!\s+(?:in|at|early|so|before|my|the)\b)",
    r"\b(?:no|not?\s+any|any)\s+(?:reason|point)\s+(?:to|in|of)\s+(?:live|living|going\s+on)\b",
    r"\bbetter\s+off\s+(?:dead|without\s+me|if\s+i)\b",
    r"\b(?:can\s*not|can'?t)\s+(?:go\s+on|live\s+(?:like\s+this|any\s*more))\b"
    r"(?!\s+(?:a|the|my|our|holiday|vacation)\b)",
    r"\boverdos(?:e|ing)\b|\bunalive\b|\bkms\b",
)
_ANY = re.compile("|".join(_WORDS))
_APOSTROPHES = str.maketrans({"\u2019": "'", "\u2018": "'", "`": "'", "\u00b4": "'"})


def speaks_of_self_harm(text: str) -> bool:
    """Tell whether ``text`` holds words of suicide or self-harm, the writer's or another's."""
    # Apostrophes first: NFKC takes the accent that stands for one apart.
    folded = unicodedata.normalize("NFKC", text.translate(_APOSTROPHES)).casefold()
    return _ANY.search(folded) is not None
