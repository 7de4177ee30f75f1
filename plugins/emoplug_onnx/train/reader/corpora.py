"""Which dialogues the reader learns from, and what is kept from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from emoplug_onnx.train.reader.data import (
    Dialogue,
    read_causes,
    read_emotions,
    read_essays,
    read_situations,
    read_strategies,
    without_repeats,
)


@dataclass(frozen=True)
class Corpora:
    """Training dialogues by task."""

    train: dict[str, list[Dialogue]]

    @classmethod
    def read(cls, data: Path) -> Corpora:
        """Read all training splits.

        MELD and EmoryNLP are scripts of one series: from each, scenes are left out that share a
        telling line with what the other is chosen or measured on.
        """
        meld, emory = (read_emotions(data, task, "train") for task in ("meld", "emorynlp"))
        scenes = {
            task: [d for split in ("dev", "test") for d in read_emotions(data, task, split)]
            for task in ("meld", "emorynlp")
        }
        return cls(
            {
                "meld": without_repeats(meld, scenes["emorynlp"]),
                "emorynlp": without_repeats(emory, scenes["meld"]),
                "dailydialog": read_emotions(data, "dailydialog", "train"),
                "empatheticdialogues": read_situations(data, "train"),
                "reccon": read_causes(data, "train"),
                "esconv": read_strategies(data, "train"),
                "wassa": read_essays(data, "train"),
            }
        )

    def texts(self) -> Iterator[str]:
        """Answer every text, those of all tasks one after the other."""
        for dialogues in self.train.values():
            for dialogue in dialogues:
                yield from dialogue.texts


def read_split(data: Path, task: str, split: str) -> list[Dialogue]:
    """Read one task's split as it is, nothing left out."""
    readers = {
        "empatheticdialogues": read_situations,
        "reccon": read_causes,
        "esconv": read_strategies,
        "wassa": read_essays,
    }
    reader = readers.get(task)
    return reader(data, split) if reader else read_emotions(data, task, split)
