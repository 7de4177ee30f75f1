"""The encoder beside a network of RoBERTa-base's size; random weights: only time is measured."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from pytest_benchmark.fixture import BenchmarkFixture
from torch import Tensor
from transformers import RobertaConfig, RobertaModel

from emoplug_onnx import Encoder, Options

WORDS = (
    "my sister forgot my birthday again this year and I feel small and silly for "
    "minding it so much number"
)
TOKENS = 24


class Pooled(torch.nn.Module):
    """RoBERTa-base as a classifier uses it: the state of the first token."""

    def __init__(self) -> None:
        super().__init__()
        config = RobertaConfig(vocab_size=50265, max_position_embeddings=514)
        config._attn_implementation = "eager"  # plain products, which ONNX Runtime knows
        self.body = RobertaModel(config, add_pooling_layer=False).eval()

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Answer (n, 768)."""
        states: Tensor = self.body(input_ids=ids, attention_mask=mask).last_hidden_state
        return states[:, 0]


@pytest.fixture(scope="module")
def rival() -> Pooled:
    torch.manual_seed(0)
    return Pooled()


@pytest.fixture(scope="module")
def exported(rival: Pooled, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rival")
    ids = torch.ones(1, 8, dtype=torch.long)
    axes = {0: "texts", 1: "tokens"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns of itself
        torch.onnx.export(
            rival,
            (ids, ids),
            folder / "full.onnx",
            input_names=["ids", "mask"],
            output_names=["state"],
            dynamic_axes={"ids": axes, "mask": axes},
            opset_version=17,
            dynamo=False,
        )
    quantize_dynamic(
        folder / "full.onnx", folder / "int8.onnx", per_channel=True, weight_type=QuantType.QInt8
    )
    return folder / "int8.onnx"


def test_emoplug_encoder(benchmark: BenchmarkFixture) -> None:
    encoder = Encoder(Options(cache=0))
    encoder.warm_up()
    benchmark.pedantic(encoder.encode, ([WORDS],), rounds=200, warmup_rounds=20)


def test_roberta_base_onnxruntime_int8(benchmark: BenchmarkFixture, exported: Path) -> None:
    session = onnxruntime.InferenceSession(str(exported), providers=["CPUExecutionProvider"])
    ids = np.arange(5, 5 + TOKENS, dtype=np.int64)[None]
    feed = {"ids": ids, "mask": np.ones_like(ids)}
    (state,) = benchmark.pedantic(session.run, (None, feed), rounds=100, warmup_rounds=10)
    assert state.shape == (1, 768)


def test_roberta_base_torch(benchmark: BenchmarkFixture, rival: Pooled) -> None:
    ids = torch.arange(5, 5 + TOKENS)[None]
    with torch.inference_mode():
        state = benchmark.pedantic(rival, (ids, torch.ones_like(ids)), rounds=50, warmup_rounds=5)
    assert state.shape == (1, 768)
