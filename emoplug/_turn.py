"""A turn: one conversation on its way to the model, and what emoplug has understood of it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import AfterValidator, PlainSerializer, field_validator

from emoplug._dialogue import Dialogue, dialogue_in
from emoplug._inject import block, with_guidance
from emoplug._types import (
    STAGES,
    Cause,
    Degraded,
    Finding,
    FrozenDict,
    Guidance,
    Message,
    Passage,
    Reading,
    Risk,
    Scores,
    Span,
    StrategyScore,
    Value,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
else:  # numpy is loaded by the plugins that need it, not by importing emoplug
    Floats = Any

Array = Annotated[Floats, PlainSerializer(lambda array: array.tolist(), when_used="json")]


def _read_only(array: Floats) -> Floats:
    view = array.view()
    view.flags.writeable = False
    return view


class Encoding(Value):
    """What n texts are, from one forward pass. Arrays are float32 and read-only.

    Attributes:
        embeddings: (n, d), each row of unit length.
        labels: Names of the emotion columns; empty for an encoder without emotion heads.
        emotions: (n, labels) calibrated probabilities, independent of each other.
        thresholds: (labels,) probability above which a label holds.
        affect: (n, 3) valence, arousal, dominance in -1..1; (n, 0) where unknown.
        source: The plugin that made it.
    """

    embeddings: Array
    labels: tuple[str, ...]
    emotions: Array
    thresholds: Array
    affect: Array
    source: str

    @field_validator("embeddings", "emotions", "thresholds", "affect")
    @classmethod
    def _read_only(cls, array: Floats) -> Floats:
        return _read_only(array)

    def __len__(self) -> int:
        return len(self.embeddings)

    def rows(self, start: int, stop: int) -> Encoding:
        """Answer the texts ``start`` to ``stop`` alone, sharing memory."""
        return self.model_copy(
            update={
                "embeddings": self.embeddings[start:stop],
                "emotions": self.emotions[start:stop],
                "affect": self.affect[start:stop],
            }
        )


class EmotionView(Value):
    """The emotion of each message in one label set.

    Attributes:
        labels: Names of the columns.
        probabilities: (messages, labels); a row sums to 1, or is zero for a message not read.
    """

    labels: tuple[str, ...]
    probabilities: Array

    @field_validator("probabilities")
    @classmethod
    def _read_only(cls, array: Floats) -> Floats:
        return _read_only(array)


class Comprehension(Value):
    """What only the context tells, from one pass over the recent conversation.

    What is said of a message rests on it and on what came before, never on what came after.

    Attributes:
        views: Emotion of each message in context, by the label set it is told in.
        causes: (messages,) probability of each message as cause of the last user emotion.
        cause_spans: Causing words, message index to character ranges.
        strategies: Probability of each ESConv strategy as the next one.
        ratings: Numbers about the last user message, by name, such as ``distress``.
        source: The plugin that made it.
    """

    views: Annotated[Mapping[str, EmotionView], AfterValidator(FrozenDict)] = FrozenDict()
    causes: Array
    cause_spans: Annotated[Mapping[int, tuple[Span, ...]], AfterValidator(FrozenDict)] = (
        FrozenDict()
    )
    strategies: Scores = FrozenDict()
    ratings: Scores = FrozenDict()
    source: str

    @field_validator("causes")
    @classmethod
    def _read_only(cls, array: Floats) -> Floats:
        return _read_only(array)


class Turn(Value):
    """One conversation and everything understood of it so far; each stage answers a new one.

    Attributes:
        messages: What was said, untouched.
        session: Whose conversation this is, for plugins that remember.
        model: Name of the model that will answer, where known.
        risks: Signs of acute danger, most probable first.
        causes: What caused the last user emotion, best first; ``Cause`` tells how none is told.
        passages: Earlier and outside text that matters now, best first.
        encoding: One row for each index in ``encoded``.
        guidance: What was chosen to be told to the model, in the order told.
        degraded: Plugins that were skipped, and why.
        timings: Seconds spent in each stage.
    """

    messages: tuple[Message, ...]
    session: str | None = None
    model: str | None = None
    encoding: Encoding | None = None
    comprehension: Comprehension | None = None
    readings: tuple[Reading, ...] = ()
    risks: tuple[Risk, ...] = ()
    causes: tuple[Cause, ...] = ()
    passages: tuple[Passage, ...] = ()
    strategies: tuple[StrategyScore, ...] = ()
    guidance: tuple[Guidance, ...] = ()
    degraded: tuple[Degraded, ...] = ()
    timings: Scores = FrozenDict()

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Copy, as every model does; what follows from ``messages`` follows from the new ones."""
        copied = super().model_copy(update=update, deep=deep)
        if update and "messages" in update:
            copied.__dict__.pop("dialogue", None)
        return copied

    @cached_property
    def dialogue(self) -> Dialogue:
        """The messages that are somebody's words, in order: the rows of ``encoding``."""
        return dialogue_in(self.messages)

    @property
    def encoded(self) -> tuple[int, ...]:
        """Indices of the messages of ``dialogue``."""
        return self.dialogue.indices

    @property
    def texts(self) -> tuple[str, ...]:
        """The words of each message of ``dialogue``."""
        return self.dialogue.texts

    @property
    def last_user(self) -> int | None:
        """Index of the last user message, which guidance is attached to; ``None`` without one."""
        for index in range(len(self.messages) - 1, -1, -1):
            if self.messages[index].role == "user":
                return index
        return None

    @property
    def reading(self) -> Reading | None:
        """How the last user message feels, if anything has been read of it."""
        last = self.last_user
        return next((r for r in reversed(self.readings) if r.index == last), None)

    @property
    def stage(self) -> str | None:
        """Stage of support whose strategies score highest together; ``None`` without scores."""
        scores = {score.strategy: score.score for score in self.strategies}
        sums = {
            stage: sum(scores.get(name, 0.0) for name in names) for stage, names in STAGES.items()
        }
        return max(sums, key=sums.__getitem__) if any(sums.values()) else None

    @property
    def guidance_text(self) -> str:
        """The guidance block exactly as the model gets it; empty when there is nothing to say."""
        return block(guidance.text for guidance in self.guidance)

    @property
    def request_messages(self) -> tuple[Message, ...]:
        """What goes to the model: ``messages`` with the guidance in the last user message."""
        return tuple(with_guidance(self.messages, self.guidance_text))


class Review(Value):
    """What a reply does, and which plugins could not say.

    Attributes:
        turn: The turn that was answered.
        reply: The model's words; as far as they came, when a stream ended early.
        findings: What each plugin found.
        degraded: Plugins skipped while reviewing or remembering.
    """

    turn: Turn
    reply: str
    findings: tuple[Finding, ...] = ()
    degraded: tuple[Degraded, ...] = ()
