"""What counts, and how much, in each kind of text: numbers learned by ``train``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from statistics import median
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from emoplug_backtrace._segments import Segment

Name = Literal["lecture", "news", "conversation"]
Choice = Literal["auto", "lecture", "news", "conversation"]
SHIPPED = Path(__file__).parent / "profiles.json"
_MANY, _SHORT = 100, 16
"""A text of more segments than this, of fewer words in the middle, was spoken to an audience."""


class Profile(BaseModel):
    """Weights of a sum whose softmax over segments is the probability of each as the cause.

    Attributes:
        rerank: Of the re-ranker's mean best cosine.
        neighbours: Of that of the segments beside it.
        rare: Whether a token counts by how rare it is in the document, too.
        similarity: Of the cosine of sentence embeddings.
        clock: Of what times named in the query say.
        nearness: Of minus the logarithm of the distance from where the query was asked.
        other: Of being said by somebody else.
        reader: Of the dialogue reader's log odds, where it has read.
        about: Slope and shift of the log odds that a query is about the text at all, by the
            best mean cosine of the re-ranker; ``None`` takes it for granted.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rerank: float = Field(default=0.0, ge=0)
    neighbours: float = Field(default=0.0, ge=0)
    rare: bool = False
    similarity: float = Field(default=0.0, ge=0)
    clock: float = Field(default=0.0, ge=0)
    nearness: float = Field(default=0.0, ge=0)
    other: float = Field(default=0.0, ge=0)
    reader: float = Field(default=0.0, ge=0)
    about: tuple[float, float] | None = None


@cache
def shipped(name: Name) -> Profile:
    """Answer the profile that ships under ``name``."""
    return Profile.model_validate(json.loads(SHIPPED.read_text(encoding="utf-8"))[name])


def choose(choice: Choice, segments: Sequence[Segment]) -> Name:
    """Answer the chosen profile; ``auto`` goes by speakers, times, number and length."""
    if choice != "auto":
        return choice
    if any(segment.speaker for segment in segments):
        return "conversation"
    spoken = median(len(segment.text.split()) for segment in segments) < _SHORT
    if any(segment.start is not None for segment in segments) or (spoken and len(segments) > _MANY):
        return "lecture"
    return "news"
