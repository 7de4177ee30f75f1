"""Makes inverted lists of a table's vectors in the background, while it is searched and changed."""

from __future__ import annotations

import atexit
import logging
import threading

import numpy as np

from emoplug.index._checks import Floats
from emoplug.index._need import need
from emoplug.index._options import IndexOptions
from emoplug.index._rows import Ids
from emoplug.index._store import Inverted
from emoplug.index._table import Table
from emoplug.index._threads import threads

log = logging.getLogger("emoplug.index")

_PER_LIST = 40
"""Vectors that a centroid is trained on; faiss asks for 39 at least."""
_ITERATIONS = 8
_CHUNK = 4096
_TRAINABLE = 1000
"""Rows from which kind ``ivf`` has inverted lists."""
_FEW = 1000
"""So few changes are made up for while further changes wait."""


def lists_for(rows: int) -> int:
    """Answer how many lists suit that many rows: four to each row of their square."""
    return max(1, min(int(4 * rows**0.5), rows // 39))


def is_due(table: Table, options: IndexOptions, last: Build | None) -> bool:
    """Tell whether the table has outgrown how it is searched."""
    rows, store = len(table.rows), table.store
    if last is not None and last.error is not None and rows < 2 * last.rows:
        return False  # would fail again
    if isinstance(store, Inverted):
        return lists_for(rows) >= 2 * store.lists
    if options.kind == "flat":
        return False
    return rows > (_TRAINABLE if options.kind == "ivf" else options.flat_until)


class Build:
    """One build; starts at once.

    Attributes:
        rows: How many there were when it started.
        error: What it failed with, if it has.
    """

    def __init__(self, table: Table, options: IndexOptions) -> None:
        self.rows = len(table.rows)
        self.error: Exception | None = None
        self._table = table
        self._options = options
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="emoplug-index-build", daemon=True)
        # A thread that is cut off within a native library takes the process down with it.
        atexit.register(self.stop)
        self._thread.start()

    @property
    def running(self) -> bool:
        """Tell whether it goes on, in this process."""
        return self._thread.is_alive()

    def wait(self, timeout: float | None) -> None:
        """Wait until it has ended.

        Raises:
            TimeoutError: it has not within ``timeout`` seconds.
        """
        self._thread.join(timeout)
        if self._thread.is_alive():
            raise TimeoutError(f"the index was still being built after {timeout:g} s")

    def stop(self) -> None:
        """End it before its time: at most one iteration or chunk later."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            with threads(self._options.threads):
                self._build()
        except _StoppedError:
            log.debug("the build of an index was stopped")
        except Exception as error:
            self.error = error
            log.exception("an index could not be built; searches still compare with all vectors")
        finally:
            self._table.unwatch()
            atexit.unregister(self.stop)

    def _build(self) -> None:
        slots = self._table.watch()
        lists = lists_for(len(slots))
        store = Inverted.around(
            self._centroids(slots, lists), self._options.half, self._options.probes
        )
        for start in range(0, len(slots), _CHUNK):
            self._go_on()
            store.add(*self._table.read(slots[start : start + _CHUNK]))
        while self._table.bring_up(store) > _FEW:
            self._go_on()
        self._table.replace(store)

    def _centroids(self, slots: Ids, lists: int) -> Floats:
        """Cluster a sample on the unit sphere, which suits inner products."""
        faiss = need("faiss")
        chosen = np.random.default_rng(lists).permutation(slots)[: lists * _PER_LIST]
        sample = np.concatenate(
            [
                self._table.read(chosen[start : start + _CHUNK])[1]
                for start in range(0, len(chosen), _CHUNK)
            ]
        )
        if not len(sample):
            raise _StoppedError  # everything was removed meanwhile
        lists = min(lists, len(sample))
        clustering = faiss.Clustering(sample.shape[1], lists)
        clustering.niter = 1  # so that it can be stopped in between
        clustering.spherical = True
        clustering.min_points_per_centroid = 1
        quantizer = faiss.IndexFlatIP(sample.shape[1])
        for _ in range(_ITERATIONS):
            self._go_on()
            clustering.train(sample, quantizer)
        centroids: Floats = faiss.vector_to_array(clustering.centroids)
        return centroids.reshape(lists, -1)

    def _go_on(self) -> None:
        if self._stopped.is_set():
            raise _StoppedError


class _StoppedError(Exception):
    """The build is not wanted any more."""
