from __future__ import annotations

import logging
import threading
import time
from queue import Empty, Queue
from typing import Any

import pytest

from emoplug import Emoplug, SettingsError
from emoplug_safety import Handover, Options, Safety, _handover

TEXT = "I want to kill myself."
_seen: Queue[Handover] = Queue()


def notice(handover: Handover) -> None:
    """Named by a test as ``module:function``."""
    _seen.put(handover)


def emo(call: _handover.OnRisk | None, **options: Any) -> Emoplug:
    return Emoplug(
        plugins=[Safety(Options(**options), on_risk=call)], on_error="raise", deadline=60
    )


def prepare(built: Emoplug, *texts: str, session: str | None = "s") -> None:
    built.prepare([{"role": "user", "content": text} for text in texts], session=session)


def drained(queue: Queue[Handover], built: Emoplug) -> list[Handover]:
    """Everything handed over so far: a last one, of a session of its own, shows the end."""
    prepare(built, TEXT, session="the end")
    found = list[Handover]()
    while True:
        one = queue.get(timeout=30)
        if one.session == "the end":
            return found
        found.append(one)


def test_tells_people_once_for_each_session_kind_and_message() -> None:
    queue: Queue[Handover] = Queue()
    built = emo(queue.put)
    for session in ("a", "a", "b"):
        prepare(built, "hello", TEXT, session=session)
    prepare(built, "hello", TEXT, "And my husband hit me again.", session="a")
    told = [(one.session, one.kind, one.index, one.about) for one in drained(queue, built)]
    assert told == [
        ("a", "self-harm", 1, "self"),
        ("b", "self-harm", 1, "self"),
        ("a", "abuse", 2, "self"),
    ]


def test_without_a_session_conversations_are_told_apart_by_their_words() -> None:
    queue: Queue[Handover] = Queue()
    built = emo(queue.put)
    for first in ("hello", "hello", "good evening"):
        prepare(built, first, TEXT, session=None)
    assert len(drained(queue, built)) == 2


def test_the_words_are_handed_over_only_where_asked_for() -> None:
    for text in (False, True):
        queue: Queue[Handover] = Queue()
        prepare(emo(queue.put, text=text), TEXT)
        assert queue.get(timeout=30).text == (TEXT if text else None)


def test_a_risk_below_the_threshold_of_hand_overs_is_not_handed_over() -> None:
    queue: Queue[Handover] = Queue()
    built = emo(queue.put, handover=1.0, threshold=0.05)
    prepare(built, "I hate myself")
    with pytest.raises(Empty):
        queue.get(timeout=0.05)


def test_a_raising_function_is_logged_without_words_and_the_next_call_comes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    queue: Queue[Handover] = Queue()

    def fails_first(handover: Handover) -> None:
        queue.put(handover)
        if handover.session == "a":
            raise ValueError(f"no desk for {handover.text}")

    built = emo(fails_first, text=True)
    with caplog.at_level(logging.ERROR, "emoplug.safety"):
        prepare(built, TEXT, session="a")
        assert [one.session for one in drained(queue, built)] == ["a"]
    assert [record.message for record in caplog.records] == [
        "on_risk failed on self-harm: ValueError"
    ]


def test_a_stuck_function_holds_up_no_turn_and_what_is_lost_is_logged(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_handover, "WAITING", 1)
    gate, began = threading.Event(), threading.Event()

    def stuck(_: Handover) -> None:
        began.set()
        gate.wait(30)

    built = emo(stuck)
    prepare(built, TEXT, session="a")
    assert began.wait(30)
    for session in ("b", "c"):
        prepare(built, TEXT, session=session)
    gate.set()
    assert [record.message for record in caplog.records if "lost" in record.message] == [
        "on_risk is too slow: a hand-over (self-harm) is lost"
    ]


def test_a_slow_function_is_logged(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_handover, "_SLOW", 0.0)
    queue: Queue[Handover] = Queue()

    def slow(handover: Handover) -> None:
        time.sleep(0.01)
        queue.put(handover)

    built = emo(slow)
    prepare(built, TEXT)
    drained(queue, built)  # the first call is over once the second is
    assert any("on_risk took" in record.message for record in caplog.records)


def test_an_option_names_the_function() -> None:
    prepare(emo(None, on_risk=f"{__name__}:notice"), TEXT)
    assert _seen.get(timeout=30).kind == "self-harm"


@pytest.mark.parametrize("name", ["no_such_module:f", f"{__name__}:gone", f"{__name__}:TEXT"])
def test_a_wrong_name_is_a_settings_error(name: str) -> None:
    with pytest.raises(SettingsError, match="module:function"):
        Safety(Options(on_risk=name))
