"""Builds a real SentenceTransformer of two small layers, offline, in the format of the hub."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from emoplug_sbert._heads import PROBE, Heads, Layers, write_heads
from emoplug_sbert._model import SentenceModel

SIZE, WINDOW = 32, 16
LABELS = ("joy", "sadness", "neutral")
WORDS = "i am so glad sad happy tired of this the train leaves at nine thank you hate it".split()
LETTERS = "abcdefghijklmnopqrstuvwxyz.!,?"


def build_model(
    folder: Path,
    *,
    size: int = SIZE,
    seed: int = 0,
    prompt: str = "",
    words: Sequence[str] = WORDS,
    positions: int = 64,
) -> Path:
    """Write a randomly initialised BERT, its tokenizer, and mean pooling; answer the folder."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizer

    folder.mkdir(parents=True)
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    pieces = [*special, *words, *LETTERS, *(f"##{letter}" for letter in LETTERS)]
    vocabulary = {piece: place for place, piece in enumerate(dict.fromkeys(pieces))}
    BertTokenizer(vocab=vocabulary, model_max_length=positions).save_pretrained(folder)
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=size,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=2 * size,
        max_position_embeddings=positions,
        initializer_range=0.3,  # texts differ more than they would by the default
    )
    BertModel(config).save_pretrained(folder)
    kinds = {"": "Transformer", "1_Pooling": "Pooling"}
    _write(
        folder / "modules.json",
        [
            {"idx": n, "name": str(n), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for n, (path, kind) in enumerate(kinds.items())
        ],
    )
    _write(folder / "sentence_bert_config.json", {"max_seq_length": WINDOW, "do_lower_case": False})
    pooling = {"word_embedding_dimension": size, "pooling_mode_mean_tokens": True}
    _write(folder / "1_Pooling" / "config.json", pooling)
    prompts = {"prompts": {"feel": prompt}, "default_prompt_name": "feel"} if prompt else {}
    _write(folder / "config_sentence_transformers.json", prompts)
    return folder


def make_heads(model: Path, seed: int = 0) -> Heads:
    """Make heads of random weights for the vectors of ``model``."""
    random = np.random.default_rng(seed)
    probe = SentenceModel(str(model), "cpu", 8).vectors([PROBE])[0]

    def layers(*sizes: int) -> Layers:
        return tuple(
            (
                random.normal(0, 1, (outputs, inputs)).astype(np.float32),
                random.normal(0, 0.1, outputs).astype(np.float32),
            )
            for inputs, outputs in pairwise(sizes)
        )

    return Heads(
        labels=LABELS,
        thresholds=np.array([0.3, 0.4, 0.5], dtype=np.float32),
        temperature=1.25,
        emotion=layers(len(probe), 8, len(LABELS)),
        affect=layers(len(probe), 3),
        model=model.name,
        probe=probe,
    )


def build_heads(path: Path, model: Path) -> Path:
    """Write heads for ``model`` to ``path``; answer it."""
    write_heads(path, make_heads(model))
    return path


def _write(path: Path, content: object) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
