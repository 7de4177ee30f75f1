from __future__ import annotations

import re
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

from emoplug import Emoplug, Turn, count_tokens, estimate_tokens
from emoplug_hef import Hints, Options
from emoplug_hef._compose import ORDER, PRIORITY
from tests.plugins.hef_readers import Told, cause, feeling, going, noted

LAST = "I cannot sleep since then, and I do not know what to do about it any more."
SHOUTED = "He shouted at me in front of all the others."
EVERYTHING = Told(
    [
        feeling(0, "anger", intensity=0.9),
        feeling(2, anger=0.5, joy=0.01, intensity=0.55, valence=-0.4),
    ],
    [cause(1)],
    {"Question": 0.5, "Reflection of feelings": 0.49, "Others": 0.1},
)
TALK = ("I hate how she looks at me!", ("assistant", SHOUTED), LAST)


def test_parts_come_in_their_order_and_each_is_named_once() -> None:
    text = noted(*TALK, by=[EVERYTHING, going(lonely=0.9, sad=0.1)], style="compact")
    keys = "feels else situation cause earlier tone stage do or quotes answer".split()
    places = [text.index(f" {key}") for key in keys]
    assert places == sorted(places)
    assert text.count(" | ") == len(keys) - 1
    assert set(ORDER) == set(PRIORITY)


def test_what_is_left_out_first_is_the_same_at_every_budget() -> None:
    by = [EVERYTHING, going(lonely=0.9, sad=0.1)]
    (note,) = Hints(Options(budget=1000)).guide(turn_of(by)) or ()
    texts = (note.text, *note.shorter)
    assert [len(text) for text in texts] == sorted({len(text) for text in texts}, reverse=True)
    for longer, shorter in pairwise(texts):
        gone = set(re.split(r"(?<=\.) ", longer)) - set(re.split(r"(?<=\.) ", shorter))
        assert gone
    assert "They likely feel sadness" in texts[-1]
    for count in range(20, 250):
        (fitting,) = Hints(Options(budget=count)).guide(turn_of(by)) or (None,)
        if fitting:
            assert fitting.text == next(t for t in texts if estimate_tokens(t) <= count)
            assert fitting.tokens == estimate_tokens(fitting.text)


@pytest.mark.parametrize("style", ["prose", "compact"])
def test_tokens_are_those_of_the_model_s_tokenizer(
    style: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tokenizer in the manner of tiktoken's: a token may begin with a space, never hold one."""
    pieces = re.compile(r" ?[^\s\w]+| ?\w{1,3}|\s")
    encoding = SimpleNamespace(encode=lambda text, **_: pieces.findall(text))
    monkeypatch.setattr("tiktoken.encoding_for_model", lambda model: encoding)
    hints = Hints(Options(budget=230, style=style))
    emo = Emoplug(plugins=[EVERYTHING, hints], model=f"hef-{style}", token_budget=1000)
    (note,) = emo.prepare(chat()).guidance
    exact = len(pieces.findall(note.text))
    assert note.tokens == exact == count_tokens(note.text, f"hef-{style}") <= 230
    assert exact != estimate_tokens(note.text)


def test_equal_turns_give_equal_bytes_and_another_plugin_the_same() -> None:
    by = [EVERYTHING, going(lonely=0.5, sad=0.5)]
    assert noted(*TALK, by=by) == noted(*TALK, by=by)
    hints = Hints()
    assert hints.guide(turn_of(by)) == hints.guide(turn_of(by)) == Hints().guide(turn_of(by))


def turn_of(by: list[Any]) -> Turn:
    return Emoplug(plugins=by, on_error="raise").prepare(chat())


def chat() -> list[dict[str, str]]:
    pairs = [("user", one) if isinstance(one, str) else one for one in TALK]
    return [{"role": role, "content": text} for role, text in pairs]
