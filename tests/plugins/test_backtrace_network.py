from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from emoplug import WeightsError
from emoplug_backtrace._late import LateInteraction
from emoplug_backtrace._network import FACTS, MODEL, SHIPPED, TOKENIZER, Network, Tokens

LONG = "The derivative of the product is not the product of the derivatives. " * 40


@pytest.fixture(scope="module")
def network() -> Network:
    return Network()


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """Folder of the shipped weights, the network linked; break what is needed."""
    shutil.copy(SHIPPED / FACTS, tmp_path)
    shutil.copy(SHIPPED / TOKENIZER, tmp_path)
    (tmp_path / MODEL).symlink_to(SHIPPED / MODEL)
    return tmp_path


def states(folder: Path, **facts: Any) -> None:
    """Write other facts beside the weights; ``None`` leaves one out."""
    told = {**json.loads((folder / FACTS).read_text()), **facts}
    kept = {name: value for name, value in told.items() if value is not None}
    (folder / FACTS).write_text(json.dumps(kept))


def test_each_token_has_a_unit_vector_and_a_weight_that_is_never_negative(network: Network) -> None:
    for tokens in network.tokens(
        ["My dog died.", LONG, "😭 我很难过", "half \ud83d", "\x00 [PAD]"]
    ):
        assert len(tokens.ids) == len(tokens.vectors) == len(tokens.weights) > 0
        assert np.linalg.norm(tokens.vectors, axis=1) == pytest.approx(1, abs=1e-4)
        assert (tokens.weights >= 0).all()


def test_rare_words_weigh_more_than_common_ones(network: Network) -> None:
    (tokens,) = network.tokens(["the eigenvalue"])
    assert tokens.weights[0] < 2 < tokens.weights[1:].min()


def test_a_long_text_is_read_in_windows_and_keeps_every_token(network: Network) -> None:
    (long,) = network.tokens([LONG])
    sentence = network.tokens([LONG.partition(".")[0] + "."])[0]
    assert long.ids == sentence.ids * 40
    assert len(long.ids) > 4 * 128


def test_no_text_and_no_words_have_no_tokens(network: Network) -> None:
    assert network.tokens([]) == []
    empty, blank, word = network.tokens(["", " \n", "word"])
    assert empty.ids == blank.ids == ()
    assert empty.vectors.shape == blank.vectors.shape == (0, word.vectors.shape[1])
    assert empty.weights.shape == (0,)


def test_texts_come_back_in_their_order_however_they_are_batched(network: Network) -> None:
    texts = [" ".join(["word"] * (1 + 37 * place % 50)) for place in range(70)]
    assert [len(tokens.ids) for tokens in network.tokens(texts)] == [len(t.split()) for t in texts]


def test_the_shipped_files_are_those_their_facts_tell_of(network: Network) -> None:
    assert set(network.sha256()) == {MODEL, TOKENIZER}


@pytest.mark.parametrize("name", [FACTS, MODEL, TOKENIZER])
def test_a_missing_file_is_named(copied: Path, name: str) -> None:
    (copied / name).unlink()
    with pytest.raises(WeightsError, match=f"{name} is missing or unreadable; reinstall emoplug"):
        Network(copied).tokens(["a"])


def test_a_changed_file_is_named(copied: Path) -> None:
    (copied / TOKENIZER).write_text((copied / TOKENIZER).read_text() + "\n")
    with pytest.raises(WeightsError, match=f"{TOKENIZER} is corrupt: its SHA-256"):
        Network(copied).tokens(["a"])
    with pytest.raises(WeightsError, match=TOKENIZER):
        Network(copied).sha256()


