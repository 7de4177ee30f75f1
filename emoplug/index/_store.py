"""faiss indexes of vectors by slot: one that compares with all, one that looks into lists."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from emoplug.index._checks import Floats
from emoplug.index._need import need
from emoplug.index._rows import Ids

Found = tuple[Floats, Ids]
"""Scores and slots, each (q, k); slot -1 where fewer were found."""

_FEW = 2048
"""Rows that are faster compared one by one than through a selector, and decoded at once."""
_ENOUGH = 8_000
"""Vectors worth comparing with a query: about a millisecond, whatever the size of the index."""
_COPY = 0.99
"""Cosine above which a centroid tells what the vector was."""


class Store(ABC):
    """Vectors in a faiss index whose labels are slots.

    Attributes:
        kind: How it searches.
        index: The faiss index.
    """

    kind: ClassVar[Literal["flat", "ivf"]]

    def __init__(self, index: Any) -> None:
        self.index = index

    def __len__(self) -> int:
        return int(self.index.ntotal)

    @property
    def size(self) -> int:
        """Numbers in a vector."""
        return int(self.index.d)

    @property
    @abstractmethod
    def half(self) -> bool:
        """Tell whether numbers are stored with 16 bits."""

    @abstractmethod
    def slots(self) -> Ids:
        """Answer every slot that has a vector, in no order."""

    @abstractmethod
    def drop(self, slots: Ids) -> None:
        """Remove the vectors of ``slots``: one at least, and each has a vector."""

    @abstractmethod
    def search_all(self, queries: Floats, k: int) -> Found:
        """Find the ``k`` best of all; no more than there are."""

    @abstractmethod
    def search_some(self, queries: Floats, k: int, chosen: Ids) -> Found:
        """Find the ``k`` best of many ``chosen`` slots."""

    def add(self, slots: Ids, vectors: Floats) -> None:
        """Give vectors to slots that have none."""
        self.index.add_with_ids(vectors, slots)

    def vectors(self, slots: Ids) -> Floats:
        """Answer the vectors of ``slots``: (n, size)."""
        if not len(slots):
            return np.empty((0, self.size), np.float32)
        found: Floats = self.index.reconstruct_batch(slots)
        return found

    def search(self, queries: Floats, k: int, chosen: Ids | None) -> Found:
        """Find the ``k`` best of the ``chosen`` slots, or of all; no more than there are."""
        if chosen is None:
            return self.search_all(queries, k)
        if len(chosen) > _FEW:
            return self.search_some(queries, k, chosen)
        faiss = need("faiss")
        near = self.vectors(chosen)
        scores, rows = faiss.knn(queries, near, k, metric=faiss.METRIC_INNER_PRODUCT)
        return scores, chosen[rows]


class Flat(Store):
    """Compares a query with every vector."""

    kind = "flat"

    @classmethod
    def empty(cls, size: int, half: bool) -> Flat:
        """Make one without vectors."""
        faiss = need("faiss")
        if half:
            bits = faiss.ScalarQuantizer.QT_fp16
            inner = faiss.IndexScalarQuantizer(size, bits, faiss.METRIC_INNER_PRODUCT)
        else:
            inner = faiss.IndexFlatIP(size)
        return cls(faiss.IndexIDMap2(inner))

    @property
    def half(self) -> bool:
        """Tell whether numbers are stored with 16 bits."""
        faiss = need("faiss")
        return isinstance(faiss.downcast_index(self.index.index), faiss.IndexScalarQuantizer)

    def slots(self) -> Ids:
        """Answer every slot that has a vector, in no order."""
        found: Ids = need("faiss").vector_to_array(self.index.id_map)
        return found

    def drop(self, slots: Ids) -> None:
        """Remove the vectors of ``slots``; moves all that come after."""
        self.index.remove_ids(slots)

    def search_all(self, queries: Floats, k: int) -> Found:
        """Find the ``k`` best of all; no more than there are."""
        found: Found = self.index.search(queries, k)
        return found

    def search_some(self, queries: Floats, k: int, chosen: Ids) -> Found:
        """Find the ``k`` best of many ``chosen`` slots."""
        parameters = need("faiss").SearchParameters(sel=_selector(chosen))
        found: Found = self.index.search(queries, k, params=parameters)
        return found


class Inverted(Store):
    """Looks into the lists of vectors whose centroids are nearest to a query.

    Args:
        index: A trained ``IndexIVFFlat`` or ``IndexIVFScalarQuantizer`` with a hashed direct map.
        probes: How many lists; 0 for as many as hold some 8,000 vectors.
    """

    kind = "ivf"

    def __init__(self, index: Any, probes: int) -> None:
        super().__init__(index)
        self._probes = probes
        self._aim()

    @classmethod
    def around(cls, centroids: Floats, half: bool, probes: int) -> Inverted:
        """Make one without vectors, a list to each of the ``centroids``: (lists, size)."""
        faiss = need("faiss")
        lists, size = centroids.shape
        quantizer = faiss.IndexFlatIP(size)
        quantizer.add(centroids)
        if half:
            bits = faiss.ScalarQuantizer.QT_fp16
            index = faiss.IndexIVFScalarQuantizer(
                quantizer, size, lists, bits, faiss.METRIC_INNER_PRODUCT, False
            )
        else:
            index = faiss.IndexIVFFlat(quantizer, size, lists, faiss.METRIC_INNER_PRODUCT)
        index.is_trained = True  # 16-bit numbers need no training, and the centroids had theirs
        index.set_direct_map_type(faiss.DirectMap.Hashtable)
        return cls(index, probes)

    @property
    def half(self) -> bool:
        """Tell whether numbers are stored with 16 bits."""
        return isinstance(self.index, need("faiss").IndexIVFScalarQuantizer)

    @property
    def lists(self) -> int:
        """How many lists there are."""
        return int(self.index.nlist)

    def slots(self) -> Ids:
        """Answer every slot that has a vector, in no order."""
        return np.concatenate([self._members(number) for number in range(self.lists)])

    def add(self, slots: Ids, vectors: Floats) -> None:
        """Give vectors to slots that have none."""
        super().add(slots, vectors)
        self._aim()

    def drop(self, slots: Ids) -> None:
        """Remove the vectors of ``slots``, and what centroids tell of them."""
        for start in range(0, len(slots), _FEW):  # all decoded at once may not fit
            self._drop(slots[start : start + _FEW])
        self._aim()

    def forget_empty(self) -> None:
        """Clear the centroids of lists without vectors, which may have been trained on some."""
        for number in range(self.lists):
            if not self.index.invlists.list_size(number):
                self._centre(number)

    def search_all(self, queries: Floats, k: int) -> Found:
        """Find the ``k`` best of all; no more than there are."""
        found: Found = self.index.search(queries, k)
        return found if found[1].min() >= 0 else self._everywhere(queries, k, None)

    def search_some(self, queries: Floats, k: int, chosen: Ids) -> Found:
        """Find the ``k`` best of many ``chosen`` slots, in so many more lists as they are fewer."""
        faiss = need("faiss")
        probes = min(self.lists, -(-self.index.nprobe * len(self) // len(chosen)))
        selector = _selector(chosen)
        parameters = faiss.SearchParametersIVF(sel=selector, nprobe=probes)
        found: Found = self.index.search(queries, k, params=parameters)
        return found if found[1].min() >= 0 else self._everywhere(queries, k, selector)

    def _everywhere(self, queries: Floats, k: int, selector: Any) -> Found:
        faiss = need("faiss")
        parameters = faiss.SearchParametersIVF(sel=selector, nprobe=self.lists)
        found: Found = self.index.search(queries, k, params=parameters)
        return found

    @property
    def _quantizer(self) -> Any:
        return need("faiss").downcast_index(self.index.quantizer)

    def _aim(self) -> None:
        """Look into as many lists as asked for, or as hold enough vectors, if there are."""
        enough = -(-_ENOUGH * self.lists // max(1, len(self)))
        self.index.nprobe = min(self._probes or enough, self.lists)

    def _drop(self, slots: Ids) -> None:
        gone = self.vectors(slots)
        self.index.remove_ids(need("faiss").IDSelectorArray(slots))
        # The centroid of a list may be the only vector it was trained on.
        cosines, nearest = self._quantizer.search(gone, 1)
        told = cosines[:, 0] > _COPY * np.linalg.norm(gone, axis=1)
        for number in np.unique(nearest[told, 0]).tolist():
            self._centre(number)

    def _centre(self, number: int) -> None:
        """Move a list's centroid to the mean of its vectors, on the unit sphere; or to zero."""
        inside = self.vectors(self._members(number))
        mean = inside.sum(axis=0)
        length = float(np.linalg.norm(mean))
        flat = need("faiss").rev_swig_ptr(self._quantizer.get_xb(), self.lists * self.size)
        flat.reshape(self.lists, self.size)[number] = mean / length if length else 0.0

    def _members(self, number: int) -> Ids:
        lists = self.index.invlists
        count = lists.list_size(number)
        if not count:
            return np.empty(0, np.int64)
        ids: Ids = need("faiss").rev_swig_ptr(lists.get_ids(number), count)
        return ids.copy()


def _selector(chosen: Ids) -> Any:
    member: NDArray[np.bool_] = np.zeros(int(chosen.max()) + 1, np.bool_)
    member[chosen] = True
    return need("faiss").IDSelectorBitmap(np.packbits(member, bitorder="little"))
