"""What the two networks cost, beside ONNX Runtime's bare run on the very same numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from benches.bare import Bare
from benches.conftest import DEVICE, Beside
from benches.talk import PERSON, history, new
from emoplug import Message, Turn
from emoplug_onnx import Networks, Options

WORDS = (
    "my sister forgot my birthday again this year and I feel small and silly for "
    "minding it so much number"
)
LENGTHS = (3, 5, 4, 9, 12, 6, 22, 8, 15, 5, 7, 31, 10, 4, 18, 6, 11, 9, 26, 13)
"""Words of messages as they follow one another in a chat."""
HISTORY = history(20)


@pytest.fixture(scope="module")
def networks() -> Networks:
    networks = Networks(Options.model_validate({"device": DEVICE, "cache": 0}))
    networks.warm_up()
    return networks


@pytest.fixture(scope="module")
def bare(networks: Networks) -> Bare:
    return Bare(networks)


def turn(messages: Sequence[dict[str, str]]) -> Turn:
    return Turn(messages=tuple(Message(**message) for message in messages))


def test_encode_20_words(beside: Beside, networks: Networks, bare: Bare) -> None:
    encoding = beside(
        lambda: networks.encode([WORDS]),
        bare.encoding([WORDS]),
        "ONNX Runtime's run",
        rounds=300,
        limit=1.3,
    )
    assert len(encoding) == 1


def test_encode_20_messages(beside: Beside, networks: Networks, bare: Bare) -> None:
    words = WORDS.split() * 2
    texts = [f"{' '.join(words[:length])} {index}" for index, length in enumerate(LENGTHS)]
    encoding = beside(
        lambda: networks.encode(texts),
        bare.encoding(texts),
        "ONNX Runtime's run on all, padded to the longest",
        rounds=60,
    )
    assert len(encoding) == len(LENGTHS)


def test_encode_256_texts(beside: Beside, networks: Networks, bare: Bare) -> None:
    texts = [f"{' '.join(WORDS.split()[: 4 + index % 17])} {index}" for index in range(256)]
    encoding = beside(
        lambda: networks.encode(texts),
        bare.encoding(texts),
        "8 runs of ONNX Runtime, 32 texts each",
        rounds=10,
    )
    assert len(encoding) == 256


def test_encode_a_text_seen_before(beside: Beside) -> None:
    cached = Networks(Options.model_validate({"device": DEVICE}))
    cached.encode([WORDS])
    known = dict.fromkeys([WORDS], np.zeros(415, dtype=np.float32))
    encoding = beside(
        lambda: cached.encode([WORDS]),
        lambda: known[WORDS].copy(),
        "a dictionary and a copy of the row",
        rounds=2000,
    )
    assert len(encoding) == 1


@pytest.mark.parametrize("seen", [True, False], ids=["2_new_after_18", "20_at_once"])
def test_read_20_messages(beside: Beside, bare: Bare, seen: bool) -> None:
    """Reading and explaining; the conversation was read up to its last two messages, or never."""
    options = {"device": DEVICE, "contexts": 16 if seen else 0}
    networks = Networks(Options.model_validate(options))
    networks.comprehend(turn(HISTORY[:-1]))
    given: Any = (lambda: (turn([*HISTORY[:-1], new("assistant"), new()]),)) if seen else None
    said = [*HISTORY[:-1], new("assistant"), new()]
    answer = beside(
        networks.comprehend,
        bare.reading(said, new=2 if seen else len(said)),
        "ONNX Runtime's runs",
        rounds=60,
        given=given or (lambda: (turn(said),)),
        limit=1.3,
    )
    assert answer is not None


def test_a_short_text_beside_a_long_one(beside: Beside, networks: Networks) -> None:
    """128 times the text in at most 128 times the time: a long input is no denial of service."""
    long = " ".join(PERSON) * 128
    encoding = beside(
        lambda: networks.encode([long]),
        lambda: networks.encode([" ".join(PERSON)]),
        "a text of a 128th of its length",
        rounds=3,
        limit=140,
    )
    assert len(encoding) == 1
