"""BM25 over the words of segments, after Lucene (k1 1.5, b 0.75), as bm25s has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bm25s
import numpy as np

from emoplug_eval._examples import Examples


def bm25(asked: Examples, _known: Examples) -> Sequence[Any]:
    """Rank candidates by the words they share with the query; of equals the first.

    Words are those of the library's own tokeniser: lower-case, of two letters or more, without its
    English stop words, not stemmed.
    """
    indices: dict[tuple[int, int], bm25s.BM25 | None] = {}
    rankings = []
    for row in asked.rows:
        candidates, words = asked.candidates(row), _words([asked.query(row)])[0]
        place = row.scene, row.message  # rows of one place share their candidates
        if place not in indices:
            indices[place] = _index(candidates)
        index = indices[place]
        scores = index.get_scores(words) if index and words else np.zeros(len(candidates))
        rankings.append(np.argsort(-scores, kind="stable"))
    return rankings


def _index(texts: Sequence[str]) -> bm25s.BM25 | None:
    words = _words(texts)
    if not any(words):
        return None
    index = bm25s.BM25()
    index.index(words, show_progress=False)
    return index


def _words(texts: Sequence[str]) -> list[list[str]]:
    split: list[list[str]] = bm25s.tokenize(list(texts), return_ids=False, show_progress=False)
    return split
