"""Likely emotions in two stages: those that hold most of the probability, then all others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from emoplug import Reading, Turn
from emoplug_hef._feeling import CALM

SITUATION = "empatheticdialogues"
"""The view that tells the emotion of the person's situation, one of 32."""


@dataclass(frozen=True)
class Stages:
    """Emotions to name first, with their probabilities, and the labels to name after."""

    first: Mapping[str, float]
    second: tuple[str, ...]


def felt_in(reading: Reading) -> Mapping[str, float]:
    """Answer the probability of each emotion that nothing contradicts.

    A label more probable than the reading's own was contradicted there.
    """
    told = reading.distribution or {reading.emotion: reading.probability}
    return {
        label: p
        for label, p in told.items()
        if label not in CALM and (label == reading.emotion or p < reading.probability)
    }


def situation_of(turn: Turn, index: int) -> Mapping[str, float]:
    """Answer the probability of each situation emotion; empty where nobody reads them."""
    view = turn.comprehension.views.get(SITUATION) if turn.comprehension else None
    if view is None or not view.probabilities[index].any():
        return {}
    return dict(zip(view.labels, view.probabilities[index].tolist(), strict=True))


def in_stages(
    scores: Mapping[str, float], labels: Iterable[str], most: int, mass: float, floor: float
) -> Stages:
    """Split ``labels``: the likeliest, until ``mass`` of all probability in ``scores`` is named.

    Args:
        scores: Probability of each emotion that may be named first.
        labels: All emotions.
        most: Most emotions in the first stage.
        mass: Share of the sum of ``scores``.
        floor: Least probability of an emotion in the first stage.
    """
    goal, named, first = mass * sum(scores.values()), 0.0, dict[str, float]()
    for label, p in sorted(scores.items(), key=lambda pair: (-pair[1], pair[0])):
        if len(first) == most or p < floor or (first and named >= goal):
            break
        first[label] = p
        named += p
    rest = sorted(label for label in labels if label not in first and label not in CALM)
    return Stages(first, tuple(rest))


def scored(emotions: Mapping[str, float], names: Mapping[str, str], template: str) -> list[str]:
    """Name emotions with their probabilities; no small model is certain, so never 100 %.

    A label without a name in the frame, from somebody's own encoder, is told as it is.
    """
    return [
        template.format(emotion=names.get(label, label), percent=f"{min(p, 0.99) * 100:.0f}")
        for label, p in emotions.items()
    ]
