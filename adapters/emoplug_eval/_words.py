"""Token F1 as SQuAD counts it."""

from __future__ import annotations

import re
import string
from collections import Counter

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def tokens(text: str) -> list[str]:
    """Split a text into lower-case words without punctuation and articles."""
    return _ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split()


def token_f1(gold: str, predicted: str) -> float:
    """Answer the F1 of shared words; two texts without any word are equal."""
    right, said = Counter(tokens(gold)), Counter(tokens(predicted))
    if not right or not said:
        return float(right == said)
    shared = (right & said).total()
    return 2 * shared / (right.total() + said.total())
