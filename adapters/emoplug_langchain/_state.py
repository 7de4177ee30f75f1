"""What an agent's state tells of the person: visible to whoever reads it, set by nobody else."""

from __future__ import annotations

from typing import Annotated, Any, NotRequired

from langchain.agents.middleware.types import AgentState, OmitFromInput

from emoplug import Turn


class EmotionState(AgentState[Any]):
    """An agent's state with what was understood of the last human message.

    Plain JSON values, which every checkpointer can keep; ``None`` or empty where nothing was told.

    Attributes:
        emotion: ``label``, ``probability``, ``intensity``, ``affect`` and ``message`` (its index).
        causes: Best first: ``message`` (index or ``None``), ``text`` of the span where one is
            known, ``score``, ``origin``.
        strategy: ``name`` and ``score`` of the support strategy that fits best, and its ``stage``.
    """

    emotion: NotRequired[Annotated[dict[str, Any] | None, OmitFromInput]]
    causes: NotRequired[Annotated[list[dict[str, Any]], OmitFromInput]]
    strategy: NotRequired[Annotated[dict[str, Any] | None, OmitFromInput]]


def told(turn: Turn, before: int) -> dict[str, Any]:
    """Answer a turn as an update of the state.

    Args:
        turn: What was understood.
        before: How many of its messages are not the state's own, such as the system prompt.
    """
    return {
        "emotion": _emotion(turn, before),
        "causes": _causes(turn, before),
        "strategy": _strategy(turn),
    }


def _emotion(turn: Turn, before: int) -> dict[str, Any] | None:
    reading = turn.reading
    if reading is None:
        return None
    return {
        "label": reading.emotion,
        "probability": reading.probability,
        "intensity": reading.intensity,
        "affect": reading.affect.model_dump() if reading.affect else None,
        "message": reading.index - before,
    }


def _causes(turn: Turn, before: int) -> list[dict[str, Any]]:
    return [
        {
            "message": None if cause.index is None else cause.index - before,
            "text": (
                turn.messages[cause.index].text[slice(*cause.span)]
                if cause.index is not None and cause.span
                else None
            ),
            "score": cause.score,
            "origin": cause.origin,
        }
        for cause in turn.causes
    ]


def _strategy(turn: Turn) -> dict[str, Any] | None:
    if not turn.strategies:
        return None
    best = turn.strategies[0]
    return {"name": best.strategy, "score": best.score, "stage": turn.stage}