@pytest.mark.parametrize(
    ("break_it", "told"),
    [
        (lambda folder: states(folder, format=2), "is not of format 1"),
        (lambda folder: states(folder, format=None), "corrupt: KeyError"),
        (lambda folder: (folder / FACTS).write_text("{"), "is corrupt"),
        (lambda folder: (folder / FACTS).write_text("[]"), "is corrupt"),
        (lambda folder: states(folder, sha256=[]), "is corrupt"),
        (lambda folder: states(folder, window=None), "corrupt: KeyError"),
    ],
)
def test_facts_of_another_kind_are_named(
    copied: Path, break_it: Callable[[Path], object], told: str
) -> None:
    break_it(copied)
    with pytest.raises(WeightsError, match=f"{FACTS} .*{told}"):
        Network(copied).tokens(["a"])


def test_a_file_that_is_no_network_is_named(copied: Path) -> None:
    (copied / MODEL).unlink()
    (copied / MODEL).write_bytes(b"no network")
    states(copied, sha256={})
    with pytest.raises(WeightsError, match="cannot be loaded"):
        Network(copied).tokens(["a"])


class Plane:
    """A network whose words are directions in a plane, given in degrees, and count as they do."""

    def __init__(self, **words: tuple[float, float]) -> None:
        self.words, self.asked = words, list[str]()
        self.names = list(words)

    def tokens(self, texts: Sequence[str]) -> list[Tokens]:
        self.asked += texts
        return [self._tokens(text.split()) for text in texts]

    def _tokens(self, words: Sequence[str]) -> Tokens:
        turned = np.radians([self.words[word][0] for word in words])
        return Tokens(
            tuple(self.names.index(word) for word in words),
            np.stack([np.cos(turned), np.sin(turned)], axis=1).astype(np.float32),
            np.array([self.words[word][1] for word in words], dtype=np.float32),
        )


def late(plane: Plane, capacity: int = 100) -> LateInteraction:
    return LateInteraction(cast(Network, plane), capacity)


def plane() -> Plane:
    return Plane(east=(0, 1), north=(90, 3), halfway=(60, 1), west=(180, 0))


def test_scores_are_the_weighted_means_of_each_query_tokens_best_cosine() -> None:
    # east weighs 1/4 and north 3/4; cos 60 = 0.5, sin 60 = 0.866.
    found = late(plane()).score("east north", ["east", "north east", "west halfway", "", "west"])
    wanted = [0.25, 1.0, 0.25 * 0.5 + 0.75 * 0.8660254, 0.0, -0.25]
    assert found.tolist() == pytest.approx(wanted, abs=1e-6)


def test_words_that_many_texts_have_count_less_where_rarity_counts() -> None:
    # Of 3 texts, 3 have east: log(4/4) = 0; 1 has north: what is left is north alone.
    texts = ["east", "east north", "east halfway"]
    found = late(plane()).score("east north", texts, rare=True)
    assert found.tolist() == pytest.approx([0, 1, 0.8660254], abs=1e-6)
    plain = late(plane()).score("east north", texts)
    assert plain[0] == pytest.approx(0.25)


@pytest.mark.parametrize("query", ["", "west"])
def test_a_query_of_which_nothing_counts_scores_nothing(query: str) -> None:
    assert late(plane()).score(query, ["east", "west"]).tolist() == [0, 0]


def test_texts_seen_lately_are_not_run_again_and_the_oldest_are_forgotten() -> None:
    network = plane()
    remembering = late(network, capacity=3)
    remembering.score("east", ["north", "west", "north"])
    assert network.asked == ["east", "north", "west"]
    remembering.score("east", ["halfway"])  # west is now the one longest unseen
    remembering.score("east", ["north", "halfway"])
    assert network.asked[3:] == ["halfway"]
    remembering.score("east", ["west"])
    assert network.asked[4:] == ["west"]


def test_more_texts_than_are_remembered_are_all_scored() -> None:
    assert late(plane(), 1).score("east", ["east", "north", "west"]) == pytest.approx([1, 0, -1])


def test_a_query_scores_the_same_whatever_was_asked_before() -> None:
    texts = ["My dog died last night.", "Take the second left.", LONG]
    fresh, used = LateInteraction(Network()), LateInteraction(Network())
    used.score("something else entirely, and much longer", texts)
    assert fresh.score("a dog", texts).tolist() == used.score("a dog", texts).tolist()
