from __future__ import annotations

import sys
from math import log
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from transformers import AutoModel

from emoplug_backtrace._network import FACTS, MODEL, TOKENIZER, Network
from emoplug_backtrace.train.__main__ import main
from emoplug_backtrace.train.network import inverse_frequencies
from tests.plugins.reader_tiny import write_rows
from tests.plugins.sbert_tiny import build_model

SAID = ["i am so sad", "i am glad", "the train leaves", "i hate it"]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a small BERT that reads as many tokens as the network does."""
    return build_model(tmp_path_factory.mktemp("bert") / "tiny", positions=128)


@pytest.fixture(scope="module")
def made(base: Path) -> Path:
    """Folder that the command wrote its network to."""
    data = base.parent / "data"
    for corpus, texts in (("goemotions", SAID[:3]), ("emobank", SAID[3:])):
        write_rows(data / corpus / "train.jsonl.gz", [{"text": text} for text in texts])
    arguments = ["train", "network", "--data", data, "--base", base, "--out", base.parent / "out"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", list(map(str, arguments)))
        main()
    return base.parent / "out"


def test_a_token_weighs_what_its_inverse_document_frequency_is() -> None:
    tokenizer = Tokenizer(WordLevel({"a": 0, "b": 1, "never": 2, "?": 3}, unk_token="?"))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    found = inverse_frequencies(tokenizer, ["a a", "a b", "a"])
    assert found == pytest.approx([log(4 / 4), log(4 / 2), log(4 / 1), log(4 / 1)])


def test_the_command_writes_a_network_that_the_plugin_can_read(made: Path) -> None:
    assert {path.name for path in made.iterdir()} == {FACTS, MODEL, TOKENIZER}
    assert set(Network(made).sha256()) == {MODEL, TOKENIZER}


def test_its_weights_were_counted_in_both_corpora(made: Path) -> None:
    (tokens,) = Network(made).tokens(["i am glad happy"])
    wanted = [log(5 / 4), log(5 / 3), log(5 / 2), log(5 / 1)]
    step = log(5) / 255  # the table is rounded to eight bits
    assert tokens.weights.tolist() == pytest.approx(wanted, abs=step / 2)


def test_its_vectors_are_nearly_those_of_the_base_model(made: Path, base: Path) -> None:
    (tokens,) = Network(made).tokens(["i am so sad"])
    with torch.inference_mode():
        ids = torch.tensor([[2, *tokens.ids, 3]])  # [CLS] and [SEP] around
        states = AutoModel.from_pretrained(base)(input_ids=ids).last_hidden_state[0, 1:-1]
    wanted = torch.nn.functional.normalize(states, dim=-1).numpy()
    assert (np.sum(tokens.vectors * wanted, axis=1) > 0.98).all()


def test_its_padding_changes_little(made: Path) -> None:
    alone = Network(made).tokens(["i am"])[0]
    beside = Network(made).tokens(["i am", "the train leaves at nine thank you"])[0]
    assert (np.sum(alone.vectors * beside.vectors, axis=1) > 0.98).all()
