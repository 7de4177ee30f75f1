"""The coarser groupings of the 28 labels, from the GoEmotions paper (Demszky et al., ACL 2020)."""

from __future__ import annotations

from collections.abc import Mapping

NEUTRAL = "neutral"


def _label_to_group(groups: Mapping[str, str]) -> dict[str, str]:
    return {label: group for group, labels in groups.items() for label in labels.split()}


EKMAN = _label_to_group(
    {
        "anger": "anger annoyance disapproval",
        "disgust": "disgust",
        "fear": "fear nervousness",
        "joy": "joy amusement approval excitement gratitude love optimism relief pride admiration "
        "desire caring",
        "sadness": "sadness disappointment embarrassment grief remorse",
        "surprise": "surprise realization confusion curiosity",
        "neutral": "neutral",
    }
)
"""Label to one of Ekman's six basic emotions, or ``neutral``."""

SENTIMENT = _label_to_group(
    {
        "positive": "amusement excitement joy love desire optimism caring pride admiration "
        "gratitude relief approval",
        "negative": "fear nervousness remorse embarrassment disappointment sadness grief disgust "
        "anger annoyance disapproval",
        "ambiguous": "realization surprise curiosity confusion",
        "neutral": "neutral",
    }
)
"""Label to ``positive``, ``negative``, ``ambiguous`` or ``neutral``."""
