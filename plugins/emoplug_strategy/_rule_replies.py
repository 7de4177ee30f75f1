"""Which strategy a reply uses, by the cues of ``cues.toml``: no weights, nothing learned."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from emoplug import STRATEGIES, SettingsError, Turn

Floats = NDArray[np.float64]
CUES = Path(__file__).parent / "cues.toml"
_READ = 10_000
"""Characters at either end of a text that are looked at: what a long one is for stands there."""
_END = re.compile(r"(?<=[.!?\uff1f\u3002])\s+|\n+")
_APOSTROPHE = re.compile("['`\u2019\u02bc]")
_CONTENT = re.compile(r"[^\W\d_]{4,20}")
_REPEATS, _SHARED, _REPEATED = 2.0, 0.4, 2
"""Weight of repeating the other's words: at least this share, and this many, of the long ones."""
_KEPT = 512
"""Replies whose probabilities are kept: a history is sent again with every turn."""
_UNSURE = 0.1
"""Vote of a sentence without cues, beside votes of 1 and more."""
_RESTATEMENT = STRATEGIES.index("Restatement or Paraphrasing")


def _known(name: str) -> str:
    if name not in STRATEGIES:
        raise ValueError(f"{name!r} is no strategy; choose {', '.join(STRATEGIES)}")
    return name


def _compiled(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}") from error
    return pattern


Strategy = Annotated[str, AfterValidator(_known)]
Patterns = Annotated[tuple[Annotated[str, AfterValidator(_compiled)], ...], Field(min_length=1)]
Reason = Annotated[str, Field(min_length=1)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ReplyCue(_Table):
    """Words in a sentence of a reply that tell its strategy."""

    strategy: Strategy
    weight: float = Field(gt=0, allow_inf_nan=False)
    reason: Reason
    patterns: Patterns


class PlanRule(_Table):
    """What the next strategy gains and loses where all signs in ``when`` are there."""

    when: tuple[str, ...]
    reason: Reason
    weights: Mapping[Strategy, Annotated[float, Field(allow_inf_nan=False)]]


class Cues(_Table):
    """All of ``cues.toml``."""

    replies: tuple[ReplyCue, ...]
    signs: Mapping[str, Patterns]
    plan: tuple[PlanRule, ...]


def read_cues(path: Path) -> Cues:
    """Read a file of cues.

    Raises:
        SettingsError: it cannot be read, or something in it is wrong.
    """
    try:
        return Cues.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise SettingsError(f"cannot use {path}: {error}; mend it or install again") from error


@cache
def shipped_cues() -> Cues:
    """Read the cues in this package, once."""
    return read_cues(CUES)


def plain(text: str) -> str:
    """Answer ``text`` as patterns expect it: not too long, lower case, without apostrophes."""
    if len(text) > 2 * _READ:
        text = f"{text[:_READ]}\n{text[-_READ:]}"
    return _APOSTROPHE.sub("", text.lower()).strip()


def any_of(patterns: Iterable[str]) -> re.Pattern[str]:
    """Answer one pattern that finds any of ``patterns``."""
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


class RuleReplies:
    """Classifies replies by cues."""

    def __init__(self) -> None:
        self._cues = [
            (STRATEGIES.index(cue.strategy), cue.weight, any_of(cue.patterns))
            for cue in shipped_cues().replies
        ]
        self.scores = lru_cache(maxsize=_KEPT)(self._scores)

    def classify(self, turn: Turn, reply: str) -> Mapping[str, float]:
        """Answer the probability of each strategy in ``reply`` to ``turn``."""
        found = self.scores(plain(reply), said_before(turn, len(turn.messages)))
        return dict(zip(STRATEGIES, found, strict=True))

    def _scores(self, reply: str, said: str) -> tuple[float, ...]:
        """Answer 8 probabilities: the sentences' votes, surer ones counting more."""
        known = frozenset(_CONTENT.findall(said))
        votes = np.full(len(STRATEGIES), _UNSURE / len(STRATEGIES))
        for sentence in filter(None, map(str.strip, _END.split(reply))):
            evidence = self._evidence(sentence, known)
            powers = np.exp(evidence)
            votes += (_UNSURE + evidence.max()) * powers / powers.sum()
        return tuple((votes / votes.sum()).tolist())

    def _evidence(self, sentence: str, known: frozenset[str]) -> Floats:
        evidence = np.zeros(len(STRATEGIES))
        for column, weight, pattern in self._cues:
            if pattern.search(sentence):
                evidence[column] += weight
        words = frozenset(_CONTENT.findall(sentence))
        shared = len(words & known)
        if shared >= max(_REPEATED, _SHARED * len(words)):
            evidence[_RESTATEMENT] += _REPEATS
        return evidence


def said_before(turn: Turn, end: int) -> str:
    """Answer the last user message before ``end`` as patterns expect it; empty without one."""
    for message in reversed(turn.messages[:end]):
        if message.role == "user":
            return plain(message.text)
    return ""
