from __future__ import annotations

import logging

import pytest
import tiktoken
from tiktoken import model as models
from tiktoken import registry

from emoplug import Emoplug, Guidance, Turn, _tokens, count_tokens, estimate_tokens, hookimpl

TINY = "tiny-model"
TEXT = "abababab it is"


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> tiktoken.Encoding:
    """A real tiktoken encoding of single bytes and one pair, under a model name of its own."""
    ranks = {bytes([byte]): byte for byte in range(256)} | {b"ab": 256}
    encoding = tiktoken.Encoding(
        "tiny", pat_str=r"\S+|\s+", mergeable_ranks=ranks, special_tokens={}
    )
    monkeypatch.setitem(registry.ENCODINGS, "tiny", encoding)
    monkeypatch.setitem(models.MODEL_TO_ENCODING, TINY, "tiny")
    monkeypatch.setattr(_tokens, "_loaded", {})
    return encoding


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("", 0), ("  \n", 0), ("cat", 1), ("sadness", 1), ("nervousness", 2), ("a, b.", 4)],
)
def test_words_count_by_sevens_and_marks_by_one(text: str, tokens: int) -> None:
    assert estimate_tokens(text) == tokens


def test_digits_and_letters_of_other_scripts_count_one_each() -> None:
    assert estimate_tokens("2026") == 4
    assert estimate_tokens("难过") == 2


def test_guidance_knows_its_cost_unless_told() -> None:
    text = "be kind"
    assert Guidance(text=text, kind="test", source="test").tokens == 2
    assert Guidance(text=text, kind="test", source="test", tokens=9).tokens == 9


def test_tokens_are_those_of_the_model_once_its_tokenizer_is_loaded(
    tiny: tiktoken.Encoding,
) -> None:
    assert count_tokens(TEXT, TINY) == estimate_tokens(TEXT)
    Emoplug(plugins=[], model=TINY)
    assert count_tokens(TEXT, TINY) == len(tiny.encode(TEXT)) == 4 + 6
    assert count_tokens(TEXT) == estimate_tokens(TEXT)


def test_words_that_look_like_special_tokens_are_counted_as_words(
    tiny: tiktoken.Encoding,
) -> None:
    Emoplug(plugins=[], model=TINY)
    assert count_tokens("<|endoftext|>", TINY) == len("<|endoftext|>")


@pytest.mark.parametrize("budget", [19, 20, 21, 60, 61, 62])
def test_the_budget_holds_in_the_models_own_tokens(tiny: tiktoken.Encoding, budget: int) -> None:
    class Wordy:
        name = "wordy"

        @hookimpl
        def guide(self, turn: Turn) -> list[Guidance]:
            long, short = "x" * 40, "y" * 17
            return [
                Guidance(text=long, shorter=(short,), kind="test", source="wordy"),
                Guidance(text="z" * 18, kind="test", source="wordy"),
            ]

    emo = Emoplug(plugins=[Wordy()], model=TINY, token_budget=budget, on_error="raise")
    turn = emo.prepare([{"role": "user", "content": "hi"}])
    sent = len(tiny.encode(turn.request_messages[-1].text)) - len(tiny.encode("hi"))
    assert sent <= budget
    # 2 for the blank line before, 1 for the line break between.
    assert sent == {19: 19, 20: 19, 21: 19, 60: 42, 61: 61, 62: 61}[budget]


@pytest.mark.parametrize("name", ["nobody-knows-it", "broken-model"])
def test_a_tokenizer_that_cannot_be_had_is_said_once_and_tokens_are_estimated(
    name: str, tiny: object, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> dict[str, object]:
        raise OSError("no network")

    assert registry.ENCODING_CONSTRUCTORS is None or "broken" not in registry.ENCODING_CONSTRUCTORS
    registry.list_encoding_names()  # finds the constructors
    constructors = registry.ENCODING_CONSTRUCTORS or {}
    monkeypatch.setitem(constructors, "broken", broken)
    monkeypatch.setitem(models.MODEL_TO_ENCODING, "broken-model", "broken")
    with caplog.at_level(logging.WARNING, "emoplug"):
        for _ in range(2):
            Emoplug(plugins=[], model=name)
    said = [record.message for record in caplog.records]
    assert len(said) == 1
    assert name in said[0]
    assert "TIKTOKEN_CACHE_DIR" in said[0] or "does not know" in said[0]
    assert count_tokens(TEXT, name) == estimate_tokens(TEXT)
