"""Makes readings of probabilities; arithmetic only."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from emoplug import Affect, Reading
from emoplug_emotion._taxonomy import EKMAN, NEUTRAL, SENTIMENT, LabelSet

SOURCE = "emotion"
_CALM = 0.4
"""Share of the intensity that is left when affect is neutral."""
_CONTRADICTION = 0.4
"""Valence this far to one side rules out labels of the other: "I want to die" is no desire."""


@dataclass(frozen=True)
class Row:
    """What is known of one message.

    Attributes:
        index: Which message of the turn.
        probabilities: One for each label.
        affect: Valence, arousal, dominance; empty where unknown.
        blank: Whether nothing was said.
    """

    index: int
    probabilities: Sequence[float]
    affect: Sequence[float] = ()
    blank: bool = False


def intensity(distribution: Mapping[str, float], affect: Affect | None) -> float:
    """Answer the strength of feeling in 0..1.

    It is the probability that any emotion but neutral holds (the labels taken as independent),
    lessened by up to 60 % where affect lies near its neutral point.
    """
    calm = math.prod(1 - p for label, p in distribution.items() if label != NEUTRAL)
    return _strength(1 - calm, affect)


def reading_of_any(row: Row, labels: Sequence[str], cuts: Mapping[str, float]) -> Reading:
    """Read a message of which any number of labels may hold, each above its cut."""
    if row.blank:  # do not let the network's bias speak
        return Reading(index=row.index, emotion=NEUTRAL, probability=1.0, source=SOURCE)
    distribution = _ranked(labels, row.probabilities)
    affect = _affect(row)
    emotion = _most_probable(distribution, affect)
    groups = {"ekman": EKMAN.get(emotion), "sentiment": SENTIMENT.get(emotion)}
    return Reading(
        index=row.index,
        emotion=emotion,
        probability=distribution[emotion],
        labels=tuple(label for label, p in distribution.items() if p > cuts[label]),
        distribution=distribution,
        affect=affect,
        intensity=intensity(distribution, affect),
        groups={kind: group for kind, group in groups.items() if group},
        source=SOURCE,
    )


def reading_of_one(row: Row, labels: Sequence[str], chosen: LabelSet) -> Reading:
    """Read a message of which exactly one label holds."""
    if row.blank:
        row = Row(row.index, [float(label == chosen.neutral) for label in labels])
    distribution = _ranked(labels, row.probabilities)
    affect = _affect(row)
    emotion = next(iter(distribution))
    groups = {"ekman": chosen.ekman.get(emotion), "sentiment": chosen.sentiment.get(emotion)}
    return Reading(
        index=row.index,
        emotion=emotion,
        probability=distribution[emotion],
        labels=(emotion,),
        distribution=distribution,
        affect=affect,
        intensity=_strength(1 - distribution.get(chosen.neutral, 0.0), affect),
        groups={kind: group for kind, group in groups.items() if group},
        source=SOURCE,
    )


def _ranked(labels: Sequence[str], probabilities: Sequence[float]) -> dict[str, float]:
    pairs = zip(labels, probabilities, strict=True)
    return dict(sorted(pairs, key=lambda pair: -pair[1]))


def _affect(row: Row) -> Affect | None:
    if not row.affect:
        return None
    return Affect(valence=row.affect[0], arousal=row.affect[1], dominance=row.affect[2])


def _strength(felt: float, affect: Affect | None) -> float:
    if affect is None:
        return felt
    distance = math.hypot(affect.valence, affect.arousal)
    return felt * (_CALM + (1 - _CALM) * min(1.0, distance))


def _most_probable(distribution: Mapping[str, float], affect: Affect | None) -> str:
    """Answer the first label that valence does not flatly contradict."""
    ruled_out = None
    if affect is not None and abs(affect.valence) > _CONTRADICTION:
        ruled_out = "positive" if affect.valence < 0 else "negative"
    fitting = (label for label in distribution if SENTIMENT.get(label) != ruled_out)
    return next(fitting, next(iter(distribution)))
