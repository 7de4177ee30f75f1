"""Tiny data sets in the formats of the big ones, and a plugin that answers by rules."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from emoplug import Comprehension, EmotionView, Reading, Turn, hookimpl
from emoplug_eval._labels import EMPATHETICDIALOGUES

Fields = dict[str, Any]

COMMENTS: list[Fields] = [
    {"id": "a", "text": "Thank you so much!", "labels": ["gratitude"]},
    {"id": "b", "text": "I am so angry at him.", "labels": ["anger", "annoyance"]},
    {"id": "c", "text": "The shop opens at nine.", "labels": ["neutral"]},
]
SENTENCES: list[Fields] = [
    {"id": "a", "document": "x", "text": "I love this wonderful day.", "V": 4.5, "A": 3.6, "D": 3},
    {"id": "b", "document": "x", "text": "My dog died.", "V": 1.5, "A": 3.4, "D": 2.6},
    {"id": "c", "document": "y", "text": "The form has two pages.", "V": 3, "A": 2.5, "D": 3.1},
]
ESSAYS: list[Fields] = [
    {"id": "a", "writer": "x", "text": "one", "empathy": 1.5, "distress": 2},
    {"id": "b", "writer": "y", "text": "one two", "empathy": 3, "distress": 4.5},
    {"id": "c", "writer": "y", "text": "one two three", "empathy": 6, "distress": 3},
]
DIALOGUES: list[Fields] = [
    {
        "dialogue_id": "d",
        "turns": [
            {"turn": 1, "speaker": "A", "text": "The cat is gone.", "emotion": "sadness"},
            {"turn": 2, "speaker": "B", "text": "Oh no, poor you!", "emotion": "sadness"},
            {"turn": 3, "speaker": "A", "text": "I miss her so.", "emotion": "sadness"},
        ],
    }
]
PAIRS: list[Fields] = [
    {"dialogue_id": "d", "target_turn": 2, "cause_turn": 1, "label": 1, "span": "cat is gone"},
    {"dialogue_id": "d", "target_turn": 2, "cause_turn": 1, "label": 1, "span": "The cat"},
    {"dialogue_id": "d", "target_turn": 2, "cause_turn": 2, "label": 0},
    {"dialogue_id": "d", "target_turn": 3, "cause_turn": 1, "label": 1, "span": "cat is gone"},
    {"dialogue_id": "d", "target_turn": 3, "cause_turn": 2, "label": 0},
    {"dialogue_id": "d", "target_turn": 3, "cause_turn": 3, "label": 0},
]
TALKS: list[Fields] = [
    {
        "dialogue_id": "t",
        "emotion": "proud",
        "turns": [
            {"turn": 1, "speaker": "speaker", "text": "My girl won!"},
            {"turn": 2, "speaker": "listener", "text": "Great, what?"},
            {"turn": 3, "speaker": "speaker", "text": "The race."},
            {"turn": 4, "speaker": "listener", "text": "Wow."},
        ],
    },
    {
        "dialogue_id": "u",
        "emotion": "afraid",
        "turns": [
            {"turn": 1, "speaker": "listener", "text": "Hello."},
            {"turn": 2, "speaker": "speaker", "text": "There is a noise."},
            {"turn": 3, "speaker": "listener", "text": "Where?"},
        ],
    },
]
FRIENDS = [
    ("d", 0, "Rachel Green", "Hello.", "neutral"),
    ("d", 1, "Joey", "You won!", "joy"),
    ("d", 4, "Rachel Green", "I lost.", "sadness"),
    ("e", 0, "Ross", "No!", "anger"),
]


def utterances(emotions: Mapping[str, str] | None = None) -> list[Fields]:
    """Answer ``FRIENDS`` as rows, their emotions renamed."""
    renamed = emotions or {}
    names = ("dialogue_id", "turn", "speaker", "text")
    return [
        {**dict(zip(names, row, strict=False)), "emotion": renamed.get(row[4], row[4])}
        for row in FRIENDS
    ]


def write(path: Path, rows: Iterable[Fields]) -> Path:
    """Write rows as JSON lines, gzipped where the name says so."""
    text = "".join(json.dumps(row) + "\n" for row in rows).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path


class Rules:
    """Comprehends and reads by rules that a test can follow; keeps the turns it was shown.

    A message with "!" is ``loud``, another ``quiet``. The last message and the one before it are
    causes, by their second word on. The situation is proud, then afraid. An essay's empathy is
    its number of words; its distress 3.
    """

    name = "rules"

    def __init__(self, loud: str = "joy", quiet: str = "neutral") -> None:
        self.loud, self.quiet = loud, quiet
        self.seen: list[Turn] = []

    @hookimpl
    def comprehend(self, turn: Turn) -> Comprehension:
        """Answer causes, causing words, the situation and ratings."""
        self.seen.append(turn)
        count, texts = len(turn.messages), [message.text for message in turn.messages]
        scores = np.zeros((count, len(EMPATHETICDIALOGUES)), dtype=np.float32)
        for label, score in (("proud", 0.7), ("afraid", 0.3)):
            scores[:, EMPATHETICDIALOGUES.index(label)] = score
        return Comprehension(
            views={
                "empatheticdialogues": EmotionView(labels=EMPATHETICDIALOGUES, probabilities=scores)
            },
            causes=np.array([float(count - index <= 2) for index in range(count)], np.float32),
            cause_spans={i: ((t.find(" ") + 1, len(t)),) for i, t in enumerate(texts)},
            ratings={"empathy": float(len(texts[-1].split())), "distress": 3.0},
            source=self.name,
        )

    @hookimpl
    def read(self, turn: Turn) -> Sequence[Reading]:
        """Answer loud or quiet for each message."""
        emotions = [self.loud if "!" in m.text else self.quiet for m in turn.messages]
        return [
            Reading(index=index, emotion=emotion, probability=1.0, source=self.name)
            for index, emotion in enumerate(emotions)
        ]
