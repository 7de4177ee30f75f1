"""The main emotion of a longer text, as far as it helps to find the odd one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from emoplug import Emoplug, Encoding, WeightsError
from emoplug.testing import StubEncoder
from emoplug_emotion import _essays
from emoplug_emotion._essays import log_shares, shipped
from emoplug_emotion._odd import felt, oddness

ESSAYS = [
    "I keep reading about the flood and all the families who lost everything. It breaks my heart.",
    "What they did to those workers is outrageous, and nobody is punished. It makes me furious.",
]
FLOOR = 0.01


@pytest.fixture(scope="module")
def encoding() -> Encoding:
    return Emoplug(plugins=["onnx"], permissive_only=True).encode(ESSAYS)


def test_shares_of_our_encoder_sum_to_one_and_name_the_emotion(encoding: Encoding) -> None:
    logs = log_shares(encoding, felt(encoding), FLOOR)
    assert logs is not None
    shares = np.exp(logs) - FLOOR
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-6)
    assert (shares[0].argmax(), shares[1].argmax()) == (5, 0)  # sadness, anger


def test_of_another_encoder_nothing_is_told() -> None:
    other = StubEncoder().encode(ESSAYS)
    assert log_shares(other, felt(other), FLOOR) is None


def test_an_encoder_of_our_labels_but_another_size_is_another(encoding: Encoding) -> None:
    smaller = encoding.model_copy(update={"embeddings": encoding.embeddings[:, :100]})
    assert log_shares(smaller, felt(smaller), FLOOR) is None


def test_the_odd_one_differs_in_them_too(encoding: Encoding) -> None:
    three = Emoplug(plugins=["onnx"], permissive_only=True).encode([ESSAYS[0]] * 2 + [ESSAYS[1]])
    elsewhere = three.model_copy(update={"source": "other"})
    assert oddness(three).argmax() == oddness(elsewhere).argmax() == 2
    assert oddness(three)[2] > oddness(elsewhere)[2]


@pytest.mark.parametrize("content", ["", "{}", '{"encoder": [], "weights": [[1]], "bias": [1, 2]}'])
def test_a_corrupt_file_is_named(
    content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "essays.json"
    path.write_text(content)
    monkeypatch.setattr(_essays, "SHIPPED", path)
    shipped.cache_clear()
    with pytest.raises(WeightsError, match=r"essays\.json is .*corrupt.*reinstall emoplug"):
        shipped()
    shipped.cache_clear()
