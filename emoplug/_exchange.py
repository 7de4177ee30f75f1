"""One LLM call as an adapter sees it: open before, close after, never in the way."""

from __future__ import annotations

import contextvars
import logging
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from emoplug._emoplug import Emoplug
from emoplug._errors import EmoplugError
from emoplug._inject import with_guidance
from emoplug._turn import Review, Turn
from emoplug._types import Degraded

log = logging.getLogger("emoplug")
OnReview = Callable[[Review], None]


class Exchange:
    """A call to the model in progress. Safe to close from any thread, and reviewed once.

    Attributes:
        messages: What to send: the caller's own objects, the last user message replaced by a copy
            with the guidance in it.
        turn: What was understood; empty of messages when they could not be read.
        result: The review, once closed.
    """

    def __init__(
        self, emo: Emoplug, messages: Any, turn: Turn, on_review: OnReview | None = None
    ) -> None:
        self._emo = emo
        self._on_review = on_review
        self._lock = threading.Lock()
        self._closed = False
        self._words: list[str] = []
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
        on_review: OnReview | None = None,
    ) -> Exchange:
        """Prepare a call; ``session`` and ``model`` as ``Emoplug.prepare`` takes them.

        Under ``on_error="degrade"`` this never raises: messages that cannot be read go to the
        model as they are, and the turn says so. ``on_review`` is told the review, from the thread
        that closes.
        """
        try:
            turn = emo.prepare(messages, session=session, model=model)
            sent = with_guidance(messages, turn.guidance_text) if turn.guidance else messages
        except EmoplugError as error:
            if emo.settings.on_error == "raise":
                raise
            _warn("a request was passed through unread: %s", error)
            problem = Degraded(plugin="emoplug", hook="prepare", reason=str(error), elapsed=0.0)
            unread = Turn(messages=(), session=session, degraded=(problem,))
            return cls(emo, messages, unread, on_review)
        return cls(emo, sent, turn, on_review)

    @property
    def heard(self) -> bool:
        """Tell whether a stream has said anything yet."""
        return any(self._words)

    def see(self, text: str) -> None:
        """Take note of the words that one chunk of a stream adds to the reply."""
        self._words.append(text)

    def close(self, reply: str | None = None, *, failed: bool = False) -> Review | None:
        """Review ``reply``, or the words seen; closing again only answers that review.

        Args:
            reply: The whole reply, where it did not come as a stream.
            failed: The call broke off. Its own error goes first: nothing is raised here.

        Raises:
            PluginFailedError, DeadlineError: only under ``on_error="raise"``, as is what
                ``on_review`` raises; otherwise it is logged and the reply goes on its way.
        """
        strict = self._emo.settings.on_error == "raise" and not failed
        with self._lock:
            if self._closed:
                return self.result
            self._closed = True
            try:
                words = "".join(self._words) if reply is None else reply
                self.result = self._emo.review(self.turn, words)
            except Exception as error:
                if strict:
                    raise
                _warn("a reply was handed on unreviewed: %s", error)
        if self._on_review and self.result:
            self._tell(self._on_review, self.result, strict=strict)
        return self.result

    def abandon(self) -> None:
        """Review what was seen in the background, for where nobody may wait."""
        if self._closed:
            return
        context = contextvars.copy_context()  # so that a caller's trace goes on there
        review = threading.Thread(target=context.run, args=(partial(self.close, failed=True),))
        try:
            review.start()
        except RuntimeError:  # the interpreter is shutting down
            log.warning("a reply was handed on unreviewed: no thread to review it")

    @staticmethod
    def _tell(on_review: OnReview, review: Review, *, strict: bool) -> None:
        try:
            on_review(review)
        except Exception as error:
            if strict:
                raise
            _warn("on_review raised %s", error)


def _warn(what: str, error: Exception) -> None:
    """Log by the kind of ``error`` alone: its words may be the person's."""
    kind = type(error).__name__
    log.warning(what, kind, extra={"emoplug.error": kind})
