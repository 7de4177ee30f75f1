"""How likely a language model finds a text after another: the part that all models share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from emoplug import InputError
from emoplug_backtrace._texts import sound

Floats = NDArray[np.float64]
Logits = NDArray[np.float32]
Integers = NDArray[np.int64]
TOKENS = 2048
"""Most tokens of one pass by default: GPT-2's logits of so many take 0.4 GB."""


class LanguageModel(Protocol):
    """Anything that tells how likely one text is after another."""

    def log_likelihood(self, prefixes: Sequence[str], continuation: str) -> Floats:
        """Answer the log probability of ``continuation`` after each of the n ``prefixes``, (n,)."""


class CausalModel(ABC):
    """A model of the next token, asked in batches; a subclass brings tokens and logits.

    Prefix and continuation are turned into tokens apart, so that the continuation's tokens, whose
    log probabilities are summed, are the same after every prefix. Each row begins with the token
    that texts of this model begin with; of a prefix that is too long for the window the end is
    read. Rows are padded behind, where a causal model does not look.

    Args:
        start: Id of the token before the first.
        window: Most tokens that the model reads.
        tokens: Most tokens of one pass, padding counted; a single row may have more.
    """

    def __init__(self, start: int, window: int, tokens: int = TOKENS) -> None:
        self._start, self._window, self._tokens = start, window, tokens

    def log_likelihood(self, prefixes: Sequence[str], continuation: str) -> Floats:
        """Answer the log probability of ``continuation`` after each of the n ``prefixes``, (n,).

        Raises:
            InputError: it has no tokens, or more than the window holds.
        """
        wanted = self._wanted(continuation)
        room = self._window - len(wanted)
        rows = []
        for prefix in prefixes:
            given = self._encode(sound(prefix))
            rows.append([self._start, *given[max(len(given) - room, 0) :], *wanted[:-1]])
        sums = np.zeros(len(rows))
        for chosen in _batches([len(row) for row in rows], self._tokens):
            sums[chosen] = self._sums([rows[index] for index in chosen], wanted)
        return sums

    def _wanted(self, continuation: str) -> list[int]:
        wanted = self._encode(sound(continuation))
        if not wanted:
            raise InputError(
                f"{continuation!r} has no tokens, so nothing can be likely; give it some words"
            )
        if len(wanted) > self._window:
            raise InputError(
                f"a text of {len(wanted)} tokens does not fit into the model's window of "
                f"{self._window}; shorten it, or take a model with a longer one"
            )
        return wanted

    def _sums(self, rows: Sequence[Sequence[int]], wanted: Sequence[int]) -> Floats:
        lengths = np.array([len(row) for row in rows])
        ids = np.full((len(rows), lengths.max()), self._start, dtype=np.int64)
        for line, row in zip(ids, rows, strict=True):
            line[: len(row)] = row
        places = lengths[:, None] - len(wanted) + np.arange(len(wanted))
        logits = self._logits(ids, places)
        return np.array([_sum(row.astype(np.float64), wanted) for row in logits])

    @abstractmethod
    def _encode(self, text: str) -> list[int]:
        """Turn a text into tokens, without any that are not in it."""

    @abstractmethod
    def _logits(self, ids: Integers, places: Integers) -> Logits:
        """Answer the (b, k, vocabulary) logits after the tokens at (b, k) ``places`` of (b, n)."""


def _sum(logits: Floats, wanted: Sequence[int]) -> float:
    """Sum the log probabilities of ``wanted`` tokens, of (k, vocabulary) logits."""
    highest = logits.max(axis=1)
    totals = highest + np.log(np.exp(logits - highest[:, None]).sum(axis=1))
    return float((logits[np.arange(len(wanted)), wanted] - totals).sum())


def _batches(lengths: Sequence[int], tokens: int) -> Iterator[list[int]]:
    """Share rows out into passes of at most ``tokens``, rows of like length together."""
    batch: list[int] = []
    for row in sorted(range(len(lengths)), key=lambda row: lengths[row]):
        if batch and (len(batch) + 1) * lengths[row] > tokens:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch
