"""What emoplug costs a caller: plumbing alone, and whole turns beside their bare parts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest

from benches.bare import Bare
from benches.conftest import DEVICE, Beside
from benches.talk import Messages, history, new
from emoplug import Emoplug, Turn
from emoplug_onnx import Networks

EVERYTHING = ("onnx", "emotion", "cause", "recall", "safety", "strategy", "hef")
GROWING = {
    "onnx": EVERYTHING[:1],
    "and_emotion": EVERYTHING[:2],
    "and_cause": EVERYTHING[:3],
    "and_recall": EVERYTHING[:4],
    "and_safety": EVERYTHING[:5],
    "and_strategy": EVERYTHING[:6],
    "and_hef": EVERYTHING,
}
REPLY = "I hear you."


class Chat:
    """Conversations of so many messages, each prepared as it went; none is measured twice."""

    def __init__(self, messages: int, plugins: tuple[str, ...] = EVERYTHING) -> None:
        options = {"onnx": {"device": DEVICE}, "recall": {"store": ":memory:"}}
        used = {name: options[name] for name in plugins if name in options}
        self.emo = Emoplug(plugins=plugins, options=used, deadline=60, on_error="raise")
        self.said: Messages = history(messages - messages % 2)
        self.turn()

    def turn(self) -> tuple[Messages, str]:
        """Answer a turn whose history was seen and replied to: the reply and a message are new."""
        begun = list(self.said)
        ends = range(max(2, len(begun) - 4), len(begun) + 1, 2)  # of the last three turns
        if begun:  # a session of its own; and where that is out of the window, a context too
            begun[0], begun[ends[0] - 2] = new(), new()
        session = begun[0]["content"] if begun else "new"
        for end in ends:
            self.emo.review(self.emo.prepare(begun[: end - 1], session), begun[end - 1]["content"])
        return ([*begun, new()], session)

    def prepare(self, messages: Messages, session: str) -> Turn:
        return self.emo.prepare(messages, session)

    def bare(self) -> Any:
        """Answer the networks' and the index's own part of a turn."""
        networks = self.emo.plugins["onnx"]
        assert isinstance(networks, Networks)
        bare = Bare(networks)
        last = new()
        read = bare.reading([*self.said, last], new=2 if self.said else 1)
        encode, search = bare.encoding([last["content"]]), bare.search(len(self.said))
        return lambda: (encode(), read(), search())


def test_plumbing_without_models(beside: Beside) -> None:
    emo = Emoplug(plugins=[SimpleNamespace(name="silent")])
    with ThreadPoolExecutor(1) as pool:
        turn = beside(
            emo.prepare,
            lambda: pool.submit(len, "x").result(),
            "a call handed to a thread of Python's pool",
            rounds=2000,
            given=lambda: ([*history(20), new()],),
        )
    assert len(turn.messages) == 21


def test_a_turn_after_20_messages(beside: Beside) -> None:
    chat = Chat(20)
    turn = beside(
        chat.prepare,
        chat.bare(),
        "the bare runs of both networks and a search",
        rounds=150,
        given=chat.turn,
        limit=1.3,
    )
    assert turn.reading is not None


def test_a_turn_on_the_encoder_alone(beside: Beside) -> None:
    """``permissive_only``: without the dialogue reader and what was learned from its data."""
    emo = Emoplug(permissive_only=True, deadline=60, options={"onnx": {"device": DEVICE}})
    emo.prepare(history(20))
    networks = emo.plugins["onnx"]
    assert isinstance(networks, Networks)
    session = networks._encoder
    turn = beside(
        emo.prepare,
        lambda: session._run([new()["content"]]),
        "the encoder on the new message",
        rounds=200,
        given=lambda: ([*history(20), new()],),
    )
    assert turn.comprehension is None


@pytest.mark.parametrize("plugins", GROWING)
def test_plugins_one_by_one(beside: Beside, plugins: str) -> None:
    chat = Chat(20, GROWING[plugins])
    beside(
        chat.prepare,
        chat.bare(),
        "the bare runs of both networks and a search",
        rounds=60,
        given=chat.turn,
    )


@pytest.mark.parametrize("messages", [1, 5, 20, 40, 50, 200, 1000])
def test_histories_of(beside: Beside, messages: int) -> None:
    """Once seen, a history costs next to nothing, however long."""
    chat, other = Chat(messages), Chat(50)
    beside(
        chat.prepare,
        other.prepare,
        "a turn after 50 messages",
        rounds=60,
        given=chat.turn,
        given_reference=other.turn,
        limit=1.2 if messages > 50 else None,
    )


def test_review_of_a_reply(beside: Beside) -> None:
    """All reviewers; the reply's encoding is remembered."""
    chat = Chat(20)
    turn = chat.prepare(*chat.turn())
    silent = Emoplug(plugins=[SimpleNamespace(name="silent")])
    empty = silent.prepare(history(20))
    review = beside(
        lambda: chat.emo.review(turn, REPLY),
        lambda: silent.review(empty, REPLY),
        "a review without reviewers",
        rounds=300,
    )
    assert review.degraded == ()


@pytest.mark.parametrize("kind", ["words", "one_word", "brackets", "negations"])
def test_a_long_message(beside: Beside, kind: str) -> None:
    """Ten times the text in about ten times the time, everything on: linear, whatever it is."""
    emo = Chat(0).emo
    texts = {"words": "I am so sad. ", "one_word": "a", "brackets": "[", "negations": "not "}

    def long(characters: int) -> tuple[Messages]:
        words = texts[kind] * (characters // len(texts[kind]))
        return ([{"role": "user", "content": f"{new()['content']} {words}"}],)

    turn = beside(
        emo.prepare,
        emo.prepare,
        "a message of a tenth of its length",
        rounds=3,
        given=lambda: long(40_000),
        given_reference=lambda: long(4_000),
        limit=12,
    )
    assert turn.degraded == ()
