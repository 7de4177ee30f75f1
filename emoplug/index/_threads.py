"""How many threads faiss may use for one call."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from emoplug.index._need import need

_PROCESS = os.getpid()
_AS_IT_IS = nullcontext()


def threads(most: int) -> AbstractContextManager[None]:
    """Let this thread's calls of faiss use ``most`` threads; 0 leaves it to OpenMP.

    A forked process uses one: OpenMP would wait for ever for threads that the fork left behind.
    """
    wanted = most if os.getpid() == _PROCESS else 1
    return _limited(wanted) if wanted else _AS_IT_IS


@contextmanager
def _limited(wanted: int) -> Iterator[None]:
    faiss = need("faiss")
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(wanted)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)
