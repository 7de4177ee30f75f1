"""``VectorIndex``: vectors by id, searched, changed, saved."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emoplug import StoreError
from emoplug.index import _checks as checks
from emoplug.index._build import Build, is_due
from emoplug.index._gpu import open_card
from emoplug.index._home import Home, home_for
from emoplug.index._lock import Gate
from emoplug.index._manifest import read_manifest
from emoplug.index._options import Hits, IndexOptions
from emoplug.index._rows import Rows
from emoplug.index._store import Flat
from emoplug.index._table import Table


class VectorIndex:
    """Finds the vectors with the largest inner products. Safe to share between threads.

    Each row has an id, a vector, and maybe a session and a time, all in memory; ``save`` writes
    them. Above ``flat_until`` rows, inverted lists are built in the background; until they are
    there, searches compare with every vector.

        index = VectorIndex(384)
        index.add([1, 2], vectors, session="anna", time=[10.0, 11.0])
        ids, scores = index.search(query, k=5, session="anna", since=10.5)

    Args:
        size: Numbers in a vector.
        options: How to search and on what.

    Raises:
        ValueError: ``size`` is no whole number from 1.
        DeviceError: the card asked for cannot be used, and ``fallback`` is ``raise``.
        ModuleNotFoundError: faiss is not installed.
    """

    def __init__(self, size: int, options: IndexOptions | None = None) -> None:
        checks.count_of("size", size)
        self.options = options or IndexOptions()
        self._card = open_card(self.options)
        empty = Flat.empty(size, self.options.half)
        self._table = Table(Rows(), empty, self.options.threads, self._card)
        self._home: Home | None = None
        self._reads_only = False
        self._build: Build | None = None
        self._managing = Gate()
        self._closed = False

    @classmethod
    def open(
        cls, folder: str | Path, options: IndexOptions | None = None, *, write: bool = False
    ) -> Self:
        """Read the index saved in ``folder``.

        Any number may read while one writes. A reader takes no lock, changes nothing and searches
        as the writer saved it; ``refresh`` takes up newer saves.

        Args:
            folder: Where it was saved.
            options: How to search; ``half`` and ``kind`` hold for what is built from now on.
            write: Become the one writer, until ``close``.

        Raises:
            StoreError: nothing was saved there, or it is corrupt or cannot be read.
            StoreBusyError: ``write``, and another is the writer.
        """
        home = Home(Path(folder))
        chosen = options or IndexOptions()
        if write and read_manifest(home.folder) is not None:  # else reading says what is missing
            home.lock()
        try:
            rows, store = home.read(chosen.probes)
            index = cls(store.size, chosen)
            index._table.take_up(rows, store)
        except BaseException:
            home.unlock()
            raise
        index._home = home
        index._reads_only = not write
        index._build_if_due()
        return index

    def __len__(self) -> int:
        return len(self._table.rows)

    def __contains__(self, row_id: object) -> bool:
        return isinstance(row_id, int | np.integer) and int(row_id) in self._table.rows

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        self.close()

    @property
    def size(self) -> int:
        """Numbers in a vector."""
        return self._table.store.size

    @property
    def kind(self) -> Literal["flat", "ivf", "cagra"]:
        """What answers now."""
        if self.device == "cuda" and self.options.kind == "cagra":
            return "cagra"
        return self._table.store.kind

    @property
    def device(self) -> Literal["cpu", "cuda"]:
        """Where searches without a filter are answered now."""
        return "cuda" if self._card and self._card.works else "cpu"

    @property
    def sessions(self) -> tuple[str, ...]:
        """Names of the sessions that have rows, in alphabetical order."""
        with self._table.gate.reading():
            return self._table.rows.sessions

    def add(
        self,
        ids: ArrayLike,
        vectors: ArrayLike,
        *,
        session: str | Sequence[str] | None = None,
        time: float | Sequence[float] | None = None,
    ) -> None:
        """Add rows; one whose id is here already takes the place of that, session and time too.

        Args:
            ids: (n,) whole numbers from 0 to 2**63 - 1, each once.
            vectors: (n, size) float32, finite. Unit length makes inner products cosines.
            session: The session of all, or of each.
            time: Seconds since the epoch, of all, or of each.

        Raises:
            ValueError: something is of another shape or kind, or an id is there twice.
            StoreError: the index was opened to read only.
        """
        self._check_changeable()
        rows = checks.distinct(checks.ids_of(ids))
        self._table.put(
            rows,
            checks.vectors_of(vectors, self.size, len(rows)),
            checks.sessions_of(session, len(rows)),
            checks.times_of(time, len(rows)),
        )
        self._build_if_due()

    def remove(self, ids: ArrayLike) -> int:
        """Remove rows, if they are here, and answer how many were.

        Raises:
            ValueError: ``ids`` are no whole numbers in one dimension.
            StoreError: the index was opened to read only.
        """
        self._check_changeable()
        return self._table.remove(checks.ids_of(ids).tolist())

    def remove_session(self, session: str) -> int:
        """Remove every row of a session, and answer how many there were.

        Raises:
            StoreError: the index was opened to read only.
        """
        self._check_changeable()
        return self._table.remove_session(session)

    def search(
        self,
        queries: ArrayLike,
        k: int,
        *,
        session: str | None = None,
        since: float | None = None,
        until: float | None = None,
    ) -> Hits:
        """Find the ``k`` rows with the largest inner products, best first.

        As many come back as fit the filters, up to ``k``; where few fit, the best are exact.

        Args:
            queries: (size,) or (q, size) float32, finite.
            k: Most results of each query.
            session: Only rows of this session.
            since: Only rows of this time or later, in seconds since the epoch.
            until: Only rows before this time.

        Raises:
            ValueError: something is of another shape or kind.
            DeviceError: the card failed, and ``fallback`` is ``raise``.
        """
        self._check_open()
        return self._table.search(
            checks.queries_of(queries, self.size),
            checks.count_of("k", k),
            session,
            checks.bound_of("since", since),
            checks.bound_of("until", until),
        )

    def vectors(self, ids: ArrayLike) -> NDArray[np.float32]:
        """Answer the vectors of rows: (n, size) float32, rounded where ``half`` is set.

        Raises:
            KeyError: an id is not here.
        """
        self._check_open()
        return self._table.vectors(checks.ids_of(ids).tolist())

    def wait(self, timeout: float | None = None) -> None:
        """Wait until no build goes on in the background, and raise what the last one failed with.

        Raises:
            TimeoutError: one still goes on after ``timeout`` seconds.
        """
        build = None
        while build is not self._build:  # what came meanwhile may need another
            build = self._build
            if build is not None:
                build.wait(timeout)
                if build.error is not None:
                    raise build.error
                self._build_if_due()

    def save(self, folder: str | Path) -> None:
        """Save everything in ``folder``; once this answers, it outlasts a crash.

        The first save makes this index the only writer there, until ``close``. Searches go on
        meanwhile; changes wait.

        Raises:
            StoreBusyError: another index is the writer there.
            StoreError: the folder cannot be written, has another index, or this one was opened to
                read only. What was saved before is untouched.
        """
        self._check_changeable()
        with self._managing.changing():
            home, before = home_for(Path(folder), self._home), self._home
            try:
                with self._table.gate.changing():
                    home.write(self._table.rows, self._table.store)
            except BaseException:
                if home is not before:
                    home.unlock()
                raise
            if before is not None and before is not home:
                before.unlock()
            self._home = home

    def refresh(self) -> bool:
        """Take up what the writer has saved since, if anything; for an index opened to read.

        Raises:
            StoreError: that is missing, corrupt or cannot be read; the old state is kept.
        """
        self._check_open()
        with self._managing.changing():
            home = self._home
            if home is None or not self._reads_only:
                return False
            if read_manifest(home.folder) == home.manifest:
                return False
            self._table.take_up(*home.read(self.options.probes))
            return True

    def close(self) -> None:
        """Stop building and let others write. Saves nothing; closing again does nothing."""
        with self._managing.changing():
            self._closed = True
            if self._build is not None:
                self._build.stop()
            if self._home is not None:
                self._home.unlock()

    def _build_if_due(self) -> None:
        with self._managing.changing():
            last = self._build
            if self._closed or self._reads_only or (last is not None and last.running):
                return
            if is_due(self._table, self.options, last):
                self._build = Build(self._table, self.options)

    def _check_open(self) -> None:
        if self._closed:
            raise ValueError("this index is closed; open it again")

    def _check_changeable(self) -> None:
        self._check_open()
        if self._reads_only and self._home is not None:
            raise StoreError(
                f"{self._home.folder} was opened to read; open it with write=True to change it"
            )
