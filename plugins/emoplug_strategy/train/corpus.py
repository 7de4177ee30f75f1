"""ESConv as what the product sees of it: encodings, and what the reader says before each reply."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from emoplug import STRATEGIES, Emoplug, Message, Turn
from emoplug_strategy._planner import FLOOR
from emoplug_strategy._talk import Floats, Talk

SUPPORTER = "supporter"
_PATIENCE = 60.0


@dataclass(frozen=True)
class Dialogue:
    """One conversation.

    Attributes:
        talk: All of it.
        places: Places of the replies whose strategy is known.
        strategies: Their strategies, by number.
        read: The reader's log probabilities before each; ``None`` where nobody had spoken.
    """

    talk: Talk
    places: tuple[int, ...]
    strategies: tuple[int, ...]
    read: tuple[Floats | None, ...]


def read_dialogues(data: Path, split: str) -> list[Dialogue]:
    """Read a split of ESConv and ask encoder and reader about it: 1 minute for 100 dialogues."""
    emo = Emoplug(plugins=["onnx"], deadline=_PATIENCE, on_error="raise")
    with gzip.open(data / "esconv" / f"{split}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [_asked(emo, json.loads(line)["turns"]) for line in lines]


def _asked(emo: Emoplug, turns: Sequence[Mapping[str, Any]]) -> Dialogue:
    messages = list(_messages(turns))
    talk = _talk(emo, messages)
    labelled = [place for place, turn in enumerate(turns) if turn.get("strategy")]
    return Dialogue(
        talk=talk,
        places=tuple(labelled),
        strategies=tuple(STRATEGIES.index(turns[place]["strategy"]) for place in labelled),
        read=tuple(_read(emo, messages[:place]) for place in labelled),
    )


def _talk(emo: Emoplug, messages: Sequence[Mapping[str, str]]) -> Talk:
    turn = Turn(messages=tuple(Message(**message) for message in messages))
    return Talk.of(turn, emo.encode([turn.messages[index].text for index in turn.encoded]))


def _messages(turns: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, str]]:
    for turn in turns:
        role = "assistant" if turn["speaker"] == SUPPORTER else "user"
        yield {"role": role, "content": turn["text"] or " "}


def _read(emo: Emoplug, messages: Sequence[Mapping[str, str]]) -> Floats | None:
    comprehension = emo.prepare(messages).comprehension if messages else None
    if comprehension is None or not comprehension.strategies:
        return None
    scores = [comprehension.strategies[name] for name in STRATEGIES]
    return np.asarray(np.log(np.array(scores) + FLOOR), dtype=np.float32)
