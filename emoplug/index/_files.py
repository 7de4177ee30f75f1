"""Writes an index to a folder so that a kill at any moment leaves the last good state.

Every save writes files of a new generation, then puts ``index.json``, which names them, in place
of the old one, and only then deletes the old generation.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from contextlib import suppress
from io import BufferedReader, BytesIO
from pathlib import Path

import numpy as np

from emoplug import StoreError
from emoplug.index._manifest import NAME, FileFacts, Manifest, names_of, read_manifest
from emoplug.index._need import need
from emoplug.index._rows import Columns, Rows
from emoplug.index._store import Flat, Inverted, Store

Content = bytes | memoryview

_NEW = f"{NAME}.new"
_OURS = re.compile(r"(vectors-\d{6,}\.faiss|rows-\d{6,}\.npz|index\.json\.new)")
_BLOCK = 1 << 20


def write(folder: Path, generation: int, rows: Rows, store: Store) -> Manifest:
    """Write a generation; once this answers, it lasts.

    Raises:
        StoreError: it could not be written; what was saved before is untouched.
    """
    faiss = need("faiss")
    names = names_of(generation)
    columns = rows.columns()
    packed = BytesIO()
    np.savez(packed, ids=columns.ids, times=columns.times, sessions=columns.sessions)

    def vectors_into(put: Callable[[Content], int]) -> None:
        faiss.write_index(store.index, faiss.PyCallbackIOWriter(put, _BLOCK))

    try:
        vectors = _write_file(folder / names[0], vectors_into)
        packed_rows = _write_file(folder / names[1], lambda put: put(packed.getbuffer()))
        manifest = Manifest(
            generation=generation,
            kind=store.kind,
            size=store.size,
            count=len(rows),
            sessions=columns.names,
            vectors=vectors,
            rows=packed_rows,
        )
        content = manifest.to_bytes()
        _write_file(folder / _NEW, lambda put: put(content))
        _sync(folder)  # the files must be there before anything names them
        os.replace(folder / _NEW, folder / NAME)
    except (OSError, RuntimeError) as error:  # faiss wraps the first in the second
        for name in (*names, _NEW):
            with suppress(OSError):
                (folder / name).unlink()
        raise _unwritable(folder, error) from error
    try:
        _sync(folder)
    except OSError as error:
        raise _unwritable(folder, error) from error
    return manifest


def read(folder: Path, manifest: Manifest, probes: int) -> tuple[Rows, Store]:
    """Read the generation that ``manifest`` names.

    Raises:
        FileNotFoundError: a file is gone; a writer may have saved a newer generation.
        StoreError: a file is corrupt or cannot be read.
    """
    faiss = need("faiss")
    vectors_path, rows_path = (folder / name for name in names_of(manifest.generation))
    try:
        with (
            vectors_path.open("rb") as vectors_file,
            rows_path.open("rb") as rows_file,
        ):
            _check(vectors_file, manifest.vectors)
            _check(rows_file, manifest.rows)
            index = faiss.read_index(faiss.PyCallbackIOReader(vectors_file.read, _BLOCK))
            with np.load(rows_file, allow_pickle=False) as arrays:
                rows = Rows.restored(
                    Columns(manifest.sessions, arrays["ids"], arrays["times"], arrays["sessions"])
                )
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StoreError(f"{folder} cannot be read ({error}); mend its permissions") from error
    except RuntimeError as error:  # the file is whole, but of a faiss that this one does not know
        raise StoreError(
            f"{vectors_path} cannot be read by faiss {faiss.__version__} "
            f"({error}); install the faiss that wrote it, or build the index anew"
        ) from error
    return rows, Flat(index) if manifest.kind == "flat" else Inverted(index, probes)


def read_newest(folder: Path, probes: int) -> tuple[Manifest, Rows, Store]:
    """Read the newest generation, however often a writer replaces it meanwhile.

    Raises:
        StoreError: there is no index, or it is corrupt or cannot be read.
    """
    manifest = read_manifest(folder)
    while manifest is not None:
        try:
            return manifest, *read(folder, manifest, probes)
        except FileNotFoundError as error:
            newer = read_manifest(folder)
            if newer == manifest:
                raise StoreError(
                    f"{error.filename} is missing; put back a copy, or build the index anew"
                ) from error
            manifest = newer
    raise StoreError(
        f"{folder / NAME} is missing: no index was saved there; make one with "
        "VectorIndex(size) and save(folder)"
    )


def tidy(folder: Path, manifest: Manifest | None) -> None:
    """Delete older generations, and what an interrupted save has left; for the writer alone.

    Raises:
        StoreError: something cannot be deleted.
    """
    kept = names_of(manifest.generation) if manifest else ()
    try:
        for path in folder.iterdir():
            if _OURS.fullmatch(path.name) and path.name not in kept:
                path.unlink()
    except OSError as error:
        raise StoreError(f"{error.filename} cannot be deleted ({error}); delete it") from error


def _write_file(path: Path, fill: Callable[[Callable[[Content], int]], object]) -> FileFacts:
    digest = hashlib.sha256()
    with path.open("wb") as file:

        def put(content: Content) -> int:
            digest.update(content)
            return file.write(content)

        fill(put)
        file.flush()
        os.fsync(file.fileno())
        length = file.tell()
    return FileFacts(length=length, sha256=digest.hexdigest())


def _check(file: BufferedReader, facts: FileFacts) -> None:
    """Refuse a file that is not as it was written, before anything reads sense into it."""
    length = os.fstat(file.fileno()).st_size
    if length != facts.length:
        problem = f"{length} bytes long, not {facts.length}"
    elif hashlib.file_digest(file, "sha256").hexdigest() != facts.sha256:
        problem = "not of the SHA-256 it was saved with"
    else:
        file.seek(0)
        return
    raise StoreError(f"{file.name} is corrupt: {problem}; put back a copy, or build the index anew")


def _sync(folder: Path) -> None:
    """Make what the folder lists last; Windows does so by itself."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unwritable(folder: Path, error: Exception) -> StoreError:
    return StoreError(
        f"{folder} cannot be written ({error}); make room or mend its permissions, and save "
        "again: what was saved before is untouched"
    )
