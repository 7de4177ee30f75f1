"""Does several jobs at a time, and does not wait for those it no longer wants."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Job = TypeVar("Job")
Done = TypeVar("Done")


def together(jobs: Sequence[Job], work: Callable[[Job], Done], concurrency: int) -> Iterator[Done]:
    """Answer what ``work`` makes of each of ``jobs``, as it comes; at most so many at a time.

    Jobs not begun are dropped when the caller stops asking; what ``work`` raises is raised here.
    """
    waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[Done, None] | tuple[None, BaseException]] = queue.SimpleQueue()
    for job in jobs:
        waiting.put(job)
    stop = threading.Event()

    def worker() -> None:
        try:
            while not stop.is_set():
                done.put((work(waiting.get_nowait()), None))
        except queue.Empty:
            pass
        except BaseException as error:  # belongs to the caller, not the thread
            done.put((None, error))

    # Daemons: Ctrl-C must not wait for a model that thinks.
    for _ in range(min(concurrency, len(jobs))):
        threading.Thread(target=worker, daemon=True, name="emoplug-ab").start()
    try:
        for _ in jobs:
            yield _value(*done.get())
    finally:
        stop.set()


def _value(value: Done | None, error: BaseException | None) -> Done:
    if error is not None:
        raise error
    return value  # type: ignore[return-value]  # without an error there is a value, if only None
