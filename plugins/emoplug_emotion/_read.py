"""Turns the rows of an encoding into readings; arithmetic only."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from emoplug import Affect, Encoding, Reading, Turn, hookimpl
from emoplug_emotion._taxonomy import EKMAN, NEUTRAL, SENTIMENT

SOURCE = "emotion"
_CALM = 0.4
"""Share of the intensity that is left when affect is neutral."""
_CONTRADICTION = 0.4
"""Valence this far to one side rules out labels of the other: "I want to die" is no desire."""


@hookimpl
def read(turn: Turn) -> Sequence[Reading] | None:
    """Read every message that somebody said; silent without an encoder that knows emotions."""
    encoding = turn.encoding
    if encoding is None or not encoding.labels:
        return None
    probabilities = encoding.emotions.tolist()
    affects = encoding.affect.tolist()
    cuts = dict(zip(encoding.labels, encoding.thresholds.tolist(), strict=True))
    return [
        _reading(index, encoding, row, affect, cuts, blank=not turn.messages[index].text.strip())
        for index, row, affect in zip(turn.encoded, probabilities, affects, strict=True)
    ]


def intensity(distribution: Mapping[str, float], affect: Affect | None) -> float:
    """Answer the strength of feeling in 0..1.

    It is the probability that any emotion but neutral holds (the labels taken as independent),
    lessened by up to 60 % where affect lies near its neutral point.
    """
    calm = math.prod(1 - p for label, p in distribution.items() if label != NEUTRAL)
    if affect is None:
        return 1 - calm
    distance = math.hypot(affect.valence, affect.arousal)
    return (1 - calm) * (_CALM + (1 - _CALM) * min(1.0, distance))


def _reading(
    index: int,
    encoding: Encoding,
    row: Sequence[float],
    vad: Sequence[float],
    cuts: Mapping[str, float],
    *,
    blank: bool,
) -> Reading:
    if blank:  # nothing was said: do not let the network's bias speak
        return Reading(index=index, emotion=NEUTRAL, probability=1.0, source=SOURCE)
    distribution = dict(sorted(zip(encoding.labels, row, strict=True), key=lambda pair: -pair[1]))
    affect = Affect(valence=vad[0], arousal=vad[1], dominance=vad[2]) if vad else None
    emotion = _most_probable(distribution, affect)
    groups = {"ekman": EKMAN.get(emotion), "sentiment": SENTIMENT.get(emotion)}
    return Reading(
        index=index,
        emotion=emotion,
        probability=distribution[emotion],
        labels=tuple(label for label, p in distribution.items() if p > cuts[label]),
        distribution=distribution,
        affect=affect,
        intensity=intensity(distribution, affect),
        groups={kind: group for kind, group in groups.items() if group},
        source=SOURCE,
    )


def _most_probable(distribution: Mapping[str, float], affect: Affect | None) -> str:
    """Answer the first label that valence does not flatly contradict."""
    ruled_out = None
    if affect is not None and abs(affect.valence) > _CONTRADICTION:
        ruled_out = "positive" if affect.valence < 0 else "negative"
    fitting = (label for label in distribution if SENTIMENT.get(label) != ruled_out)
    return next(fitting, next(iter(distribution)))
