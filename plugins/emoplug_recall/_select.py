"""Takes the best passages that say something new, under a token budget."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache

import numpy as np

from emoplug import Turn
from emoplug_recall._candidate import Candidate, Floats
from emoplug_recall._options import RecallOptions

NEAR = 0.93
"""Cosine above which two texts say the same."""
_WORDS = re.compile(r"\w+")
_SHORT = 500
"""Characters of the texts that are kept with their words."""
_BETWEEN = " __ "
"""A word that nobody says, so that no words are found across two texts."""


class Said:
    """What the model will read anyway: words and vectors, of the prompt and of what is taken."""

    def __init__(self, texts: Iterable[str], vectors: Floats) -> None:
        self.texts = set(texts)
        self._more = ""
        self._vectors, self._taken = vectors, list[Floats]()

    @cached_property
    def _words(self) -> str:
        return f" {_BETWEEN.join(map(_normal, self.texts))} "

    def holds(self, candidate: Candidate) -> bool:
        """Tell whether ``candidate`` is one of its texts."""
        return candidate.memory.text in self.texts

    def likeness(self, candidates: Sequence[Candidate]) -> list[float]:
        """Answer the cosine of each candidate to what is most like it in the prompt."""
        if not len(self._vectors) or not candidates:
            return [-1.0] * len(candidates)
        vectors = np.stack([candidate.memory.vector for candidate in candidates])
        nearest: list[float] = (vectors @ self._vectors.T).max(axis=1).tolist()
        return nearest

    def says(self, candidate: Candidate) -> bool:
        """Tell whether ``candidate`` is in it, word for word or in part, or nearly as one taken."""
        if self.holds(candidate):
            return True
        words = _normal(candidate.memory.text)
        if not words or any(f" {words} " in said for said in (self._words, self._more)):
            return True
        vector = candidate.memory.vector
        return any(float(taken @ vector) > NEAR for taken in self._taken)

    def add(self, candidate: Candidate) -> None:
        """Take ``candidate`` in."""
        self._more += f"{_BETWEEN}{_normal(candidate.memory.text)} "
        self._taken.append(candidate.memory.vector)


def select(
    ranked: Sequence[tuple[float, Candidate]], said: Said, options: RecallOptions
) -> list[tuple[float, Candidate]]:
    """Answer at most ``options.k`` of ``ranked``, in order, within ``options.budget`` tokens."""
    taken: list[tuple[float, Candidate]] = []
    left = options.budget
    likeness = said.likeness([candidate for _, candidate in ranked])
    for (score, candidate), near in zip(ranked, likeness, strict=True):
        if score < options.floor or len(taken) == options.k:
            break
        if candidate.tokens <= left and near <= NEAR and not said.says(candidate):
            said.add(candidate)
            taken.append((score, candidate))
            left -= candidate.tokens
    return taken


def said_in(turn: Turn, vectors: Floats) -> Said:
    """Answer what the prompt says up to the last user message, whoever says it."""
    end = 0 if turn.last_user is None else turn.last_user + 1
    spoken = bisect_left(turn.encoded, end)
    others = set(range(end)).difference(turn.encoded) if spoken < end else ()
    unspoken = [turn.messages[index].text for index in others]
    return Said((*turn.texts[:spoken], *unspoken), vectors)


def _normal(text: str) -> str:
    """Answer words alone, case and marks aside; a text without words as it is."""
    return _known(text) if len(text) <= _SHORT else _words(text)


def _words(text: str) -> str:
    return " ".join(_WORDS.findall(text.casefold())) or " ".join(text.split())


_known = lru_cache(4_096)(_words)
