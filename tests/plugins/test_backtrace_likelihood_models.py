from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

from emoplug import InputError, SettingsError, WeightsError
from emoplug_backtrace._likelihood import Likelihood
from emoplug_backtrace._lm_onnx import OnnxModel
from emoplug_backtrace._lm_transformers import TransformersModel

START = "<|endoftext|>"
WINDOW = 24
WORDS = "the cell divides into two because it grows why does so professor said and then".split()
QUERY = "why does the cell grows"
SEGMENTS = ["the professor said so", "the cell divides because it grows", "and then", "into two"]
INPUTS = ("input_ids", "attention_mask", "position_ids")
METHODS = ("single", "autoregressive", "ate")


class Bare(torch.nn.Module):
    """Tokens in, logits out; with a mask of its own, as the old exporter cannot trace theirs."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, position_ids: torch.Tensor
    ) -> torch.Tensor:
        later = position_ids[:, None, None, :] > position_ids[:, None, :, None]
        hidden = later | (attention_mask == 0)[:, None, None, :]
        answer = self.model(
            input_ids=input_ids,
            attention_mask=hidden.float() * -1e9,
            position_ids=position_ids,
            use_cache=False,
        )
        logits: torch.Tensor = answer.logits
        return logits


def build() -> Any:
    """A GPT-2 of two small layers, at random."""
    torch.manual_seed(0)
    config: Any = GPT2Config(
        vocab_size=len(WORDS) + 2,
        n_positions=WINDOW,
        n_embd=16,
        n_layer=2,
        n_head=2,
        initializer_range=0.5,  # texts differ more than they would by the default
        bos_token_id=0,
        eos_token_id=0,
    )
    config._attn_implementation = "eager"
    model: Any = GPT2LMHeadModel(config)
    return model.eval()


@pytest.fixture(scope="module")
def network() -> Any:
    return build()


@pytest.fixture(scope="module")
def tokenizer_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    vocabulary = {word: place for place, word in enumerate([START, "[UNK]", *WORDS])}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    path = tmp_path_factory.mktemp("lm") / "tokenizer.json"
    tokenizer.save(str(path))
    return path


def load(tokenizer_file: Path, **more: Any) -> Any:
    kind: Any = PreTrainedTokenizerFast
    return kind(tokenizer_file=str(tokenizer_file), **more)


@pytest.fixture(scope="module")
def tokenizer(tokenizer_file: Path) -> Any:
    return load(tokenizer_file, bos_token=START, model_max_length=WINDOW)


@pytest.fixture(scope="module")
def exported(network: Any, tokenizer_file: Path) -> Path:
    path = tokenizer_file.parent / "model.onnx"
    places = torch.arange(5)[None].repeat(2, 1)
    exporting: Any = Bare(network)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's own, about itself and tracing
        torch.onnx.export(
            exporting.eval(),  # else the exporter leaves the network in training mode
            (torch.ones_like(places), torch.ones_like(places), places),
            path,
            input_names=list(INPUTS),
            output_names=["logits"],
            dynamic_axes={name: {0: "batch", 1: "tokens"} for name in (*INPUTS, "logits")},
            opset_version=17,
            dynamo=False,
        )
    return path


@pytest.fixture(params=["transformers", "onnx"])
def model(
    request: pytest.FixtureRequest, network: Any, tokenizer: Any, tokenizer_file: Path
) -> Iterator[TransformersModel | OnnxModel]:
    if request.param == "transformers":
        yield TransformersModel(network, tokenizer)
    else:
        path = request.getfixturevalue("exported")
        yield OnnxModel(path, tokenizer_file, window=WINDOW)


def by_hand(network: Any, tokenizer: Any, prefix: str, text: str) -> float:
    """The model's own loss on the whole row, of which the text's tokens alone are counted."""
    given, wanted = (
        tokenizer(t, add_special_tokens=False, verbose=False)["input_ids"] for t in (prefix, text)
    )
    given = given[-(WINDOW - len(wanted)) :] if len(given) > WINDOW - len(wanted) else given
    ids = torch.tensor([[0, *given, *wanted[:-1]]])
    labels = torch.tensor([*[-100] * len(given), *wanted])
    with torch.inference_mode():
        logits = network(ids).logits[0]
    return -float(torch.nn.functional.cross_entropy(logits, labels, reduction="sum"))


def test_it_is_what_the_network_itself_says(
    model: TransformersModel | OnnxModel, network: Any, tokenizer: Any
) -> None:
    prefixes = ["", "the cell", *SEGMENTS, " ".join(SEGMENTS * 9)]
    wanted = [by_hand(network, tokenizer, prefix, QUERY) for prefix in prefixes]
    assert model.log_likelihood(prefixes, QUERY).tolist() == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize("method", METHODS)
def test_both_run_times_give_the_same_scores(
    method: Any, network: Any, tokenizer: Any, exported: Path, tokenizer_file: Path
) -> None:
    scores = [
        Likelihood(model, method).score(QUERY, SEGMENTS)
        for model in (
            TransformersModel(network, tokenizer),
            TransformersModel(network, tokenizer, tokens=1),
            OnnxModel(exported, tokenizer_file, window=WINDOW),
            OnnxModel(exported, str(tokenizer_file), window=WINDOW, tokens=30),
        )
    ]
    assert np.ptp(scores[0]) > 0.01
    for others in scores[1:]:
        assert others == pytest.approx(scores[0], abs=1e-4)


def test_awkward_texts_are_scored(model: TransformersModel | OnnxModel) -> None:
    found = model.log_likelihood(["half \ud83d", "\x00", "😭👩‍👩‍👧"], "\ud83d why")
    assert np.isfinite(found).all()


def test_a_query_longer_than_the_window_is_refused(model: TransformersModel | OnnxModel) -> None:
    with pytest.raises(InputError, match=f"window of {WINDOW}"):
        Likelihood(model).score("why " * (WINDOW + 1), SEGMENTS)


def test_a_network_of_half_precision_stays_so_and_is_added_up_in_double(tokenizer: Any) -> None:
    half = build().to(torch.bfloat16)
    found = TransformersModel(half, tokenizer).log_likelihood(SEGMENTS, QUERY)
    assert found.dtype == np.float64
    assert np.isfinite(found).all()
    assert next(half.parameters()).dtype == torch.bfloat16


def test_a_network_of_unknown_window_or_beginning_is_refused(
    network: Any, tokenizer_file: Path, tokenizer: Any
) -> None:
    endless = SimpleNamespace(config=SimpleNamespace())
    with pytest.raises(SettingsError, match="give window="):
        TransformersModel(endless, tokenizer)
    nameless = load(tokenizer_file)
    with pytest.raises(SettingsError, match=r"set tokenizer\.bos_token"):
        TransformersModel(network, nameless)
    assert TransformersModel(network, tokenizer, window=9).log_likelihood([""], "why").shape == (1,)


def test_a_network_in_training_which_answers_at_random_is_refused(tokenizer: Any) -> None:
    with pytest.raises(SettingsError, match=r"call model\.eval\(\)"):
        TransformersModel(build().train(), tokenizer)


def test_files_that_are_not_what_they_should_be_are_named(
    exported: Path, tokenizer_file: Path, tmp_path: Path
) -> None:
    with pytest.raises(WeightsError, match=r"gone\.onnx cannot be loaded"):
        OnnxModel(tmp_path / "gone.onnx", tokenizer_file)
    with pytest.raises(WeightsError, match=r"model\.onnx is no tokenizer .* give the tokenizer"):
        OnnxModel(exported, exported)
    with pytest.raises(WeightsError, match=r"has no token '<s>'; give start="):
        OnnxModel(exported, tokenizer_file, start="<s>")


@pytest.mark.parametrize(
    ("renamed", "told"),
    [
        ({"position_ids": "past_key_values.0.key"}, "without past key values"),
        ({"logits": "hidden"}, "has no output 'logits'; export the model with its head"),
    ],
)
def test_a_network_of_another_kind_is_named(
    exported: Path, tokenizer_file: Path, tmp_path: Path, renamed: dict[str, str], told: str
) -> None:
    graph = onnx.load(str(exported))
    for value in (*graph.graph.input, *graph.graph.output):
        value.name = renamed.get(value.name, value.name)
    for node in graph.graph.node:
        for names in (node.input, node.output):
            names[:] = [renamed.get(name, name) for name in names]
    onnx.save(graph, str(tmp_path / "other.onnx"))
    with pytest.raises(WeightsError, match=told):
        OnnxModel(tmp_path / "other.onnx", tokenizer_file)


def test_scorers_are_imported_without_torch_and_transformers() -> None:
    code = (
        "import sys; import emoplug_backtrace._likelihood, emoplug_backtrace._lm_onnx;"
        "import emoplug_backtrace._lm_transformers;"
        "sys.exit(bool({'torch', 'transformers'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
