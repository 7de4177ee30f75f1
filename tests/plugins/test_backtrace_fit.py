"""Questions that a language model asks, and what the re-ranker learns from them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from transformers import AutoModel, GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

from emoplug_backtrace.train.fit import fit
from emoplug_backtrace.train.questions import Asked, _cleaned, ask, read, sentences
from tests.plugins.reader_tiny import write_rows
from tests.plugins.sbert_tiny import build_model

THINGS = "sad glad train leaves hate happy thank tired nine".split()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten documents of nine sentences, each about a thing of its own; one is of the Journal."""
    folder = tmp_path_factory.mktemp("asked")
    rows = [
        {"document": f"{'wsj_' if number == 9 else 'doc'}{number}", "text": f"i am so {thing} i am"}
        for number in range(10)
        for thing in THINGS
    ]
    write_rows(folder / "emobank" / "train.jsonl.gz", rows)
    write_rows(folder / "goemotions" / "train.jsonl.gz", [{"text": "i am so at thank you"}])
    return folder


@pytest.fixture
def writer(tmp_path: Path) -> Path:
    """Folder of a small random language model, whose every word may end a question."""
    words = ["[PAD]", "[UNK]", "Sentence:", "Question:", "what", "why?", "i", "am", "so"]
    tokenizer = Tokenizer(WordLevel({w: place for place, w in enumerate(words)}, "[UNK]"))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=len(words), n_positions=512, n_embd=8, n_layer=1, n_head=1,
        bos_token_id=0, eos_token_id=0, pad_token_id=0,
    )  # fmt: skip
    model: Any = GPT2LMHeadModel(config)
    model.save_pretrained(tmp_path / "model")
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="[PAD]")  # type: ignore[no-untyped-call]  # theirs
    fast.save_pretrained(tmp_path / "model")
    return tmp_path / "model"


def test_the_wall_street_journal_is_left_out(data: Path) -> None:
    documents = {document for document, _ in sentences(data)}
    assert documents == {f"doc{number}" for number in range(9)}


@pytest.mark.parametrize(
    ("answer", "question"),
    [
        (" Why only two? Because.\nSentence: x", "Why only two?"),
        ("What is it", ""),
        ("Really?", ""),
        ("Nothing asked here?", ""),
    ],
)
def test_an_answer_is_cut_to_its_question_or_left_out(answer: str, question: str) -> None:
    assert list(_cleaned([answer])) == [question]


def test_questions_are_added_to_what_is_there_beside_their_sentences(
    data: Path, writer: Path, tmp_path: Path
) -> None:
    out = tmp_path / "questions.jsonl"
    kept = Asked("doc1", "i am so sad i am", "why so sad?")
    out.write_text(json.dumps(vars(kept)) + "\n")
    ask(writer, data, out, minutes=0.1)
    first, *asked = read(out)
    assert first == kept
    assert asked
    assert {(row.document, row.text) for row in asked} <= set(sentences(data))
    assert all(row.question.endswith("?") for row in asked)


def test_questions_teach_where_they_come_from(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = build_model(tmp_path / "tiny", positions=128)
    questions = tmp_path / "questions.jsonl"
    rows = [
        {"document": f"doc{number}", "text": f"i am so {thing} i am", "question": f"so {thing} at?"}
        for number in range(9)
        for thing in THINGS
    ]
    questions.write_text("".join(json.dumps(row) + "\n" for row in rows))
    fit(base, data, questions, tmp_path / "body.pt")
    said = capsys.readouterr().out
    assert "63 questions; 18 of held-out documents" in said
    learned = torch.load(tmp_path / "body.pt", weights_only=True)
    assert any(not torch.equal(w, v) for w, v in zip(learned.values(), _body(base), strict=True))


def _body(base: Path) -> list[torch.Tensor]:
    return list(AutoModel.from_pretrained(base, add_pooling_layer=False).state_dict().values())
