"""What can be asked of an index, and what a search answers."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator


class IndexOptions(BaseModel):
    """How an index searches and on what.

    Attributes:
        kind: ``flat`` compares with every vector; ``ivf`` (inverted file) with the nearest lists
            of them; ``auto`` is flat up to ``flat_until`` vectors and ivf above; ``cagra`` is
            NVIDIA's graph, on the card only, over what ``auto`` would be on the CPU.
        device: ``cuda`` searches a copy on the first NVIDIA card; ``auto`` does where there is
            one. Filtered searches are always answered by the CPU.
        fallback: What to do when the card asked for cannot be used.
        half: Store vectors with 16 bits a number instead of 32.
        flat_until: Most vectors that ``auto`` compares one by one.
        probes: Lists that ``ivf`` looks into for each query: more finds more and takes longer. 0
            looks into as many as hold some 8,000 vectors.
        threads: Most threads of one call and of a background build; 0 leaves it to OpenMP where
            there is much to compare, and takes one where there is little.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["auto", "flat", "ivf", "cagra"] = "auto"
    device: Literal["cpu", "cuda", "auto"] = "cpu"
    fallback: Literal["raise", "warn"] = "raise"
    half: bool = False
    flat_until: int = Field(default=50_000, ge=0)
    probes: int = Field(default=0, ge=0)
    threads: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _cagra_needs_a_card(self) -> IndexOptions:
        if self.kind == "cagra" and self.device == "cpu":
            raise ValueError("kind 'cagra' runs on a card only; set device='cuda' or 'auto'")
        return self


class Hits(NamedTuple):
    """What q queries found, best first.

    Attributes:
        ids: (q, k) int64, -1 where fewer were found.
        scores: (q, k) float32 inner products, -inf where fewer were found.
    """

    ids: NDArray[np.int64]
    scores: NDArray[np.float32]
