from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from emoplug import Emoplug, Encoding
from emoplug_onnx import Encoder, Networks, Options

AWKWARD = {
    "empty": "",
    "blank": " \n\t ",
    "emoji": "😭😭😭",
    "joined emoji": "👩‍👩‍👧‍👦",
    "chinese": "我今天非常难过",
    "arabic": "أنا حزين جدا اليوم",
    "control": "\x00\x1b[31m\u202e",
    "one word": "a" * 5000,
    "half a surrogate pair": "so sad \ud83d",
}


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder()


def close(one: Encoding, other: Encoding, tolerance: float = 0.02) -> bool:
    return all(
        np.allclose(getattr(one, name), getattr(other, name), atol=tolerance)
        for name in ("embeddings", "emotions", "affect")
    )


def well_formed(encoding: Encoding, count: int) -> bool:
    return (
        encoding.embeddings.shape == (count, 384)
        and encoding.embeddings.dtype == np.float32
        and encoding.emotions.shape == (count, 28)
        and encoding.affect.shape == (count, 3)
        and np.allclose(np.linalg.norm(encoding.embeddings, axis=1), 1, atol=1e-4)
        and bool(((encoding.emotions >= 0) & (encoding.emotions <= 1)).all())
        and bool((np.abs(encoding.affect) <= 1).all())
    )


@pytest.mark.parametrize(
    ("text", "emotion"),
    [
        ("Thank you so much, I really appreciate it!", "gratitude"),
        ("I am so angry I could scream.", "anger"),
        ("My grandmother died and I cannot stop crying.", "sadness"),
        ("I love you with all my heart.", "love"),
        ("I'm so sorry, it was all my fault.", "remorse"),
        ("What time does it start?", "curiosity"),
    ],
)
def test_names_plain_feelings(encoder: Encoder, text: str, emotion: str) -> None:
    encoding = encoder.encode([text])
    assert encoding.labels[int(encoding.emotions[0].argmax())] == emotion


def test_valence_is_higher_for_good_news(encoder: Encoder) -> None:
    affect = encoder.encode(
        ["What a wonderful, happy day!", "They tortured and killed him."]
    ).affect
    assert affect[0, 0] > 0.2 > -0.2 > affect[1, 0]


def test_like_sentences_lie_close(encoder: Encoder) -> None:
    texts = ["I lost my job.", "I was fired from work.", "The cake needs two eggs."]
    cosines = encoder.encode(texts).embeddings @ encoder.encode(texts).embeddings.T
    assert cosines[0, 1] > 0.5 > cosines[0, 2]


@pytest.mark.parametrize("text", AWKWARD.values(), ids=AWKWARD.keys())
def test_awkward_texts_have_a_defined_answer(encoder: Encoder, text: str) -> None:
    encoding = encoder.encode([text, "I am glad."])
    assert well_formed(encoding, 2)
    assert close(encoding, encoder.encode([text, "I am glad."]), 0)


def test_no_text_at_all_is_no_row_at_all(encoder: Encoder) -> None:
    assert well_formed(encoder.encode([]), 0)


def test_100000_characters_are_read_to_the_end() -> None:
    encoder = Encoder(Options(cache=0))
    calm = "The train leaves at nine. " * 3800
    grim = calm + "I hate you, you disgust me, I am furious! " * 100
    assert len(calm) > 98_000
    encoding = encoder.encode([calm, grim])
    assert well_formed(encoding, 2)
    anger = encoding.labels.index("anger")
    assert encoding.emotions[1, anger] > encoding.emotions[0, anger] + 0.005
    assert encoding.affect[1, 0] < encoding.affect[0, 0]


def test_a_long_text_is_the_weighted_mean_of_its_windows() -> None:
    encoder = Encoder(Options(cache=0))
    half = "I am very happy today and I thank you for it . " * 20
    long, short = encoder.encode([half + half]), encoder.encode([half])
    assert close(long, short, 0.1)


def test_order_and_company_do_not_change_an_answer() -> None:
    texts = ["I am sad.", "Thank you!", "word " * 60, "", "word " * 300, "I am sad."]
    together = Encoder(Options(cache=0, batch=4)).encode(texts)
    alone = [Encoder(Options(cache=0)).encode([text]) for text in texts]
    for row, single in enumerate(alone):
        assert close(together.rows(row, row + 1), single, 0.06)
    assert np.array_equal(together.emotions[0], together.emotions[5])


class Counting(Encoder):
    """Counts the texts that go through the network."""

    seen = 0

    def _run(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.seen += len(texts)
        return super()._run(texts)


def test_a_text_seen_lately_costs_no_pass() -> None:
    encoder = Counting(Options(cache=3))
    encoder.encode(["a", "b", "a"])
    assert encoder.seen == 2
    encoder.encode(["a", "b"])
    assert encoder.seen == 2


def test_a_long_history_that_goes_on_or_was_edited_is_answered_as_alone() -> None:
    said, encoder = [f"message {number}, and more" for number in range(50)], Counting()
    whole = encoder.encode(said)
    went_on = encoder.encode([*said, "and now?"])
    edited = encoder.encode([*said[:40], "but then", *said[41:]])
    assert encoder.seen == 52, "only what is new went through the network"
    assert np.array_equal(went_on.embeddings[:50], whole.embeddings)
    assert np.array_equal(edited.embeddings[41:], whole.embeddings[41:])
    assert close(went_on.rows(50, 51), Encoder().encode(["and now?"]))
    assert close(edited.rows(40, 41), Encoder().encode(["but then"]))
    assert np.array_equal(encoder.encode(said).embeddings, whole.embeddings)
    assert len(encoder.encode(said[:45])) == 45


def test_the_cache_is_bounded_and_forgets_the_least_recently_used() -> None:
    encoder = Counting(Options(cache=2))
    encoder.encode(["a", "b"])
    encoder.encode(["a"])
    encoder.encode(["c"])
    encoder.encode(["a"])
    assert encoder.seen == 3
    encoder.encode(["b"])
    assert encoder.seen == 4


def test_a_batch_larger_than_the_cache_is_answered_whole() -> None:
    texts = [f"text number {number}" for number in range(50)]
    assert well_formed(Encoder(Options(cache=8)).encode(texts), 50)


def test_many_threads_load_the_network_once() -> None:
    class Opening(Encoder):
        opened = 0

        def _open(self) -> Any:
            self.opened += 1
            return super()._open()

    encoder = Opening()
    threads = [threading.Thread(target=encoder.encode, args=(["hi"],)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert encoder.opened == 1


def test_building_the_plugin_loads_no_model() -> None:
    plugin = Emoplug(plugins=["onnx"]).plugins["onnx"]
    assert isinstance(plugin, Networks)
    assert plugin._encoder._ready is None
    assert plugin._reader is not None
    assert plugin._reader._ready is None
