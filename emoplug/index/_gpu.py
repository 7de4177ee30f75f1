"""Searches a copy of the vectors on the first NVIDIA card."""

from __future__ import annotations

import logging
import os
import threading
import warnings
from typing import Any

from emoplug import DeviceError
from emoplug.index._checks import Floats
from emoplug.index._need import need
from emoplug.index._options import IndexOptions
from emoplug.index._rows import Ids
from emoplug.index._store import Found, Inverted, Store

log = logging.getLogger("emoplug.index")

_FIX = "install 'emoplug[gpu]' with its CUDA libraries, or set device=\"cpu\""
_MOST = 2048
"""Most results and most probes that faiss allows on a card."""
_CHUNK = 65_536


class _Resources:
    """faiss's scratch memory on the card: one per process, used by one thread at a time."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._made: Any = None
        self._process = 0

    def get(self) -> Any:
        if self._made is None:
            self._made, self._process = need("faiss").StandardGpuResources(), os.getpid()
        if self._process != os.getpid():
            raise DeviceError("CUDA does not survive a fork; start this process by spawn")
        return self._made


_RESOURCES = _Resources()


def open_card(options: IndexOptions) -> Card | None:
    """Answer the card that ``options`` ask for; ``None`` to search on the CPU.

    Raises:
        DeviceError: it cannot be used, and ``fallback`` is ``raise``.
    """
    if options.device == "cpu":
        return None
    problem = _problem(options)
    if problem is None:
        return Card(options)
    if options.device == "cuda":
        _fall_back(problem, options)
    return None


def _problem(options: IndexOptions) -> str | None:
    faiss = need("faiss")
    if not hasattr(faiss, "StandardGpuResources"):
        return f"this faiss is built without CUDA; {_FIX}"
    if faiss.get_num_gpus() == 0:
        return f"faiss finds no CUDA device; {_FIX}"
    if options.kind == "cagra" and not hasattr(faiss, "GpuIndexCagra"):
        return "this faiss is built without cuVS, which has CAGRA; install faiss-gpu-cuvs"
    return None


class Card:
    """A copy of a store on the card, made anew when it is searched after a change."""

    def __init__(self, options: IndexOptions) -> None:
        self._options = options
        self._index: Any = None
        self._slots: Ids | None = None
        self._version = -1
        self._store: Store | None = None
        self._broken = False

    @property
    def works(self) -> bool:
        """Tell whether searches go to the card."""
        return not self._broken

    def search(self, store: Store, version: int, queries: Floats, k: int) -> Found | None:
        """Find the ``k`` best of all; ``None`` where the CPU has to.

        Raises:
            DeviceError: the card failed, and ``fallback`` is ``raise``.
        """
        if self._broken or k > _MOST:
            return None
        try:
            with _RESOURCES.lock:
                if self._version != version or self._store is not store:
                    self._copy(store)
                    self._store, self._version = store, version
                scores, places = self._index.search(queries, k)
        except (RuntimeError, DeviceError) as error:
            problem = f"the card failed ({error}); {_FIX}"
            if self._options.device == "cuda":
                _fall_back(problem, self._options, error)
            else:
                log.warning("%s", problem)
            self._broken, self._index = True, None
            return None
        if places.min() < 0:  # the lists looked into hold fewer; the CPU looks into all
            return None
        return scores, places if self._slots is None else self._slots[places]

    def _copy(self, store: Store) -> None:
        self._index = None  # frees the card's memory before more is taken
        resources = _RESOURCES.get()
        if self._options.kind != "cagra" and isinstance(store, Inverted):
            self._slots = None  # inverted lists keep our labels, which are slots
            self._index = _inverted(resources, store, self._options.half)
            return
        self._slots = store.slots()
        if self._options.kind == "cagra":
            self._index = _cagra(resources, store, self._slots)
        else:
            self._index = _flat(resources, store, self._slots, self._options.half)


def _inverted(resources: Any, store: Inverted, half: bool) -> Any:
    faiss = need("faiss")
    options = faiss.GpuClonerOptions()
    options.useFloat16 = half
    index = faiss.index_cpu_to_gpu(resources, 0, store.index, options)
    index.nprobe = min(store.index.nprobe, _MOST)
    return index


def _flat(resources: Any, store: Store, slots: Ids, half: bool) -> Any:
    faiss = need("faiss")
    config = faiss.GpuIndexFlatConfig()
    config.useFloat16 = half
    index = faiss.GpuIndexFlatIP(resources, store.size, config)
    for start in range(0, len(slots), _CHUNK):
        index.add(store.vectors(slots[start : start + _CHUNK]))
    return index


def _cagra(resources: Any, store: Store, slots: Ids) -> Any:
    faiss = need("faiss")
    config = faiss.GpuIndexCagraConfig()
    index = faiss.GpuIndexCagra(resources, store.size, faiss.METRIC_INNER_PRODUCT, config)
    index.train(store.vectors(slots))
    return index


def _fall_back(problem: str, options: IndexOptions, cause: Exception | None = None) -> None:
    if options.fallback == "raise":
        raise DeviceError(problem) from cause
    warnings.warn(problem, RuntimeWarning, stacklevel=4)
