"""What of a turn is worth showing, the same on a terminal and on a page."""

from __future__ import annotations

from emoplug import Cause, Message, Reading, Turn
from emoplug_cli._plain import one_line

NEUTRAL = "neutral"
_SENTIMENTS = frozenset({"positive", "negative", "ambiguous", NEUTRAL})
_MOMENTS = 3
_STRATEGIES = 2


def strongest(turn: Turn) -> list[Reading]:
    """Answer the readings of strongest feeling, in the order they were said."""
    felt = [reading for reading in turn.readings if reading.emotion != NEUTRAL]
    most = sorted(felt, key=lambda reading: -reading.intensity)[:_MOMENTS]
    return sorted(most, key=lambda reading: reading.index)


def likely(reading: Reading) -> str:
    """Name the emotion and its probability; no small model is ever quite certain."""
    return f"{reading.emotion} {min(reading.probability, 0.99):.0%}"


def others(reading: Reading) -> list[str]:
    """Name what else it may be."""
    return [label for label in reading.labels if label not in (reading.emotion, NEUTRAL)]


def sentiment(reading: Reading | None) -> str:
    """Answer ``positive``, ``negative``, ``ambiguous`` or ``neutral``."""
    kind = reading.groups.get("sentiment", NEUTRAL) if reading else NEUTRAL
    return kind if kind in _SENTIMENTS else NEUTRAL


def set_off(turn: Turn) -> list[str]:
    """Say what caused the last user feeling, the likeliest first, each with its words."""
    return [_cause(turn, cause) for cause in turn.causes]


def alarming(turn: Turn) -> list[str]:
    """Say which messages show acute danger, and of what."""
    return [
        f"#{risk.index + 1} {who(turn.messages[risk.index])}: possible {risk.kind}"
        f"{'' if risk.about == 'self' else ' of somebody else'} {min(risk.probability, 0.99):.0%}"
        for risk in turn.risks
    ]


def fitting(turn: Turn) -> str:
    """Say which support strategies fit next, and the stage that the conversation is in."""
    best = [f"{s.strategy} {min(s.score, 0.99):.0%}" for s in turn.strategies[:_STRATEGIES]]
    return ", ".join(best) + (f" (stage of {turn.stage})" if turn.stage and best else "")


def _cause(turn: Turn, cause: Cause) -> str:
    sure = f"{min(cause.score, 0.99):.0%}"
    if cause.index is None:
        return f"nothing that was said {sure}"
    message = turn.messages[cause.index]
    words = message.text[slice(*cause.span)] if cause.span else message.text
    return f"#{cause.index + 1} {who(message)} {sure}: {one_line(words)}"


def who(message: Message) -> str:
    """Name who speaks."""
    return one_line(message.name or message.role, 20)
