"""Readings made lately: a history is sent again with every turn, and reads the same."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from emoplug import Reading
from emoplug_emotion._dynamics import Floats

_CONVERSATIONS = 32
_MESSAGES = 4_096
"""Most conversations that are kept, and most messages of all of them together, 3 kB each."""


@dataclass(frozen=True)
class Facts:
    """What readings of a conversation rest on.

    Attributes:
        messages: Index of each message that may be read.
        table: (messages, columns) all that is known of each.
    """

    messages: tuple[int, ...]
    table: Floats

    def __len__(self) -> int:
        return len(self.messages)

    @cached_property
    def _start(self) -> bytes:
        """The first row, by which nearly all conversations differ."""
        return self.table[:1].tobytes()

    def common(self, other: Facts) -> int:
        """Answer how many messages at the beginning are the same in both."""
        count = min(len(self), len(other))
        if self._start != other._start or self.messages[:count] != other.messages[:count]:
            return 0
        same = (self.table[:count] == other.table[:count]).all(axis=1)
        return count if same.all() else int(same.argmin())


class Kept:
    """Readings of conversations. Safe to share between threads."""

    def __init__(self) -> None:
        self._told: list[tuple[Facts, list[Reading | None]]] = []
        self._lock = threading.Lock()

    def readings(self, facts: Facts, make: Callable[[int], Reading | None]) -> list[Reading]:
        """Answer a reading of each message that has one; ``make`` makes that of a row.

        A reading rests on its message and on those before it, so it stays while messages follow.
        """
        with self._lock:
            told = self._told[::-1]
        known, best = 0, list[Reading | None]()
        for before, readings in told:
            common = before.common(facts)
            if common > known:
                known, best = common, readings
        readings = [*best[:known], *map(make, range(known, len(facts)))]
        self._keep(facts, readings)
        return [reading for reading in readings if reading is not None]

    def _keep(self, facts: Facts, readings: list[Reading | None]) -> None:
        """Keep ``readings``; those of a conversation that goes on are held by it."""
        with self._lock:
            others = [one for one in self._told if one[0].common(facts) < len(one[0])]
            self._told = [*others[1 - _CONVERSATIONS :], (facts, readings)]
            while len(self._told) > 1 and sum(len(one) for one, _ in self._told) > _MESSAGES:
                del self._told[0]
