"""Saves a shelf in a folder so that a kill at any moment leaves the last good state.

The index tells which rows there are, and its save is the moment that counts. Documents go into a
file of a new name before it, and those of older saves are deleted after it. Rows are drawn, never
counted, so the file with exactly the rows of the index is the one that was saved with it.
"""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from emoplug import StoreError
from emoplug.index import IndexOptions, VectorIndex
from emoplug_langchain._kept import Kept
from emoplug_langchain._shelf import Shelf

FORMAT = 1
_OURS = "documents-*.jsonl"
_TRIES = 5
"""Readings of a folder that a writer keeps saving into."""


def save(shelf: Shelf, folder: Path) -> None:
    """Save everything in ``folder``; once this answers, it outlasts a crash.

    Raises:
        StoreBusyError: another store is the writer there.
        StoreError: the folder cannot be written, or has another store. What was saved before is
            untouched.
    """
    path = folder / f"documents-{uuid.uuid4().hex}.jsonl"
    with shelf.lock:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _write(path, shelf.rows)
            shelf.index.save(folder)
        except OSError as error:
            _take_back(path, shelf)
            raise StoreError(
                f"{folder} cannot be written ({error}); make room or mend its permissions, and "
                "save again: what was saved before is untouched"
            ) from error
        except BaseException:
            _take_back(path, shelf)
            raise
    for other in folder.glob(_OURS):
        if other != path:
            with suppress(OSError):  # a reader on Windows has it open; the next save deletes it
                other.unlink()


def open_shelf(folder: Path, options: IndexOptions | None, *, write: bool) -> Shelf:
    """Read what was saved in ``folder``.

    Args:
        folder: Where.
        options: How to search.
        write: Become the one writer there.

    Raises:
        StoreBusyError: ``write``, and another is the writer.
        StoreError: nothing was saved there, or it is corrupt or cannot be read.
    """
    problems: list[str] = []
    for _ in range(_TRIES):
        index = VectorIndex.open(folder, options, write=write)
        problems.clear()
        for path in sorted(folder.glob(_OURS)):
            try:
                rows = _read(path)
            except (OSError, ValueError, TypeError, KeyError) as error:
                problems.append(f"{path} is corrupt ({error})")
                continue
            if _fit(rows, index):
                return Shelf(index, rows)
        index.close()
    found = "; ".join(problems) or f"{folder / _OURS} is missing, or belongs to another save"
    raise StoreError(f"{found}; put back a copy of the whole folder, or build the store anew")


def _take_back(path: Path, shelf: Shelf) -> None:
    """Delete the documents of a save that failed, unless the index was saved all the same."""
    with suppress(OSError):
        try:
            index = VectorIndex.open(path.parent)
        except StoreError:
            if (path.parent / "index.json").exists():
                return  # cannot be told; the next save deletes what is left over
        else:
            if _fit(shelf.rows, index):
                return
        path.unlink(missing_ok=True)


def _fit(rows: Mapping[int, Kept], index: VectorIndex) -> bool:
    return len(rows) == len(index) and all(row in index for row in rows)


def _write(path: Path, rows: Mapping[int, Kept]) -> None:
    lines = [json.dumps([row, kept.id, kept.text, kept.metadata]) for row, kept in rows.items()]
    body = "".join(f"{line}\n" for line in lines).encode()
    head = {"format": FORMAT, "sha256": hashlib.sha256(body).hexdigest()}
    with path.open("xb") as file:
        file.write(json.dumps(head).encode() + b"\n" + body)
        file.flush()
        os.fsync(file.fileno())


def _read(path: Path) -> dict[int, Kept]:
    first, _, body = path.read_bytes().partition(b"\n")
    head = json.loads(first)
    if head["format"] != FORMAT:
        raise ValueError(f"format {head['format']!r}, this emoplug knows {FORMAT}")
    if head["sha256"] != hashlib.sha256(body).hexdigest():
        raise ValueError("not of the SHA-256 it was saved with")
    rows = {}
    for line in body.splitlines():  # ASCII: bytes have no other line ends in here
        row, name, text, metadata = json.loads(line)
        rows[row] = Kept(name, text, metadata)
    return rows
