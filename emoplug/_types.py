"""The frozen values that cross every boundary of emoplug."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NoReturn, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from emoplug._tokens import estimate_tokens

DIALOGUE_ROLES = frozenset({"user", "assistant"})
"""Roles whose messages are somebody's words; only these are encoded and read."""

STRATEGIES = (
    "Question",
    "Restatement or Paraphrasing",
    "Reflection of feelings",
    "Self-disclosure",
    "Affirmation and Reassurance",
    "Providing Suggestions",
    "Information",
    "Others",
)
"""The eight support strategies of ESConv (Liu et al., ACL 2021)."""

STAGES = {
    "exploration": ("Question", "Restatement or Paraphrasing"),
    "comforting": ("Reflection of feelings", "Self-disclosure", "Affirmation and Reassurance"),
    "action": ("Providing Suggestions", "Information"),
}
"""Hill's three stages of helping, in order, with the strategies that belong to each."""


class FrozenDict(dict[Any, Any]):
    """A dict that refuses every change, so that a plugin cannot edit what it was shown."""

    def _refuse(self, *_args: object, **_kwargs: object) -> NoReturn:
        raise TypeError("emoplug values are frozen; answer with a new value instead")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[type[FrozenDict], tuple[dict[Any, Any]]]:
        """Rebuild by one call: the default would fill the dict item by item."""
        return (FrozenDict, (dict(self),))

    def __deepcopy__(self, _memo: object) -> FrozenDict:
        """Answer itself: nothing in it can change."""
        return self


def _freeze(value: Any) -> Any:
    if isinstance(value, Mapping):
        return FrozenDict({key: _freeze(inner) for key, inner in value.items()})
    if isinstance(value, list | tuple):
        return tuple(_freeze(inner) for inner in value)
    return value


Scores = Annotated[Mapping[str, float], AfterValidator(FrozenDict)]
"""A frozen mapping of label to score."""
ContentPart = Annotated[Mapping[str, Any], AfterValidator(_freeze)]
"""One typed part of a message, as the chat API has it: text, image, audio, file."""
Probability = Annotated[float, Field(ge=0.0, le=1.0)]
Span = tuple[int, int]
"""Half-open character range [start, end) into a message's text."""
RiskKind = Literal["self-harm", "abuse", "medical"]
"""What somebody may be in acute danger of; ``abuse`` is violence by another person."""
Origin = Literal["self", "other", "outside"]
"""Where a cause lies: in the person's own words, in another's, or in nothing that was said."""


class Value(BaseModel):
    """Base of emoplug's values: frozen, and strict about unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Message(Value):
    """One message of a conversation, as the person or the model wrote it.

    Attributes:
        role: ``user``, ``assistant``, ``system``, ``developer`` or ``tool``; others pass through.
        content: The text, a tuple of typed content parts, or ``None`` (a bare tool call).
        name: Who speaks, where several people share a role.
        timestamp: Seconds since the epoch, where known.
    """

    role: str
    content: str | Annotated[tuple[ContentPart, ...], BeforeValidator(_freeze)] | None = None
    name: str | None = None
    timestamp: float | None = None

    @property
    def text(self) -> str:
        """The message's words: its text parts joined by a newline, other parts left out."""
        if isinstance(self.content, str):
            return self.content
        texts = [part.get("text") for part in self.content or ()]
        return "\n".join(text for text in texts if isinstance(text, str))

    def same_speaker(self, other: Message) -> bool:
        """Tell whether one person said both: by name where both have one, else by role."""
        if self.name and other.name:
            return self.name == other.name
        return self.role == other.role


class Affect(Value):
    """Core affect, each value in -1..1 with 0 neutral (EmoBank's 1..5 scale, centred)."""

    valence: float
    arousal: float
    dominance: float


class Reading(Value):
    """How one message feels.

    Attributes:
        index: Which message of the turn.
        emotion: The most probable label that nothing else known of the message contradicts.
        probability: Calibrated probability of ``emotion``.
        labels: Every label above its own threshold, most probable first; may be empty.
        distribution: Calibrated probability of every label (independent, need not sum to 1).
        affect: Valence, arousal and dominance, where the encoder knows them.
        intensity: Strength of feeling, 0 (flat) to 1.
        groups: Coarser names of ``emotion``, such as ``ekman`` and ``sentiment``.
        source: The plugin that says so.
    """

    index: int
    emotion: str
    probability: Probability
    labels: tuple[str, ...] = ()
    distribution: Scores = FrozenDict()
    affect: Affect | None = None
    intensity: Probability = 0.0
    groups: Annotated[Mapping[str, str], AfterValidator(FrozenDict)] = FrozenDict()
    source: str


class Risk(Value):
    """A sign in one message that somebody may be in acute danger. No diagnosis.

    Attributes:
        index: Which message.
        kind: In danger of what.
        probability: Probability that the danger is meant: real, present and somebody's.
        about: Whether the writer (``self``) or somebody else (``other``) may be in danger.
        span: The words that say so, where known.
        source: The plugin that says so.
    """

    index: int
    kind: RiskKind
    probability: Probability
    about: Literal["self", "other"] = "self"
    span: Span | None = None
    source: str


class Cause(Value):
    """What caused the last user emotion: a message, or nothing that was said.

    An empty ``turn.causes`` is no such answer: nobody looked, or nothing was felt.

    Attributes:
        index: The causing message; ``None`` says that the cause lies outside the conversation.
        span: The causing words in it, where known.
        score: Probability that this is a cause.
        origin: Whether the causing message is the person's own (``self``) or another's
            (``other``), or ``outside``. emoplug fills it in: a plugin leaves it out.
        source: The plugin that says so.
    """

    index: int | None
    span: Span | None = None
    score: Probability
    origin: Origin | None = None
    source: str

    @model_validator(mode="after")
    def _words_are_in_a_message(self) -> Self:
        if self.index is None and self.span is not None:
            raise ValueError("a span needs the index of the message that it is in")
        return self


class Passage(Value):
    """Earlier or outside text that matters now; the higher the score, the more.

    Attributes:
        text: The words themselves.
        score: How much it matters.
        source: The plugin that says so.
        document: Which document or session it is from, where it has a name.
        segment: Which segment of it, counted from 0.
        speaker: Who said it, where somebody did.
        timestamp: When it was said, in seconds since the epoch, where known.
    """

    text: str
    score: float
    source: str
    document: str | None = None
    segment: int | None = None
    speaker: str | None = None
    timestamp: float | None = None


class StrategyScore(Value):
    """How well one ESConv strategy fits now, 0..1."""

    strategy: str
    score: Probability
    source: str


class Guidance(Value):
    """Something to tell the model, for the tail of the last user message.

    Attributes:
        text: The words themselves.
        shorter: Other ways to say it, each shorter than the one before: the first that fits the
            token budget is told.
        kind: What sort of guidance, such as ``emotion``.
        priority: Higher is kept first when the token budget is short.
        tokens: Cost of ``text``; estimated from it unless given.
        source: The plugin that says so.
    """

    text: str
    shorter: tuple[str, ...] = ()
    kind: str
    priority: int = 0
    tokens: int = Field(default_factory=lambda data: estimate_tokens(data["text"]), ge=0)
    source: str


class Finding(Value):
    """Something a reply does, with a score and a sentence that explains it."""

    name: str
    score: float
    explanation: str
    source: str


class Degraded(Value):
    """A plugin that was skipped, and why.

    Attributes:
        plugin: Its name.
        hook: The hook it was asked.
        reason: What went wrong, in words.
        elapsed: Seconds it had run by then.
    """

    plugin: str
    hook: str
    reason: str
    elapsed: float
