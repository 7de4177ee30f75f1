"""Finds vectors again: by likeness, session and time; saved so that nothing is lost.

    with VectorIndex(384) as index:
        index.add([7], vectors, session="anna", time=1_700_000_000.0)
        index.save("memory")
        ids, scores = index.search(query, k=5, session="anna")

Rests on faiss, which ``emoplug[cpu]`` or ``emoplug[gpu]`` brings and the first index imports.
"""

from emoplug.index._index import VectorIndex
from emoplug.index._options import Hits, IndexOptions

__all__ = ["Hits", "IndexOptions", "VectorIndex"]
