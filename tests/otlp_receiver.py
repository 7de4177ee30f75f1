"""A receiver of OTLP over HTTP on loopback, as a collector is one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.trace.v1.trace_pb2 import Span


class Received:
    """All that came in.

    Attributes:
        address: Where to send it.
        raw: Every byte.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.raw = b""
        self.spans: list[Span] = []
        self.metrics: dict[str, Metric] = {}
        self.events: list[LogRecord] = []

    def take(self, path: str, body: bytes) -> None:
        """Take in one request."""
        self.raw += body
        if path == "/v1/traces":
            traces = ExportTraceServiceRequest.FromString(body)
            self.spans += [s for r in traces.resource_spans for c in r.scope_spans for s in c.spans]
        elif path == "/v1/metrics":
            metrics = ExportMetricsServiceRequest.FromString(body)
            for resource in metrics.resource_metrics:
                for scope in resource.scope_metrics:
                    self.metrics |= {metric.name: metric for metric in scope.metrics}
        elif path == "/v1/logs":
            logs = ExportLogsServiceRequest.FromString(body)
            self.events += [
                e for r in logs.resource_logs for c in r.scope_logs for e in c.log_records
            ]

    def span(self, name: str) -> Span:
        """Answer the one span of that name."""
        (found,) = [span for span in self.spans if span.name == name]
        return found

    def children(self, parent: Span) -> list[str]:
        """Answer the names of the spans right under ``parent``, by when they began."""
        mine = [span for span in self.spans if span.parent_span_id == parent.span_id]
        return [span.name for span in sorted(mine, key=lambda span: span.start_time_unix_nano)]


def attributes(told: Span | LogRecord | Any) -> dict[str, Any]:
    """Answer what is told with a span, an event or a data point."""
    pairs: list[KeyValue] = list(told.attributes)
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(one) for one in value.array_value.values]
    return getattr(value, kind) if kind else None


@contextmanager
def receiver() -> Iterator[Received]:
    """Receive until the end of the ``with``."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.take(self.path, self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    received = Received(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield received
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
