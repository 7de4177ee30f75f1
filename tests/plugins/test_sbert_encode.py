from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from emoplug import Emoplug, Encoding
from emoplug.testing import check_plugin
from emoplug_sbert import Encoder, Options
from emoplug_sbert._heads import read_heads
from emoplug_sbert._model import SentenceModel, unit
from tests.plugins.sbert_tiny import LABELS, SIZE, WINDOW, build_model

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
LONG = "i am so glad, thank you! the train leaves at nine. " * 12


class Counting(Encoder):
    """Counts the times it is opened, and the texts that go through the model."""

    opened = seen = 0

    def _open(self) -> Any:
        self.opened += 1
        return super()._open()

    def _run(self, loaded: Any, texts: Sequence[str]) -> NDArray[np.float32]:
        self.seen += len(texts)
        return super()._run(loaded, texts)


@pytest.fixture
def options(sbert_model: Path, sbert_heads: Path) -> dict[str, Any]:
    return {"model": str(sbert_model), "heads": sbert_heads, "device": "cpu"}


@pytest.fixture
def encoder(options: dict[str, Any]) -> Counting:
    return Counting(Options(**options))


def table(encoding: Encoding) -> NDArray[np.float32]:
    return np.concatenate([encoding.embeddings, encoding.emotions, encoding.affect], axis=1)


def well_formed(encoding: Encoding, count: int) -> bool:
    return (
        encoding.embeddings.shape == (count, SIZE)
        and encoding.embeddings.dtype == encoding.emotions.dtype == np.float32
        and encoding.emotions.shape == (count, len(LABELS))
        and encoding.affect.shape == (count, 3)
        and np.allclose(np.linalg.norm(encoding.embeddings, axis=1), 1, atol=1e-5)
        and bool(((encoding.emotions >= 0) & (encoding.emotions <= 1)).all())
        and bool((np.abs(encoding.affect) <= 1).all())
    )


def test_it_keeps_the_contract(options: dict[str, Any]) -> None:
    check_plugin("sbert", options)


def test_embeddings_are_those_of_the_library_and_heads_read_them(
    encoder: Encoder, sbert_model: Path, sbert_heads: Path
) -> None:
    from sentence_transformers import SentenceTransformer

    texts = ["i am so glad", "hate it!"]
    theirs = SentenceTransformer(str(sbert_model), device="cpu").encode(
        texts, normalize_embeddings=True
    )
    encoding = encoder.encode(texts)
    assert np.allclose(encoding.embeddings, theirs, atol=1e-6)
    assert abs(encoding.embeddings[0] @ encoding.embeddings[1]) < 0.99
    felt = read_heads(sbert_heads).feel(theirs)
    assert np.allclose(table(encoding)[:, SIZE:], felt, atol=1e-5)
    assert (encoding.labels, encoding.source) == (LABELS, "sbert")
    assert encoding.thresholds.tolist() == pytest.approx([0.3, 0.4, 0.5])


@pytest.mark.parametrize("text", AWKWARD.values(), ids=AWKWARD.keys())
def test_awkward_texts_have_a_defined_answer(options: dict[str, Any], text: str) -> None:
    encoder = Encoder(Options(**options, cache=0))
    encoding = encoder.encode([text, "i am glad"])
    assert well_formed(encoding, 2)
    assert np.array_equal(table(encoding), table(encoder.encode([text, "i am glad"])))


def test_no_text_at_all_is_no_row_at_all(encoder: Encoder) -> None:
    assert well_formed(encoder.encode([]), 0)


def test_a_long_text_is_the_weighted_mean_of_its_windows(
    encoder: Encoder, sbert_model: Path
) -> None:
    windows = SentenceModel(str(sbert_model), "cpu", 8).cut([LONG])
    assert len(windows) > 3
    assert len({window.tokens for window in windows}) > 1
    alone = table(encoder.encode([window.words for window in windows]))
    weights = np.array([window.tokens for window in windows], dtype=np.float32)
    mean = weights @ alone / weights.sum()
    mean[:SIZE] /= np.linalg.norm(mean[:SIZE])
    assert np.allclose(table(encoder.encode([LONG]))[0], mean, atol=1e-5)


