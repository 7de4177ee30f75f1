"""What a store must do; a shared database fits by doing the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from emoplug.store._memory import Memory


class Store(Protocol):
    """Memories by session. Safe between threads; what several processes write, all see.

    Every method raises ``StoreError`` when the store cannot be read or written, and its subclass
    ``StoreBusyError`` when that may pass by itself. A failed call has changed nothing.
    """

    def append(self, session: str, memories: Sequence[Memory]) -> Sequence[int]:
        """Keep ``memories``, all or none, and answer their ids in the order given.

        They are on disk when this returns. A memory whose ``key`` the session holds already is not
        kept twice: its id is answered. A store with a bound drops the session's oldest beyond it.
        """

    def read(self, session: str, after: int = 0) -> Sequence[Memory]:
        """Answer the session's memories with ids above ``after``, oldest id first."""

    def ids(self, session: str) -> Sequence[int]:
        """Answer the ids that the session holds, ascending: a cheap look at what changed."""

    def sessions(self) -> Sequence[str]:
        """Answer the names of all sessions that hold something, sorted."""

    def forget(self, session: str) -> int:
        """Remove a session, text and vectors, for good; answer how many memories went.

        When this returns, none of it can be found in the store's files.
        """

    def expire(self, before: float) -> int:
        """Remove, for good, every memory with a timestamp below ``before``; answer how many."""

    def close(self) -> None:
        """Let go of files and connections; what is stored stays. Closing twice is harmless."""
