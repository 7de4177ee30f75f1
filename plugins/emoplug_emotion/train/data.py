"""Reads conversations, and asks emoplug what each message says by itself or in context."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emoplug import Emoplug, Turn
from emoplug_emotion._dynamics import Floats
from emoplug_emotion._taxonomy import LABEL_SETS

LICENCES = {"meld": "GPL-3.0", "dailydialog": "CC BY-NC-SA 4.0", "emorynlp": "Apache-2.0"}
PERMISSIVE = frozenset({"emorynlp"})
UNNAMED = frozenset({"dailydialog"})
"""Sets whose speakers have no names: who is asked about is the user, the other the assistant."""
UNSCORED = -1
_PATIENCE = 3600.0


@dataclass(frozen=True)
class Dialogue:
    """One conversation.

    Attributes:
        speakers: Who said each message.
        texts: What was said.
        gold: (n,) index of each message's label, or ``UNSCORED``.
    """

    speakers: tuple[str, ...]
    texts: tuple[str, ...]
    gold: NDArray[np.int64]


@dataclass(frozen=True)
class Scored:
    """A conversation with scores: (n, columns) for its messages."""

    dialogue: Dialogue
    scores: Floats


def read_dialogues(data: Path, name: str, split: str, most: int | None = None) -> list[Dialogue]:
    """Read the first ``most`` dialogues of a split."""
    labels = LABEL_SETS[name].labels
    with gzip.open(data / name / f"{split}.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    scenes = [list(scene) for _, scene in groupby(rows, key=lambda row: row["dialogue_id"])]
    return [
        Dialogue(
            tuple(row["speaker"].split()[0] for row in scene),
            tuple(row["text"] or " " for row in scene),
            np.array([labels.index(row["emotion"]) for row in scene], dtype=np.int64),
        )
        for scene in scenes[:most]
    ]


def by_encoder(
    dialogues: Sequence[Dialogue], weights: Path | None
) -> tuple[tuple[str, ...], list[Scored]]:
    """Answer the encoder's labels, and its probabilities of every message."""
    emo = _emoplug(weights, permissive_only=True)
    turns = emo.prepare_many(
        [[{"role": "user", "content": text} for text in dialogue.texts] for dialogue in dialogues]
    )
    labels, scored = tuple[str, ...](), []
    for dialogue, turn in zip(dialogues, turns, strict=True):
        if turn.encoding is None:
            raise SystemExit(f"nothing was encoded: {turn.degraded}")
        labels = turn.encoding.labels
        scored.append(Scored(dialogue, turn.encoding.emotions.astype(np.float64)))
    return labels, scored


def by_reader(
    dialogues: Sequence[Dialogue], name: str, weights: Path | None
) -> list[Scored] | None:
    """Answer what the dialogue reader says of every message; ``None`` where there is no reader.

    A message is read past-only, so one pass tells of all messages. Without names it matters who
    is the user: there each dialogue is read once from either side, that side alone being scored.
    """
    emo = _emoplug(weights, permissive_only=False)
    scored = []
    for dialogue in dialogues:
        sides = dict.fromkeys(dialogue.speakers) if name in UNNAMED else [dialogue.speakers[0]]
        for user in sides:
            scores = _views(emo, dialogue, name, user)
            if scores is None:
                return None
            own = np.array([speaker == user for speaker in dialogue.speakers])
            gold = np.where(own, dialogue.gold, UNSCORED) if name in UNNAMED else dialogue.gold
            scored.append(Scored(Dialogue(dialogue.speakers, dialogue.texts, gold), scores))
    return scored


def _views(emo: Emoplug, dialogue: Dialogue, name: str, user: str) -> Floats | None:
    """Answer (n, labels); what is beyond the reader's window is read from shorter beginnings."""
    messages = _messages(dialogue, name, user)
    scores = np.zeros((len(messages), len(LABEL_SETS[name].labels)))
    stop = len(messages)
    while stop:
        turn = emo.prepare(messages[:stop])
        view = turn.comprehension.views.get(name) if turn.comprehension else None
        if view is None:
            sys.stderr.write(f"no reader: {_why(turn)}\n")
            return None
        if view.labels != LABEL_SETS[name].labels:
            raise SystemExit(f"the reader's labels of {name} are {view.labels}")
        read = np.flatnonzero(view.probabilities.any(axis=1))
        if not len(read):
            break
        scores[read] = view.probabilities[read]
        stop = int(read[0])
    return scores


def _messages(dialogue: Dialogue, name: str, user: str) -> list[dict[str, Any]]:
    return [
        {
            "role": "user" if speaker == user else "assistant",
            "content": text,
            **({} if name in UNNAMED else {"name": speaker}),
        }
        for speaker, text in zip(dialogue.speakers, dialogue.texts, strict=True)
    ]


def _why(turn: Turn) -> str:
    return "; ".join(skipped.reason for skipped in turn.degraded) or "none answered"


def _emoplug(weights: Path | None, permissive_only: bool) -> Emoplug:
    own = {"weights": str(weights)} if weights else {}
    return Emoplug(
        plugins=["onnx"],
        options={"onnx": own},
        deadline=_PATIENCE,
        permissive_only=permissive_only,
    )
