"""What a model prefers, learned from the replies that it really gives; no words are kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from threading import Lock

import numpy as np

from emoplug import STRATEGIES
from emoplug_strategy._preference import COUNT, Floats, preferences

SESSIONS, MODELS = 1_000, 64
"""Most that are remembered; those not heard of for longest go first."""
_SESSION_REPLIES, _MODEL_REPLIES = 100.0, 2_000.0
"""Replies after which a reply counts a third of a new one."""
_CARRIED = 30.0
"""Replies that all of a model's other sessions count as, at most, in one session."""
_EVEN = 0.5
"""Confusions of each kind that are imagined from the start: a few replies prove nothing."""


@dataclass
class Tally:
    """Replies of one session or one model.

    Attributes:
        memory: Replies after which one counts a third.
        counts: (8, 8) how often the row's strategy was used where the column's was advised.
        replies: How many there were, forgotten ones too.
    """

    memory: float
    counts: Floats = field(default_factory=lambda: np.zeros((COUNT, COUNT)))
    replies: int = 0

    def add(self, used: Floats, advised: int) -> None:
        """Count one reply; earlier ones fade a little."""
        self.counts *= np.exp(-1 / self.memory)
        self.counts[:, advised] += used
        self.replies += 1


@dataclass(frozen=True)
class Preference:
    """What a model prefers in a session, as far as is known.

    Attributes:
        strengths: (8,) preferences, mean 1; all 1 before the first reply.
        bias: Their standard deviation B.
        replies: Replies of the session that were counted.
    """

    strengths: Floats
    bias: float
    replies: int


class Observed:
    """Counts replies by session and by model; safe to share between threads."""

    def __init__(self) -> None:
        self._sessions: OrderedDict[str, Tally] = OrderedDict()
        self._models: OrderedDict[str, Tally] = OrderedDict()
        self._lock = Lock()

    def add(
        self, session: str | None, model: str | None, used: Mapping[str, float], advised: str
    ) -> None:
        """Count one reply.

        Args:
            session: Whose conversation it is in, where known.
            model: Which model gave it, where known.
            used: Probability of each strategy in it.
            advised: The strategy that was advised.
        """
        shares = np.array([used[name] for name in STRATEGIES])
        column = STRATEGIES.index(advised)
        with self._lock:
            _recent(self._models, model or "", MODELS, _MODEL_REPLIES).add(shares, column)
            if session:
                _recent(self._sessions, session, SESSIONS, _SESSION_REPLIES).add(shares, column)

    def preference(self, session: str | None, model: str | None) -> Preference:
        """Answer what ``model`` prefers in ``session``."""
        counts = np.full((COUNT, COUNT), _EVEN)
        with self._lock:
            whole = self._models.get(model or "")
            own = self._sessions.get(session or "")
            if whole is not None:
                mass = whole.counts.sum()
                counts += whole.counts * min(1.0, _CARRIED / mass)
            if own is not None:
                counts += own.counts
        strengths = _preferences(counts.tobytes())
        return Preference(strengths, float(strengths.std()), own.replies if own else 0)

    def replies(self) -> int:
        """Answer how many replies were counted, of all models."""
        with self._lock:
            return sum(tally.replies for tally in self._models.values())


@lru_cache(1_024)
def _preferences(counts: bytes) -> Floats:
    """Answer the preferences of counts: a turn asks again what the review before it asked."""
    found = preferences(np.frombuffer(counts).reshape(COUNT, COUNT))
    found.flags.writeable = False
    return found


def _recent(tallies: OrderedDict[str, Tally], key: str, most: int, memory: float) -> Tally:
    tally = tallies.setdefault(key, Tally(memory))
    tallies.move_to_end(key)
    if len(tallies) > most:
        tallies.popitem(last=False)
    return tally
