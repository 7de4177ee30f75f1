"""Which earlier message set off the last user message."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from emoplug import Turn
from emoplug_backtrace._profiles import Profile

Floats = NDArray[np.float64]
FEATURES = ("nearness", "other", "similarity", "reader")
"""What counts in a conversation, by its weight's name in a ``Profile``."""
_SURE = 1e-4


def probabilities(turn: Turn, weights: Profile) -> Mapping[int, float]:
    """Answer each earlier message's probability of having set off the last user message.

    The message itself, all after it and those without words are masked.

    Returns:
        Message index to probability, which sum to 1; empty where nothing was said before.
    """
    earlier, table = features(turn)
    spoken = [row for row, index in enumerate(earlier) if turn.messages[index].text.strip()]
    if not spoken:
        return {}
    scores = table[spoken] @ np.array([getattr(weights, name) for name in FEATURES])
    powers = np.exp(scores - scores.max())
    shares = (powers / powers.sum()).tolist()
    return dict(zip([earlier[row] for row in spoken], shares, strict=True))


def features(turn: Turn) -> tuple[tuple[int, ...], Floats]:
    """Answer the n messages before the last user message, and what counts of each.

    Likeness is that of the turn's own embeddings, and where the dialogue reader has read, its log
    odds count: no further network is run. What is not known is 0.

    Returns:
        Their indices, and (n, 4) numbers in the order of ``FEATURES``.
    """
    said, last = turn.encoded, turn.last_user
    if last is None or last not in said:
        return (), np.empty((0, len(FEATURES)))
    place = said.index(last)
    earlier, asked = said[:place], turn.messages[last]
    nearness = -np.log(place - np.arange(place))
    other = np.array([not turn.messages[index].same_speaker(asked) for index in earlier], float)
    similarity, reader = np.zeros(place), np.zeros(place)
    if turn.encoding is not None:
        rows = turn.encoding.embeddings
        similarity = rows[:place] @ rows[place]
    if turn.comprehension is not None:
        read = turn.comprehension.causes[list(earlier)]
        reader = np.log((read + _SURE) / (1 - read + _SURE))
    return earlier, np.stack([nearness, other, similarity, reader], axis=1).astype(np.float64)
