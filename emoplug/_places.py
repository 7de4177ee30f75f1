"""Lets a few turns compute at a time while the processor is busy; others wait, in order.

Python runs one thread at a time, so more threads than there are cores only take turns, cool each
other's caches and all come late.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

Waiting = Callable[[], AbstractContextManager[object]]
_LOOK = 0.05
"""Seconds after which who waits looks whether the processor is busy at all."""
_BUSY = 0.5
"""Cores in use from which on it is."""


class Places:
    """Places to compute: one more than there are cores, since turns also wait for disks and locks.

    Who waits in vain goes on without one, so a plugin that hangs, or that calls a service, is in
    nobody's way: while those who hold the places do not compute, nobody waits for them.
    """

    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        self._process = os.getpid()
        self._free = threading.Semaphore((os.cpu_count() or 1) + 1)

    @contextmanager
    def one(self, patience: float, waiting: Waiting = nullcontext) -> Iterator[None]:
        """Hold a place, waited for no longer than ``patience`` seconds, inside ``waiting()``."""
        if self._process != os.getpid():  # who held one at a fork never leaves it in the child
            self._reset()
        free = self._free
        held = free.acquire(blocking=False)
        if not held:
            with waiting():
                held = self._wait(free, patience)
        try:
            yield
        finally:
            if held:
                free.release()

    @staticmethod
    def _wait(free: threading.Semaphore, patience: float) -> bool:
        end = time.perf_counter() + patience
        while (now := time.perf_counter()) < end:
            spent = time.process_time()
            if free.acquire(timeout=min(_LOOK, end - now)):
                return True
            if time.process_time() - spent < _BUSY * (time.perf_counter() - now):
                return False
        return False
