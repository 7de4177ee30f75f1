"""Reads the dialogue data sets into one form, each with the targets it has."""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any

UNKNOWN = -1
"""Target of an utterance that has none."""
_TELLING = 6
"""Words from which on an equal line is the same line, not a common phrase."""


@dataclass(frozen=True)
class Evidence:
    """One emotion and what caused it.

    Attributes:
        target: Index of the utterance that shows the emotion.
        emotion: Its name in the data set.
        causes: Utterance index to the words in it that caused the emotion.
    """

    target: int
    emotion: str
    causes: dict[int, list[str]]


@dataclass(frozen=True)
class Dialogue:
    """What was said, and the targets of one task.

    Attributes:
        task: The data set.
        speakers: Who said each utterance.
        texts: The utterances.
        labels: Per utterance the index of its label, or ``UNKNOWN``.
        ratings: Numbers to predict from the last utterance, if any.
        evidence: Emotions with their causes, if any.
    """

    task: str
    speakers: tuple[str, ...]
    texts: tuple[str, ...]
    labels: tuple[int, ...] = ()
    ratings: tuple[float, ...] = ()
    evidence: tuple[Evidence, ...] = field(default=())


def labels_of(data: Path, task: str) -> tuple[str, ...]:
    """Name the labels of a data set, in their order in ``labels.json``."""
    listing = json.loads((data / task / "labels.json").read_text(encoding="utf-8"))
    return tuple(listing.get("emotion") or listing["strategies"])


def read_emotions(data: Path, task: str, split: str) -> list[Dialogue]:
    """Read ``meld``, ``emorynlp`` or ``dailydialog``: an emotion for each utterance."""
    column = {label: index for index, label in enumerate(labels_of(data, task))}
    rows = read_jsonl(data / task / f"{split}.jsonl.gz")
    return [
        Dialogue(
            task,
            tuple(row["speaker"].split()[0] for row in scene),
            tuple(row["text"] for row in scene),
            tuple(column[row["emotion"]] for row in scene),
        )
        for _, group in groupby(rows, key=lambda row: row["dialogue_id"])
        for scene in [list(group)]
    ]


def read_situations(data: Path, split: str) -> list[Dialogue]:
    """Read EmpatheticDialogues: the speaker's emotion, asked before each listener turn."""
    task = "empatheticdialogues"
    column = {label: index for index, label in enumerate(labels_of(data, task))}
    dialogues = []
    for row in read_jsonl(data / task / f"{split}.jsonl.gz"):
        turns, label = row["turns"], column[row["emotion"]]
        asked = [
            label if following["speaker"] == "listener" else UNKNOWN for following in turns[1:]
        ]
        names = {"speaker": "A", "listener": "B"}
        dialogues.append(
            Dialogue(
                task,
                tuple(names[turn["speaker"]] for turn in turns),
                tuple(turn["text"] for turn in turns),
                (*asked, UNKNOWN),
            )
        )
        if split == "train":  # what the speaker wrote before the talk teaches too
            dialogues.append(Dialogue(task, ("A",), (row["situation"],), (label,)))
    return dialogues


def read_causes(data: Path, split: str) -> list[Dialogue]:
    """Read RECCON-DD: causes of each annotated emotion, among the turns up to it."""
    dialogues = []
    for row in read_jsonl(data / "reccon" / f"{split}.jsonl.gz"):
        turns = row["turns"]
        evidence = []
        for turn in turns:
            if "cause_turns" not in turn:
                continue
            causes: dict[int, list[str]] = {}
            for cause, span in zip(turn["cause_turns"], turn["cause_spans"], strict=True):
                if cause != "b" and cause <= turn["turn"]:
                    causes.setdefault(cause - 1, []).append(span)
            evidence.append(Evidence(turn["turn"] - 1, turn["emotion"], causes))
        dialogues.append(
            Dialogue(
                "reccon",
                tuple(turn["speaker"] for turn in turns),
                tuple(turn["text"] for turn in turns),
                evidence=tuple(evidence),
            )
        )
    return dialogues


def read_strategies(data: Path, split: str) -> list[Dialogue]:
    """Read ESConv: after each utterance, the strategy of the supporter turn that follows."""
    column = {label: index for index, label in enumerate(labels_of(data, "esconv"))}
    names = {"seeker": "A", "supporter": "B"}
    dialogues = []
    for row in read_jsonl(data / "esconv" / f"{split}.jsonl.gz"):
        turns = row["turns"]
        following = [column.get(turn.get("strategy"), UNKNOWN) for turn in turns[1:]]
        dialogues.append(
            Dialogue(
                "esconv",
                tuple(names[turn["speaker"]] for turn in turns),
                tuple(turn["text"] for turn in turns),
                (*following, UNKNOWN),
            )
        )
    return dialogues


def read_essays(data: Path, split: str) -> list[Dialogue]:
    """Read WASSA 2022: empathic concern and personal distress (1..7) of an essay's writer."""
    return [
        Dialogue("wassa", ("A",), (row["text"],), ratings=(row["empathy"], row["distress"]))
        for row in read_jsonl(data / "wassa2022" / f"{split}.jsonl.gz")
    ]


def without_repeats(dialogues: Sequence[Dialogue], held_out: Iterable[Dialogue]) -> list[Dialogue]:
    """Leave out dialogues that share a telling line (six words or more) with held-out ones."""
    known = {_line(text) for dialogue in held_out for text in dialogue.texts} - {""}
    return [d for d in dialogues if not any(_line(text) in known for text in d.texts)]


def swapped(dialogue: Dialogue) -> Dialogue:
    """Let the two speakers of a dialogue change names: neither of them is always the user."""
    other = {"A": "B", "B": "A"}
    return replace(dialogue, speakers=tuple(other.get(name, name) for name in dialogue.speakers))


def deal(lengths: Sequence[int], tokens: int, seed: int) -> Iterator[tuple[int, ...]]:
    """Deal rows into batches of like length, each of about ``tokens`` tokens when padded."""
    shuffle = random.Random(seed)
    order = sorted(range(len(lengths)), key=lambda row: lengths[row] * shuffle.uniform(0.9, 1.1))
    batch: list[int] = []
    for row in order:
        if batch and (len(batch) + 1) * max(lengths[row], *(lengths[r] for r in batch)) > tokens:
            yield tuple(batch)
            batch = []
        batch.append(row)
    if batch:
        yield tuple(batch)


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    """Read a gzipped file of one JSON object a line."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _line(text: str) -> str:
    words = re.sub(r"[^a-z0-9 ]", "", text.lower()).split()
    return " ".join(words) if len(words) >= _TELLING else ""
