"""Cancels a coroutine at its n-th suspension, as a client that goes away does."""

from __future__ import annotations

import asyncio
import types
from collections.abc import Callable, Coroutine, Generator
from functools import partial
from typing import Any


@types.coroutine
def interrupted(coroutine: Coroutine[Any, Any, Any], at: int) -> Generator[Any, Any, Any]:
    """Run ``coroutine``, cancelling the task that it runs in at suspension ``at``."""
    step: Callable[[], Any] = partial(coroutine.send, None)
    suspensions = 0
    while True:
        try:
            waited = step()
        except StopIteration as done:
            return done.value
        suspensions += 1
        if suspensions == at:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
        try:
            step = partial(coroutine.send, (yield waited))
        except BaseException as error:  # cancellation among them: the coroutine's own to handle
            step = partial(coroutine.throw, error)


async def at_every_await(make: Callable[[], Coroutine[Any, Any, Any]], most: int = 40) -> int:
    """Run a fresh coroutine once for each of its suspensions, cancelled there; answer how many."""
    for at in range(1, most):
        task = asyncio.ensure_future(_task(make(), at))
        try:
            await task
        except asyncio.CancelledError:
            continue
        return at - 1
    raise AssertionError(f"it suspends more than {most} times")


async def _task(coroutine: Coroutine[Any, Any, Any], at: int) -> Any:
    return await interrupted(coroutine, at)
