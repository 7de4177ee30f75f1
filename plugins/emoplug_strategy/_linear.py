"""A linear map to probabilities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emoplug_strategy._talk import Floats


@dataclass(frozen=True)
class Linear:
    """Probabilities by a softmax of a linear map.

    Attributes:
        weights: (features, labels).
        bias: (labels,).
    """

    weights: Floats
    bias: Floats

    def probabilities(self, features: Floats) -> Floats:
        """Answer (labels,) for (features,), or (n, labels) for (n, features)."""
        logits = features @ self.weights + self.bias
        powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=-1, keepdims=True), dtype=np.float32)
