"""Asks a reader's ONNX file about a split, and scores what it says as the papers do.

Only rows for choosing pass through here (dev); `emoplug eval` measures through the whole product.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from emoplug_onnx._layout import NOWHERE, Marker
from emoplug_onnx._network import Network, Read
from emoplug_onnx._reader_weights import CAUSES, MODEL, TOKENIZER
from emoplug_onnx._spans import best_span
from emoplug_onnx.train.reader.corpora import read_split
from emoplug_onnx.train.reader.data import UNKNOWN, Dialogue
from emoplug_onnx.train.reader.samples import Sample, Target, windows

Floats = NDArray[np.floating]
Integers = NDArray[np.integer]
PER_UTTERANCE = ("meld", "dailydialog", "emorynlp", "empatheticdialogues", "esconv")


@dataclass(frozen=True)
class Answers:
    """What a reader says of a split.

    Attributes:
        logits: Task to (rows, labels).
        truth: Task to (rows,) right labels.
        ratings: (essays, 2) predicted and true.
        pairs: (pairs,) cause logits and whether each is a cause, counted once for each true span.
        away: (pairs,) how many utterances the pair is apart.
        overlap: (pairs,) how well the words found agree with the true ones; 0 for no cause.
    """

    logits: Mapping[str, Floats]
    truth: Mapping[str, Integers]
    ratings: tuple[Floats, Floats]
    pairs: tuple[Floats, Integers]
    away: Integers
    overlap: Floats


class Asked:
    """One reader's network and tokenizer."""

    def __init__(self, folder: Path) -> None:
        contents = {name: (folder / name).read_bytes() for name in (MODEL, CAUSES)}
        self._network = Network(folder, contents, "cpu", "raise", threads=0)
        self._marker = Marker(Tokenizer.from_file(str(folder / TOKENIZER)))

    def about(self, data: Path, split: str) -> Answers:
        """Ask about every task's ``split``."""
        logits: dict[str, Floats] = {}
        truth: dict[str, Integers] = {}
        for task in PER_UTTERANCE:
            rows = [
                (outputs[task][index], label)
                for sample, outputs in self._windows(read_split(data, task, split))
                for index, label in enumerate(sample.labels)
                if label != UNKNOWN
            ]
            logits[task] = np.stack([row for row, _ in rows])
            truth[task] = np.array([label for _, label in rows])
        essays = list(self._windows(read_split(data, "wassa", split)))
        said = np.stack([outputs["wassa"][0] for _, outputs in essays])
        rated = np.array([sample.ratings for sample, _ in essays])
        caused = [row for sample, _, row in self._causes(read_split(data, "reccon", split))]
        scores, causes, away, overlap = (
            np.concatenate(column) for column in zip(*caused, strict=True)
        )
        return Answers(logits, truth, (said, rated), (scores, causes), away, overlap)

    def _windows(
        self, dialogues: Sequence[Dialogue]
    ) -> Iterator[tuple[Sample, Mapping[str, Floats]]]:
        for dialogue in dialogues:
            for sample in windows(dialogue, self._marker):
                yield sample, self._network.read(sample.layout, self._network.nothing).judged

    def _causes(
        self, dialogues: Sequence[Dialogue]
    ) -> Iterator[tuple[Sample, Target, tuple[Floats, Integers, Integers, Floats]]]:
        for dialogue in dialogues:
            for sample in windows(dialogue, self._marker):
                if sample.targets:
                    read = self._network.read(sample.layout, self._network.nothing)
                for target in sample.targets:
                    yield (
                        sample,
                        target,
                        _pairs(sample, target, *self._explain(sample, target, read)),
                    )

    def _explain(self, sample: Sample, target: Target, read: Read) -> tuple[Floats, Floats]:
        said = sample.layout.part(0, target.target + 1)
        speakers = sample.speakers[: len(said)]
        same = np.array([name == speakers[-1] for name in speakers])
        return self._network.explain(said, read.rows[-1, : len(said.ids)], same)


def _pairs(
    sample: Sample, target: Target, causes: Floats, words: Floats
) -> tuple[Floats, Integers, Integers, Floats]:
    scores, truth, away, overlap = [], [], [], []
    for utterance, caused in enumerate(target.caused):
        spans = [span for span in target.spans if span[0] == utterance]
        found = _found(sample, utterance, words) if caused else (0, 0)
        for _, first, last in spans if caused and spans else [(utterance, 0, -1)]:
            scores.append(causes[utterance])
            truth.append(caused)
            away.append(target.target - utterance)
            overlap.append(_agreement(found, (first, last)))
    return np.array(scores), np.array(truth), np.array(away), np.array(overlap)


def _found(sample: Sample, utterance: int, words: Floats) -> tuple[int, int]:
    layout = sample.layout
    own = [
        token
        for token in np.flatnonzero(layout.owner == utterance)
        if layout.offsets[token] != NOWHERE
    ]
    first, last = best_span(words[own, 0], words[own, 1])
    return int(own[first]), int(own[last])


def _agreement(one: tuple[int, int], other: tuple[int, int]) -> float:
    """F1 of shared tokens where one span holds the other, as RECCON scores strings."""
    holds = (one[0] <= other[0] and other[1] <= one[1]) or (
        other[0] <= one[0] and one[1] <= other[1]
    )
    sizes = one[1] - one[0] + 1, other[1] - other[0] + 1
    return 2 * min(sizes) / sum(sizes) if holds and min(sizes) > 0 else 0.0
