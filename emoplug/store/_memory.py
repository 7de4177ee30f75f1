"""One remembered piece of a conversation."""

from __future__ import annotations

import hashlib
import json

import numpy as np
from pydantic import Field, field_validator

from emoplug._turn import Array, Floats
from emoplug._types import Affect, FrozenDict, Probability, Scores, Value

_DIGEST = 16


class Memory(Value):
    """One message, or a piece of a long one, with what was understood of it.

    Attributes:
        id: Given by the store, growing, never used twice; 0 before it is stored.
        role: ``user`` or ``assistant``.
        speaker: Name of who spoke, where known.
        text: The words themselves.
        timestamp: When it was said, or first remembered, in seconds since the epoch.
        emotion: The emotion it was read as, where it was.
        intensity: Strength of feeling, 0..1; 0 where it was not read.
        affect: Valence, arousal and dominance, where known.
        distribution: Probability of each of the encoder's labels; empty without emotion heads.
        causes: Words that caused the feeling, where known.
        vector: (d,) embedding, float32 of unit length, read-only.
        encoder: What made the vector, such as ``onnx/384``; others' vectors do not compare.
    """

    id: int = Field(default=0, ge=0)
    role: str
    speaker: str | None = None
    text: str
    timestamp: float = Field(allow_inf_nan=False)
    emotion: str | None = None
    intensity: Probability = 0.0
    affect: Affect | None = None
    distribution: Scores = FrozenDict()
    causes: tuple[str, ...] = ()
    vector: Array
    encoder: str

    @field_validator("vector")
    @classmethod
    def _own(cls, vector: Floats) -> Floats:
        """Keep a copy, so that whoever made the vector cannot change it."""
        own = np.array(vector, dtype=np.float32)
        if own.ndim != 1 or not np.isfinite(own).all():
            raise ValueError("a vector is one row of finite numbers")
        own.flags.writeable = False
        return own

    @property
    def key(self) -> bytes:
        """What makes it the same memory when it is sent again: who said what."""
        said = json.dumps([self.role, self.speaker, self.text])
        return hashlib.blake2b(said.encode(), digest_size=_DIGEST).digest()
