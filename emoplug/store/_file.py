"""The SQLite file under a store: made whole or not at all, opened safely, refused when damaged."""

from __future__ import annotations

import os
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from emoplug._errors import StoreBusyError, StoreError

MEMORY = ":memory:"
UNCLEAN = 1
"""``user_version`` while deleted bytes may still lie in the file."""
_APPLICATION = 0x656D6F31
"""The letters emo1: our files, in this layout."""
_LAYOUT = """
CREATE TABLE memory (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    session BLOB NOT NULL,
    key BLOB NOT NULL,
    timestamp REAL NOT NULL,
    facts TEXT NOT NULL,
    vector BLOB NOT NULL,
    checksum BLOB NOT NULL,
    UNIQUE (session, key)
);
CREATE INDEX memory_session ON memory (session);
CREATE INDEX memory_timestamp ON memory (timestamp);
"""
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_PRIMARY = 0xFF
"""The part of SQLite's extended error codes that tells the kind."""


def open_file(path: str, timeout: float) -> sqlite3.Connection:
    """Open the store at ``path``, making it first if there is none.

    Raises:
        StoreError: it is damaged, something else, or in a folder that cannot be used.
    """
    with told_plainly(path):
        if path == MEMORY:
            return _laid_out(path, timeout)
        if not os.path.exists(path):
            _create(path, timeout)
        if os.path.getsize(path) == 0:
            raise damaged(path, "it is empty")
        connection = _connect(path, timeout)
        try:
            _check(path, connection)
        except BaseException:
            connection.close()
            raise
        return connection


@contextmanager
def told_plainly(path: str) -> Iterator[None]:
    """Turn SQLite's errors and the system's into ours, which name the file and the fix."""
    try:
        yield
    except sqlite3.Error as error:
        raise _plain(path, error) from error
    except OSError as error:
        raise StoreError(
            f"cannot open the store {path}: {error}; choose a folder that exists and can be "
            "written, on a local disk"
        ) from error


def damaged(path: str, how: str) -> StoreError:
    """Answer the error for a file that cannot be trusted."""
    return StoreError(
        f"the store {path} is damaged ({how}); restore it from a backup, or move it away to start "
        "an empty one"
    )


def _plain(path: str, error: sqlite3.Error) -> StoreError:
    kind = getattr(error, "sqlite_errorcode", 0) & _PRIMARY
    if kind in _BUSY:
        return StoreBusyError(f"another process is writing the store {path}; try again")
    if kind in _DAMAGED:
        return damaged(path, str(error))
    return StoreError(
        f"the store {path} failed: {error}; what was kept before is safe. Look for a full disk or "
        "missing rights, then try again"
    )


def _create(path: str, timeout: float) -> None:
    """Make the file under another name and give it its own when whole.

    So an empty file under its own name was cut off, and is not taken for a new store. Of two
    processes that do this at once, the second finds the first one's file and uses it.
    """
    draft = f"{path}.{uuid.uuid4().hex}.new"
    try:
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        _laid_out(draft, timeout).close()
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        Path(draft).unlink(missing_ok=True)


def _laid_out(path: str, timeout: float) -> sqlite3.Connection:
    connection = _connect(path, timeout)
    connection.executescript(f"BEGIN; {_LAYOUT} PRAGMA application_id = {_APPLICATION}; COMMIT;")
    return connection


def _connect(path: str, timeout: float) -> sqlite3.Connection:
    # Shared between threads, under the store's own lock.
    connection = sqlite3.connect(
        path, timeout=timeout, isolation_level=None, check_same_thread=False
    )
    # A rollback journal is gone after each commit, a write-ahead log would keep old pages. EXTRA is
    # FULL, and also syncs the folder: a journal that came back would undo what was acknowledged.
    try:
        for setting in ("journal_mode = DELETE", "synchronous = EXTRA", "secure_delete = ON"):
            connection.execute(f"PRAGMA {setting}")
    except BaseException:
        connection.close()
        raise
    return connection


def _check(path: str, connection: sqlite3.Connection) -> None:
    found = connection.execute("PRAGMA application_id").fetchone()[0]
    if found != _APPLICATION:
        raise StoreError(
            f"{path} is no store of this version of emoplug; give another path, or install the "
            "version that made it"
        )
