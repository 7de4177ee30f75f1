"""Runs a job on another thread so that its caller need not wait for a plugin that hangs.

Idle threads are used again. They are daemons: a plugin that hangs for ever neither blocks the
caller nor the interpreter's exit, which ``ThreadPoolExecutor`` would.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from queue import SimpleQueue

_IDLE_KEPT = 32
"""Idle threads kept; a burst beyond that ends its threads again."""


class Workers:
    """Threads that take one job each, the most recently idle first (its cache is warm)."""

    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._idle: list[SimpleQueue[Callable[[], None]]] = []

    def submit(self, job: Callable[[], None]) -> None:
        """Start ``job`` at once; it must not raise."""
        if self._process != os.getpid():  # threads do not survive a fork
            self._reset()
        with self._lock:
            inbox = self._idle.pop() if self._idle else None
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
                if len(self._idle) >= _IDLE_KEPT:
                    return
                self._idle.append(inbox)
