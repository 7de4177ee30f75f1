"""What a user may set."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from emoplug_hef._frame import Style


class HintOptions(BaseModel):
    """How much to say, and how.

    Attributes:
        budget: Most tokens of the note.
        style: ``prose``, or ``compact`` for ``key: value``.
        language: Language of the note's own words: ``de``, ``en``, ``es`` or ``fr``.
        frame: TOML file with the note's own words, in place of a language that ships.
        emotions: 28 of GoEmotions, or the 32 of the person's situation where a plugin tells them.
        candidates: Most emotions named first.
        mass: Stop naming once this share of the emotional probability is named.
        floor: Least probability of an emotion, and least score of a strategy, worth naming.
        carried: Least intensity of an earlier message of the person worth quoting.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    budget: int = Field(default=180, ge=20)
    style: Style = "prose"
    language: str = "en"
    frame: Path | None = None
    emotions: Literal[28, 32] = 28
    candidates: int = Field(default=3, ge=1)
    mass: float = Field(default=0.8, gt=0, le=1)
    floor: float = Field(default=0.12, ge=0, le=1)
    carried: float = Field(default=0.7, ge=0, le=1)
