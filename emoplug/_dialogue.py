"""What of a conversation is somebody's words, worked out once and then only for what is new."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

from emoplug._fingerprint import fingerprints
from emoplug._prefixes import PrefixCache
from emoplug._types import DIALOGUE_ROLES, Message

_LONG = 16
"""Messages from which on keeping is quicker than working out anew."""


@dataclass(frozen=True, slots=True)
class Dialogue:
    """The messages that are somebody's words, in order: n of them.

    Attributes:
        indices: (n,) where each is in the turn.
        roles: (n,) who said each.
        texts: (n,) their words.
        fingerprints: (n,) what stands for their words in the key of a cache; see ``fingerprint``.
    """

    indices: tuple[int, ...]
    roles: tuple[str, ...]
    texts: tuple[str, ...]
    fingerprints: tuple[str | bytes, ...]

    def upto(self, index: int) -> Dialogue:
        """Answer those before the message ``index``."""
        end = bisect_left(self.indices, index)
        return Dialogue(
            self.indices[:end], self.roles[:end], self.texts[:end], self.fingerprints[:end]
        )


_LATELY: PrefixCache[int, tuple[tuple[Message, ...], Dialogue]] = PrefixCache(64, size=4_000_000)
"""Conversations by the identities of their messages, which they keep alive; sized by characters.

Messages that are read again are the very same, as long as they are short texts; to compare others
by their contents would take longer than to look at them anew.
"""


def dialogue_in(messages: tuple[Message, ...]) -> Dialogue:
    """Answer what of ``messages`` is said."""
    if len(messages) < _LONG:
        return _dialogue(messages, 0)
    identities = tuple(map(id, messages))
    before, known = _LATELY.find(identities)
    dialogue = _dialogue(messages[known:], known)
    if before is not None:
        begun = before[1].upto(known)
        dialogue = Dialogue(
            begun.indices + dialogue.indices,
            begun.roles + dialogue.roles,
            begun.texts + dialogue.texts,
            begun.fingerprints + dialogue.fingerprints,
        )
    _LATELY.put(identities, (messages, dialogue), sum(map(len, dialogue.texts)))
    return dialogue


def _dialogue(messages: tuple[Message, ...], first: int) -> Dialogue:
    """Answer what is said in messages of which the first has the index ``first``."""
    said = [
        (index, message)
        for index, message in enumerate(messages, start=first)
        if message.content and message.role in DIALOGUE_ROLES
    ]
    texts = tuple([message.text for _, message in said])
    return Dialogue(
        tuple([index for index, _ in said]),
        tuple([message.role for _, message in said]),
        texts,
        tuple(fingerprints(texts)),
    )
