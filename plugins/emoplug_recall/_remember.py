"""Makes memories of a turn: only of what is new, long messages in pieces."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from emoplug import Message, Reading, Turn
from emoplug.store import Memory
from emoplug_recall._candidate import Encode, understood
from emoplug_recall._chunks import chunks
from emoplug_recall._sessions import Session

_CAUSES = 3
"""Most causes kept of a message."""


@dataclass(frozen=True)
class _Piece:
    role: str
    speaker: str | None
    text: str
    timestamp: float | None = None
    reading: Reading | None = None
    causes: tuple[str, ...] = ()


def new_memories(
    turn: Turn, reply: str, session: Session, encode: Encode, now: float
) -> list[Memory]:
    """Answer memories of the messages of ``turn`` that ``session`` does not know, and the reply.

    Clients send the whole history with each turn. What lies before two messages in a row that are
    remembered was remembered in its time, though it may have been removed since: it is left alone.
    """
    pieces: list[_Piece] = []
    known_in_a_row = 0
    for index in reversed(turn.encoded):
        own = list(_pieces(turn, index))
        if not own:
            continue
        new = [p for p in own if session.id_of(p.role, p.speaker, p.text) is None]
        pieces[:0] = new
        known_in_a_row = 0 if new else known_in_a_row + 1
        if known_in_a_row == 2:
            break
    pieces += [_Piece("assistant", None, text) for text in chunks(reply)]
    return _memories(pieces, encode, now)


def remembered_with(turn: Turn, session: Session) -> Callable[[Memory], bool]:
    """Answer a test for what was remembered of this very turn, such as a reply that calls a tool.

    Inside a tool loop the turn is sent again: what is recalled must not change by it.
    """
    last = turn.last_user
    if last is None or last == len(turn.messages) - 1:
        return lambda _memory: False
    message = turn.messages[last]
    ids = [session.id_of("user", speaker_of(message), text) for text in chunks(message.text)]
    own = max((id for id in ids if id is not None), default=None)
    later = "\n".join(message.text for message in turn.messages[last + 1 :])
    return lambda memory: own is not None and memory.id > own and memory.text in later


def _pieces(turn: Turn, index: int) -> Iterator[_Piece]:
    message = turn.messages[index]
    reading = next((r for r in turn.readings if r.index == index), None)
    causes = _cause_words(turn) if index == turn.last_user else ()
    known = message.timestamp is not None and math.isfinite(message.timestamp)
    when = message.timestamp if known else None
    for text in chunks(message.text):
        yield _Piece(message.role, speaker_of(message), text, when, reading, causes)


def speaker_of(message: Message) -> str | None:
    """Name a person who speaks; the model is the model, since its replies come without a name."""
    return message.name if message.role == "user" else None


def _cause_words(turn: Turn) -> tuple[str, ...]:
    words = (
        turn.messages[cause.index].text[slice(*cause.span)]
        for cause in turn.causes
        if cause.index is not None and cause.span
    )
    return tuple(islice(words, _CAUSES))


def _memories(pieces: Sequence[_Piece], encode: Encode, now: float) -> list[Memory]:
    if not pieces:
        return []
    encoding = encode([piece.text for piece in pieces])
    memories = []
    for row, piece in enumerate(pieces):
        facts = understood(encoding, row)
        if piece.reading is not None:
            facts["emotion"] = piece.reading.emotion
            facts["intensity"] = piece.reading.intensity
        memories.append(
            Memory(
                role=piece.role,
                speaker=piece.speaker,
                text=piece.text,
                timestamp=now if piece.timestamp is None else piece.timestamp,
                causes=piece.causes,
                **facts,
            )
        )
    return memories
