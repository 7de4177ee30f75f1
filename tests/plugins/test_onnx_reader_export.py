from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer

from emoplug import Message, Turn
from emoplug_onnx._layout import Marker
from emoplug_onnx._reader import DialogueReader as Product
from emoplug_onnx._reader_weights import MODEL, TOKENIZER, read_weights
from emoplug_onnx.train.reader.calibrate import Calibration, calibrate
from emoplug_onnx.train.reader.corpora import read_split
from emoplug_onnx.train.reader.data import labels_of
from emoplug_onnx.train.reader.fit import load_state
from emoplug_onnx.train.reader.measure import PER_UTTERANCE, Answers, Asked
from emoplug_onnx.train.reader.metrics import scores_of
from emoplug_onnx.train.reader.model import HEADS, DialogueReader, build
from emoplug_onnx.train.reader.samples import pad, windows
from tests.plugins.reader_tiny import SAID, Row, write_rows

CHANCE = 1 / len(SAID)


@pytest.fixture(scope="module")
def int8(tiny_reader: Path) -> Answers:
    return Asked(tiny_reader / "int8").about(tiny_reader / "data", "dev")


@pytest.fixture(scope="module")
def network(tiny_reader: Path) -> DialogueReader:
    """The network as it was trained."""
    state = load_state(tiny_reader / "run")
    model = build(tiny_reader / "base", state["kept"], "sdpa", None)
    model.load_state_dict(state["model"])
    return model.eval()


def turn(*texts: str) -> Turn:
    return Turn(
        messages=tuple(
            Message(role=("user", "assistant")[place % 2], content=text)
            for place, text in enumerate(texts)
        )
    )


def test_what_was_learned_is_better_than_chance_through_the_small_file(int8: Answers) -> None:
    sizes = {task: rows.shape[1] for task, rows in int8.logits.items()}
    scores = scores_of(int8, Calibration.none(sizes))
    for metric in ("meld_weighted_f1", "emorynlp_weighted_f1", "dailydialog_micro_f1"):
        assert scores[metric] > 2 * CHANCE
    for metric in ("empatheticdialogues_top1", "esconv_macro_f1"):
        assert scores[metric] > 4 * CHANCE
    assert scores["reccon_pos_f1"] > 0.7, "if everything were a cause it would be 0.5"
    assert scores["reccon_span_f1_pos"] > 0.7
    assert min(scores["wassa_r_empathy"], scores["wassa_r_distress"]) > 0.7


def test_what_is_written_is_calibrated_on_dev(tiny_reader: Path, int8: Answers) -> None:
    weights = read_weights(tiny_reader / "int8")
    fitted = calibrate(int8)
    assert set(weights.heads) == set(PER_UTTERANCE)
    for task, head in weights.heads.items():
        assert head.labels == labels_of(tiny_reader / "data", task)
        assert head.temperature == pytest.approx(fitted.temperature[task], abs=1e-4)
        assert head.bias == pytest.approx(fitted.bias[task], abs=1e-4)
    assert weights.cause_temperature == pytest.approx(fitted.cause_temperature, abs=1e-4)
    assert weights.cause_bias == pytest.approx(fitted.cause_bias, abs=1e-4)
    assert "research use, not commercial" in weights.licence
    read_weights(tiny_reader / "float")


def test_the_small_file_is_small(tiny_reader: Path) -> None:
    small, full = ((tiny_reader / name / MODEL).stat().st_size for name in ("int8", "float"))
    assert small < full * 0.75, "of so small a network the graph itself is most"


@torch.inference_mode()
def test_the_file_says_what_the_network_says(tiny_reader: Path, network: DialogueReader) -> None:
    data, full = tiny_reader / "data", tiny_reader / "float"
    said = Asked(full).about(data, "test")
    marker = Marker(Tokenizer.from_file(str(full / TOKENIZER)))
    for task in ("meld", "emorynlp", "dailydialog"):
        rows = [s for d in read_split(data, task, "test") for s in windows(d, marker)]
        padded = pad(rows)
        states = network.tokens(padded.ids, padded.owner)
        logits = network.judge(task, network.utterances(states, padded.pool, padded.starts))
        assert logits.flatten(0, 1).numpy() == pytest.approx(said.logits[task], abs=1e-4)
    (sample, *_) = [s for d in read_split(data, "reccon", "test") for s in windows(d, marker)]
    padded = pad([sample])
    states = network.tokens(padded.ids, padded.owner)
    same = (padded.owner != 1).long()  # B says the second utterance, A explains the third
    causes, _ = network.causes(states, padded.owner, torch.tensor([2]), same, padded.pool)
    # States are handed from one graph to the other in half precision.
    assert causes[0].numpy() == pytest.approx(said.pairs[0][:3], abs=2e-3)


