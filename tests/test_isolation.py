from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from emoplug import (
    Comprehension,
    DeadlineError,
    Emoplug,
    Encoding,
    Guidance,
    PluginFailedError,
    Reading,
    Turn,
    hookimpl,
)

CHAT = [{"role": "user", "content": "a secret nobody may log"}]
RELEASE = threading.Event()


class Note:
    name = "note"

    @hookimpl
    def guide(self, turn: Turn) -> list[Guidance]:
        return [Guidance(text="note", kind="test", source="note")]


class Bad:
    name = "bad"

    def __init__(self, act: Callable[[Turn], Any]) -> None:
        self.act = act

    @hookimpl
    def read(self, turn: Turn) -> Any:
        return self.act(turn)


def raises(turn: Turn) -> Any:
    raise ValueError(f"cannot read {turn.messages[0].text}")


def exits(turn: Turn) -> Any:
    raise SystemExit(3)


def hangs(turn: Turn) -> Any:
    RELEASE.wait(10)


def sets_a_field(turn: Turn) -> Any:
    turn.session = "mine"  # type: ignore[misc]  # what a careless plugin does


def edits_a_mapping(turn: Turn) -> Any:
    turn.timings["read"] = 0.0  # type: ignore[index]  # what a careless plugin does


def points_outside(turn: Turn) -> Any:
    return [Reading(index=9, emotion="joy", probability=1, source="bad")]


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (raises, "ValueError"),
        (exits, "SystemExit"),
        (sets_a_field, "frozen"),
        (edits_a_mapping, "frozen"),
        (lambda turn: 7, "expected a list of Reading or Risk, got int"),
        (lambda turn: ["joy"], "expected a list of Reading or Risk, got one with str"),
        (lambda turn: "joy", "expected a list of Reading or Risk, got str"),
        (points_outside, "points at message 9 of 1"),
    ],
    ids=["raises", "exits", "sets", "edits", "int", "list-of-str", "str", "outside"],
)
def test_a_failing_plugin_is_skipped_and_named_and_the_rest_goes_on(
    act: Callable[[Turn], Any], reason: str
) -> None:
    turn = Emoplug(plugins=[Bad(act), Note()]).prepare(CHAT)
    assert turn.guidance_text == "note"
    (skipped,) = turn.degraded
    assert (skipped.plugin, skipped.hook) == ("bad", "read")
    assert reason in skipped.reason
    assert skipped.elapsed >= 0


def test_a_hanging_plugin_costs_no_more_than_the_deadline_plus_50_ms() -> None:
    emo = Emoplug(plugins=[Note(), Bad(hangs)], deadline=0.15)
    started = time.perf_counter()
    turn = emo.prepare(CHAT)
    elapsed = time.perf_counter() - started
    RELEASE.set()
    RELEASE.clear()
    assert 0.15 <= elapsed < 0.20
    (skipped,) = turn.degraded
    assert (skipped.plugin, skipped.hook) == ("bad", "read")
    assert "deadline" in skipped.reason
    assert skipped.elapsed >= 0.14


class Pair:
    """Encodes and comprehends; each waits for the gates that it is given."""

    name = "pair"

    def __init__(self, encoding: Callable[[], Any], comprehending: Callable[[], Any]) -> None:
        self.encoding, self.comprehending = encoding, comprehending

    @hookimpl
    def encode(self, texts: list[str]) -> Any:
        return self.encoding()

    @hookimpl
    def comprehend(self, turn: Turn) -> Any:
        return self.comprehending()


def test_a_conversation_is_comprehended_while_its_texts_are_encoded() -> None:
    both = threading.Barrier(2, timeout=5)  # breaks, and so fails the plugin, if one comes alone

    def meet() -> None:
        both.wait()

    pair = Pair(meet, meet)
    assert Emoplug(plugins=[pair], on_error="raise").prepare(CHAT).degraded == ()


def test_two_that_hang_beside_each_other_are_both_named() -> None:
    gate = threading.Event()

    def hang() -> None:
        gate.wait(10)

    pair = Pair(hang, hang)
    emo = Emoplug(plugins=[pair, Note()], deadline=0.1)
    started = time.perf_counter()
    turn = emo.prepare(CHAT)
    elapsed = time.perf_counter() - started
    gate.set()
    assert elapsed < 0.3
    assert [(one.plugin, one.hook) for one in turn.degraded] == [
        ("pair", "encode"),
        ("pair", "comprehend"),
    ]
    assert emo.prepare(CHAT).guidance_text == "note"


