"""What decides how a training run ends."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what a training run gives.

    Attributes:
        epochs: Passes over the emotion corpus.
        affect_repeats: Passes over the (smaller) affect corpus in each epoch.
        window: Longest text in tokens; the shipped encoder windows longer ones.
        smoothing: Share of each emotion target that is moved to 0.5.
        distil: Weight of staying near the original sentence vectors.
        teach: Weight of agreeing with the teachers, where there are any.
        dropout: Share of the body's states that are dropped; the heads have their own.
    """

    seed: int = 7
    epochs: int = 4
    batch: int = 32
    learning_rate: float = 1e-4
    head_rate: float = 5e-4
    layer_decay: float = 0.9
    weight_decay: float = 0.01
    warmup: float = 0.06
    affect_repeats: int = 2
    affect_weight: float = 8.0
    smoothing: float = 0.02
    distil: float = 2.0
    teach: float = 1.0
    dropout: float = 0.0
    window: int = 128
