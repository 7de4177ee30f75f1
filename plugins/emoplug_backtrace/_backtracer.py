"""Finds the segment that caused a query: not what is like it, but what set it off.

Source: Wang et al., Backtracing: Retrieving the Cause of the Query (Findings of EACL 2024).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from math import exp
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from emoplug import Emoplug, Encoding, InputError, Passage
from emoplug.index import VectorIndex
from emoplug_backtrace import _clock
from emoplug_backtrace._late import LateInteraction
from emoplug_backtrace._network import Network
from emoplug_backtrace._profiles import Choice, Name, choose, shipped
from emoplug_backtrace._segments import Segment, as_segments
from emoplug_backtrace._texts import folded

Encode = Callable[[Sequence[str]], Encoding]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
SOURCE = "backtrace"
CANDIDATES = 1000
"""Segments that are looked at closely; of a longer text, those with the likest embeddings."""


class Scorer(Protocol):
    """Anything that tells how well each text explains a query, as a log likelihood."""

    def score(self, query: str, segments: Sequence[str], /) -> NDArray[np.floating]:
        """Answer one number for each of the n segments, (n,)."""


class Backtracer:
    """Traces queries back to the segments of one text. Safe to share between threads.

    Args:
        segments: Texts, or ``Segment`` values where speakers or times are known.
        profile: What kind of text it is.
        encode: Tells embeddings; by default the plugin ``onnx``.
        scorer: In place of our re-ranker, such as ``Likelihood`` of a language model.
        reranker: Ours, to share one between texts.

    Raises:
        InputError: there are no segments, or one is neither text nor ``Segment``.
    """

    def __init__(
        self,
        segments: Iterable[str | Segment],
        profile: Choice = "auto",
        *,
        encode: Encode | None = None,
        scorer: Scorer | None = None,
        reranker: LateInteraction | None = None,
    ) -> None:
        self.segments = as_segments(segments)
        self.profile: Name = choose(profile, self.segments)
        self._weights = shipped(self.profile)
        if scorer is not None:
            # A log likelihood is on the scale of the sum already.
            rest = {"rerank": 1.0, "neighbours": 0.0, "about": None}
            self._weights = self._weights.model_copy(update=rest)
        self._scorer = scorer
        self._reranker = reranker or LateInteraction(Network())
        self._encode = encode
        self._lock = threading.Lock()
        self._index: VectorIndex | None = None
        self._texts = [segment.text for segment in self.segments]
        self._words = np.array([len(text.split()) for text in self._texts], dtype=np.float64)
        starts = [segment.start for segment in self.segments]
        self._starts = None if None in starts else np.array(starts, dtype=np.float64)

    def trace(
        self,
        query: str,
        k: int = 5,
        *,
        asked_at: int | None = None,
        speaker: str | None = None,
    ) -> list[Passage]:
        """Answer the ``k`` segments that most probably caused the query, best first.

        Args:
            query: The question, or the message that shows the feeling.
            k: Most segments answered.
            asked_at: Index of the segment where it was asked: that one and all later are masked,
                for what had not been said cannot be a cause.
            speaker: Who asks; by default who says the segment ``asked_at``.

        Returns:
            Passages whose score is the probability of each; fewer where fewer may be answered.
            All segments' sum to the probability that the query is about this text at all.

        Raises:
            InputError: the query is blank, ``k`` is less than 1, or no segment is at ``asked_at``.
        """
        self._check(query, k, asked_at)
        allowed = self._allowed(query, asked_at)
        if not len(allowed):
            return []
        chosen, similarity = self._candidates(query, allowed)
        matched = self._matched(query, chosen)
        scores = self._sum(query, chosen, similarity, asked_at, speaker)
        scores += self._weights.rerank * matched
        scores += self._weights.neighbours * beside(matched, chosen)
        powers = np.exp(scores - scores.max())
        shares = powers / powers.sum() * self._about(matched)
        best = np.argsort(-powers, kind="stable")[:k]
        return [
            Passage(
                text=self._texts[place],
                score=float(share),
                source=SOURCE,
                segment=int(place),
                speaker=self.segments[place].speaker,
            )
            for place, share in zip(chosen[best], shares[best], strict=True)
        ]

    def _check(self, query: str, k: int, asked_at: int | None) -> None:
        if not query.strip():
            raise InputError("the query is blank; ask with some words")
        if k < 1:
            raise InputError(f"k = {k} asks for nothing; give 1 or more")
        if asked_at is not None and not 0 <= asked_at < len(self.segments):
            raise InputError(f"there is no segment {asked_at}; give 0 to {len(self.segments) - 1}")

    def _allowed(self, query: str, asked_at: int | None) -> Integers:
        """Answer which segments may be the cause: earlier ones, and never the query itself."""
        own = folded(query)
        return np.array(
            [
                place
                for place, text in enumerate(self._texts[:asked_at])
                if text.strip() and folded(text) != own
            ],
            dtype=np.int64,
        )

    def _candidates(self, query: str, allowed: Integers) -> tuple[Integers, Floats]:
        """Answer the segments to look at closely, in order, and the cosine of each."""
        if len(allowed) <= CANDIDATES and not self._weights.similarity:
            return allowed, np.zeros(len(allowed))
        index, end = self._indexed(), int(allowed[-1]) + 1
        asked, masked = self._encoded([query]).embeddings, end - len(allowed)
        hits = index.search(asked, CANDIDATES + masked, until=float(end))
        nearest = np.flatnonzero(np.isin(hits.ids[0], allowed))[:CANDIDATES]
        ordered = nearest[np.argsort(hits.ids[0, nearest])]
        return hits.ids[0, ordered], hits.scores[0, ordered].astype(np.float64)

    def _sum(
        self,
        query: str,
        chosen: Integers,
        similarity: Floats,
        asked_at: int | None,
        speaker: str | None,
    ) -> Floats:
        weights = self._weights
        scores = weights.similarity * similarity
        if weights.clock:
            times = _clock.mentioned(query)
            scores += weights.clock * _clock.log_ratio(times, self._words, self._starts)[chosen]
        if asked_at is not None:
            scores -= weights.nearness * np.log(asked_at - chosen)
            speaker = speaker or self.segments[asked_at].speaker
        if speaker is not None:
            others = [self.segments[place].speaker != speaker for place in chosen.tolist()]
            scores += weights.other * np.array(others)
        return scores

    def _matched(self, query: str, chosen: Integers) -> Floats:
        """Answer how well each segment answers to the query; zeros where that does not count."""
        if not self._weights.rerank:
            return np.zeros(len(chosen))
        texts = [self._texts[place] for place in chosen.tolist()]
        if self._scorer is not None:
            return np.asarray(self._scorer.score(query, texts), np.float64)
        return self._reranker.score(query, texts, rare=self._weights.rare).astype(np.float64)

    def _about(self, matched: Floats) -> float:
        """Answer the probability that the query is about this text."""
        if self._weights.about is None:
            return 1.0
        slope, shift = self._weights.about
        return 1 / (1 + exp(-slope * float(matched.max()) - shift))

    def _encoded(self, texts: Sequence[str]) -> Encoding:
        if self._encode is None:
            self._encode = Emoplug(plugins=["onnx"], permissive_only=True).encode
        return self._encode(texts)

    def _indexed(self) -> VectorIndex:
        with self._lock:
            if self._index is None:
                embeddings = self._encoded(self._texts).embeddings
                self._index = VectorIndex(embeddings.shape[1])
                places = np.arange(len(self._texts))
                self._index.add(places, embeddings, time=places.astype(np.float64).tolist())
            return self._index


def beside(scores: Floats, places: Integers) -> Floats:
    """Answer the mean of both neighbours of each; where one has no score, its own stands in.

    Args:
        scores: (n,) one for each place.
        places: (n,) where in the text they are, in order.
    """
    adjacent = np.diff(places) == 1
    before = np.append(scores[:1], np.where(adjacent, scores[:-1], scores[1:]))
    after = np.append(np.where(adjacent, scores[1:], scores[:-1]), scores[-1:])
    answer: Floats = (before + after) / 2
    return answer
