"""What decides how a training run of the reader ends."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what a training run gives.

    Attributes:
        epochs: Times that everything is dealt; the last one may end early.
        tokens: Tokens of one batch, padding included.
        calm: Share of the DailyDialog dialogues without any emotion that an epoch deals.
        situations: Share of EmpatheticDialogues' situations that an epoch deals beside the talks.
        meld, emorynlp, wassa: Times that an epoch deals the smaller data sets.
        reccon: Times that an epoch deals the dialogues of RECCON, with every other target
            each time: 2 for all of them once.
        dropout: Share of the body's states that are dropped; the heads have their own.
        smoothing: Label smoothing of the emotion heads.
        average: Weight of the past in the moving average of the parameters, every tenth step.
    """

    seed: int = 7
    epochs: float = 1.6
    tokens: int = 3600
    learning_rate: float = 1.5e-4
    head_rate: float = 7e-4
    layer_decay: float = 0.9
    weight_decay: float = 0.01
    warmup: float = 0.05
    smoothing: float = 0.05
    calm: float = 0.15
    situations: float = 0.3
    meld: int = 2
    emorynlp: int = 1
    reccon: int = 2
    wassa: int = 1
    dropout: float = 0.1
    average: float = 0.98
