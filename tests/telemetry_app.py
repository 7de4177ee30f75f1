"""An app that is traced: run as ``python tests/telemetry_app.py SCENARIO``.

Providers are set once in a process, so each scenario has one of its own.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import httpx
from openai import AsyncOpenAI
from opentelemetry import metrics, trace
from opentelemetry._logs import set_logger_provider
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

import emoplug_openai
from emoplug import Emoplug, Finding, Passage, PluginFailedError, Risk, Turn, hookimpl
from emoplug_server import ServerSettings, create_app
from tests.llm_server import LlmServer

SECRET = "zebra-umbrella"
SAID = [
    {"role": "user", "content": f"I failed the exam again, {SECRET}. I feel like a failure."},
    {"role": "assistant", "content": "That hurts. What happened?"},
    {"role": "user", "content": f"I am so ashamed that I could cry. {SECRET}"},
]
REPLY = f"That sounds exhausting. {SECRET}"


class Memory:
    """Recalls, and finds something in each reply."""

    name = "memory"

    @hookimpl
    def recall(self, turn: Turn) -> Sequence[Passage]:
        return [Passage(text=f"once {SECRET}", score=0.5, source="memory")] * 2

    @hookimpl
    def review(self, turn: Turn, reply: str) -> Sequence[Finding]:
        return [Finding(name="echo", score=0.25, explanation=reply, source="memory")]


class Watcher:
    """Sees danger, and says what the reply does about it."""

    name = "watcher"

    @hookimpl
    def read(self, turn: Turn) -> Sequence[Risk]:
        return [Risk(index=0, kind="self-harm", probability=0.9, source=self.name)]

    @hookimpl
    def review(self, turn: Turn, reply: str) -> Sequence[Finding]:
        return [Finding(name="ignored", score=0.9, explanation=reply, source=self.name)]


class Broken:
    """Raises what it was told."""

    name = "broken"

    @hookimpl
    def recall(self, turn: Turn) -> Sequence[Passage]:
        raise KeyError(turn.messages[-1].text)

    @hookimpl
    def advise(self, turn: Turn) -> Any:
        return turn.messages[-1].text


class Slow:
    """Hangs until the app ends."""

    name = "slow"
    over = threading.Event()

    @hookimpl
    def correct(self, turn: Turn, scores: Mapping[str, float]) -> None:
        self.over.wait()

    @hookimpl
    def guide(self, turn: Turn) -> None:
        self.over.wait()


def chat() -> None:
    emo = Emoplug(plugins=["onnx", "emotion", "strategy", "hef", Memory()], deadline=60)
    with trace.get_tracer("app").start_as_current_span("request"):
        turn = emo.prepare(SAID, session="ann", model="any-model")
        emo.review(turn, REPLY)


def danger() -> None:
    emo = Emoplug(plugins=[Memory(), Watcher()], deadline=60)
    emo.review(emo.prepare(SAID, session="ann"), REPLY)


def failing() -> None:
    emo = Emoplug(plugins=[Broken(), Slow()], deadline=0.3)
    emo.prepare(SAID)
    Slow.over.set()
    while emo._workers.busy:
        time.sleep(0.01)


def raising() -> None:
    emo = Emoplug(plugins=[Broken()], on_error="raise")
    with suppress(PluginFailedError):  # its words are the plugin's, which are the person's
        emo.prepare(SAID)


def many() -> None:
    Emoplug(plugins=["onnx", "emotion"], deadline=60).prepare_many([SAID, SAID[:1]])


def wrapped() -> None:
    emo = Emoplug(plugins=[Memory()])

    async def model(messages: list[dict[str, str]]) -> str:
        return REPLY

    async def request() -> None:
        with trace.get_tracer("app").start_as_current_span("request"):
            await emo.wrap(model)(SAID)

    asyncio.run(request())


async def twice(ask: Callable[[bool], Awaitable[None]]) -> None:
    for name, stream in (("plain", False), ("streamed", True)):
        with trace.get_tracer("app").start_as_current_span(name):
            await ask(stream)


def openai() -> None:
    async def talk(address: str) -> None:
        async with AsyncOpenAI(base_url=address, api_key="sk-test") as client:
            wrapped: Any = emoplug_openai.wrap(client, Emoplug(plugins=[Memory()]))

            async def ask(stream: bool) -> None:
                asked = wrapped.chat.completions.create
                answer = await asked(model="tiny", messages=SAID, stream=stream)
                if stream:
                    async for _chunk in answer:
                        pass

            await twice(ask)

    with LlmServer() as server:
        asyncio.run(talk(server.base_url))


def proxy() -> None:
    async def talk(upstream: str) -> None:
        app = create_app(ServerSettings.build(upstream=upstream), Emoplug(plugins=[Memory()]))
        inside, key = httpx.ASGITransport(app), {"authorization": "Bearer sk-test"}
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=inside, base_url="http://proxy", headers=key) as client,
        ):

            async def ask(stream: bool) -> None:
                body = {"model": "tiny", "messages": SAID, "stream": stream}
                answer = await client.post("/v1/chat/completions", json=body)
                answer.raise_for_status()

            await twice(ask)

    with LlmServer() as server:
        asyncio.run(talk(server.base_url))


def main() -> None:
    traces, logs = TracerProvider(), LoggerProvider()
    traces.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter()))
    logs.add_log_record_processor(SimpleLogRecordProcessor(OTLPLogExporter()))
    measured = MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter())])
    trace.set_tracer_provider(traces)
    set_logger_provider(logs)
    metrics.set_meter_provider(measured)
    scenarios = (chat, danger, failing, raising, many, wrapped, openai, proxy)
    {scenario.__name__: scenario for scenario in scenarios}[sys.argv[1]]()
    for provider in (traces, logs, measured):
        provider.shutdown()


if __name__ == "__main__":
    main()
