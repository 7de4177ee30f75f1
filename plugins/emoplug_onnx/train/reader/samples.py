"""Turns dialogues into windows of tokens with their targets, and windows into padded tensors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from emoplug_onnx._layout import NOWHERE, WINDOW, Layout, Marker, Utterance, lay_out, positions
from emoplug_onnx.train.reader.data import UNKNOWN, Dialogue

RATING_MIDDLE, RATING_SPREAD = 4.0, 2.0
"""Bring WASSA's 1..7 ratings near zero and one."""


@dataclass(frozen=True)
class Target:
    """An emotion to explain: which utterances caused it, and the words.

    Attributes:
        target: Utterance of the window.
        caused: 1 for each utterance up to the target that is a cause.
        spans: First and last token of causing words, with their utterance.
    """

    target: int
    caused: tuple[int, ...]
    spans: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class Sample:
    """One window of a dialogue."""

    task: str
    layout: Layout
    speakers: tuple[str, ...]
    labels: tuple[int, ...]
    ratings: tuple[float, ...]
    targets: tuple[Target, ...]

    def __len__(self) -> int:
        """Answer the number of tokens."""
        return len(self.layout.ids)


@dataclass(frozen=True)
class Padded:
    """A batch of windows: (b, n) ``ids`` and ``owner``, (b, u, n) ``pool``, (b, u) ``starts``."""

    ids: Tensor
    owner: Tensor
    pool: Tensor
    starts: Tensor

    def to(self, device: torch.device) -> Padded:
        """Answer it on ``device``."""
        return Padded(*(t.to(device) for t in (self.ids, self.owner, self.pool, self.starts)))


def windows(dialogue: Dialogue, marker: Marker) -> Iterator[Sample]:
    """Cut a dialogue into windows; each target is in one of them, with all the past that fits."""
    utterances = marker.mark(dialogue.speakers, dialogue.texts)
    done, end = 0, 0
    while end < len(utterances):
        end = _end(utterances, done)
        layout = lay_out(utterances[:end], marker.start)
        yield _sample(dialogue, layout, done, end)
        done = end


def _end(utterances: Sequence[Utterance], done: int) -> int:
    """Take new utterances: a whole window first, then most of one, the rest being their past."""
    room = WINDOW - 1 if done == 0 else WINDOW * 3 // 4
    end = done
    while end < len(utterances) and (end == done or len(utterances[end].ids) <= room):
        room -= len(utterances[end].ids)
        end += 1
    return end


def _sample(dialogue: Dialogue, layout: Layout, done: int, end: int) -> Sample:
    first = layout.first
    labels = tuple(
        label if first + index >= done else UNKNOWN
        for index, label in enumerate(dialogue.labels[first:end])
    )
    targets = tuple(
        Target(
            evidence.target - first,
            tuple(int(index in evidence.causes) for index in range(first, evidence.target + 1)),
            tuple(
                (cause - first, *span)
                for cause, texts in evidence.causes.items()
                if cause >= first
                for text in texts
                for span in [_tokens(layout, cause - first, dialogue.texts[cause], text)]
                if span is not None
            ),
        )
        for evidence in dialogue.evidence
        if max(done, first) <= evidence.target < end
    )
    ratings = tuple((r - RATING_MIDDLE) / RATING_SPREAD for r in dialogue.ratings)
    return Sample(dialogue.task, layout, dialogue.speakers[first:end], labels, ratings, targets)


def _tokens(layout: Layout, utterance: int, text: str, words: str) -> tuple[int, int] | None:
    """Answer the first and last token of ``words`` in an utterance, if they are there."""
    start = text.find(words)
    if start < 0 or not words:
        return None
    stop = start + len(words)
    inside = [
        position
        for position, (low, high) in enumerate(layout.offsets)
        if layout.owner[position] == utterance
        and (low, high) != NOWHERE
        and low < stop
        and high > start
    ]
    return (inside[0], inside[-1]) if inside else None


def pad(samples: Sequence[Sample]) -> Padded:
    """Put windows side by side."""
    return pad_layouts([sample.layout for sample in samples])


def pad_layouts(layouts: Sequence[Layout]) -> Padded:
    """Put layouts side by side; what is padding belongs to utterance -1."""
    width, height = max(len(one.ids) for one in layouts), max(map(len, layouts))
    ids = np.zeros((len(layouts), width), dtype=np.int64)
    owner = np.full((len(layouts), width), -1, dtype=np.int64)
    pool = np.zeros((len(layouts), height, width), dtype=np.float32)
    starts = np.zeros((len(layouts), height), dtype=np.int64)
    for row, one in enumerate(layouts):
        size = len(one.ids)
        ids[row, :size], owner[row, :size] = one.ids, one.owner
        pool[row, : len(one), :size], starts[row, : len(one)] = positions(one)
    return Padded(*(torch.from_numpy(array) for array in (ids, owner, pool, starts)))
