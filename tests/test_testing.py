from __future__ import annotations

import itertools
import types
from collections.abc import Sequence
from typing import Any

import pytest

from emoplug import Emoplug, Encoding, Finding, Guidance, Reading, Turn, hookimpl
from emoplug.testing import ContractError, StubEncoder, check_plugin


class Good:
    @hookimpl
    def guide(self, turn: Turn) -> list[Guidance]:
        return [Guidance(text="[note]", kind="test", source="good")]


class Typo:
    @hookimpl
    def giude(self, turn: Turn) -> None: ...


class WrongArgument:
    @hookimpl
    def guide(self, turns: Turn) -> None: ...


class WrongAnnotation:
    @hookimpl
    def guide(self, turn: str) -> None: ...


class Wrapper:
    @hookimpl(wrapper=True)
    def guide(self, turn: Turn) -> Any:
        return (yield)


class WrongAnswer:
    @hookimpl
    def guide(self, turn: Turn) -> str:
        return "be kind"


class Outside:
    @hookimpl
    def read(self, turn: Turn) -> list[Reading]:
        return [Reading(index=0, emotion="joy", probability=1, source="outside")]


class ChokesOnParts:
    @hookimpl
    def guide(self, turn: Turn) -> None:
        for message in turn.messages:
            (message.content or "").strip()  # type: ignore[union-attr]  # the bug to be found


class Fickle:
    def __init__(self) -> None:
        self.count = itertools.count()

    @hookimpl
    def guide(self, turn: Turn) -> list[Guidance]:
        return [Guidance(text=f"note {next(self.count)}", kind="test", source="fickle")]


class FickleReviewer(Fickle):
    @hookimpl
    def guide(self, turn: Turn) -> list[Guidance]:
        return []

    @hookimpl
    def review(self, turn: Turn, reply: str) -> list[Finding]:
        return [Finding(name="n", score=next(self.count), explanation="", source="fickle")]


class Mutates:
    @hookimpl
    def read(self, turn: Turn) -> None:
        if turn.encoding is not None:
            turn.encoding.emotions[:] = 0


class Short:
    @hookimpl
    def encode(self, texts: Sequence[str]) -> Encoding:
        return StubEncoder().encode(texts[1:])


@pytest.mark.parametrize(
    ("plugin", "problem"),
    [
        (Typo, "giude: no such hook .did you mean 'guide'"),
        (WrongArgument, "guide: no argument 'turns' .did you mean 'turn'"),
        (WrongAnnotation, "guide: turn is annotated"),
        (Wrapper, "guide: wrappers are not supported"),
        (WrongAnswer, "expected a list of Guidance"),
        (Outside, "on no messages: .*points at message 0 of 0"),
        (ChokesOnParts, "on content parts: "),
        (Fickle, "equal turns gave different answers"),
        (FickleReviewer, "equal turns gave different answers"),
        (Mutates, "read-only"),
        (Short, "do not fit"),
        (types.SimpleNamespace(name="empty"), "it implements no hook"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_every_kind_of_broken_plugin_is_caught(plugin: object, problem: str) -> None:
    with pytest.raises(ContractError, match=problem):
        check_plugin(plugin)


@pytest.mark.parametrize("plugin", [Good, Good(), StubEncoder, "onnx", "emotion", "hef"])
def test_good_plugins_pass(plugin: object) -> None:
    check_plugin(plugin)


def test_the_stub_encoder_gives_equal_rows_for_equal_texts() -> None:
    emo = Emoplug(plugins=[StubEncoder(labels=("joy", "neutral"))], on_error="raise")
    turn = emo.prepare([{"role": "user", "content": text} for text in ("a", "b", "a")])
    assert turn.encoding is not None
    assert turn.encoding.labels == ("joy", "neutral")
    assert (turn.encoding.emotions[0] == turn.encoding.emotions[2]).all()
    assert (turn.encoding.emotions[0] != turn.encoding.emotions[1]).any()
