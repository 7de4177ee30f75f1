"""Lets concurrent calls share passes of the network."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Run = Callable[[Sequence[str]], Floats]


class Together:
    """Runs calls from many threads in as few passes as may be.

    A call that finds a pass free runs at once: alone, nobody waits. Calls that come while all
    passes run wait; when one ends, whoever waited longest takes everybody who waits along, as many
    as fit. So no call waits longer than for the pass under way and those of the calls before it.

    Args:
        run: One pass: texts to rows.
        passes: How many run at a time.
        most: Most texts in one pass; a single call with more still runs as one.
    """

    def __init__(self, run: Run, passes: int, most: int) -> None:
        self._run = run
        self._passes = passes
        self._most = most
        self._reset()

    def _reset(self) -> None:
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._running = 0
        self._waiting: deque[_Call] = deque()

    def __call__(self, texts: Sequence[str]) -> Floats:
        """Answer one row for each text; raise what these very texts made the network raise."""
        if self._process != os.getpid():  # a pass under way at a fork never ends in the child
            self._reset()
        call = _Call(texts)
        with self._lock:
            alone = self._running < self._passes
            if alone:
                self._running += 1
                call.group = [call]
            else:
                self._waiting.append(call)
        if not alone:
            call.turn.acquire()
        if call.group:
            try:
                self._lead(call.group)
            finally:
                self._hand_over()
        return call.answer()

    def _hand_over(self) -> None:
        """Let the next group run, or leave the pass free."""
        with self._lock:
            if not self._waiting:
                self._running -= 1
                return
            group = [self._waiting.popleft()]
            texts = len(group[0].texts)
            while self._waiting and texts + len(self._waiting[0].texts) <= self._most:
                texts += len(self._waiting[0].texts)
                group.append(self._waiting.popleft())
        group[0].group = group
        group[0].turn.release()

    def _lead(self, group: list[_Call]) -> None:
        """Run a group's texts and tell each its rows; the first is the one that runs them."""
        try:
            self._share(group)
        finally:
            for follower in group[1:]:
                follower.turn.release()

    def _share(self, group: list[_Call]) -> None:
        texts = list(dict.fromkeys(text for call in group for text in call.texts))
        try:
            rows = dict(zip(texts, self._run(texts), strict=True))
        except Exception as error:
            if len(group) == 1:
                group[0].error = error
                return
            for call in group:  # one text's error is not to be its neighbours'
                self._share([call])
            return
        for call in group:
            call.rows = np.stack([rows[text] for text in call.texts])


class _Call:
    """One call: what it asks, and then what it gets.

    Attributes:
        turn: Held until the call may go on: to lead its group, or with its rows.
        group: Whom it leads; empty for those who are led.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        self.turn = threading.Lock()
        self.turn.acquire()
        self.group: list[_Call] = []
        self.rows: Floats | None = None
        self.error: Exception | None = None

    def answer(self) -> Floats:
        """Answer the rows, or raise."""
        if self.error is not None:
            raise self.error
        if self.rows is None:  # whoever led was ended by more than an error
            raise RuntimeError("the shared pass was broken off; ask again")
        return self.rows
