"""The metrics of support strategies: how often the right one is told, and how biased."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from emoplug import STAGES, STRATEGIES
from emoplug_eval._bias import bias
from emoplug_eval._metrics import Floats, Labels, label_f1, ratio

_COUNT = len(STRATEGIES)
_CELLS = _COUNT**2
_ONE = Labels(_COUNT, ())


@dataclass(frozen=True)
class Forecasts:
    """The next strategy: gold is an index, predicted are scores of all, of equals the first.

    Attributes:
        names: Averages of each strategy's F1, and ``bias``, of which lower is better. The F1 of a
            stage is the mean over the strategies that belong to it.
    """

    names: tuple[str, ...] = (
        "macro_f1",
        "weighted_f1",
        "bias",
        *(f"{stage}_f1" for stage in STAGES),
    )

    def statistics(self, gold: Sequence[int], predicted: Sequence[Any]) -> Floats:
        """Answer each row's cell of the confusion matrix."""
        return _ONE.statistics(gold, best(predicted))

    def scores(self, sums: Floats) -> dict[str, Floats]:
        """Answer the averages, and the preference bias."""
        each, right = label_f1(sums, _COUNT)
        averages = (
            each.mean(axis=-1),
            ratio((each * right).sum(axis=-1), right.sum(axis=-1)),
            _bias(sums),
            *(each[..., _indices(names)].mean(axis=-1) for names in STAGES.values()),
        )
        return dict(zip(self.names, averages, strict=True))


@dataclass(frozen=True)
class Corrections:
    """What somebody predicted, and where they can be told, what it is after correction.

    Gold is an index; predicted is one index or, with the correction, two.
    """

    names: tuple[str, ...] = ("macro_f1", "bias", "corrected_macro_f1", "corrected_bias")

    def statistics(self, gold: Sequence[int], predicted: Sequence[Sequence[int]]) -> Floats:
        """Answer each row's cell of one confusion matrix, or of two side by side."""
        columns = zip(*predicted, strict=True)
        return np.concatenate([_ONE.statistics(gold, column) for column in columns], axis=1)

    def scores(self, sums: Floats) -> dict[str, Floats]:
        """Answer macro-F1 and preference bias of each; lower bias is better."""
        found = []
        for part in np.split(sums, sums.shape[-1] // _CELLS, axis=-1):
            found += [label_f1(part, _COUNT)[0].mean(axis=-1), _bias(part)]
        return dict(zip(self.names, found, strict=False))  # those of no correction are left out


def best(predicted: Sequence[Any]) -> Sequence[int]:
    """Answer the index of the highest score of each row; of equals the first."""
    indices: list[int] = np.argmax(np.asarray(predicted), axis=-1).tolist()
    return indices


def _bias(sums: Floats) -> Floats:
    return bias(sums.reshape(*sums.shape[:-1], _COUNT, _COUNT))


def _indices(names: Sequence[str]) -> list[int]:
    return [STRATEGIES.index(name) for name in names]
