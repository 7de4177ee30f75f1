"""``SqliteStore``: memories in one file that several processes may share."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import threading
import weakref
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from emoplug._errors import StoreError
from emoplug.store._file import UNCLEAN, damaged, open_file, told_plainly
from emoplug.store._memory import Memory

_COLUMNS = "id, facts, vector, checksum"
_CHECKSUM = 8
_LITTLE = "<f4"
Opened = tuple[threading.Lock, sqlite3.Connection]
"""A connection, and who may use it now."""
_LISTED = 32
"""Sessions whose ids are kept."""
_COUNT = "SELECT count(*) FROM memory WHERE session = ? AND id <= ?"
_NEWER = "SELECT id FROM memory WHERE session = ? AND id > ? ORDER BY id"
_INSERT = """
INSERT INTO memory (session, key, timestamp, facts, vector, checksum) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (session, key) DO NOTHING
"""
_TRIM = """
DELETE FROM memory WHERE session = :session AND id <= (
    SELECT id FROM memory WHERE session = :session ORDER BY id DESC LIMIT 1 OFFSET :limit
)
"""


class SqliteStore:
    """A ``Store`` in one SQLite file, or in this process alone.

    Args:
        path: The file, made when missing, readable by its owner only; ``:memory:`` for none.
        limit: Most memories of a session, 1 or more; the oldest go first.
        timeout: Seconds to wait for another process that is writing.

    Raises:
        ValueError: ``limit`` is below 1.
        StoreError: the file is damaged, is something else, or its folder cannot be used.
    """

    def __init__(self, path: str | Path, limit: int = 2000, timeout: float = 5.0) -> None:
        if limit < 1:
            raise ValueError(f"limit is {limit}; a session keeps 1 memory or more")
        self.path, self.limit = str(path), limit
        self._timeout = timeout
        self._closed = False
        self._opened: dict[int, Opened] = {}
        self._opening = threading.Lock()
        self._listed: OrderedDict[str, tuple[int, ...]] = OrderedDict()
        # When nobody holds it any more; not at the interpreter's exit, which must not wait for it.
        weakref.finalize(self, _close, self._opened).atexit = False
        with self._connection():
            pass

    def append(self, session: str, memories: Sequence[Memory]) -> list[int]:
        """Keep ``memories``, all or none; durable when this returns."""
        name = _bytes(session)
        with self._writing() as connection:
            for memory in memories:
                connection.execute(_INSERT, (name, memory.key, *_row(memory)))
            query = "SELECT id FROM memory WHERE session = ? AND key = ?"
            ids = [connection.execute(query, (name, m.key)).fetchone()[0] for m in memories]
            connection.execute(_TRIM, {"session": name, "limit": self.limit})
            return ids

    def read(self, session: str, after: int = 0) -> list[Memory]:
        """Answer the session's memories with ids above ``after``, oldest id first.

        Raises:
            StoreError: also when a row is not what was written.
        """
        query = f"SELECT {_COLUMNS} FROM memory WHERE session = ? AND id > ? ORDER BY id"
        with self._connection() as connection:
            rows = connection.execute(query, (_bytes(session), after)).fetchall()
        return [self._memory(*row) for row in rows]

    def ids(self, session: str) -> list[int]:
        """Answer the ids that the session holds, ascending."""
        with self._connection() as connection:
            # Ids only ever grow (AUTOINCREMENT): of those known none was added since, and if none
            # was removed either, only the newer ones are to be fetched.
            known = self._listed.pop(session, ())
            last = known[-1] if known else 0
            if connection.execute(_COUNT, (_bytes(session), last)).fetchone() != (len(known),):
                known, last = (), 0
            newer = connection.execute(_NEWER, (_bytes(session), last)).fetchall()
            ids = (*known, *(id for (id,) in newer))
            self._listed[session] = ids
            while len(self._listed) > _LISTED:
                self._listed.popitem(last=False)
        return list(ids)

    def sessions(self) -> list[str]:
        """Answer the names of all sessions that hold something, sorted."""
        with self._connection() as connection:
            rows = connection.execute("SELECT DISTINCT session FROM memory").fetchall()
        return sorted(_text(row[0]) for row in rows)

    def forget(self, session: str) -> int:
        """Remove a session for good, and wipe its bytes from the file."""
        return self._remove("session = ?", _bytes(session))

    def expire(self, before: float) -> int:
        """Remove, for good, every memory with a timestamp below ``before``."""
        return self._remove("timestamp < ?", before)

    def close(self) -> None:
        """Close the file; what is stored stays."""
        with self._opening:
            self._closed = True
            _close(self._opened)

    def _remove(self, condition: str, value: object) -> int:
        """Delete rows, then rewrite the file.

        ``secure_delete`` zeroes a deleted row where it lies, but balancing its tree may have left
        copies of it in other pages; only a rewritten file is free of them. The mark outlives a
        process killed in between: the next removal then rewrites, whether it removes or not.
        """
        with self._writing() as connection:
            gone = connection.execute(f"DELETE FROM memory WHERE {condition}", (value,)).rowcount
            if gone:
                connection.execute(f"PRAGMA user_version = {UNCLEAN}")
        with self._connection() as connection:
            if connection.execute("PRAGMA user_version").fetchone()[0] == UNCLEAN:
                connection.execute("VACUUM")
                connection.execute("PRAGMA user_version = 0")
        return gone

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                # A full disk may have rolled back by itself.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """Lend this process's connection: one carried over a fork would corrupt the file."""
        with told_plainly(self.path):
            process = os.getpid()
            if process not in self._opened:
                self._open(process)
            lock, connection = self._opened[process]
            with lock:
                yield connection

    def _open(self, process: int) -> None:
        with self._opening:
            if self._closed:
                raise StoreError(f"the store {self.path} is closed; make a new SqliteStore")
            if process not in self._opened:
                connection = open_file(self.path, self._timeout)
                self._opened[process] = (threading.Lock(), connection)

    def _memory(self, id: int, facts: str, vector: bytes, checksum: bytes) -> Memory:
        if _checksum(facts, vector) != checksum:
            raise damaged(self.path, f"row {id} is not what was written")
        array = np.frombuffer(vector, dtype=_LITTLE)
        return Memory(id=id, vector=array, **json.loads(facts))


def _close(opened: dict[int, Opened]) -> None:
    """Close this process's connection; another's, carried over a fork, must be left alone."""
    if os.getpid() in opened:
        lock, connection = opened.pop(os.getpid())
        with lock:
            connection.close()


def _row(memory: Memory) -> tuple[float, str, bytes, bytes]:
    """Answer timestamp, facts, vector and checksum.

    Facts are ASCII JSON: half a surrogate pair, as broken clients send it, comes back as it was.
    """
    plain: dict[str, Any] = memory.model_dump(exclude={"id", "vector"})
    facts = json.dumps(plain)
    vector = memory.vector.astype(_LITTLE).tobytes()
    return memory.timestamp, facts, vector, _checksum(facts, vector)


def _checksum(facts: str, vector: bytes) -> bytes:
    return hashlib.blake2b(facts.encode() + vector, digest_size=_CHECKSUM).digest()


def _bytes(session: str) -> bytes:
    return session.encode("utf-8", "surrogatepass")


def _text(session: bytes) -> str:
    return session.decode("utf-8", "surrogatepass")
