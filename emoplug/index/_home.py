"""The folder an index is saved in, and the one process that may write there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from emoplug import StoreBusyError, StoreError
from emoplug.index._files import read_newest, tidy, write
from emoplug.index._manifest import NAME, Manifest, read_manifest
from emoplug.index._need import need
from emoplug.index._rows import Rows
from emoplug.index._store import Store

_LOCK = "writer.lock"


class Home:
    """A folder with at most one index.

    Attributes:
        folder: Where.
        manifest: The save that was last read or written here.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest: Manifest | None = None
        self._lock: Any = None
        self._process = 0

    @property
    def writes(self) -> bool:
        """Tell whether this process may write here."""
        # A forked child shares the lock's file, but two must not write.
        return self._lock is not None and self._process == os.getpid()

    def lock(self) -> None:
        """Become the one writer, and delete what an interrupted save has left.

        Raises:
            StoreBusyError: another writes here.
            StoreError: the folder cannot be written.
        """
        filelock = need("filelock")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = filelock.FileLock(self.folder / _LOCK)
            lock.acquire(blocking=False)
        except filelock.Timeout as error:
            raise StoreBusyError(
                f"{self.folder} is being written by another index; close that one, or open this "
                "one with write=False"
            ) from error
        except (OSError, NotImplementedError) as error:
            raise StoreError(
                f"{self.folder} cannot be written ({error}); mend its permissions, or choose "
                "another folder"
            ) from error
        self._lock, self._process = lock, os.getpid()
        try:
            tidy(self.folder, read_manifest(self.folder))
        except StoreError:
            self.unlock()
            raise

    def unlock(self) -> None:
        """Let others write; does nothing where this process does not."""
        if self.writes:
            self._lock.release()
            self._lock = None

    def claim(self) -> None:
        """Become the one writer of a folder without an index.

        Raises:
            StoreBusyError: another writes here.
            StoreError: the folder cannot be written, or has an index, which would be lost.
        """
        self.lock()
        try:
            taken = read_manifest(self.folder) is not None
        except StoreError:
            self.unlock()
            raise
        if taken:
            self.unlock()
            raise StoreError(
                f"{self.folder / NAME} belongs to an index saved before; open that one with "
                "VectorIndex.open(folder, write=True), or choose another folder"
            )

    def read(self, probes: int) -> tuple[Rows, Store]:
        """Read the newest save.

        Raises:
            StoreError: there is none, or it is corrupt or cannot be read.
        """
        self.manifest, rows, store = read_newest(self.folder, probes)
        return rows, store

    def write(self, rows: Rows, store: Store) -> None:
        """Save; once this answers, it lasts.

        Raises:
            StoreError: it could not be written; what was saved before is untouched.
        """
        before = read_manifest(self.folder)
        generation = before.generation + 1 if before else 1
        self.manifest = write(self.folder, generation, rows, store)
        tidy(self.folder, self.manifest)


def home_for(folder: Path, home: Home | None) -> Home:
    """Answer where an index at ``home`` may be saved: there, or in a folder that gets its first.

    Raises:
        StoreBusyError: another is the writer in ``folder``.
        StoreError: the folder cannot be written, or has another index.
    """
    if home is not None and not home.writes:
        raise StoreBusyError(
            f"{home.folder} is being written by the process this one was forked from; save "
            "there, or open it with write=True once that process has closed it"
        )
    if home is not None and home.folder.resolve() == folder.resolve():
        return home
    chosen = Home(folder)
    chosen.claim()
    return chosen
