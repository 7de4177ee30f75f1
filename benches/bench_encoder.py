"""What the encoder costs, beside ONNX Runtime's bare run of the same network."""

from __future__ import annotations

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from tokenizers import Tokenizer

from emoplug_onnx import Encoder, Options
from emoplug_onnx._session import open_session
from emoplug_onnx._weights import find_weights

WORDS = (
    "my sister forgot my birthday again this year and I feel small and silly for "
    "minding it so much number"
)


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    encoder = Encoder(Options(cache=0))
    encoder.warm_up()
    return encoder


def test_encode_20_words(benchmark: BenchmarkFixture, encoder: Encoder) -> None:
    encoding = benchmark.pedantic(encoder.encode, ([WORDS],), rounds=300, warmup_rounds=20)
    assert len(encoding) == 1


def test_bare_session_run_20_words(benchmark: BenchmarkFixture) -> None:
    weights = find_weights(None)
    session = open_session(weights.model, "cpu", "raise", 0)
    tokenizer = Tokenizer.from_file(str(weights.tokenizer))
    tokenizer.no_padding()
    ids = np.array([tokenizer.encode(WORDS).ids], dtype=np.int64)
    feed = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
    outputs = benchmark.pedantic(session.run, (None, feed), rounds=300, warmup_rounds=20)
    assert len(outputs) == 3


def test_encode_256_texts(benchmark: BenchmarkFixture, encoder: Encoder) -> None:
    texts = [f"{' '.join(WORDS.split()[: 4 + index % 17])} {index}" for index in range(256)]
    encoding = benchmark.pedantic(encoder.encode, (texts,), rounds=10, warmup_rounds=1)
    assert len(encoding) == 256


def test_20_words_seen_before(benchmark: BenchmarkFixture) -> None:
    cached = Encoder()
    cached.encode([WORDS])
    assert len(benchmark(cached.encode, [WORDS])) == 1
