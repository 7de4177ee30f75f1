"""Encoding texts that are no messages, from code and from inside plugins."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from emoplug import Emoplug, Encoding, Passage, PluginError, PluginFailedError, Turn, hookimpl
from emoplug.testing import StubEncoder

TEXTS = ["a lecture on tides", "a lecture on moons"]


class Library:
    """Knows documents, and needs vectors of them."""

    name = "library"

    def bind(self, encode: Callable[[Sequence[str]], Encoding]) -> None:
        self.encode = encode

    @hookimpl
    def recall(self, turn: Turn) -> list[Passage]:
        rows = self.encode(TEXTS)
        return [
            Passage(text=text, score=float(row @ row), source=self.name)
            for text, row in zip(TEXTS, rows.embeddings, strict=True)
        ]


class Torn:
    name = "torn"

    @hookimpl
    def encode(self, texts: Sequence[str]) -> Encoding:
        raise RuntimeError("no disk")


def test_encode_answers_what_the_encoder_says() -> None:
    stub = StubEncoder()
    answered = Emoplug(plugins=[stub]).encode(TEXTS)
    np.testing.assert_array_equal(answered.embeddings, stub.encode(TEXTS).embeddings)


def test_encode_without_an_encoder_names_the_fix() -> None:
    with pytest.raises(PluginError, match="add one, such as 'onnx'"):
        Emoplug(plugins=[]).encode(TEXTS)


def test_encode_raises_what_the_encoder_raised_whatever_the_setting() -> None:
    with pytest.raises(PluginFailedError, match="no disk"):
        Emoplug(plugins=[Torn()], on_error="degrade").encode(TEXTS)


def test_a_plugin_is_bound_to_the_encoder_of_its_emoplug() -> None:
    turn = Emoplug(plugins=[StubEncoder(), Library()]).prepare([{"role": "user", "content": "hi"}])
    assert {passage.text for passage in turn.passages} == set(TEXTS)
    assert turn.degraded == ()
