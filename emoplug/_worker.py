"""Runs a job on another thread so that its caller need not wait for a plugin that hangs.

Idle threads are used again. They are daemons: a plugin that hangs for ever neither blocks the
caller nor the interpreter's exit, which ``ThreadPoolExecutor`` would. The exit waits for jobs under
way, but not for long: a native library that is cut off while it starts its threads aborts the
whole process.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
import weakref
from collections.abc import Callable
from queue import SimpleQueue

_IDLE_KEPT = 32
"""Idle threads kept; a burst beyond that ends its threads again."""
_GRACE = 2.0
"""Seconds that the interpreter's exit waits for jobs under way."""
_POLL = 0.005


class Workers:
    """Threads that take one job each, the most recently idle first (its cache is warm)."""

    def __init__(self) -> None:
        self._reset()
        _EVERY.add(self)

    @property
    def busy(self) -> bool:
        """Tell whether a job is under way in this process."""
        return self._under_way > 0 and self._process == os.getpid()

    def _reset(self) -> None:
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._idle: list[SimpleQueue[Callable[[], None]]] = []
        self._under_way = 0

    def submit(self, job: Callable[[], None]) -> None:
        """Start ``job`` at once; it must not raise."""
        if self._process != os.getpid():  # threads do not survive a fork
            self._reset()
        with self._lock:
            inbox = self._idle.pop() if self._idle else None
            self._under_way += 1
        if inbox is None:
            inbox = SimpleQueue()
            threading.Thread(
                target=self._serve, args=(inbox,), name="emoplug-worker", daemon=True
            ).start()
        inbox.put(job)

    def _serve(self, inbox: SimpleQueue[Callable[[], None]]) -> None:
        while True:
            inbox.get()()
            with self._lock:
                self._under_way -= 1
                if len(self._idle) >= _IDLE_KEPT:
                    return
                self._idle.append(inbox)


_EVERY: weakref.WeakSet[Workers] = weakref.WeakSet()


@atexit.register
def _finish() -> None:
    end = time.monotonic() + _GRACE
    while time.monotonic() < end and any(workers.busy for workers in _EVERY):
        time.sleep(_POLL)
