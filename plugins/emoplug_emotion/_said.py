"""What was said in a turn, by whom, and what is only blank."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from emoplug import Turn
from emoplug_emotion._dynamics import Floats
from emoplug_emotion._read import Row


@dataclass(frozen=True)
class Said:
    """The messages that are somebody's words: row i of each field is the encoding's row i.

    Attributes:
        messages: Their indices in the turn.
        speakers: Who said each: a name, else a role.
        spoken: Rows that are more than blank; only those bear on others.
        affects: Valence, arousal and dominance of each; empty where unknown.
    """

    messages: tuple[int, ...]
    speakers: tuple[str, ...]
    spoken: tuple[int, ...]
    affects: tuple[tuple[float, ...], ...]

    @classmethod
    def of(cls, turn: Turn) -> Said:
        """Take it out of ``turn``."""
        messages = turn.encoded
        said = [turn.messages[index] for index in messages]
        affects = turn.encoding.affect.tolist() if turn.encoding else [()] * len(said)
        return cls(
            messages,
            tuple(message.name or message.role for message in said),
            tuple(row for row, message in enumerate(said) if message.text.strip()),
            tuple(tuple(affect) for affect in affects),
        )

    def rows(self, found: Mapping[int, Floats]) -> list[Row]:
        """Answer one row for each message that is blank or was ``found`` something of."""
        spoken, rows = set(self.spoken), []
        for row, (index, affect) in enumerate(zip(self.messages, self.affects, strict=True)):
            if row not in spoken:
                rows.append(Row(index, (), affect, blank=True))
            elif row in found:
                rows.append(Row(index, found[row].tolist(), affect))
        return rows
