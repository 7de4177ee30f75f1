"""What this process holds of sessions, caught up with the store before each use."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence, Set

import numpy as np

from emoplug import Encoding
from emoplug.index import IndexOptions, VectorIndex
from emoplug.store import Memory, Store
from emoplug_recall._candidate import Candidate, Encode, Floats, encoder_of, understood

OPEN = 32
"""Sessions held at once; those used longest ago are let go, and read again when needed."""
_TOGETHER = 256
_INDEX = IndexOptions(threads=1)
"""A session is small: waking other threads, or a card, costs more than it saves."""

Said = tuple[str, str | None, str]
"""Who said what: role, speaker, text."""


class Session:
    """One session's memories and the index of their vectors. Use it under its ``lock``."""

    def __init__(self, name: str) -> None:
        self.name, self.lock = name, threading.Lock()
        self._held: dict[int, Candidate] = {}
        self._said: dict[Said, int] = {}
        self._texts: set[str] = set()
        self._places = 0
        self._index: VectorIndex | None = None

    def catch_up(self, store: Store, encode: Encode, like: Encoding) -> None:
        """See what anybody added or removed since; vectors of other encoders are made anew."""
        there = set(store.ids(self.name))
        if there == self._held.keys():
            return
        gone = self._held.keys() - there
        if gone:
            self._drop(gone)
        # Not simply those above the newest held: a database may show ids out of order.
        missing = there - self._held.keys()
        if missing:
            read = store.read(self.name, min(missing) - 1)
            new = [memory for memory in read if memory.id in missing]
            self._add(_of_encoder(new, encode, like), like)

    def is_within(self, texts: Set[str]) -> bool:
        """Tell whether every memory is one of ``texts``."""
        return self._texts <= texts

    def near(self, vectors: Floats, k: int, since: float | None) -> list[Candidate]:
        """Answer the ``k`` nearest to each of ``vectors``, oldest first, each once."""
        if self._index is None or not self._held:
            return []
        hits = self._index.search(vectors, min(k, len(self._held)), since=since)
        found = set(hits.ids.ravel().tolist())
        return [self._held[id] for id in sorted(found & self._held.keys())]

    def id_of(self, role: str, speaker: str | None, text: str) -> int | None:
        """Answer the id under which these words are remembered."""
        return self._said.get((role, speaker, text))

    def said_by_person(self, speaker: str | None, text: str) -> Memory | None:
        """Answer the memory of a person's words; ``user`` is a person without a name."""
        id = self.id_of("user", None if speaker == "user" else speaker, text)
        return None if id is None else self._held[id].memory

    def _add(self, memories: Sequence[Memory], like: Encoding) -> None:
        if not memories:  # removed again since their ids were asked for
            return
        if self._index is None:
            self._index = VectorIndex(like.embeddings.shape[1], _INDEX)
        for place, memory in enumerate(memories, start=self._places):
            self._held[memory.id] = Candidate.of(
                memory, like.labels, self.name, place, memory.timestamp
            )
            self._said[memory.role, memory.speaker, memory.text] = memory.id
            self._texts.add(memory.text)
        self._places += len(memories)
        self._index.add(
            np.array([memory.id for memory in memories], dtype=np.int64),
            np.stack([memory.vector for memory in memories]),
            time=[memory.timestamp for memory in memories],
        )

    def _drop(self, gone: set[int]) -> None:
        for id in gone:
            memory = self._held.pop(id).memory
            self._said.pop((memory.role, memory.speaker, memory.text), None)
        self._texts = {candidate.memory.text for candidate in self._held.values()}
        if self._index is not None:
            self._index.remove(np.array(sorted(gone), dtype=np.int64))


class Sessions:
    """The sessions in use, bounded. Safe between threads."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, Session] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, name: str) -> Session:
        """Answer the session; not caught up yet."""
        with self._lock:
            session = self._open.pop(name, None) or Session(name)
            self._open[name] = session
            while len(self._open) > OPEN:
                self._open.popitem(last=False)
            return session

    def drop(self, name: str) -> None:
        """Let go of a session."""
        with self._lock:
            self._open.pop(name, None)


def _of_encoder(memories: Sequence[Memory], encode: Encode, like: Encoding) -> list[Memory]:
    """Answer ``memories`` with vectors that compare to those of ``like``."""
    foreign = [i for i, memory in enumerate(memories) if memory.encoder != encoder_of(like)]
    fitting = list(memories)
    for start in range(0, len(foreign), _TOGETHER):
        part = foreign[start : start + _TOGETHER]
        encoding = encode([memories[i].text for i in part])
        for row, i in enumerate(part):
            facts = understood(encoding, row)
            facts["emotion"] = memories[i].emotion or facts["emotion"]
            fitting[i] = memories[i].model_copy(update=facts)
    return fitting
