"""What is counted, for Prometheus. Labels never hold a key, a session or anybody's words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client import generate_latest as generate

from emoplug import Degraded, Review, Turn

_PREPARE = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)
_REQUEST = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    """One server's counts, on a registry of their own: two servers in one process do not mix."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._in_flight = Gauge(
            "emoplug_requests_in_flight", "Requests being answered.", registry=self._registry
        )
        self._requests = Counter(
            "emoplug_requests",
            "Requests answered; status 499: the client hung up.",
            ["route", "status"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "emoplug_request_seconds",
            "From a request to the end of its reply.",
            ["route"],
            buckets=_REQUEST,
            registry=self._registry,
        )
        self._first = Histogram(
            "emoplug_first_byte_seconds",
            "From a request to the first byte of its reply.",
            buckets=_REQUEST,
            registry=self._registry,
        )
        self._prepare = Histogram(
            "emoplug_prepare_seconds",
            "Time a request waited to be understood.",
            buckets=_PREPARE,
            registry=self._registry,
        )
        self._review = Histogram(
            "emoplug_review_seconds",
            "Time a review took.",
            buckets=_PREPARE,
            registry=self._registry,
        )
        self._told = Counter(
            "emoplug_guidance_tokens",
            "Tokens of guidance added, estimated.",
            registry=self._registry,
        )
        self._skipped = Counter(
            "emoplug_degraded",
            "Plugins that were skipped.",
            ["plugin", "hook"],
            registry=self._registry,
        )
        self._failed = Counter(
            "emoplug_upstream_failures",
            "What upstream failed at.",
            ["kind"],
            registry=self._registry,
        )

    @contextmanager
    def answering(self, route: str) -> Iterator[Answered]:
        """Count a request to ``route``, which is a template, never the path asked for."""
        answered, began = Answered(), perf_counter()
        self._in_flight.inc()
        try:
            yield answered
        finally:
            self._in_flight.dec()
            self._requests.labels(route, str(answered.status)).inc()
            self._seconds.labels(route).observe(perf_counter() - began)

    def prepared(self, turn: Turn, seconds: float) -> None:
        """Count a conversation that was understood."""
        self._prepare.observe(seconds)
        self._told.inc(sum(guidance.tokens for guidance in turn.guidance))
        self._degraded(turn.degraded)

    def unprepared(self, seconds: float) -> None:
        """Count a conversation for which there was no time."""
        self._prepare.observe(seconds)
        self._skipped.labels("emoplug", "prepare").inc()

    def reviewed(self, review: Review, seconds: float) -> None:
        """Count a reply that was reviewed."""
        self._review.observe(seconds)
        self._degraded(review.degraded)

    def first_byte(self, seconds: float) -> None:
        """Note how long a client waited for the beginning of a reply."""
        self._first.observe(seconds)

    def upstream_failed(self, kind: str) -> None:
        """Count a failure of upstream by its code."""
        self._failed.labels(kind).inc()

    def render(self) -> tuple[bytes, str]:
        """Answer all counts in Prometheus' text format, and its content type."""
        return generate(self._registry), CONTENT_TYPE_LATEST

    def _degraded(self, skipped: tuple[Degraded, ...]) -> None:
        for one in skipped:
            self._skipped.labels(one.plugin, one.hook).inc()


class Answered:
    """How a request was answered.

    Attributes:
        status: HTTP status; 499 until a response begins, as a client that hung up gets none.
    """

    def __init__(self) -> None:
        self.status = 499
