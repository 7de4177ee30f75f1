"""A small JSON file that several processes may share: written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError

from emoplug import StoreBusyError, StoreError

Kept = TypeVar("Kept", bound=BaseModel)
_PATIENCE = 10.0
"""Seconds to wait for another process that is writing, which takes milliseconds."""
_MODE = 0o600


class MemoryFile(Generic[Kept]):
    """The file, and what was last read of it; the caller sees to threads.

    Args:
        path: Where; a missing file is an empty one.
        kind: What is in it.

    Raises:
        ModuleNotFoundError: filelock is not installed.
        StoreError: its folder is missing.
    """

    def __init__(self, path: Path, kind: type[Kept]) -> None:
        import filelock  # in the extras cpu and gpu

        self._path = Path(os.path.realpath(path))  # so that a link stays one
        self._kind = kind
        self._seen: tuple[int, ...] | None = None
        self._kept = kind()
        self._busy = filelock.Timeout
        self._lock = filelock.FileLock(f"{self._path}.lock", timeout=_PATIENCE)
        with self._told_plainly():
            self._path.parent.stat()

    def read(self) -> Kept:
        """Answer what is in it now; it is read again only after a change.

        Raises:
            StoreError: it is damaged or cannot be read.
        """
        with self._told_plainly():
            stamp = self._stamp()
            if stamp != self._seen:
                self._kept = self._parsed() if stamp else self._kind()
                self._seen = stamp
        return self._kept

    def change(self, change: Callable[[Kept], Kept]) -> None:
        """Write what ``change`` makes of it, while no other process writes; durable at the end.

        Raises:
            StoreBusyError: another process holds it too long.
            StoreError: it is damaged, and stays as it is, or cannot be written.
        """
        with self._told_plainly(), self._lock:
            kept = change(self.read())
            self._write(kept.model_dump_json(indent=1).encode() + b"\n")
            self._seen, self._kept = self._stamp(), kept

    def _stamp(self) -> tuple[int, ...] | None:
        try:
            now = self._path.stat()
        except FileNotFoundError:
            return None
        return now.st_ino, now.st_mtime_ns, now.st_size

    def _parsed(self) -> Kept:
        try:
            return self._kind.model_validate_json(self._path.read_bytes())
        except ValidationError as error:
            problem = error.errors()[0]
            where = ".".join(map(str, problem["loc"])) or "all of it"
            raise StoreError(
                f"the stimuli memory {self._path} is damaged, or of another version "
                f"({where}: {problem['msg']}); it was left as it is: mend it or restore it from "
                "a backup, or move it away to start an empty one"
            ) from error

    def _write(self, raw: bytes) -> None:
        descriptor, draft = tempfile.mkstemp(dir=self._path.parent, prefix=f"{self._path.name}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(draft, self._mode())
            os.replace(draft, self._path)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(draft)
            raise
        _sync_folder(self._path.parent)

    def _mode(self) -> int:
        """Answer who may read it: whoever might before, at first its owner only."""
        try:
            return self._path.stat().st_mode & 0o777
        except FileNotFoundError:
            return _MODE

    @contextmanager
    def _told_plainly(self) -> Iterator[None]:
        try:
            yield
        except self._busy as error:
            raise StoreBusyError(
                f"another process has been writing {self._path} for {_PATIENCE:g} s; try again, "
                "or see whether it hangs"
            ) from error
        except OSError as error:
            raise StoreError(
                f"cannot use the stimuli memory {self._path}: {error}; choose a file in a folder "
                "that exists and can be written"
            ) from error


def _sync_folder(folder: Path) -> None:
    """Make the new name durable, where the system can."""
    with suppress(OSError):  # Windows opens no folders
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
