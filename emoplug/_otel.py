"""Spans, events and metrics by OpenTelemetry's API; the app chooses an SDK, or none.

Names are those of the GenAI semantic conventions where one exists (OpenTelemetry, development
status, 2026) and ``emoplug.*`` elsewhere. ``emoplug/TELEMETRY.md`` lists them all.
"""

from __future__ import annotations

import inspect
import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from opentelemetry import metrics, trace
from opentelemetry._logs import Logger, SeverityNumber, get_logger
from opentelemetry.trace import Span, StatusCode

from emoplug._telemetry import Asked, Call, Telemetry
from emoplug._turn import Review, Turn
from emoplug._types import Degraded, Message

SCOPE = "emoplug"
CAPTURE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
_IN_SPANS = frozenset({"true", "span_only", "span_and_event"})
_IN_EVENTS = frozenset({"true", "event_only", "span_and_event"})
_OPERATIONS = {"encode": "embeddings", "recall": "retrieval"}
"""Stages that the conventions have a word for."""
_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_NOBODY = Asked()
_TOKENS = (0, 25, 50, 75, 100, 150, 200, 300, 500)


def is_recent() -> bool:
    """Tell whether the API installed is 1.38 or later: the first that takes an event's parts."""
    return "event_name" in inspect.signature(Logger.emit).parameters


class OpenTelemetry(Telemetry):
    """Tells the providers that the app has set, whenever it sets them."""

    def __init__(self) -> None:
        self._tracer = trace.get_tracer(SCOPE)
        meter = metrics.get_meter(SCOPE)
        self._seconds = {
            what: meter.create_histogram(
                f"emoplug.{what}.duration",
                unit="s",
                description=f"How long a {what} takes",
                explicit_bucket_boundaries_advisory=_SECONDS,
            )
            for what in ("prepare", "review", "stage", "plugin")
        }
        self._tokens = meter.create_histogram(
            "emoplug.guidance.tokens",
            unit="{token}",
            description="Tokens that a turn adds to the request",
            explicit_bucket_boundaries_advisory=_TOKENS,
        )
        self._degraded = meter.create_counter(
            "emoplug.degraded", unit="{call}", description="Hook calls that were skipped"
        )

    @contextmanager
    def prepare(self, turn: Turn) -> Iterator[Call]:
        """Enclose one ``prepare``: a span, its duration, tokens and who was skipped."""
        with self._timed("prepare", turn) as span:
            call = _PrepareCall(self._tracer, span, self._seconds["plugin"])
            yield call
            told = call.turn
        if told is not None:
            self._tokens.record(sum(guidance.tokens for guidance in told.guidance))
            for stage, seconds in told.timings.items():
                self._seconds["stage"].record(seconds, {"emoplug.stage": stage})
            self._count(told.degraded)

    @contextmanager
    def review(self, turn: Turn) -> Iterator[Call]:
        """Enclose one ``review``."""
        with self._timed("review", turn) as span:
            call = _ReviewCall(self._tracer, span, self._seconds["plugin"])
            yield call
            told = call.review
        if told is not None:
            self._count(told.degraded)

    @contextmanager
    def many(self) -> Iterator[Call]:
        """Enclose one ``prepare_many``: the spans of its turns are inside its own."""
        with self._span("prepare_many", {}) as span:
            yield _Call(self._tracer, span, self._seconds["plugin"])

    @contextmanager
    def _timed(self, what: str, turn: Turn) -> Iterator[Span]:
        started = time.perf_counter()
        known = {"gen_ai.conversation.id": turn.session, "gen_ai.request.model": turn.model}
        told = {name: value for name, value in known.items() if value is not None}
        with self._span(what, told) as span:
            try:
                yield span
            finally:
                self._seconds[what].record(time.perf_counter() - started)

    @contextmanager
    def _span(self, what: str, attributes: Mapping[str, Any]) -> Iterator[Span]:
        attributes = {"gen_ai.operation.name": what, **attributes}
        with _quiet_span(self._tracer, f"emoplug.{what}", attributes) as span:
            yield span

    def _count(self, degraded: tuple[Degraded, ...]) -> None:
        for one in degraded:
            self._degraded.add(1, {"emoplug.plugin": one.plugin, "emoplug.hook": one.hook})


