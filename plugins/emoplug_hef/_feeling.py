"""Whether there is a feeling to answer, how strong it is, and what that asks for.

Chosen on DailyDialog dev and held against ESConv dev; the README has the numbers.
"""

from __future__ import annotations

from emoplug import Reading, Turn

CALM = frozenset({"neutral", "no emotion"})
"""What label sets call the absence of feeling."""
THOUGHTS = frozenset({"approval", "confusion", "curiosity", "realization"})
"""Labels of what people think more than feel: any plain question is curious."""
CONTEXT = "dailydialog"
"""The view that knows small talk, since most of that data set is small talk."""
_UNPLEASANT = -0.2
"""Valence below which a message with a feeling is no small talk, however plainly it is put."""
_PLEASANT = 0.2
_CLEAR = 0.6
"""Intensity from which on the words alone tell enough."""
_MORE_THAN_THOUGHT = 0.4
"""Intensity from which on a thought is more than that, where nobody has read the context."""
_CALM_CONTEXT, _MOVED_CONTEXT = 0.75, 0.5
"""Probability of no feeling in context: small talk from the one on, a feeling below the other."""
OVERWHELMING = "overwhelming"
"""The gravest tone."""
_VERY_STRONG, _STRONG, _MILD = 0.65, 0.5, 0.4
"""Intensities between which tones change."""
_AGITATED = 0.25
"""Arousal of about one message in twenty."""
_RISK = 0.5
"""Probability of acute danger from which on the gravest tone is told."""


def felt(turn: Turn, reading: Reading) -> bool:
    """Tell whether the last user message shows a feeling, or is small talk.

    People tell the worst news in the plainest words: where neutral is likeliest, a feeling that
    holds beside it counts if the message is unpleasant.
    """
    shown = reading.emotion not in CALM
    if shown and reading.intensity >= _CLEAR:
        return True
    if _valence(reading) < _UNPLEASANT and not {*reading.labels} <= CALM | THOUGHTS:
        return True
    calm = _calm_in_context(turn, reading.index)
    if calm is not None:
        return calm < _MOVED_CONTEXT or (shown and calm < _CALM_CONTEXT)
    thought = reading.emotion in THOUGHTS and reading.intensity < _MORE_THAN_THOUGHT
    return shown and not thought


def tone_of(turn: Turn, reading: Reading) -> str | None:
    """Answer the tone that the feeling asks for, a key of ``Frame.tones``; ``None``: any."""
    valence, strength = _valence(reading), reading.intensity
    unpleasant = valence < _UNPLEASANT
    if in_danger(turn, reading.index) or (unpleasant and strength >= _VERY_STRONG):
        return OVERWHELMING
    arousal = reading.affect.arousal if reading.affect else 0.0
    if unpleasant and strength >= _MILD and arousal >= _AGITATED:
        return "agitated"
    if unpleasant and strength >= _STRONG:
        return "heavy"
    if valence > _PLEASANT and strength >= _VERY_STRONG:
        return "elated"
    if strength >= _MILD or _UNPLEASANT <= valence < 0:
        return None
    return "plain" if unpleasant else "mild"


def in_danger(turn: Turn, last: int) -> bool:
    """Tell whether somebody is probably in acute danger, by what was said up to ``last``."""
    return any(risk.index <= last and risk.probability >= _RISK for risk in turn.risks)


def _valence(reading: Reading) -> float:
    return reading.affect.valence if reading.affect else 0.0


def _calm_in_context(turn: Turn, index: int) -> float | None:
    """Answer how probably the message shows no feeling in context; ``None`` where not read."""
    view = turn.comprehension.views.get(CONTEXT) if turn.comprehension else None
    if view is None:
        return None
    row = dict(zip(view.labels, view.probabilities[index].tolist(), strict=True))
    return sum(row.get(label, 0.0) for label in CALM) if any(row.values()) else None
