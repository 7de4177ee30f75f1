"""Lets searches run side by side, and changes one at a time."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Gate:
    """Who may look, who may change, and who must be alone.

    ``changing`` keeps changes apart and lets searches go on; within it, ``alone`` keeps searches
    out for the moment in which they would see half a change. Neither is reentrant.
    """

    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        self._process = os.getpid()
        self._changing = threading.Lock()
        self._condition = threading.Condition(threading.Lock())
        self._readers = 0
        self._alone = False
        self._waiting = 0

    def _after_fork(self) -> None:
        # A lock that another thread held at the fork would never be released in the child.
        if self._process != os.getpid():
            self._reset()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold off whoever wants to be alone."""
        self._after_fork()
        with self._condition:
            while self._alone or self._waiting:  # so that readers cannot starve a change
                self._condition.wait()
            self._readers += 1
        try:
            yield
        finally:
            with self._condition:
                self._readers -= 1
                if not self._readers:
                    self._condition.notify_all()

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Hold off other changes; searches go on."""
        self._after_fork()
        with self._changing:
            yield

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Wait until nobody reads, and keep readers out."""
        self._after_fork()
        with self._condition:
            self._waiting += 1
            try:
                while self._alone or self._readers:
                    self._condition.wait()
            finally:  # an interrupted wait must not keep readers out
                self._waiting -= 1
            self._alone = True
        try:
            yield
        finally:
            with self._condition:
                self._alone = False
                self._condition.notify_all()
