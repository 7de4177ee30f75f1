"""Tells people: calls the deployer's function in a thread of its own, once for each sign."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from queue import Full, Queue
from typing import Any

from emoplug import Risk, SettingsError, Turn
from emoplug_safety._options import SafetyOptions

log = logging.getLogger("emoplug.safety")
WAITING = 256
"""Hand-overs that may wait for a slow function; further ones are lost, and logged."""
_REMEMBERED = 4096
_SLOW = 10.0
"""Seconds from which on a call is called slow."""


@dataclass(frozen=True)
class Handover:
    """A sign of danger that a person should look at.

    Attributes:
        session: Whose conversation it is, where known.
        kind: In danger of what.
        probability: Probability that it is meant.
        about: Whether the writer (``self``) or somebody else (``other``) may be in danger.
        index: Which message of the conversation.
        text: Its words, where the option ``text`` asks for them.
    """

    session: str | None
    kind: str
    probability: float
    about: str
    index: int
    text: str | None = None


OnRisk = Callable[[Handover], object]


class Desk:
    """Hands over, without delay for the turn. Safe to share between threads.

    Args:
        call: The deployer's function.
        options: When it is called, and whether it is given the person's words.
    """

    def __init__(self, call: OnRisk, options: SafetyOptions) -> None:
        self._call, self._options = call, options
        self._queue: Queue[Handover] = Queue(WAITING)
        self._told: OrderedDict[tuple[object, ...], None] = OrderedDict()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def tell(self, turn: Turn, risk: Risk) -> None:
        """Hand over a risk of ``turn`` unless it is too improbable or was handed over before."""
        if risk.probability < self._options.handover or not self._is_new(_key(turn, risk)):
            return
        text = turn.messages[risk.index].text if self._options.text else None
        about = Handover(turn.session, risk.kind, risk.probability, risk.about, risk.index, text)
        try:
            self._queue.put_nowait(about)
        except Full:
            log.error("on_risk is too slow: a hand-over (%s) is lost", risk.kind)

    def _is_new(self, key: tuple[object, ...]) -> bool:
        with self._lock:
            if key in self._told:
                return False
            self._told[key] = None
            if len(self._told) > _REMEMBERED:
                self._told.popitem(last=False)
            if self._thread is None or not self._thread.is_alive():  # a fork leaves it behind
                self._thread = threading.Thread(
                    target=self._work, name="emoplug-safety", daemon=True
                )
                self._thread.start()
            return True

    def _work(self) -> None:
        while True:
            self._one(self._queue.get())

    def _one(self, handover: Handover) -> None:
        started = time.monotonic()
        try:
            self._call(handover)
        except Exception as error:  # whatever it is, the next person still counts
            # Only the name: the message of an error may hold the person's words.
            log.error("on_risk failed on %s: %s", handover.kind, type(error).__name__)
        if (elapsed := time.monotonic() - started) > _SLOW:
            log.warning("on_risk took %.0f s; let it put its work elsewhere", elapsed)


def _key(turn: Turn, risk: Risk) -> tuple[object, ...]:
    """Tell hand-overs apart; without a session by all that was said up to the message."""
    start = risk.index if turn.session is not None else 0
    said = hashlib.sha256()
    for message in turn.messages[start : risk.index + 1]:
        said.update(f"{message.role}\0{message.text}\0".encode("utf-8", "replace"))
    return turn.session, risk.kind, risk.index, said.digest()


def loaded(name: str) -> OnRisk:
    """Answer the function that ``module:function`` names.

    Raises:
        SettingsError: there is no such function.
    """
    module, _, attribute = name.partition(":")
    try:
        found: Any = import_module(module)
        for part in attribute.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise SettingsError(
            f"on_risk = {name!r}: {error}; name an importable function as module:function"
        ) from error
    if not callable(found):
        raise SettingsError(f"on_risk = {name!r} is no function; name one as module:function")
    call: OnRisk = found
    return call