def test_what_fails_beside_another_is_named_and_the_other_answers() -> None:
    def breaks() -> None:
        raise ValueError("no")

    pair = Pair(breaks, lambda: Comprehension(causes=np.zeros(1), source="pair"))
    turn = Emoplug(plugins=[pair]).prepare(CHAT)
    assert [(one.plugin, one.hook) for one in turn.degraded] == [("pair", "encode")]
    assert turn.comprehension is not None
    with pytest.raises(PluginFailedError, match="encode"):
        Emoplug(plugins=[Pair(breaks, lambda: None)], on_error="raise").prepare(CHAT)


def test_stages_finished_before_the_deadline_are_kept() -> None:
    class SlowGuide:
        name = "slow"

        @hookimpl
        def read(self, turn: Turn) -> list[Reading]:
            return [Reading(index=0, emotion="fear", probability=0.5, source="slow")]

        @hookimpl
        def guide(self, turn: Turn) -> None:
            RELEASE.wait(10)

    turn = Emoplug(plugins=[SlowGuide()], deadline=0.1).prepare(CHAT)
    RELEASE.set()
    RELEASE.clear()
    assert turn.readings[0].emotion == "fear"
    assert turn.degraded[0].hook == "guide"


def test_a_plugin_that_keeps_hanging_is_not_given_ever_more_threads() -> None:
    gate = threading.Event()
    calls: list[int] = []

    def hang(turn: Turn) -> None:
        calls.append(1)
        gate.wait(10)

    emo = Emoplug(plugins=[Bad(hang), Note()], deadline=0.02)
    turns = [emo.prepare(CHAT) for _ in range(8)]
    assert len(calls) == 4
    assert "still busy" in turns[-1].degraded[0].reason
    assert turns[-1].guidance_text == "note"
    gate.set()
    wait_until(lambda: emo.prepare(CHAT).degraded == ())


def test_arrays_shown_to_plugins_cannot_be_written() -> None:
    def scribbles(turn: Turn) -> Any:
        assert turn.encoding is not None
        turn.encoding.emotions[0, 0] = 1.0

    turn = Emoplug(plugins=["onnx", Bad(scribbles)], deadline=30).prepare(CHAT)
    assert "read-only" in turn.degraded[0].reason


def test_an_encoder_with_missing_rows_is_not_believed() -> None:
    class Short:
        name = "short"

        @hookimpl
        def encode(self, texts: Sequence[str]) -> Encoding:
            whole = Emoplug(plugins=["onnx"], deadline=30).prepare(CHAT).encoding
            assert whole is not None
            return whole.rows(0, 0)

    turn = Emoplug(plugins=[Short()], deadline=30).prepare(CHAT)
    assert turn.encoding is None
    assert "do not fit 1 texts" in turn.degraded[0].reason


def test_review_and_remember_are_isolated_too() -> None:
    class Forgetful:
        name = "forgetful"

        @hookimpl
        def review(self, turn: Turn, reply: str) -> None:
            raise RuntimeError("no opinion today")

        @hookimpl
        def remember(self, turn: Turn, reply: str) -> int:
            return 7

    emo = Emoplug(plugins=[Forgetful()])
    skipped = emo.review(emo.prepare(CHAT), "hello").degraded
    assert [degraded.hook for degraded in skipped] == ["review", "remember"]


def test_strict_users_hear_of_it() -> None:
    with pytest.raises(PluginFailedError, match="'bad' failed in read: ValueError") as info:
        Emoplug(plugins=[Bad(raises)], on_error="raise").prepare(CHAT)
    assert isinstance(info.value.__cause__, ValueError)
    with pytest.raises(DeadlineError, match=r"0\.05 s"):
        Emoplug(plugins=[Bad(hangs)], on_error="raise", deadline=0.05).prepare(CHAT)
    RELEASE.set()
    RELEASE.clear()


def test_what_the_user_said_is_never_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        Emoplug(plugins=[Bad(raises)]).prepare(CHAT)
    assert "bad" in caplog.text
    assert "secret" not in caplog.text


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < end, "did not come true in 5 s"
        time.sleep(0.01)
