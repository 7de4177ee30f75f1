"""The plugin: recalls, tells the model, remembers and forgets."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache

from emoplug import Encoding, Guidance, Passage, PluginError, Turn, hookimpl
from emoplug.index import IndexOptions
from emoplug.store import Memory, Store
from emoplug_recall._candidate import Candidate, Encode
from emoplug_recall._documents import ROLE, Documents
from emoplug_recall._guide import Sage, note_of
from emoplug_recall._kept import Kept
from emoplug_recall._options import RecallOptions
from emoplug_recall._rank import Query, query_of, rank
from emoplug_recall._remember import new_memories, remembered_with
from emoplug_recall._select import Said as InPrompt
from emoplug_recall._select import said_in, select
from emoplug_recall._sessions import Sessions

log = logging.getLogger("emoplug.recall")
SOURCE = "recall"
PRIORITY = 40
_POOL = 32
"""Candidates nearest to the message, and nearest to the cause, that are ranked."""
_ASKED = 64
"""Answers of the sage kept, so that inside a tool loop equal turns give equal bytes."""


class Recall:
    """Recalls what was said earlier in a session and what documents say.

    Args:
        options: What is kept, what is searched, and how much of it is told.
        sage: Sums up what was recalled, in place of quotations; may call a model.
        store: Keeps the sessions, in place of the file that ``options.store`` names.
    """

    Options = RecallOptions

    def __init__(
        self,
        options: RecallOptions | None = None,
        sage: Sage | None = None,
        store: Store | None = None,
    ) -> None:
        self.options = options or RecallOptions()
        self._sage = lru_cache(_ASKED)(sage) if sage else None
        self._kept = Kept(self.options, store)
        self._sessions = Sessions()
        self._documents: Documents | None = None
        self._encode: Encode | None = None
        self._lock = threading.RLock()
        self._warned = threading.Event()

    def bind(self, encode: Encode) -> None:
        """Take the encoder of the ``Emoplug`` that this plugin is in."""
        self._encode = encode

    @hookimpl
    def recall(self, turn: Turn) -> Sequence[Passage] | None:
        """Answer what bears on the last user message and is not in the prompt, best first.

        Raises:
            StoreError: the store cannot be read.
            SettingsError, InputError: a document cannot be read.
        """
        query = query_of(turn)
        if query is None or turn.encoding is None:
            self._warn_once(turn)
            return None
        said = said_in(turn, query.prompt)
        candidates = self._from_session(turn, query, turn.encoding, said)
        candidates += self._from_documents(query)
        # Most of a session is in the prompt as it is: that is not worth ranking.
        new = [one for one in candidates if not said.holds(one)]
        chosen = select(rank(query, new, self.options), said, self.options)
        return [_passage(score, candidate) for score, candidate in chosen] or None

    @hookimpl
    def guide(self, turn: Turn) -> Sequence[Guidance] | None:
        """Make one note of what any plugin recalled."""

        def memory_of(passage: Passage) -> Memory | None:
            return self._memory_of(turn, passage)

        text = note_of(turn, memory_of, self._sage, self.options.budget)
        if text is None:
            return None
        return [Guidance(text=text, kind="memory", priority=PRIORITY, source=SOURCE)]

    @hookimpl
    def remember(self, turn: Turn, reply: str) -> None:
        """Keep what is new in the turn, and the reply, where a store and a session are given.

        Raises:
            StoreError: they could not be kept; the next turn, which sends them again, may.
        """
        if not self._kept or not turn.session:
            return
        now, encode = time.time(), self._bound()
        session = self._sessions.get(turn.session)
        with session.lock:
            session.catch_up(self._kept.open(), encode, turn.encoding or encode([""]))
            memories = self._kept.fresh(new_memories(turn, reply, session, encode, now), now)
        if memories:
            self._kept.open().append(turn.session, memories)
        self._kept.sweep(now)

    def forget(self, session: str) -> int:
        """Remove a session for good, from memory and disk; answer how many memories went.

        A client that goes on sending its history under the same session is remembered anew.
        """
        self._sessions.drop(session)
        if self._sage:
            self._sage.cache_clear()
        return self._kept.open().forget(session) if self._kept else 0

    def warm_up(self) -> None:
        """Open the store, remove what is too old, and read and encode the documents."""
        if self._kept:
            self._kept.open()
            self._kept.sweep(time.time())
        self._opened_documents()

    def diagnose(self) -> Mapping[str, str]:
        """Tell what is kept, and what there is to recall from."""
        facts = {"store": self._kept.named, "documents": "none"}
        if self._kept:
            facts["sessions"] = str(len(self._kept.open().sessions()))
        if self.options.documents:
            chunks = len(self._opened_documents())
            facts["documents"] = f"{len(self.options.documents)}, in {chunks} chunks"
        return facts

    def _warn_once(self, turn: Turn) -> None:
        if turn.encoded and turn.encoding is None and not self._warned.is_set():
            self._warned.set()
            log.warning("nothing is encoded, so nothing is recalled; put an encoder, 'onnx', first")

    def _from_session(
        self, turn: Turn, query: Query, encoding: Encoding, said: InPrompt
    ) -> list[Candidate]:
        if not self._kept or not turn.session:
            return []
        session = self._sessions.get(turn.session)
        with session.lock:
            session.catch_up(self._kept.open(), self._bound(), encoding)
            if session.is_within(said.texts):  # the client sends its whole history
                return []
            # As many more as the prompt may hold of them.
            pool, since = _POOL + len(query.prompt), self._kept.cutoff(time.time())
            nearest = session.near(query.vectors, pool, since)
            too_new = remembered_with(turn, session)
        return [candidate for candidate in nearest if not too_new(candidate.memory)]

    def _from_documents(self, query: Query) -> list[Candidate]:
        return self._opened_documents().near(query.vectors, _POOL)

    def _memory_of(self, turn: Turn, passage: Passage) -> Memory | None:
        if passage.source != SOURCE or not turn.session or passage.document != turn.session:
            return None
        session = self._sessions.get(turn.session)
        with session.lock:
            return session.said_by_person(passage.speaker, passage.text)

    def _bound(self) -> Encode:
        if self._encode is None:
            raise PluginError(
                SOURCE, "recall has no encoder; list it in Emoplug(plugins=[...]), or call bind"
            )
        return self._encode

    def _opened_documents(self) -> Documents:
        with self._lock:
            if self._documents is None:
                self._documents = Documents.build(
                    self.options.documents,
                    self.options.index,
                    self._bound,
                    IndexOptions(device=self.options.device),
                )
            return self._documents


def _passage(score: float, candidate: Candidate) -> Passage:
    memory = candidate.memory
    return Passage(
        text=memory.text,
        score=score,
        source=SOURCE,
        document=candidate.document,
        segment=candidate.segment,
        speaker=memory.speaker or (None if memory.role == ROLE else memory.role),
        timestamp=candidate.timestamp,
    )