class _Call(Call):
    """A call whose plugins are timed; they and its stages have spans where its own is recorded."""

    def __init__(self, tracer: trace.Tracer, span: Span, seconds: metrics.Histogram) -> None:
        self._tracer, self._span, self._seconds = tracer, span, seconds
        self._recorded = span.is_recording()
        self._capture = os.environ.get(CAPTURE, "").lower()

    def stage(self, hook: str) -> Any:
        """Enclose one stage in a span."""
        if not self._recorded:
            return super().stage(hook)
        attributes = {"emoplug.stage": hook}
        if hook in _OPERATIONS:
            attributes["gen_ai.operation.name"] = _OPERATIONS[hook]
        return _quiet_span(self._tracer, f"emoplug.{hook}", attributes)

    def plugin(self, plugin: str, hook: str) -> Any:
        """Enclose one hook call: its duration, and a span."""
        attributes = {"emoplug.plugin": plugin, "emoplug.hook": hook}
        timed = _Timed(self._seconds, attributes)
        return self._plugin(f"emoplug.{hook}.{plugin}", timed) if self._recorded else timed

    def prepared(self, conversations: int) -> None:
        """Tell how many conversations were understood together."""
        self._span.set_attribute("emoplug.conversations", conversations)

    def recalled(self, passages: int) -> None:
        """Tell how many passages are handed on, on the stage's span."""
        if self._recorded:
            trace.get_current_span().set_attribute("gen_ai.retrieval.top_k", passages)

    @contextmanager
    def _plugin(self, name: str, timed: _Timed) -> Iterator[Asked]:
        with _quiet_span(self._tracer, name, timed.attributes) as span, timed:
            yield _Asked(span, told=self._capture in _IN_SPANS)

    def _tell_degraded(self, degraded: tuple[Degraded, ...]) -> None:
        if degraded:
            names = [f"{one.plugin}.{one.hook}" for one in degraded]
            self._span.set_attribute("emoplug.degraded", names)

    def _evaluated(
        self, name: str, score: float, label: str | None = None, explanation: str | None = None
    ) -> None:
        more = {
            "gen_ai.evaluation.score.label": label,
            "gen_ai.evaluation.explanation": explanation,
        }
        get_logger(SCOPE).emit(
            event_name="gen_ai.evaluation.result",
            timestamp=time.time_ns(),
            severity_number=SeverityNumber.INFO,
            attributes={
                "gen_ai.evaluation.name": name,
                "gen_ai.evaluation.score.value": score,
                **{key: value for key, value in more.items() if value is not None},
            },
        )


class _PrepareCall(_Call):
    turn: Turn | None = None

    def understood(self, turn: Turn) -> None:
        """Tell what was understood; words only where they are asked for."""
        self.turn = turn
        if not self._recorded:
            return
        told: dict[str, Any] = {
            "emoplug.messages": len(turn.messages),
            "emoplug.guidance.tokens": sum(guidance.tokens for guidance in turn.guidance),
        }
        if turn.strategies:
            told["emoplug.strategy"] = turn.strategies[0].strategy
        reading = turn.reading
        if reading is not None:
            told["emoplug.emotion"] = reading.emotion
        if self._capture in _IN_SPANS:
            told["gen_ai.input.messages"] = _told(turn.messages)
            told["emoplug.guidance"] = turn.guidance_text
        self._span.set_attributes(told)
        self._tell_degraded(turn.degraded)
        if reading is not None:
            self._evaluated("emoplug.emotion", reading.probability, label=reading.emotion)


class _ReviewCall(_Call):
    review: Review | None = None

    def reviewed(self, review: Review) -> None:
        """Tell each finding; its explanation, which may quote, only where that is asked for."""
        self.review = review
        if not self._recorded:
            return
        self._tell_degraded(review.degraded)
        if self._capture in _IN_SPANS:
            reply = Message(role="assistant", content=review.reply)
            self._span.set_attribute("gen_ai.output.messages", _told([reply]))
        # What is found about a danger would tell that there is one.
        silent = {risk.source for risk in review.turn.risks}
        for finding in review.findings:
            if finding.source in silent:
                continue
            told = finding.explanation if self._capture in _IN_EVENTS else None
            self._evaluated(f"emoplug.{finding.name}", finding.score, explanation=told)


class _Timed(AbstractContextManager[Asked]):
    """One hook call, of which only the duration is told."""

    def __init__(self, seconds: metrics.Histogram, attributes: Mapping[str, str]) -> None:
        self._seconds, self.attributes = seconds, attributes

    def __enter__(self) -> Asked:
        self._started = time.perf_counter()
        return _NOBODY

    def __exit__(self, *_raised: object) -> None:
        self._seconds.record(time.perf_counter() - self._started, self.attributes)


class _Asked(Asked):
    def __init__(self, span: Span, told: bool) -> None:
        self._span, self._told = span, told

    def failed(self, problem: str, error: BaseException | None) -> None:
        """Mark the span; by the kind of error alone, unless words are asked for."""
        kind = type(error).__name__ if error else "wrong_answer"
        self._span.set_attribute("error.type", kind)
        self._span.set_status(StatusCode.ERROR, problem if self._told else None)


@contextmanager
def _quiet_span(tracer: trace.Tracer, name: str, attributes: Mapping[str, Any]) -> Iterator[Span]:
    """Make a span current; of what is raised in it the kind is told, and never the words."""
    with tracer.start_as_current_span(
        name, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield span
        except BaseException as error:
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(StatusCode.ERROR)
            raise


def _told(messages: Iterable[Message]) -> str:
    """Answer messages as the conventions have them: JSON, each with its parts."""
    said = [
        {"role": message.role, "parts": [{"type": "text", "content": message.text}]}
        for message in messages
    ]
    return json.dumps(said, ensure_ascii=False)
