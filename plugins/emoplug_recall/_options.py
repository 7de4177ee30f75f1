"""What a user may set."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class RecallOptions(BaseModel):
    """What is kept, what is searched, and how much of it is told.

    Attributes:
        store: File that remembers sessions, or ``:memory:``; without one nothing is kept.
        limit: Most memories of a session; the oldest go first.
        retention_days: Age at which memories are removed; ``None`` keeps them.
        documents: Text, Markdown or JSON Lines files to recall from.
        index: Folder that keeps encoded documents between starts.
        device: Where the vectors of documents are searched; sessions are small.
        k: Most passages recalled.
        budget: Most tokens of passages, and of the note that quotes them.
        floor: Least score of a passage, a mean of cosines.
        cause: Weight of likeness to what caused the feeling; likeness to the message weighs 1.
        feeling: Weight of a like feeling.
        intensity: Weight of strength of feeling.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    store: str | None = None
    limit: int = Field(default=2000, ge=10)
    retention_days: float | None = Field(default=None, gt=0)
    documents: tuple[str, ...] = ()
    index: str | None = None
    device: Literal["cpu", "cuda", "auto"] = "cpu"
    k: int = Field(default=4, ge=1)
    budget: int = Field(default=200, ge=80)
    floor: float = Field(default=0.3, ge=-1, le=1)
    cause: float = Field(default=0.8, ge=0)
    feeling: float = Field(default=0.0, ge=0)
    intensity: float = Field(default=0.1, ge=0)
