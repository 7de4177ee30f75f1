from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from emoplug_onnx._layout import Marker
from emoplug_onnx.train.reader.data import Dialogue, Evidence
from emoplug_onnx.train.reader.losses import WORDS_WEIGHT, cause_loss, same_speaker
from emoplug_onnx.train.reader.model import DialogueReader, build
from emoplug_onnx.train.reader.samples import Sample, pad, windows
from tests.plugins.reader_tiny import build_base, tokenizer

SURE = 50.0
LOST = Dialogue(
    "reccon",
    ("A", "B", "A", "B"),
    ("i lost the train", "oh my", "i am so sad", "why"),
    evidence=(Evidence(2, "sadness", {0: ["lost the train"], 2: ["so"]}),),
)
GLAD = Dialogue(
    "reccon",
    ("A", "B"),
    ("thank you", "i am happy"),
    evidence=(Evidence(0, "joy", {0: ["thank you"]}), Evidence(1, "joy", {})),
)


def samples(*dialogues: Dialogue) -> list[Sample]:
    marker = Marker(tokenizer())
    return [sample for dialogue in dialogues for sample in windows(dialogue, marker)]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> DialogueReader:
    base = build_base(tmp_path_factory.mktemp("losses") / "base")
    return build(base, range(20), "eager", None)


def right(batch: Sequence[Sample]) -> tuple[Tensor, Tensor]:
    """Answer cause and word logits of a network that is sure and right, one row a target."""
    padded = pad(batch)
    targets = [(row, target) for row, sample in enumerate(batch) for target in sample.targets]
    causes = torch.full((len(targets), padded.pool.shape[1]), -SURE)
    words = torch.full((len(targets), padded.ids.shape[1], 2), -SURE)
    for place, (_, target) in enumerate(targets):
        causes[place, [n for n, caused in enumerate(target.caused) if caused]] = SURE
        for _, first, last in target.spans:
            words[place, first, 0] = words[place, last, 1] = SURE
    return causes, words


def loss(
    model: DialogueReader,
    batch: Sequence[Sample],
    said: tuple[Tensor, Tensor],
    monkeypatch: pytest.MonkeyPatch,
) -> float:
    """Answer the loss of a network that says this."""
    monkeypatch.setattr(model, "causes", lambda *_: said)
    padded = pad(batch)
    return float(cause_loss(model, torch.zeros(*padded.ids.shape, 1), padded, batch))


def test_being_right_costs_nothing_whatever_is_said_of_what_follows_and_of_padding(
    model: DialogueReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = samples(LOST, GLAD)
    causes, words = right(batch)
    causes[0, 3] = SURE  # after the target
    causes[1, 1:] = SURE
    causes[2, 2:] = SURE  # utterances that only the other dialogue has
    words[2] = SURE  # of a target without causing words
    assert loss(model, batch, (causes, words), monkeypatch) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("utterance", [0, 1, 2])
def test_each_utterance_up_to_the_target_is_a_cause_or_is_none(
    model: DialogueReader, monkeypatch: pytest.MonkeyPatch, utterance: int
) -> None:
    batch = samples(LOST)
    causes, words = right(batch)
    causes[0, utterance] *= -1
    told = loss(model, batch, (causes, words), monkeypatch)
    assert told == pytest.approx(SURE / 3), "one of three is wrong"


@pytest.mark.parametrize("edge", [0, 1])
def test_a_wrong_word_costs_only_within_its_utterance(
    model: DialogueReader, monkeypatch: pytest.MonkeyPatch, edge: int
) -> None:
    batch = samples(LOST)
    (target,) = batch[0].targets
    first = target.spans[0][1 + edge]
    causes, words = right(batch)
    outside = batch[0].layout.owner.tolist().index(1)
    words[0, outside, edge] = 3 * SURE
    assert loss(model, batch, (causes, words), monkeypatch) == pytest.approx(0, abs=1e-6)
    words[0, first + (1, -1)[edge], edge] = 2 * SURE
    told = loss(model, batch, (causes, words), monkeypatch)
    assert told == pytest.approx(WORDS_WEIGHT * SURE / 2), "one of two spans is wrong"


def test_targets_without_causing_words_are_learned_from(
    model: DialogueReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = samples(replace(GLAD, evidence=GLAD.evidence[1:]))
    causes, words = right(batch)
    assert loss(model, batch, (-causes, words), monkeypatch) == pytest.approx(SURE)


def test_a_token_is_the_targets_own_where_the_same_speaker_said_it() -> None:
    batch = samples(LOST, GLAD)
    padded = pad(batch)
    rows = [(row, target) for row, sample in enumerate(batch) for target in sample.targets]
    same = same_speaker(batch, rows, padded)
    for place, (row, target) in enumerate(rows):
        owner = batch[row].layout.owner.tolist()
        speakers = batch[row].speakers
        own = [int(speakers[utterance] == speakers[target.target]) for utterance in owner]
        assert same[place].tolist() == own + [0] * (padded.ids.shape[1] - len(own))
