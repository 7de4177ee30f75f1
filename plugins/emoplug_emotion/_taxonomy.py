"""Label sets and their groupings: GoEmotions (Demszky et al., ACL 2020) and the dialogue sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

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


@dataclass(frozen=True)
class LabelSet:
    """Labels of which exactly one holds.

    Attributes:
        labels: Their names, in the data set's order.
        neutral: The one that stands for no emotion.
        rules: GoEmotions label to the label that stands for it here.
        ekman: Label to Ekman's emotion, or ``neutral``.
        sentiment: Label to ``positive``, ``negative``, ``ambiguous`` or ``neutral``.
    """

    labels: tuple[str, ...]
    neutral: str
    rules: Mapping[str, str]
    ekman: Mapping[str, str]
    sentiment: Mapping[str, str]


def _label_set(
    labels: tuple[str, ...], neutral: str, rules: Mapping[str, str], ekman: Mapping[str, str]
) -> LabelSet:
    groups = {label: ekman.get(label, label) for label in labels}
    sentiment = {label: SENTIMENT[group] for label, group in groups.items()}
    return LabelSet(labels, neutral, rules, groups, sentiment)


_DAILYDIALOG = {"joy": "happiness", "neutral": "no emotion"}
LABEL_SETS = {
    "meld": _label_set(
        ("neutral", "surprise", "fear", "sadness", "joy", "disgust", "anger"), NEUTRAL, EKMAN, {}
    ),
    "dailydialog": _label_set(
        ("no emotion", "anger", "disgust", "fear", "happiness", "sadness", "surprise"),
        "no emotion",
        {label: _DAILYDIALOG.get(group, group) for label, group in EKMAN.items()},
        {"no emotion": NEUTRAL, "happiness": "joy"},
    ),
    "emorynlp": _label_set(
        ("joyful", "mad", "neutral", "peaceful", "powerful", "sad", "scared"),
        NEUTRAL,
        # After Willcox's feeling wheel, which the set's labels are taken from.
        _label_to_group(
            {
                "joyful": "joy amusement excitement desire surprise",
                "mad": "anger annoyance disapproval disgust",
                "neutral": "neutral curiosity realization approval",
                "peaceful": "relief caring love gratitude",
                "powerful": "pride admiration optimism",
                "sad": "sadness disappointment grief remorse embarrassment",
                "scared": "fear nervousness confusion",
            }
        ),
        {
            "joyful": "joy",
            "mad": "anger",
            "peaceful": "joy",
            "powerful": "joy",
            "sad": "sadness",
            "scared": "fear",
        },
    ),
}
"""The label sets of conversations, by the name of their data set and view."""