def test_100000_characters_are_read_to_the_end(options: dict[str, Any]) -> None:
    encoder = Encoder(Options(**options, cache=0, batch=256))
    calm = "the train leaves at nine. " * 3900
    grim = calm[:98_000] + "hate hate hate! " * 125
    assert len(grim) == 100_000
    encoding = encoder.encode([calm[:100_000], grim, "hate hate hate!"])
    assert well_formed(encoding, 3)
    calm_row, grim_row, hate = encoding.embeddings
    assert grim_row @ hate > calm_row @ hate + 0.001


@pytest.mark.parametrize("prompt", ["", "so: "], ids=["no prompt", "a prompt of the model's own"])
def test_every_window_fits_and_no_character_is_lost(tmp_path: Path, prompt: str) -> None:
    folder = build_model(tmp_path / "model", prompt=prompt)
    model = SentenceModel(str(folder), "cpu", 8)
    texts = [LONG, "glad", "x" * 50 + LONG, ""]
    windows = model.cut(texts)
    for owner, text in enumerate(texts):
        assert "".join(window.words for window in windows if window.owner == owner) == text
    tokenizer = model._model.tokenizer
    lengths = [len(tokenizer(prompt + window.words)["input_ids"]) for window in windows]
    assert max(lengths) <= WINDOW
    assert len(tokenizer(LONG)["input_ids"]) > 3 * WINDOW
    assert all(window.words[0] == " " for window in windows if window.owner == 0 and window.start)


def test_a_vector_without_length_becomes_one_of_equal_components(sbert_model: Path) -> None:
    model = SentenceModel(str(sbert_model), "cpu", 8)
    model._model.encode = lambda *_args, **_options: np.zeros((1, 4))  # type: ignore[assignment]  # stands in for a bag of words that knows none
    assert model.vectors([""]).tolist() == [[0.5] * 4]
    assert unit(np.zeros((1, 4), dtype=np.float32)).tolist() == [[0.0] * 4]


def test_a_text_seen_lately_costs_no_pass(encoder: Counting) -> None:
    first = encoder.encode(["glad", "sad", "glad"])
    assert encoder.seen == 2
    again = encoder.encode(["sad", "glad"])
    assert encoder.seen == 2
    assert np.array_equal(table(first)[[1, 0]], table(again))


def test_the_cache_forgets_what_was_used_longest_ago(options: dict[str, Any]) -> None:
    encoder = Counting(Options(**options, cache=2))
    encoder.encode(["glad", "sad"])
    encoder.encode(["glad"])
    encoder.encode(["tired"])
    encoder.encode(["glad"])
    assert encoder.seen == 3
    encoder.encode(["sad"])
    assert encoder.seen == 4


def test_more_texts_than_the_cache_holds_are_answered_whole(options: dict[str, Any]) -> None:
    texts = [f"train {number}" for number in range(20)]
    small, large = Encoder(Options(**options, cache=3)), Encoder(Options(**options))
    assert np.allclose(table(small.encode(texts)), table(large.encode(texts)), atol=1e-5)


def test_many_threads_load_once_and_get_their_own_answers(encoder: Counting) -> None:
    texts = [f"i am {letter}" for letter in "abcdefgh"]
    answers: dict[str, NDArray[np.float32]] = {}

    def ask(text: str) -> None:
        answers[text] = table(encoder.encode([text, "thank you"]))[0]

    threads = [threading.Thread(target=ask, args=(text,)) for text in texts * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert encoder.opened == 1
    assert encoder.seen == len(texts) + 1
    right = table(encoder.encode(texts))
    assert all(np.array_equal(answers[text], right[row]) for row, text in enumerate(texts))


def test_readings_come_of_it(options: dict[str, Any]) -> None:
    emo = Emoplug(plugins=["sbert", "emotion"], options={"sbert": options}, on_error="raise")
    emo.warm_up()
    turn = emo.prepare([{"role": "user", "content": "i am so sad"}])
    assert turn.reading is not None
    assert set(turn.reading.distribution) == set(LABELS)
    assert turn.reading.affect is not None
