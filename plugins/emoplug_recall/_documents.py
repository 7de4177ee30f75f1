"""Documents to recall from: read, cut, encoded once, and kept encoded between starts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from emoplug import InputError, SettingsError, StoreError
from emoplug.index import IndexOptions, VectorIndex
from emoplug.store import Memory, SqliteStore
from emoplug_recall._candidate import Candidate, Encode, Floats, encoder_of, understood
from emoplug_recall._chunks import chunks

FILE = "documents.sqlite"
ROLE = "document"
_TOGETHER = 256
_UNBOUNDED = 2**31


@dataclass(frozen=True)
class _Chunk:
    text: str
    speaker: str | None = None
    timestamp: float | None = None


class Documents:
    """All chunks of all documents, and the index of their vectors."""

    def __init__(self, candidates: Sequence[Candidate], index: VectorIndex | None) -> None:
        self._candidates, self._index = candidates, index

    def __len__(self) -> int:
        return len(self._candidates)

    @classmethod
    def build(
        cls,
        paths: Sequence[str],
        folder: str | None,
        bound: Callable[[], Encode],
        options: IndexOptions,
    ) -> Documents:
        """Read and index ``paths``; only chunks that ``folder`` does not know are encoded.

        ``bound`` answers the encoder, and is asked only where there are documents.

        Raises:
            SettingsError: a file is missing or cannot be read.
            InputError: a line of a JSON Lines file has no text.
            StoreError: what was kept in ``folder`` is damaged.
        """
        if not paths:
            return cls((), None)
        read, encode = {path: _read(path) for path in paths}, bound()
        empty = encode([""])
        labels, encoder = empty.labels, encoder_of(empty)
        known = _Kept(folder)
        candidates: list[Candidate] = []
        for path, pieces in read.items():
            memories = known.memories(path, pieces, encode, encoder)
            candidates += [
                Candidate.of(memory, labels, path, segment, piece.timestamp)
                for segment, (piece, memory) in enumerate(zip(pieces, memories, strict=True))
            ]
        known.close(keep=read)
        if not candidates:
            return cls((), None)
        index = VectorIndex(len(candidates[0].memory.vector), options)
        vectors = np.stack([candidate.memory.vector for candidate in candidates])
        index.add(np.arange(len(candidates), dtype=np.int64), vectors)
        return cls(candidates, index)

    def near(self, vectors: Floats, k: int) -> list[Candidate]:
        """Answer the ``k`` nearest to each of ``vectors``, in document order, each once."""
        if self._index is None:
            return []
        hits = self._index.search(vectors, min(k, len(self)))
        return [self._candidates[id] for id in sorted(set(hits.ids.ravel().tolist())) if id >= 0]


class _Kept:
    """Encoded chunks by document, in a folder or only for now."""

    def __init__(self, folder: str | None) -> None:
        self._store = None
        if folder is not None:
            try:
                Path(folder).mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise StoreError(
                    f"cannot make the folder {folder}: {error}; give another `index`"
                ) from error
            self._store = SqliteStore(Path(folder) / FILE, limit=_UNBOUNDED)

    def memories(
        self, path: str, pieces: Sequence[_Chunk], encode: Encode, encoder: str
    ) -> list[Memory]:
        """Answer one memory a chunk; a changed document replaces what was kept of it."""
        there = self._store.read(path) if self._store else []
        known = {memory.text: memory for memory in there if memory.encoder == encoder}
        new = [text for text in dict.fromkeys(p.text for p in pieces) if text not in known]
        for start in range(0, len(new), _TOGETHER):
            part = new[start : start + _TOGETHER]
            encoding = encode(part)
            for row, text in enumerate(part):
                known[text] = Memory(role=ROLE, text=text, timestamp=0, **understood(encoding, row))
        wanted = {piece.text: known[piece.text] for piece in pieces}
        if self._store and (new or len(wanted) != len(there)):
            self._store.forget(path)
            self._store.append(path, list(wanted.values()))
        return [
            wanted[piece.text].model_copy(update={"speaker": piece.speaker}) for piece in pieces
        ]

    def close(self, keep: dict[str, Any]) -> None:
        """Forget documents that are no longer listed."""
        if self._store:
            for path in set(self._store.sessions()) - keep.keys():
                self._store.forget(path)
            self._store.close()


def _read(path: str) -> list[_Chunk]:
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"cannot read the document {path}: {error}; correct `documents`, or save it as UTF-8"
        ) from error
    if path.endswith(".jsonl"):
        return list(_rows(path, text))
    return [_Chunk(piece) for piece in chunks(text)]


def _rows(path: str, text: str) -> Iterator[_Chunk]:
    # Not splitlines: a text may hold a line separator of Unicode.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(f"line {number} of {path} is no JSON: {error}; mend it") from error
        if not isinstance(row, dict) or not isinstance(row.get("text"), str):
            raise InputError(f'line {number} of {path} has no text; write {{"text": "..."}}')
        speaker, timestamp = row.get("speaker"), row.get("timestamp")
        for piece in chunks(row["text"]):
            yield _Chunk(
                piece,
                speaker if isinstance(speaker, str) else None,
                float(timestamp) if isinstance(timestamp, int | float) else None,
            )
