"""What who operates the app is told: through the real SDK and exporters, to a real receiver."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from emoplug import Emoplug
from emoplug._telemetry import telemetry
from tests.otlp_receiver import Received, attributes, receiver
from tests.telemetry_app import REPLY, SAID, SECRET

ROOT = Path(__file__).parent.parent
CAPTURE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"


def told(scenario: str, **variables: str) -> Received:
    with receiver() as received:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
        subprocess.run(
            [sys.executable, "-m", "tests.telemetry_app", scenario],
            check=True,
            cwd=ROOT,
            env={**kept, "OTEL_EXPORTER_OTLP_ENDPOINT": received.address, **variables},
            stderr=subprocess.DEVNULL,
        )
        return received


@pytest.fixture(scope="module")
def chat() -> Received:
    return told("chat")


@pytest.fixture(scope="module")
def failing() -> Received:
    return told("failing")


def test_each_stage_and_each_plugin_has_a_span_inside_the_apps_own(chat: Received) -> None:
    assert chat.children(chat.span("request")) == ["emoplug.prepare", "emoplug.review"]
    stages = ["encode", "comprehend", "read", "recall", "advise", "correct", "guide"]
    prepare = chat.span("emoplug.prepare")
    begun = chat.children(prepare)
    assert sorted(begun[:2]) == ["emoplug.comprehend", "emoplug.encode"]  # beside each other
    assert begun[2:] == [f"emoplug.{stage}" for stage in stages[2:]]
    assert chat.children(chat.span("emoplug.encode")) == ["emoplug.encode.onnx"]
    assert chat.children(chat.span("emoplug.guide")) == ["emoplug.guide.hef"]
    review = chat.children(chat.span("emoplug.review"))
    assert review == ["emoplug.review.strategy", "emoplug.review.memory"]
    assert len({span.trace_id for span in chat.spans}) == 1


def test_spans_say_whose_conversation_it_is_and_what_was_done(chat: Received) -> None:
    prepare = attributes(chat.span("emoplug.prepare"))
    assert prepare["gen_ai.operation.name"] == "prepare"
    assert prepare["gen_ai.conversation.id"] == "ann"
    assert prepare["gen_ai.request.model"] == "any-model"
    assert prepare["emoplug.messages"] == len(SAID)
    assert prepare["emoplug.guidance.tokens"] > 0
    assert prepare["emoplug.strategy"]
    assert prepare["emoplug.emotion"].isalpha()
    assert "emoplug.degraded" not in prepare
    recall = attributes(chat.span("emoplug.recall"))
    assert recall["gen_ai.operation.name"] == "retrieval"
    assert recall["gen_ai.retrieval.top_k"] == 1, "the same passage twice is one"
    encode = attributes(chat.span("emoplug.encode"))
    assert encode["gen_ai.operation.name"] == "embeddings"
    plugin = attributes(chat.span("emoplug.encode.onnx"))
    assert plugin == {"emoplug.plugin": "onnx", "emoplug.hook": "encode"}


def test_emotion_and_findings_are_events_of_their_spans(chat: Received) -> None:
    events = {
        attributes(event)["gen_ai.evaluation.name"]: event
        for event in chat.events
        if event.event_name == "gen_ai.evaluation.result"
    }
    emotion = attributes(events["emoplug.emotion"])
    assert 0 < emotion["gen_ai.evaluation.score.value"] <= 1
    assert emotion["gen_ai.evaluation.score.label"].isalpha()
    assert events["emoplug.emotion"].span_id == chat.span("emoplug.prepare").span_id
    echo = attributes(events["emoplug.echo"])
    assert echo["gen_ai.evaluation.score.value"] == 0.25
    assert "gen_ai.evaluation.explanation" not in echo
    assert {"emoplug.strategy", "emoplug.echo"} <= events.keys()


def test_metrics_tell_latency_and_tokens_but_never_who(chat: Received) -> None:
    seconds = chat.metrics["emoplug.prepare.duration"]
    (point,) = seconds.histogram.data_points
    assert seconds.unit == "s"
    assert point.count == 1
    assert 0 < point.sum < 60
    assert 0.025 in point.explicit_bounds
    stages = chat.metrics["emoplug.stage.duration"].histogram.data_points
    assert {attributes(one)["emoplug.stage"] for one in stages} >= {"encode", "comprehend", "read"}
    plugins = chat.metrics["emoplug.plugin.duration"].histogram.data_points
    asked = {(one["emoplug.hook"], one["emoplug.plugin"]) for one in map(attributes, plugins)}
    assert asked >= {("encode", "onnx"), ("guide", "hef"), ("review", "strategy")}
    (tokens,) = chat.metrics["emoplug.guidance.tokens"].histogram.data_points
    assert tokens.sum == attributes(chat.span("emoplug.prepare"))["emoplug.guidance.tokens"]
    assert chat.metrics["emoplug.review.duration"].histogram.data_points[0].count == 1
    for metric in chat.metrics.values():
        assert b"ann" not in metric.SerializeToString()


def test_latency_is_told_where_no_span_is() -> None:
    received = told("chat", OTEL_TRACES_SAMPLER="always_off")
    assert not received.spans
    points = received.metrics["emoplug.plugin.duration"].histogram.data_points
    assert all(one.count >= 1 and 0 < one.sum < 60 for one in points)
    assert ("encode", "onnx") in {
        (told_of["emoplug.hook"], told_of["emoplug.plugin"]) for told_of in map(attributes, points)
    }


def test_no_word_of_anybody_leaves_the_process_unasked(chat: Received, failing: Received) -> None:
    for received in (chat, failing):
        assert received.raw
        assert SECRET.encode() not in received.raw


@pytest.mark.parametrize(
    "where", ["true", "SPAN_ONLY", "EVENT_ONLY", "span_and_event", "no_content"]
)
def test_words_are_told_where_the_operator_asks_for_them(where: str) -> None:
    received = told("chat", **{CAPTURE: where})
    prepare = attributes(received.span("emoplug.prepare"))
    explained = [
        attributes(event).get("gen_ai.evaluation.explanation") for event in received.events
    ]
    in_spans = where in ("true", "SPAN_ONLY", "span_and_event")
    in_events = where in ("true", "EVENT_ONLY", "span_and_event")
    review = attributes(received.span("emoplug.review"))
    assert ("gen_ai.input.messages" in prepare) is in_spans
    assert ("gen_ai.output.messages" in review) is in_spans
    assert (REPLY in explained) is in_events
    if in_spans:
        messages: list[dict[str, Any]] = json.loads(prepare["gen_ai.input.messages"])
        assert [message["role"] for message in messages] == ["user", "assistant", "user"]
        assert messages[2]["parts"] == [{"type": "text", "content": SAID[2]["content"]}]
        assert prepare["emoplug.guidance"].startswith("[Note by emoplug")
        (answered,) = json.loads(review["gen_ai.output.messages"])
        assert answered == {"role": "assistant", "parts": [{"type": "text", "content": REPLY}]}


def test_a_failing_plugin_is_told_by_the_kind_of_its_error(failing: Received) -> None:
    broken = failing.span("emoplug.recall.broken")
    assert broken.status.code == Status.STATUS_CODE_ERROR
    assert attributes(broken)["error.type"] == "KeyError"
    wrong = failing.span("emoplug.advise.broken")
    assert attributes(wrong)["error.type"] == "wrong_answer"
    assert failing.span("emoplug.recall").status.code == Status.STATUS_CODE_UNSET


def test_a_plugin_that_hangs_holds_no_span_open_but_its_own(failing: Received) -> None:
    prepare = failing.span("emoplug.prepare")
    hanging = failing.span("emoplug.guide.slow")
    assert prepare.end_time_unix_nano - prepare.start_time_unix_nano < 30e9
    assert hanging.end_time_unix_nano > prepare.end_time_unix_nano
    degraded = attributes(prepare)["emoplug.degraded"]
    assert degraded == ["broken.recall", "broken.advise", "slow.guide"]
    counted = {
        (attributes(one)["emoplug.plugin"], attributes(one)["emoplug.hook"]): one.as_int
        for one in failing.metrics["emoplug.degraded"].sum.data_points
    }
    assert counted == {("broken", "recall"): 1, ("broken", "advise"): 1, ("slow", "guide"): 1}


@pytest.mark.parametrize("capture", ["no_content", "true"])
def test_nobody_is_told_who_may_be_in_danger(capture: str) -> None:
    received = told("danger", **{CAPTURE: capture})
    assert "emoplug.review.watcher" in {span.name for span in received.spans}
    names = [attributes(event)["gen_ai.evaluation.name"] for event in received.events]
    assert names == ["emoplug.echo"]
    assert b"self-harm" not in received.raw


def test_what_is_raised_to_the_app_marks_the_span_without_its_words() -> None:
    received = told("raising")
    prepare = received.span("emoplug.prepare")
    assert prepare.status.code == Status.STATUS_CODE_ERROR
    assert attributes(prepare)["error.type"] == "PluginFailedError"
    assert SECRET.encode() not in received.raw


def test_many_conversations_are_one_span_with_one_for_each_inside() -> None:
    received = told("many")
    whole = received.span("emoplug.prepare_many")
    names = received.children(whole)
    assert names.count("emoplug.prepare") == 2
    assert names.count("emoplug.encode") == 1, "their texts were encoded together"
    assert attributes(whole)["emoplug.conversations"] == 2


def test_a_wrapped_coroutine_is_traced_inside_the_request_that_awaits_it() -> None:
    received = told("wrapped")
    request = received.span("request")
    assert received.children(request) == ["emoplug.prepare", "emoplug.review"]


@pytest.mark.parametrize("adapter", ["openai", "proxy"])
def test_asynchronous_adapters_are_traced_inside_the_apps_own_span(adapter: str) -> None:
    received = told(adapter)
    for call in ("plain", "streamed"):
        inside = received.children(received.span(call))
        assert inside == ["emoplug.prepare", "emoplug.review"], call
    assert SECRET.encode() not in received.raw


def test_without_the_api_everything_works_and_nothing_is_imported() -> None:
    code = (
        "import sys\n"
        "class Blocked:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] == 'opentelemetry':\n"
        "            raise ModuleNotFoundError(name, name=name)\n"
        "sys.meta_path.insert(0, Blocked())\n"
        "from emoplug import Emoplug\n"
        "emo = Emoplug(plugins=[])\n"
        "turn = emo.prepare([{'role': 'user', 'content': 'hi'}])\n"
        "emo.review(turn, 'hello')\n"
        "print(turn.degraded, 'opentelemetry' in sys.modules)\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert answer.stdout == "() False\n"


def test_importing_emoplug_does_not_import_the_api() -> None:
    code = "import emoplug, sys; emoplug.Emoplug; print('opentelemetry' in sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert answer.stdout == "False\n"


def test_an_api_that_is_too_old_is_said_once_and_fails_nobodys_call(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # Up to 1.37 an event was handed over whole.
    monkeypatch.setattr("opentelemetry._logs.Logger.emit", lambda self, record: None)
    telemetry.cache_clear()
    try:
        emo = Emoplug(plugins=[])
        emo.review(emo.prepare(SAID), REPLY)
    finally:
        telemetry.cache_clear()
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "too old" in caplog.text
