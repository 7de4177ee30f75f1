"""What the learned planner and the learned reply classifier look at."""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np

from emoplug_strategy._talk import Floats, Talk

STRATEGY_COUNT = 8
_RECENT = 3
"""Replies whose strategies are told one by one; earlier ones only add up."""
_MOOD = 4
"""Messages of the person whose mean says what it has been about lately."""
_SHORT = 500
"""Characters up to which a text's words are counted once."""
_LONG = 40
"""Messages from which on a conversation is simply long."""
_CUES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\?",
        r"!",
        r"\b(what|how|why|when|where|who|which)\b",
        r"\b(do|did|have|are|is|can|would|could) you\b",
        r"\b((sounds?|seems?) like|it seems|so you|you feel|you're feeling|feel(s|ing)?)\b",
        r"\b(i (have|had|was|am|also|went|felt|used|know|too|understand)|myself|my)\b",
        r"\b(you (could|should)|try|maybe|suggest|recommend|perhaps|how about|why don't)\b",
        r"\b(hello|hi|hey|good (morning|evening|afternoon)|bye|goodbye|thanks?|welcome)\b",
        r"\b(sorry|hard|tough|difficult|strong|great|proud|normal|alone|better|deserve)\b",
        r"\b(website|stud(y|ies)|research|people|most|many|according)\b",
        r"\byou\b",
        r"\bi\b",
    )
)
_MOST = 3
"""How often a cue counts at most."""


def cues(text: str) -> Floats:
    """Answer (13,) how often each cue is in ``text``, and how long it is."""
    counts = [min(_MOST, len(cue.findall(text))) for cue in _CUES]
    return np.array([*counts, np.log1p(len(text.split()))], dtype=np.float32)


def reply_features(talk: Talk, place: int) -> Floats:
    """Answer the (d + labels + 19,) features of the message at ``place``, a reply."""
    again = place > 0 and bool(talk.ours[place - 1])
    return np.concatenate(
        [
            talk.embeddings[place],
            talk.emotions[place],
            talk.affect[place],
            cues(talk.texts[place]),
            np.array([np.log1p(place), place == 0, again], dtype=np.float32),
        ]
    )


def plan_features(talk: Talk, used: Floats) -> tuple[Floats, Floats]:
    """Answer what tells the strategy of the next reply.

    Args:
        talk: The conversation so far.
        used: (replies, 8) strategy probabilities of each of our replies so far, in order.

    Returns:
        The small features, and (3 d,) embeddings: of the person's last message, of our reply if
        it was the last message, and the mean of the person's recent ones.
    """
    persons = np.flatnonzero(~talk.ours)
    small = [_progress(talk, persons), *_history(used), *_feelings(talk, persons)]
    return np.concatenate(small), _meanings(talk, persons)


def _progress(talk: Talk, persons: np.ndarray) -> Floats:
    count = len(talk)
    theirs = _run(talk, ours=False)
    mine = _run(talk, ours=True)
    said = [talk.texts[index] for index in persons.tolist()]
    words = sum(_words_in(text) if len(text) <= _SHORT else len(text.split()) for text in said)
    early = [count == 0, count == 1, count == 2, count < 6, count < 12, count > 20]
    numbers = [np.log1p(count), min(count, _LONG) / _LONG, *early, theirs, mine]
    return np.array([*numbers, len(persons), words / 200], dtype=np.float32)


@lru_cache(4_096)
def _words_in(text: str) -> int:
    return len(text.split())


def _run(talk: Talk, *, ours: bool) -> int:
    """Answer how many messages at the end are all ours, or all the person's."""
    others = np.flatnonzero(talk.ours != ours)
    return len(talk) - (int(others[-1]) + 1 if len(others) else 0)


def _history(used: Floats) -> tuple[Floats, ...]:
    recent = np.zeros((_RECENT, STRATEGY_COUNT), dtype=np.float32)
    last = used[::-1][:_RECENT]
    recent[: len(last)] = last
    if not len(used):
        return recent.ravel(), *[np.zeros(STRATEGY_COUNT, dtype=np.float32)] * 3
    return recent.ravel(), np.log1p(used.sum(axis=0)), used.max(axis=0), used.mean(axis=0)


def _feelings(talk: Talk, persons: np.ndarray) -> tuple[Floats, ...]:
    if not len(persons):
        labels, affect = talk.emotions.shape[1], talk.affect.shape[1]
        sizes = (len(_CUES) + 1, labels, labels, affect)
        return tuple(np.zeros(size, dtype=np.float32) for size in sizes)
    last = persons[-1]
    overall = talk.emotions[persons].mean(axis=0)
    return cues(talk.texts[last]), talk.emotions[last], overall, talk.affect[last]


def _meanings(talk: Talk, persons: np.ndarray) -> Floats:
    nothing = np.zeros(talk.embeddings.shape[1], dtype=np.float32)
    theirs = talk.embeddings[persons[-1]] if len(persons) else nothing
    mine = talk.embeddings[-1] if len(talk) and talk.ours[-1] else nothing
    lately = talk.embeddings[persons[-_MOOD:]].mean(axis=0) if len(persons) else nothing
    return np.concatenate([theirs, mine, lately])
