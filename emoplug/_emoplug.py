"""``Emoplug``: understands a conversation before the model is called, and the reply after."""

from __future__ import annotations

import contextvars
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial
from itertools import islice
from types import MappingProxyType
from typing import Any, ParamSpec, TypeVar

from emoplug._batching import Batcher, Request
from emoplug._calls import Attempt, Callers, Overruns
from emoplug._catalogue import activate, register
from emoplug._checks import encoding_of
from emoplug._errors import PluginError
from emoplug._messages import read_messages
from emoplug._pipeline import assess, understand
from emoplug._places import Places, Waiting
from emoplug._settings import Settings
from emoplug._telemetry import SILENCE, Call, telemetry
from emoplug._tokens import load_tokenizer
from emoplug._turn import Encoding, Review, Turn
from emoplug._types import Finding
from emoplug._worker import Workers

P = ParamSpec("P")
R = TypeVar("R")
_BATCH = 256
"""Conversations whose texts are encoded together: enough to fill batches, bounded in memory."""
_WITH_OTHERS = 0.25
"""Share of the deadline that a turn waits for the one ahead that has its texts encoded."""


class Emoplug:
    """Plugins that are on, in order, around any LLM call. Safe to share between threads.

    Args:
        settings: Everything at once; or give single settings by keyword, which win over it.
        plugins: Names of installed plugins or plugin objects, first asked first.
        values: Any other field of ``Settings``.

    Raises:
        SettingsError: for an unknown or wrong setting.
        PluginError: when a plugin cannot be found, imported or built.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        plugins: Sequence[str | object] | None = None,
        **values: Any,
    ) -> None:
        base = settings.model_dump() if settings else {}
        entries = list(base.pop("plugins", Settings().plugins) if plugins is None else plugins)
        wanted = Settings.build(**{**base, **values})
        active = activate(entries, wanted.options, wanted.permissive_only)
        self.settings = Settings.build(**{**base, **values, "plugins": tuple(active)})
        self._plugins = active
        self._callers = Callers(register(active), active)
        self._overruns = Overruns()
        self._workers = Workers()
        self._places = Places()
        self._batcher = Batcher()
        if self.settings.model:
            load_tokenizer(self.settings.model)
        for plugin in active.values():
            bind = getattr(plugin, "bind", None)
            if bind is not None:
                bind(self.encode)

    @property
    def plugins(self) -> Mapping[str, object]:
        """The live plugins by name, in the order they are asked."""
        return MappingProxyType(self._plugins)

    def encode(self, texts: Sequence[str]) -> Encoding:
        """Answer one row for each text, from the first plugin that encodes; no deadline.

        For texts that are no messages, such as documents. A plugin with a method ``bind`` is given
        this when ``Emoplug`` is built, so that one encoder serves all.

        Raises:
            PluginError: no plugin encodes, or the one that does failed.
        """
        attempt = Attempt(self._callers, self._overruns, "raise")
        answers = attempt.ask("encode", {"texts": list(texts)}, encoding_of(len(texts)))
        if not answers:
            raise PluginError("encode", "no plugin that is on encodes; add one, such as 'onnx'")
        encoding: Encoding = answers[0]
        return encoding

    def prepare(
        self, messages: Iterable[object], session: str | None = None, model: str | None = None
    ) -> Turn:
        """Understand a conversation that is about to be sent to the model.

        Args:
            messages: ``Message`` values or mappings in the chat API's shape.
            session: Whose conversation this is, for plugins that remember.
            model: Name of the model that will answer; ``Settings.model`` unless given.

        Raises:
            MessageError: the messages cannot be read.
            PluginFailedError, DeadlineError: only under ``on_error="raise"``.
        """
        return self._understand(self._turn(messages, session, model))

    def prepare_many(
        self,
        conversations: Iterable[Iterable[object]],
        progress: Callable[[int], None] | None = None,
    ) -> list[Turn]:
        """Understand many conversations: texts are encoded together, and cores share the rest.

        ``progress`` is told the number of conversations done, after each.
        """
        done: list[Turn] = []
        pool = ThreadPoolExecutor(os.cpu_count())
        try:
            with telemetry().many() as call:
                for batch in _batched(conversations, _BATCH):
                    turns = [self._turn(messages) for messages in batch]
                    for job in self._jobs(pool, self._encoded_together(turns, call)):
                        done.append(job.result())
                        if progress:
                            progress(len(done))
                call.prepared(len(done))
        finally:
            pool.shutdown(cancel_futures=True)
        return done

    def review(self, turn: Turn, reply: str) -> Review:
        """Say what the model's ``reply`` does, and let plugins remember the exchange."""
        findings: list[Finding] = []
        with telemetry().review(turn) as call:
            attempt = self._attempt(call)
            self._hand_over(
                lambda: findings.extend(assess(turn, reply, attempt)),
                attempt,
                self.settings.deadline,
            )
            degraded = attempt.degraded()
            review = Review(turn=turn, reply=reply, findings=tuple(findings), degraded=degraded)
            call.reviewed(review)
        return review

    def wrap(self, fn: Callable[P, R], **options: Any) -> Callable[P, R]:
        """Wrap any callable ``messages -> reply``; see ``emoplug.wrap_call`` for the options."""
        from emoplug._wrap import wrap_call  # imports Emoplug for its types

        return wrap_call(self, fn, **options)

    def warm_up(self) -> None:
        """Load every model now, so that no first message waits for it."""
        for plugin in self._plugins.values():
            load = getattr(plugin, "warm_up", None)
            if load is not None:
                load()

    def _turn(
        self, messages: Iterable[object], session: str | None = None, model: str | None = None
    ) -> Turn:
        named = model or self.settings.model
        return Turn(messages=read_messages(messages), session=session, model=named)

    def _understand(self, turn: Turn) -> Turn:
        finished = [turn]
        with telemetry().prepare(turn) as call:
            attempt, start = self._attempt(call), self._workers.start
            settings, request = self.settings, Request(turn)
            along = partial(
                self._batcher.encode, request, patience=settings.deadline * _WITH_OTHERS
            )
            together = turn.encoding is None and settings.together
            self._hand_over(
                lambda: understand(turn, attempt, settings, finished.append, start, along),
                attempt,
                settings.deadline,
                partial(self._batcher.offered, request) if together else nullcontext,
            )
            latest = finished[-1]
            degraded = latest.degraded + attempt.degraded()
            understood = latest.model_copy(update={"degraded": degraded})
            call.understood(understood)
        return understood

    def _jobs(self, pool: ThreadPoolExecutor, turns: Iterable[Turn]) -> list[Future[Turn]]:
        """Start on each turn, in a context of its own, so that a caller's trace goes on in it."""
        return [
            pool.submit(contextvars.copy_context().run, self._understand, turn) for turn in turns
        ]

    def _encoded_together(self, turns: Sequence[Turn], call: Call) -> list[Turn]:
        texts = [text for turn in turns for text in turn.texts]
        attempt = self._attempt(call)
        answers: list[Encoding] = []

        def encode() -> None:
            with call.stage("encode"):
                answers.extend(attempt.ask("encode", {"texts": texts}, encoding_of(len(texts))))

        if texts:
            self._hand_over(encode, attempt, self.settings.deadline * len(turns))
        if not answers:  # each turn then asks, and fails, for itself
            return list(turns)
        return list(_share_out(answers[0], turns))

    def _attempt(self, call: Call = SILENCE) -> Attempt:
        return Attempt(self._callers, self._overruns, self.settings.on_error, call)

    def _hand_over(
        self,
        function: Callable[[], None],
        attempt: Attempt,
        deadline: float,
        waiting: Waiting = nullcontext,
    ) -> None:
        """Have a worker do ``function``; wait for all no longer than ``deadline`` seconds.

        ``waiting`` makes what is entered for as long as there is no place for it.
        """
        end = time.monotonic() + deadline
        with self._places.one(deadline / 2, waiting):
            left = max(0.0, end - time.monotonic())
            if not self._workers.start(function).wait(left):
                attempt.abandon(deadline)


def _share_out(encoding: Encoding, turns: Iterable[Turn]) -> Iterator[Turn]:
    start = 0
    for turn in turns:
        stop = start + len(turn.encoded)
        yield turn.model_copy(update={"encoding": encoding.rows(start, stop)})
        start = stop


def _batched(
    conversations: Iterable[Iterable[object]], size: int
) -> Iterator[list[Iterable[object]]]:
    remaining = iter(conversations)
    while batch := list(islice(remaining, size)):
        yield batch
