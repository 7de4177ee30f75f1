"""emoplug's own work, in threads: the event loop only ever waits for it."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, TypeVar

import anyio
import anyio.to_thread

from emoplug import Degraded, Emoplug, EmoplugError, Exchange, Review
from emoplug_server._errors import ProblemError
from emoplug_server._metrics import Metrics

T = TypeVar("T")
log = logging.getLogger("emoplug.server")


@dataclass(frozen=True)
class Opened:
    """A call in progress.

    Attributes:
        exchange: The call; ``None`` when there was no time to understand it.
        seconds: How long that took.
    """

    exchange: Exchange | None
    seconds: float

    @property
    def degraded(self) -> tuple[Degraded, ...]:
        """Who was skipped."""
        if self.exchange is not None:
            return self.exchange.turn.degraded
        late = Degraded(
            plugin="emoplug", hook="prepare", reason="no thread was free", elapsed=self.seconds
        )
        return (late,)


class Work:
    """Understands requests and reviews replies, so many at a time.

    Args:
        emo: Whose plugins to use.
        threads: How many requests are understood at a time; 0 is two for each core.
        metrics: Where to count.
    """

    def __init__(self, emo: Emoplug, threads: int, metrics: Metrics) -> None:
        cores = os.cpu_count() or 1
        self.emo = emo
        self._metrics = metrics
        self._preparing = anyio.CapacityLimiter(threads or 2 * cores)
        # Nobody waits for these: they must not take the place of those who are waited for.
        self._reviewing = anyio.CapacityLimiter(max(1, cores // 2))
        self._reviews: set[asyncio.Task[Review | None]] = set()

    async def open(self, messages: Sequence[Any], session: str | None, model: str | None) -> Opened:
        """Understand a conversation; who finds no time within the deadline goes on without.

        Raises:
            ProblemError: 500, only under ``on_error="raise"``.
        """
        began = perf_counter()
        exchange: Exchange | None = None
        try:
            with anyio.move_on_after(self.emo.settings.deadline):
                exchange = await self.run(Exchange.open, self.emo, messages, session, model)
        except EmoplugError as error:
            raise ProblemError(500, f"emoplug: {type(error).__name__}", "plugin_failed") from error
        seconds = perf_counter() - began
        if exchange is None:
            log.warning("a request was passed through unread: no thread was free in time")
            self._metrics.unprepared(seconds)
        else:
            self._metrics.prepared(exchange.turn, seconds)
        return Opened(exchange, seconds)

    async def run(self, function: Callable[..., T], *arguments: Any) -> T:
        """Run ``function`` in a thread, as one of those that somebody waits for."""
        return await anyio.to_thread.run_sync(
            function, *arguments, limiter=self._preparing, abandon_on_cancel=True
        )

    async def review(self, exchange: Exchange, *, failed: bool = False) -> Review | None:
        """Review what was heard of a reply; ``None`` when that failed."""
        began = perf_counter()
        try:
            review = await anyio.to_thread.run_sync(
                lambda: exchange.close(failed=failed), limiter=self._reviewing
            )
        except EmoplugError as error:  # under on_error="raise"; the reply is on its way already
            log.error("a reply was not reviewed: %s", type(error).__name__)
            return None
        if review is not None:
            self._metrics.reviewed(review, perf_counter() - began)
        return review

    def review_later(self, exchange: Exchange, *, failed: bool = False) -> None:
        """Review while nobody waits."""
        task = asyncio.create_task(self.review(exchange, failed=failed))
        self._reviews.add(task)
        task.add_done_callback(self._reviews.discard)

    async def finish(self) -> None:
        """Wait for the reviews that are still to come."""
        while self._reviews:
            await asyncio.wait(self._reviews)