def test_the_product_says_what_was_measured(tiny_reader: Path) -> None:
    data, folder = tiny_reader / "data", tiny_reader / "float"
    product, heads = Product(folder, "cpu"), read_weights(folder).heads
    said = Asked(folder).about(data, "dev")
    talk = read_split(data, "dailydialog", "dev")[0].texts
    answer = product.comprehend(turn(*talk))
    assert answer is not None
    measured = heads["dailydialog"].probabilities(said.logits["dailydialog"][: len(talk)])
    assert answer.views["dailydialog"].probabilities == pytest.approx(measured, abs=1e-4)
    # The strategy that follows the first message: the product asks before it is known.
    answer = product.comprehend(turn(read_split(data, "esconv", "dev")[0].texts[0]))
    assert answer is not None
    row = heads["esconv"].probabilities(said.logits["esconv"])[0].tolist()
    wanted = dict(zip(heads["esconv"].labels, row, strict=True))
    assert answer.strategies == pytest.approx(wanted, abs=1e-4)


def test_the_product_tells_causes_and_their_words(tiny_reader: Path) -> None:
    product = Product(tiny_reader / "int8", "cpu")
    texts = [SAID["calm"], f"i did see that {SAID['sadness']}", SAID["sadness"]]
    answer = product.comprehend(turn(*texts))
    assert answer is not None
    assert [bool(cause >= 0.5) for cause in answer.causes] == [False, True, False]
    ((low, high),) = answer.cause_spans[1]
    assert texts[1][low:high] == SAID["sadness"]


def test_every_label_essay_and_pair_is_asked_about(tiny_reader: Path, int8: Answers) -> None:
    data = tiny_reader / "data"
    for task in PER_UTTERANCE:
        told = [label for d in read_split(data, task, "dev") for label in d.labels if label >= 0]
        assert int8.truth[task].tolist() == told
        assert int8.logits[task].shape == (len(told), HEADS[task])
    rated = [d.ratings for d in read_split(data, "wassa", "dev")]
    assert int8.ratings[1] * 2 + 4 == pytest.approx(np.array(rated))
    scores, causes = int8.pairs
    assert causes.tolist() == [0, 1, 0] * 8
    assert len(scores) == len(int8.overlap) == 24
    assert not int8.overlap[causes == 0].any()
    assert 0.7 < int8.overlap[causes == 1].mean() <= 1


def causes(turns: list[int | str], spans: list[str]) -> Row:
    """A conversation whose third turn is explained."""
    texts = [SAID["calm"], f"i did see that {SAID['joy']}", SAID["joy"]]
    said: list[Row] = [
        {"turn": place, "speaker": "AB"[place % 2], "text": text}
        for place, text in enumerate(texts, 1)
    ]
    return {
        "turns": [
            *said[:2],
            {**said[2], "emotion": "joy", "cause_turns": turns, "cause_spans": spans},
        ]
    }


def test_a_cause_counts_once_for_each_of_its_spans_and_one_without_words_counts(
    tiny_reader: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    shutil.copytree(tiny_reader / "data", data)
    rows = [causes([2, 2], ["happy", "see"]), causes([1], ["elsewhere"]), causes(["b"], ["b"])]
    write_rows(data / "reccon" / "dev.jsonl.gz", rows)
    answers = Asked(tiny_reader / "int8").about(data, "dev")
    scores, truth = answers.pairs
    assert truth.tolist() == [0, 1, 1, 0, 1, 0, 0, 0, 0, 0]
    assert scores[1] == scores[2], "one utterance"
    assert answers.overlap[4] == 0, "no words agree with words that are not there"
