"""One LLM call as an adapter sees it: open before, close after, never in the way."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import Any

from emoplug._emoplug import Emoplug
from emoplug._errors import EmoplugError
from emoplug._inject import with_guidance
from emoplug._turn import Review, Turn
from emoplug._types import Degraded

log = logging.getLogger("emoplug")


class Exchange:
    """A call to the model in progress.

    Attributes:
        messages: What to send: the caller's own objects, the last user message replaced by a copy
            with the guidance in it.
        turn: What was understood; empty of messages when they could not be read.
        result: The review, once closed.
    """

    def __init__(self, emo: Emoplug, messages: Any, turn: Turn) -> None:
        self._emo = emo
        self._lock = threading.Lock()
        self.messages = messages
        self.turn = turn
        self.result: Review | None = None

    @classmethod
    def open(
        cls,
        emo: Emoplug,
        messages: Sequence[Any],
        session: str | None = None,
        model: str | None = None,
    ) -> Exchange:
        """Prepare a call; ``session`` and ``model`` as ``Emoplug.prepare`` takes them.

        Under ``on_error="degrade"`` this never raises: messages that cannot be read go to the
        model as they are, and the turn says so.
        """
        try:
            turn = emo.prepare(messages, session=session, model=model)
            sent = with_guidance(messages, turn.guidance_text) if turn.guidance else messages
        except EmoplugError as error:
            if emo.settings.on_error == "raise":
                raise
            log.warning("a request was passed through unread: %s", type(error).__name__)
            problem = Degraded(plugin="emoplug", hook="prepare", reason=str(error), elapsed=0.0)
            return cls(emo, messages, Turn(messages=(), session=session, degraded=(problem,)))
        return cls(emo, sent, turn)

    def close(self, reply: str) -> Review:
        """Review the reply, in full or as far as it came. Closing again answers the same review."""
        with self._lock:
            if self.result is None:
                self.result = self._emo.review(self.turn, reply)
            return self.result
