"""Runs a job on another thread so that its caller need not wait for a plugin that hangs.

Idle threads are used again. They are daemons: a plugin that hangs for ever neither blocks the
caller nor the interpreter's exit, which ``ThreadPoolExecutor`` would. At the exit no job begins any
more, and those under way are waited for, but not for long: a native library that is cut off in the
midst of its work aborts the whole process.
"""

from __future__ import annotations

import atexit
import contextvars
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


class Job:
    """A job under way on a worker."""

    def __init__(self, function: Callable[[], None]) -> None:
        self._function = function
        self._raised: BaseException | None = None
        # The cheapest thing that one thread can wait on another with.
        self._ended = threading.Lock()
        self._ended.acquire()

    def run(self) -> None:
        """Do it; what it raises belongs to who waits, not to the worker."""
        try:
            self._function()
        except BaseException as error:
            self._raised = error
        finally:
            self._ended.release()

    def wait(self, seconds: float = -1) -> bool:
        """Tell whether it ended within so many ``seconds``, for ever if negative; once only.

        Raises:
            BaseException: what the job raised.
        """
        ended = self._ended.acquire(timeout=seconds)
        if ended and self._raised is not None:
            raise self._raised
        return ended


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

    def start(self, function: Callable[[], None]) -> Job:
        """Start a job at once, in the caller's context, so that its trace goes on in it."""
        job, context = Job(function), contextvars.copy_context()
        if not _exiting.is_set():
            self._submit(lambda: context.run(job.run))
        elif threading.current_thread() is threading.main_thread():  # what else exits, in order
            job.run()
        return job

    def _submit(self, job: Callable[[], None]) -> None:
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
_exiting = threading.Event()


@atexit.register
def _finish() -> None:
    _exiting.set()
    end = time.monotonic() + _GRACE
    while time.monotonic() < end and any(workers.busy for workers in _EVERY):
        time.sleep(_POLL)
