from __future__ import annotations

import threading
from collections.abc import Generator

import pytest

from emoplug_emotionprompt._threads import together


def test_every_job_is_done_once() -> None:
    assert sorted(together(range(50), lambda n: n * n, 4)) == [n * n for n in range(50)]
    assert list(together([], str, 4)) == []


def test_what_a_job_raises_reaches_the_caller() -> None:
    def work(n: int) -> int:
        if n == 3:
            raise RuntimeError("job 3")
        return n

    with pytest.raises(RuntimeError, match="job 3"):
        list(together(range(6), work, 2))


def test_jobs_not_begun_are_dropped_when_nobody_asks_any_more() -> None:
    begun: list[int] = []
    go_on = threading.Event()

    def work(n: int) -> int:
        begun.append(n)
        if n:
            go_on.wait(30)
        return n

    doing = together(range(100), work, 2)
    assert next(doing) == 0
    assert isinstance(doing, Generator)
    doing.close()
    go_on.set()
    for thread in threading.enumerate():
        if thread.name == "emoplug-ab":
            thread.join(30)
    assert len(begun) <= 4
