"""Micro-batching: turns that wait have their texts encoded with those of a turn that need not.

A network takes a third less time for a text among many than for one by itself. Nobody waits for
the sake of a batch: only turns that have to wait for a place to compute are taken along.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from emoplug._turn import Encoding, Turn

MOST = 31
"""Texts that are encoded together at most: a batch of the usual size, and no long history."""
LONG = 2_000
"""Characters of a text beyond which nobody is to wait for the texts of somebody else."""

Ask = Callable[[list[str]], Encoding | None]
"""Has texts encoded; ``None`` where that fails."""


class Request:
    """The texts of a turn, and their rows once somebody else had them encoded."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._rows: Encoding | None = None
        self._answered: threading.Event | None = None

    @property
    def texts(self) -> Sequence[str]:
        """The words of each of its messages."""
        return self._turn.texts

    @property
    def short(self) -> bool:
        """Whether it may share a batch."""
        return 0 < len(self.texts) <= MOST and max(map(len, self.texts)) <= LONG

    @property
    def taken(self) -> bool:
        """Whether they are, or were, among the texts of a turn ahead."""
        return self._answered is not None

    def take(self) -> None:
        """Take it along: who does hands over its rows."""
        self._answered = threading.Event()

    def answer(self, rows: Encoding | None) -> None:
        """Hand its rows over; ``None`` if there are none."""
        self._rows = rows
        if self._answered is not None:
            self._answered.set()

    def wait(self, patience: float) -> Encoding | None:
        """Answer its rows; ``None`` if they do not come within ``patience`` seconds, or never."""
        if self._answered is not None:
            self._answered.wait(patience)
        return self._rows


class Batcher:
    """Brings together the texts of turns that wait. Safe to share between threads."""

    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._waiting: dict[Request, None] = {}

    @contextmanager
    def offered(self, request: Request) -> Iterator[None]:
        """Let others take ``request`` along for as long as its turn waits."""
        if self._process != os.getpid():  # who waited at a fork waits in the parent
            self._reset()
        if not request.short:
            yield
            return
        with self._lock:
            self._waiting[request] = None
        try:
            yield
        finally:
            with self._lock:
                self._waiting.pop(request, None)

    def encode(self, request: Request, ask: Ask, patience: float) -> Encoding | None:
        """Answer the rows of ``request`` where its texts are encoded with those of other turns.

        ``None`` if nobody waits, or if it failed: its turn then asks for itself, so that nobody
        suffers from the texts of somebody else.

        Args:
            request: The texts of a turn that waits no more.
            ask: Has them encoded, with those of turns that do wait.
            patience: Seconds to wait for the turn that has taken it along.
        """
        if request.taken:
            return request.wait(patience)
        if not self._waiting or not request.short:
            return None
        others = self._take(MOST - len(request.texts))
        if not others:
            return None
        whole: Encoding | None = None
        try:
            whole = ask([text for one in (request, *others) for text in one.texts])
        finally:
            start = len(request.texts)
            for one in others:
                stop = start + len(one.texts)
                one.answer(None if whole is None else whole.rows(start, stop))
                start = stop
        return None if whole is None else whole.rows(0, len(request.texts))

    def _take(self, room: int) -> list[Request]:
        """Take along whoever waited longest, as many as there is ``room`` for."""
        taken = list[Request]()
        with self._lock:
            for one in self._waiting:
                room -= len(one.texts)
                if room < 0:
                    break
                one.take()
                taken.append(one)
            for one in taken:
                del self._waiting[one]
        return taken
