"""What is measured: texts for the product, and apart from them what is right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

Messages = list[dict[str, str]]
_SOMEBODY = "writer"


@dataclass(frozen=True, slots=True)
class Scene:
    """A conversation up to now, or a document: all that a prediction may rest on, beside a query.

    Attributes:
        speakers: Who said each text.
        texts: What was said.
        user: The speaker who is the user; all others are the assistant.
        named: Whether messages carry the first word of their speaker's name.
    """

    speakers: tuple[str, ...]
    texts: tuple[str, ...]
    user: str
    named: bool = False

    @classmethod
    def by_one(cls, *texts: str) -> Scene:
        """Make one of what a single person wrote, such as the segments of a document."""
        return cls((_SOMEBODY,) * len(texts), texts, _SOMEBODY)

    def messages(self) -> Messages:
        """Answer it in the chat API's shape; who says nothing says a blank."""
        return [
            {
                "role": "user" if speaker == self.user else "assistant",
                "content": text or " ",
                **({"name": speaker.split()[0]} if self.named and speaker.strip() else {}),
            }
            for speaker, text in zip(self.speakers, self.texts, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class Example:
    """One scored row.

    Attributes:
        scene: Index of the conversation or document that is asked about.
        message: Index of the message in it that the row is about; of a query about a document,
            and of what is about to be said, one behind its last text.
        gold: What is right.
        group: Rows of one group belong together: they are resampled as one.
        query: What is asked about a document; empty where a message is asked about.
        said: What a log says was predicted, where a log is measured.
    """

    scene: int
    message: int
    gold: Any
    group: str
    query: str = ""
    said: Any = None


@dataclass(frozen=True)
class Examples:
    """Scored rows, and what they ask about in the order of their first row.

    Attributes:
        scenes: The conversations or documents.
        rows: The scored rows.
        notes: What was left out, and why.
    """

    scenes: tuple[Scene, ...]
    rows: tuple[Example, ...]
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, pairs: Iterable[tuple[Scene, Any, str]]) -> Examples:
        """Make one row of each conversation, about its last message: (scene, gold, group)."""
        scenes, rows = [], []
        for index, (scene, gold, group) in enumerate(pairs):
            scenes.append(scene)
            rows.append(Example(index, len(scene.texts) - 1, gold, group))
        return cls(tuple(scenes), tuple(rows))

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def gold(self) -> list[Any]:
        """What is right, row by row."""
        return [row.gold for row in self.rows]

    def query(self, row: Example) -> str:
        """Answer what ``row`` seeks a cause of: its query, or the message it is about."""
        return row.query or self.scenes[row.scene].texts[row.message]

    def candidates(self, row: Example) -> Sequence[str]:
        """Answer where it may be found: the texts before the message that ``row`` is about."""
        return self.scenes[row.scene].texts[: row.message]

    def first(self, count: int | None) -> Examples:
        """Keep the first ``count`` rows, and what they ask about."""
        rows = self.rows[:count]
        return Examples(self.scenes[: max(row.scene for row in rows) + 1], rows, self.notes)
