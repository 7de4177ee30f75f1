"""The sentences that the detector learns from: our own, and a background of ordinary texts."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from emoplug_safety._rules import ANSWER, Rules

SENTENCES = Path(__file__).parent / "sentences.jsonl"
OPENERS = Path(__file__).parent / "openers.txt"
BACKGROUND = 8000
ANSWERS = 2500
"""Short background texts that are put after what an assistant might have said."""
_SEED = 0
_MEANT = 0.7
"""A background text whose words say so this strongly may well mean it: it is left out."""


@dataclass(frozen=True)
class Example:
    """One message.

    Attributes:
        group: Sentences of one group say the same in other words.
        text: The message.
        before: What somebody else wrote right before it.
        risk: The danger it tells of; ``None`` without one.
        about: Whose danger.
        category: What sort of sentence it is.
    """

    group: int
    text: str
    before: str | None
    risk: str | None
    about: str | None
    category: str


def read_examples(path: Path = SENTENCES) -> list[Example]:
    """Read labelled sentences, one JSON object a line."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    return [
        Example(
            row.get("group", number),
            row["text"],
            before(row.get("context") or ()),
            row["risk"],
            row["about"],
            row["category"],
        )
        for number, row in enumerate(rows)
    ]


def before(context: Sequence[dict[str, str]]) -> str | None:
    """Answer the last message of a context if it is somebody else's."""
    last = context[-1] if context else None
    return last["content"] if last and last["role"] == "assistant" else None


def read_background(data: Path, rules: Rules) -> list[Example]:
    """Draw texts of GoEmotions train; groups below 0 keep them apart from ours."""
    path = data / "goemotions" / "train.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        texts = sorted({json.loads(line)["text"] for line in lines})
    random.Random(_SEED).shuffle(texts)
    drawn = [text for text in texts[:BACKGROUND] if not _may_be_meant(text, rules)]
    openers = OPENERS.read_text(encoding="utf-8").splitlines()
    short = [text for text in drawn if len(text.split()) <= ANSWER][:ANSWERS]
    asked = [(text, openers[n % len(openers)]) for n, text in enumerate(short)]
    return [
        Example(-1 - n, text, before, None, None, "background")
        for n, (text, before) in enumerate([*((text, None) for text in drawn), *asked])
    ]


def _may_be_meant(text: str, rules: Rules) -> bool:
    return any(
        match.kind == "self-harm"
        and match.about == "self"
        and match.strength >= _MEANT
        and not match.scopes
        for match in rules.find(text).matches
    )
