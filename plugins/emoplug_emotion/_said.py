"""What was said in a turn, by whom, and what is only blank."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from emoplug import Turn
from emoplug_emotion._dynamics import Floats
from emoplug_emotion._kept import Facts
from emoplug_emotion._read import Row


@dataclass(frozen=True)
class Said:
    """The messages that are somebody's words: row i is the encoding's row i.

    Attributes:
        turn: Where they were said.
        messages: Their indices in the turn.
        spoken: Rows that are more than blank; only those bear on others.
    """

    turn: Turn
    messages: tuple[int, ...]
    spoken: tuple[int, ...]

    @classmethod
    def of(cls, turn: Turn) -> Said:
        """Take it out of ``turn``."""
        spoken = [row for row, text in enumerate(turn.texts) if text and not text.isspace()]
        return cls(turn, turn.encoded, tuple(spoken))

    @cached_property
    def speakers(self) -> tuple[str, ...]:
        """Who said each: a name, else a role."""
        said = (self.turn.messages[index] for index in self.messages)
        return tuple(message.name or message.role for message in said)

    def facts(self, rows: Sequence[int], probabilities: Floats) -> Facts:
        """Answer what the readings of all messages rest on.

        Args:
            rows: Those of which something is known, in order.
            probabilities: (rows, labels) what that is.
        """
        affect = self.turn.encoding.affect if self.turn.encoding else np.zeros((len(self), 0))
        labels = probabilities.shape[1]
        table = np.zeros((len(self), 1 + labels + affect.shape[1]))
        table[list(self.spoken), 0] = 1
        own = slice(None) if len(rows) == len(self) else rows  # much quicker than each by number
        table[own, 0] = 2
        table[own, 1 : 1 + labels] = probabilities
        table[:, 1 + labels :] = affect
        return Facts(self.messages, table)

    def __len__(self) -> int:
        return len(self.messages)

    def row(self, number: int, rows: Sequence[int], probabilities: Floats) -> Row | None:
        """Answer what is known of row ``number``; ``None`` for words of which nothing is."""
        index = self.messages[number]
        affect = self.turn.encoding.affect[number].tolist() if self.turn.encoding else ()
        place = bisect_left(rows, number)
        if place < len(rows) and rows[place] == number:
            return Row(index, probabilities[place].tolist(), affect)
        return None if number in self.spoken else Row(index, (), affect, blank=True)
