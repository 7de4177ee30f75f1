"""What was said in a turn, by whom, and what is only blank."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from emoplug import Message, Turn
from emoplug_emotion._dynamics import Floats
from emoplug_emotion._kept import Key
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
        said = enumerate(turn.messages[index] for index in turn.encoded)
        spoken = tuple(row for row, message in said if _is_more_than_blank(message))
        return cls(turn, turn.encoded, spoken)

    @cached_property
    def speakers(self) -> tuple[str, ...]:
        """Who said each: a name, else a role."""
        said = (self.turn.messages[index] for index in self.messages)
        return tuple(message.name or message.role for message in said)

    def keys(self, found: Mapping[int, Floats]) -> Iterator[Key]:
        """Answer what the reading of each message rests on that is blank or in ``found``."""
        blank = set(range(len(self.messages))).difference(self.spoken)
        affect = self.turn.encoding.affect if self.turn.encoding else None
        for row, index in enumerate(self.messages):
            if row in blank:
                yield index, row, b"", b""
            elif row in found:
                tail = b"" if affect is None else affect[row].tobytes()
                yield index, row, found[row].tobytes(), tail

    def row(self, number: int, found: Mapping[int, Floats]) -> Row:
        """Answer what is known of row ``number``."""
        index = self.messages[number]
        affect = self.turn.encoding.affect[number].tolist() if self.turn.encoding else ()
        if number not in found:
            return Row(index, (), affect, blank=True)
        return Row(index, found[number].tolist(), affect)


def _is_more_than_blank(message: Message) -> bool:
    text = message.text
    return bool(text) and not text.isspace()
