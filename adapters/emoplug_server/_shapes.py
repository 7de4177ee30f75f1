"""What goes into and comes out of the emotion endpoints; the OpenAPI document is made from these.

Names are those of ``emoplug analyze --json`` where they mean the same.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from emoplug import Cause, Finding, Passage, Review, Risk, StrategyScore, Turn

MOST_CONVERSATIONS = 64
MOST_MESSAGES = 2000


class Shape(BaseModel):
    """Base of what goes over the wire: frozen, and strict about unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Part(BaseModel):
    """One typed part of a message; only text is read, other fields are let through."""

    model_config = ConfigDict(frozen=True, extra="allow")

    type: str
    text: str | None = None


class ChatMessage(BaseModel):
    """A message in the chat API's shape; fields that emoplug has no use for are let through."""

    model_config = ConfigDict(frozen=True, extra="allow")

    role: Literal["user", "assistant", "system", "developer", "tool", "function"]
    content: str | list[Part] | None = None
    name: str | None = None
    timestamp: float | None = None


Conversation = Annotated[list[ChatMessage], Field(min_length=1, max_length=MOST_MESSAGES)]


class AnalyzeRequest(Shape):
    """One conversation as ``messages``, or many as ``conversations``."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": ["messages"]}, {"required": ["conversations"]}],
        }
    )

    messages: Conversation = Field(default_factory=list)
    conversations: Annotated[
        list[Conversation], Field(min_length=1, max_length=MOST_CONVERSATIONS)
    ] = Field(default_factory=list)

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if bool(self.messages) == bool(self.conversations):
            raise ValueError("give either messages or conversations")
        return self


class ReviewRequest(Shape):
    """A conversation and the reply that a model gave to it."""

    messages: Conversation
    reply: str


class AffectShape(Shape):
    """Core affect, each value in -1..1."""

    valence: float
    arousal: float
    dominance: float


class ReadMessage(Shape):
    """How one message feels; ``emotion`` is null where nothing was read of it."""

    index: int
    role: str
    emotion: str | None = None
    probability: float | None = None
    labels: list[str] = []
    distribution: dict[str, float] = {}
    affect: AffectShape | None = None
    intensity: float | None = None
    groups: dict[str, str] = {}


class Skipped(Shape):
    """A plugin that was skipped, in which hook."""

    plugin: str
    hook: str


class Analysis(Shape):
    """What was understood of one conversation; the texts themselves are not repeated."""

    messages: list[ReadMessage]
    causes: list[Cause]
    risks: list[Risk]
    strategies: list[StrategyScore]
    stage: str | None
    passages: list[Passage]
    guidance: str
    degraded: list[Skipped]
    seconds: dict[str, float]

    @classmethod
    def of(cls, turn: Turn) -> Self:
        """Describe a turn."""
        return cls(
            messages=_messages(turn),
            causes=list(turn.causes),
            risks=list(turn.risks),
            strategies=list(turn.strategies),
            stage=turn.stage,
            passages=list(turn.passages),
            guidance=turn.guidance_text,
            degraded=[Skipped(plugin=one.plugin, hook=one.hook) for one in turn.degraded],
            seconds=dict(turn.timings),
        )


class AnalyzeResponse(Shape):
    """One analysis for each conversation, in order."""

    analyses: list[Analysis]


class ReviewResponse(Shape):
    """What the reply does, and what was understood of the conversation."""

    findings: list[Finding]
    analysis: Analysis
    degraded: list[Skipped]

    @classmethod
    def of(cls, review: Review) -> Self:
        """Describe a review."""
        return cls(
            findings=list(review.findings),
            analysis=Analysis.of(review.turn),
            degraded=[Skipped(plugin=one.plugin, hook=one.hook) for one in review.degraded],
        )


class ErrorBody(BaseModel):
    """The error itself."""

    message: str
    type: str
    param: str | None
    code: str | None


class ErrorResponse(BaseModel):
    """An error in the shape of OpenAI's."""

    error: ErrorBody


def _messages(turn: Turn) -> list[ReadMessage]:
    readings = {reading.index: reading for reading in turn.readings}
    read = []
    for index, message in enumerate(turn.messages):
        felt: dict[str, Any] = {}
        if reading := readings.get(index):
            felt = reading.model_dump(exclude={"index", "source"})
        read.append(ReadMessage(index=index, role=message.role, **felt))
    return read
