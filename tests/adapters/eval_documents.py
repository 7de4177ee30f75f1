"""Documents with queries and causes in the formats of the big ones, and plugins of simple rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from emoplug import Cause, Encoding, Passage, Turn, hookimpl

Fields = dict[str, Any]

LECTURES: list[Fields] = [
    {
        "document_id": "l",
        "segments": [
            {"text": "Shall we start?"},
            {"text": "A matrix has eigenvalues."},
            {"text": "The kettle is in the kitchen."},
            {"text": "Their product is the determinant."},
        ],
        "queries": [
            {"query_id": 0, "text": "Which matrix has them?", "causes": [1]},
            {"query_id": 1, "text": "What is a determinant?", "causes": [2]},
            {"query_id": 2, "text": "Which matrix has them?", "causes": [3]},
        ],
    },
    {
        "document_id": "m",
        "segments": [{"text": "Zebras run."}, {"text": "Lions sleep."}],
        "queries": [{"query_id": 0, "text": "Do lions really sleep?", "causes": [1]}],
    },
]
TALKS: list[Fields] = [
    {
        "document_id": "te_1",
        "reccon_split": "test",
        "segments": [
            {"speaker": "A", "text": "My cat is gone."},
            {"speaker": "B", "text": "Oh no!"},
            {"speaker": "A", "text": "I looked for her all night."},
            {"speaker": "B", "text": "Poor you, your cat is gone!"},
            {"speaker": "A", "text": "Thank you."},
        ],
        "queries": [
            {"segment": 3, "text": "Poor you, your cat is gone!", "speaker": "B", "causes": [0, 3]}
        ],
    },
    {
        "document_id": "tr_1",
        "reccon_split": "train",
        "segments": [{"speaker": "A", "text": "I won!"}, {"speaker": "B", "text": "Great!"}],
        "queries": [{"segment": 1, "text": "Great!", "speaker": "B", "causes": [0]}],
    },
    {
        "document_id": "va_1",
        "reccon_split": "dev",
        "segments": [{"speaker": "A", "text": "Hm."}, {"speaker": "B", "text": "I am sad."}],
        "queries": [{"segment": 1, "text": "I am sad.", "speaker": "B", "causes": [1]}],
    },
]
ITEMS: list[Fields] = [
    {
        "item_id": "ed_0",
        "segments": [
            {"text": "I am so sad, I miss her."},
            {"text": "What a wonderful day, I am so happy!"},
            {"text": "I cried all night, nothing feels right."},
            {"text": "We lost him and it hurts."},
        ],
        "odd": 1,
    },
    {"item_id": "ed_1", "segments": [{"text": "a"}, {"text": "b"}, {"text": "c"}], "odd": 2},
]


class Letters:
    """Encodes a text as how often it has each letter, and feels gladness by its length."""

    @hookimpl
    def encode(self, texts: Sequence[str]) -> Encoding:
        """Answer letter counts of unit length."""
        counts = np.array([[1e-3 + t.lower().count(c) for c in "abcdefghij"] for t in texts])
        glad = np.array([[min(len(text), 100) / 100] for text in texts])
        return Encoding(
            embeddings=(counts / np.linalg.norm(counts, axis=1, keepdims=True)).astype(np.float32),
            labels=("glad",),
            emotions=glad.astype(np.float32),
            thresholds=np.array([0.5], dtype=np.float32),
            affect=np.zeros((len(texts), 0), dtype=np.float32),
            source="letters",
        )


class Backtrace:
    """Traces every query to the segments in order; keeps what it was shown.

    Of a conversation it names one cause: the first message, or the query itself.
    """

    name = "backtrace"

    def __init__(self, cause: int = 0) -> None:
        self.cause = cause
        self.documents: list[Sequence[str]] = []
        self.queries: list[tuple[str, int]] = []
        self.turns: list[Turn] = []

    def tracer(self, segments: Sequence[str]) -> Backtrace:
        """Take a document."""
        self.documents.append(segments)
        return self

    def trace(self, query: str, k: int) -> Sequence[Passage]:
        """Answer the first ``k`` segments."""
        self.queries.append((query, k))
        texts = self.documents[-1][:k]
        return [
            Passage(text=text, score=-index, source=self.name, segment=index)
            for index, text in enumerate(texts)
        ]

    @hookimpl
    def explain(self, turn: Turn) -> Sequence[Cause]:
        """Name one cause, and the query turn as a likelier one."""
        self.turns.append(turn)
        last = len(turn.messages) - 1
        return [
            Cause(index=last, score=1.0, source=self.name),
            Cause(index=self.cause, score=0.5, source=self.name),
        ]


class Emotion:
    """Takes the longest text as the odd one."""

    name = "emotion"

    def odd_one_out(self, encoding: Encoding) -> Any:
        """Answer lengths."""
        return encoding.emotions[:, 0]
