"""Lays a conversation out as the reader sees it: one row of tokens, each owned by a message.

Training and run time share this file, so that the network never meets a layout it has not seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

WINDOW = 384
"""Most tokens of one reading."""
LONGEST = 192
"""Most tokens of one message; of a longer one the beginning and the end are read."""
_NAME, _NAMES = 3, 256
"""Most tokens of a speaker's name, and names whose tokens are kept."""
NOWHERE = (-1, -1)

Integers = NDArray[np.int64]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Utterance:
    """Tokens of one message, its speaker's mark in front and a separator behind.

    Attributes:
        ids: Token ids.
        offsets: For each token its characters in the text; ``(-1, -1)`` for the marks.
    """

    ids: tuple[int, ...]
    offsets: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Layout:
    """The last utterances of a conversation that fit into one window.

    Attributes:
        first: Index of the first utterance that is in it.
        ids: (n,) token ids, a start token in front.
        owner: (n,) utterance of each token, counted from ``first``.
        offsets: For each token its characters in its utterance's text.
    """

    first: int
    ids: Integers
    owner: Integers
    offsets: tuple[tuple[int, int], ...]

    def __len__(self) -> int:
        """Answer how many utterances are in it."""
        return int(self.owner[-1]) + 1

    def part(self, first: int, stop: int) -> Layout:
        """Answer the utterances from ``first`` to before ``stop`` alone; one of them at least."""
        start, end = np.searchsorted(self.owner, (first, stop)).tolist()
        owner = self.owner[start:end] - first
        return Layout(self.first + first, self.ids[start:end], owner, self.offsets[start:end])


class Marker:
    """Turns spoken texts into utterances with one tokenizer."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._colon = self._ids(":")
        (self.start,), (self._end,) = self._ids("[CLS]"), self._ids("[SEP]")
        self._mark_of = lru_cache(_NAMES)(self._marked)

    def mark(self, speakers: Sequence[str], texts: Sequence[str]) -> list[Utterance]:
        """Answer one utterance for each text."""
        return [self.utterance(*said) for said in zip(speakers, texts, strict=True)]

    def utterance(self, speaker: str, text: str) -> Utterance:
        """Answer what ``speaker`` says."""
        said = self._tokenizer.encode(_sound(text), add_special_tokens=False)
        ids, offsets = said.ids, said.offsets
        if len(ids) > LONGEST:
            half = LONGEST // 2
            ids, offsets = ids[:half] + ids[-half:], offsets[:half] + offsets[-half:]
        mark = self._mark_of(speaker)
        unsaid = [NOWHERE] * len(mark)
        return Utterance((*mark, *ids, self._end), (*unsaid, *offsets, NOWHERE))

    def _marked(self, speaker: str) -> list[int]:
        return self._ids(speaker)[:_NAME] + self._colon

    def _ids(self, text: str) -> list[int]:
        return list(self._tokenizer.encode(_sound(text), add_special_tokens=False).ids)


def _sound(text: str) -> str:
    """Half a surrogate pair, as broken clients send it, is no text for a tokenizer."""
    return text.encode("utf-8", "replace").decode("utf-8")


def window_start(lengths: Sequence[int], window: int = WINDOW) -> int:
    """Answer the first utterance that is read of a conversation.

    It stays the same while the conversation grows, so that what was read stays read. When the
    newest no longer fits, it moves on: to the newest that fill two thirds of the window.

    Args:
        lengths: Tokens of each utterance, from the beginning of the conversation.
        window: Most tokens of one reading.
    """
    room, first, used = window - 1, 0, 0
    for newest, length in enumerate(lengths):
        used += length
        if used > room:
            while first < newest and used > room * 2 // 3:
                used -= lengths[first]
                first += 1
    return first


def lay_out(utterances: Sequence[Utterance], start: int, window: int = WINDOW) -> Layout:
    """Take the last utterances that fit into ``window`` tokens, one at least."""
    first, room = len(utterances) - 1, window - 1 - len(utterances[-1].ids)
    while first > 0 and len(utterances[first - 1].ids) <= room:
        first -= 1
        room -= len(utterances[first].ids)
    chosen = utterances[first:]
    ids = [start, *(token for utterance in chosen for token in utterance.ids)]
    owner = [0, *(index for index, utterance in enumerate(chosen) for _ in utterance.ids)]
    offsets = (NOWHERE, *(offset for utterance in chosen for offset in utterance.offsets))
    return Layout(first, np.array(ids), np.array(owner), offsets)


def positions(layout: Layout) -> tuple[Floats, Integers]:
    """Tell the network where its utterances are.

    Returns:
        (u, n) array that averages tokens into utterances, and (u,) position of each one's first.
    """
    owned = layout.owner == np.arange(len(layout))[:, None]
    pool: Floats = (owned / owned.sum(axis=1, keepdims=True)).astype(np.float32)
    return pool, owned.argmax(axis=1)
