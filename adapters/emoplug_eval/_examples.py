"""What is measured: conversations for the product, and apart from them what is right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

Messages = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Scene:
    """A conversation up to now, and who of it is the user. All that a prediction may rest on.

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
        scene: Index of the conversation that is asked about.
        message: Index of the message in it that the row is about.
        gold: What is right.
        group: Rows of one group belong together: they are resampled as one.
    """

    scene: int
    message: int
    gold: Any
    group: str


@dataclass(frozen=True)
class Examples:
    """Scored rows, and the conversations they ask about in the order of their first row."""

    scenes: tuple[Scene, ...]
    rows: tuple[Example, ...]

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

    def first(self, count: int | None) -> Examples:
        """Keep the first ``count`` rows, and the conversations that they ask about."""
        rows = self.rows[:count]
        return Examples(self.scenes[: max(row.scene for row in rows) + 1], rows)
