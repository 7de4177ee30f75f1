"""Finds signs of danger in one message: by rules, and by what was learned where it fits."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emoplug import fingerprint
from emoplug_safety._evidence import Learned, columns, strongest
from emoplug_safety._head import Floats, Head
from emoplug_safety._odds import Odds
from emoplug_safety._rules import ANSWER, KINDS, Found, Kind, Rules, Whom

KEPT = 1024
"""Messages whose answer is kept."""
PIECES = 8
"""Most sentences of a message that are encoded beside the whole of it."""
DOUBT = -3.0
"""Log odds of a whole message below which, without a word that a rule knows, it is not cut up."""
Key = tuple[str | bytes, str | bytes | None, bool]
"""Fingerprints of a message and of the one before it, and whether the learned part was asked."""
_OTHER = len(KINDS)
"""Column of the learned part for "about another"."""


@dataclass(frozen=True)
class Sign:
    """A possible danger in one message; see ``emoplug.Risk``."""

    kind: Kind
    probability: float
    about: Whom
    span: tuple[int, int] | None


@dataclass(frozen=True)
class Pieces:
    """What of a message is encoded: itself, its sentences, and it as an answer.

    Attributes:
        texts: The whole first.
        answer: Whether the last is the message after the one before it.
    """

    texts: tuple[str, ...]
    answer: bool


class Detector:
    """Reads messages; equal messages once. Safe to share between threads."""

    def __init__(self, rules: Rules, head: Head) -> None:
        self.rules, self.head = rules, head
        self._kept: OrderedDict[Key, tuple[Sign, ...]] = OrderedDict()
        self._lock = threading.Lock()

    def signs(self, text: str, before: str | None, odds: Odds | None) -> tuple[Sign, ...]:
        """Answer one sign for each kind, whatever its probability.

        Args:
            text: What somebody wrote.
            before: What somebody else wrote right before it.
            odds: Asks the learned part; ``None`` leaves it to the rules.
        """
        key = (fingerprint(text), before and fingerprint(before), odds is not None)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        signs = self._signs(text, before, odds)
        with self._lock:
            kept = self._kept.setdefault(key, signs)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return kept

    def _signs(self, text: str, before: str | None, odds: Odds | None) -> tuple[Sign, ...]:
        found = self.rules.find(text, before)
        if not found.sentences:
            return ()
        parts, logits = pieces(text, before, found), None
        if odds is not None:
            parts, logits = asked(parts, found, odds)
        learned = None if logits is None else learned_from(parts, logits)
        return tuple(self._sign(kind, found, parts, learned, logits) for kind in KINDS)

    def _sign(
        self,
        kind: Kind,
        found: Found,
        parts: Pieces,
        learned: Learned | None,
        logits: Floats | None,
    ) -> Sign:
        match = strongest(found, kind)
        evidence = columns(found, kind, learned)
        probability = self.head.probability(evidence, kind, learned is not None)
        about = _whom(found, kind, None if logits is None else logits[-1 if parts.answer else 0])
        return Sign(kind, round(probability, 3), about, match.span if match else None)


def asked(parts: Pieces, found: Found, odds: Odds) -> tuple[Pieces, Floats]:
    """Ask about the whole first, which costs nothing: about its pieces where there is a reason."""
    whole = odds(parts.texts[:1])
    if not found.matches and whole[0, :_OTHER].max() < DOUBT:
        return Pieces(parts.texts[:1], False), whole
    rest = parts.texts[1:]
    return parts, np.concatenate([whole, odds(rest)]) if rest else whole


def _whom(found: Found, kind: str, logits: Floats | None) -> Whom:
    """Say whose danger it is: by the words, by the question, else as learned."""
    match = strongest(found, kind)
    if match is not None:
        return match.about
    if kind in found.answers:
        return found.answers[kind][1]
    return "other" if logits is not None and logits[_OTHER] > 0 else "self"


def pieces(text: str, before: str | None, found: Found) -> Pieces:
    """Answer what to encode of a message."""
    parts = tuple(text[start:end] for start, end in _chosen(found))
    if before is None or len(text.split()) > ANSWER:
        return Pieces((text, *parts), False)
    return Pieces((text, *parts, joined(before, text)), True)


def _chosen(found: Found) -> Sequence[tuple[int, int]]:
    """Choose sentences: those with words that a rule knows, then from both ends."""
    spans = found.sentences
    if len(spans) <= PIECES:
        return spans if len(spans) > 1 else ()
    known = {match.span[0] for match in found.matches if not match.scopes}
    telling = [(start, end) for start, end in spans if any(start <= at < end for at in known)]
    ends = [span for pair in zip(spans, reversed(spans), strict=True) for span in pair]
    return sorted(dict.fromkeys([*telling, *ends][:PIECES]))


def joined(before: str, text: str) -> str:
    """Answer a message and its answer as one text; of a long one its end, where questions are."""
    return f"{before[-300:]} {text}"


def learned_from(parts: Pieces, logits: Floats) -> Learned:
    """Sort the log odds of the pieces: (pieces, kinds or more)."""
    own = logits[:-1] if parts.answer else logits
    said = dict(zip(KINDS, np.max(own, axis=0).tolist(), strict=False))
    answered = dict(zip(KINDS, logits[-1].tolist(), strict=False)) if parts.answer else None
    return Learned(said, answered)
