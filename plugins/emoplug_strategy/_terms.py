"""Counts of known words and word pairs in a text, weighted by how rare they are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from itertools import pairwise

import numpy as np

from emoplug_strategy._talk import Floats

_WORD = re.compile(r"[a-z0-9']+|[?!.,]")


def terms_of(text: str) -> list[str]:
    """Answer the words, marks and neighbouring pairs of them in ``text``, lower case."""
    words = _WORD.findall(text.lower())
    return words + [" ".join(pair) for pair in pairwise(words)]


class Terms:
    """A vocabulary.

    Args:
        rarity: Term to inverse document frequency; its order is that of the columns.
    """

    def __init__(self, rarity: Mapping[str, float]) -> None:
        self._column = {term: column for column, term in enumerate(rarity)}
        self._rarity = np.array(list(rarity.values()), dtype=np.float32)

    def __len__(self) -> int:
        return len(self._column)

    def vector(self, text: str) -> Floats:
        """Answer (terms,) of unit length: (1 + log count) times rarity; zero without any."""
        counts = Counter(terms_of(text))
        vector = np.zeros(len(self), dtype=np.float32)
        for term, count in counts.items():
            column = self._column.get(term)
            if column is not None:
                vector[column] = (1 + np.log(count)) * self._rarity[column]
        length = float(np.linalg.norm(vector))
        return vector / length if length else vector
