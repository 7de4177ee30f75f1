"""Makes the re-ranker's network: a vector for each token, and how much the token counts.

The vectors are those of all-MiniLM-L6-v2, at unit length; how much a token counts is its inverse
document frequency in permissive text. Both leave the network together, so that nothing is looked
up beside it.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import math
import shutil
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoModel

from emoplug_backtrace._network import FACTS, FORMAT, MODEL, TOKENIZER

CORPORA = ("goemotions", "emobank")
"""Permissive texts that frequencies are counted in."""
WINDOW = 128
OPSET = 17


class TokenVectors(nn.Module):
    """Token ids in; (b, n, d) unit vectors and (b, n) weights out."""

    def __init__(self, body: nn.Module, counts_for: Tensor) -> None:
        super().__init__()
        self.body = body
        self.register_buffer("counts_for", counts_for)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor]:
        """Answer the vector and the weight of every token, padding included."""
        states = self.body(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        table: Tensor = self.counts_for  # type: ignore[assignment]  # a buffer of ours
        return functional.normalize(states, dim=-1), table[input_ids]


def make(base: Path, data: Path, out: Path, trained: Path | None = None) -> None:
    """Write the int8 network, its tokenizer and its facts to ``out``.

    Args:
        base: Folder of all-MiniLM-L6-v2.
        data: Folder of the data sets.
        out: Where the files go.
        trained: The body's weights after ``fit``; without them those of ``base``.
    """
    out.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(base / "tokenizer.json", out / TOKENIZER)
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    weights = torch.tensor(inverse_frequencies(tokenizer, list(texts_of(data))))
    body = AutoModel.from_pretrained(base, attn_implementation="eager", add_pooling_layer=False)
    if trained is not None:
        body.load_state_dict(torch.load(trained, map_location="cpu", weights_only=True))
    with tempfile.TemporaryDirectory() as folder:
        full = Path(folder) / MODEL
        _to_onnx(TokenVectors(body, weights).eval(), full)
        # Seven-bit weights: on processors without VNNI, eight-bit products would overflow silently.
        quantize_dynamic(
            full, out / MODEL, per_channel=True, reduce_range=True, weight_type=QuantType.QInt8
        )
    facts = {
        "format": FORMAT,
        "window": WINDOW,
        "sha256": {
            name: hashlib.sha256((out / name).read_bytes()).hexdigest()
            for name in (MODEL, TOKENIZER)
        },
    }
    (out / FACTS).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def inverse_frequencies(tokenizer: Tokenizer, texts: Sequence[str]) -> list[float]:
    """Answer log((N + 1) / (n + 1)) of each token, where n of N texts have it."""
    found = Counter[int]()
    for encoded in tokenizer.encode_batch_fast(list(texts), add_special_tokens=False):
        found.update(set(encoded.ids))
    size = tokenizer.get_vocab_size()
    return [math.log((len(texts) + 1) / (found[token] + 1)) for token in range(size)]


def texts_of(data: Path) -> Iterator[str]:
    """Answer the texts that frequencies are counted in."""
    for corpus in CORPORA:
        with gzip.open(data / corpus / "train.jsonl.gz", "rt", encoding="utf-8") as lines:
            yield from (json.loads(line)["text"] for line in lines)


def _to_onnx(model: TokenVectors, path: Path) -> None:
    ids, mask = torch.ones(2, 8, dtype=torch.long), torch.ones(2, 8, dtype=torch.long)
    axes = {0: "texts", 1: "tokens"}
    names = ("input_ids", "attention_mask", "vectors", "weights")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracing exporter is deprecated, and smaller
        torch.onnx.export(
            model,
            (ids, mask),
            path,
            input_names=names[:2],
            output_names=names[2:],
            dynamic_axes=dict.fromkeys(names, axes),
            opset_version=OPSET,
            dynamo=False,
        )
    onnx.checker.check_model(str(path))
