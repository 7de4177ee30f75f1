from __future__ import annotations

import json
from pathlib import Path

import pytest
from tokenizers import Tokenizer
from tokenizers.processors import TemplateProcessing

from emoplug_onnx.train.reader.vocabulary import OFTEN, SPECIAL, cut
from tests.plugins.reader_tiny import tokenizer

TEXTS = ["I am happy."] * OFTEN + ["I hate trains"] * (OFTEN - 1)
"""Three words are often, two are not."""


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """The tokenizer before the cut, which pads, as that of a sentence model does."""
    made = tokenizer()
    made.enable_padding(length=20)
    made.enable_truncation(2)
    made.save(str(tmp_path / "tokenizer.json"))
    return tmp_path / "tokenizer.json"


def made_of(*pieces: str) -> Tokenizer:
    """Make a tokenizer of exactly these pieces, in order, the special ones last."""
    listing = json.loads(tokenizer().to_str())
    vocabulary = {piece: place for place, piece in enumerate([*pieces, *SPECIAL])}
    listing["model"]["vocab"] = vocabulary
    for added in listing["added_tokens"]:
        added["id"] = vocabulary[added["content"]]
    return Tokenizer.from_str(json.dumps(listing))


def test_words_seen_often_single_characters_and_pieces_are_kept(whole: Path) -> None:
    small = Tokenizer.from_str(cut(whole, TEXTS)[0]).get_vocab()
    letters = {piece for piece in tokenizer().get_vocab() if len(piece.removeprefix("##")) == 1}
    assert set(small) == {*SPECIAL, *letters, "am", "happy"}
    assert sorted(small.values()) == list(range(len(small)))


def test_each_token_knows_its_old_row_and_rows_stay_in_order(whole: Path) -> None:
    text, kept = cut(whole, TEXTS)
    before = tokenizer()
    assert kept == sorted(kept)
    assert {before.id_to_token(old): new for new, old in enumerate(kept)} == (
        Tokenizer.from_str(text).get_vocab()
    )


def test_texts_of_kept_words_are_read_as_before(whole: Path) -> None:
    text, kept = cut(whole, TEXTS)
    for said in ("I am happy.", "x ?!", ""):
        small = Tokenizer.from_str(text).encode(said, add_special_tokens=False)
        assert [kept[token] for token in small.ids] == tokenizer().encode(said).ids
        assert small.offsets == tokenizer().encode(said).offsets


def test_other_words_are_spelled_where_they_stand(whole: Path) -> None:
    said = "I hate it"
    small = Tokenizer.from_str(cut(whole, TEXTS)[0]).encode(said, add_special_tokens=False)
    assert small.tokens == ["i", "h", "##a", "##t", "##e", "i", "##t"]
    assert "".join(said[low:high] for low, high in small.offsets) == "Ihateit"


def test_pieces_of_other_scripts_are_kept_only_if_they_are_met(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    made_of("я", "да", "##ко", "##ла", "##été", "##…").save(str(path))
    kept = set(Tokenizer.from_str(cut(path, ["яла"] * OFTEN)[0]).get_vocab())
    assert kept == {*SPECIAL, "я", "##ла", "##été", "##…"}


def test_special_tokens_are_found_where_the_cut_has_put_them(tmp_path: Path) -> None:
    made = made_of("sad", "happy", "train")
    marks = [(mark, made.token_to_id(mark)) for mark in ("[CLS]", "[SEP]")]
    made.post_processor = TemplateProcessing("[CLS] $A [SEP]", special_tokens=marks)
    made.save(str(tmp_path / "tokenizer.json"))
    text, _ = cut(tmp_path / "tokenizer.json", ["sad"] * OFTEN)
    small = Tokenizer.from_str(text)
    vocabulary = small.get_vocab()
    assert vocabulary == {"sad": 0, **{mark: 1 + n for n, mark in enumerate(SPECIAL)}}
    wanted = [vocabulary[piece] for piece in ("[CLS]", "sad", "[UNK]", "[MASK]", "[SEP]")]
    assert small.encode("sad train [MASK]").ids == wanted
