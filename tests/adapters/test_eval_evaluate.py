from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

import emoplug_onnx
from emoplug import EmoplugError, InputError, PluginFailedError, SettingsError, Turn, hookimpl
from emoplug_eval import Report, evaluate
from emoplug_eval._benchmarks import BENCHMARKS
from emoplug_eval._evaluate import _variants
from emoplug_eval._product import Product
from tests.adapters.eval_rows import (
    COMMENTS,
    DIALOGUES,
    ESSAYS,
    PAIRS,
    SENTENCES,
    TALKS,
    Rules,
    utterances,
    write,
)


def measured(name: str, rows: Any, folder: Path, rules: Rules | None = None) -> Report:
    """Measure the rules on a file of its own name."""
    write(folder / "unseen.jsonl", DIALOGUES)
    path = write(folder / "pairs_unseen.jsonl", rows)
    return evaluate(name, path, plugins=[rules or Rules()])


def test_comments_are_measured_by_the_shipped_encoder(tmp_path: Path) -> None:
    report = evaluate("goemotions", write(tmp_path / "unseen.jsonl.gz", COMMENTS))
    assert (report.benchmark, report.n) == ("goemotions", 3)
    assert set(report.metrics) == {"macro_f1", "macro_f1_at_0.3", "micro_f1"}
    assert 0.5 < report.metrics["micro_f1"] <= 1
    low, high = report.intervals["micro_f1"]
    assert low <= report.metrics["micro_f1"] <= high
    model = Path(emoplug_onnx.__file__).parent / "weights" / "encoder.onnx"
    assert report.weights["encoder.onnx"] == hashlib.sha256(model.read_bytes()).hexdigest()
    assert not any("reader" in file for file in report.weights), "texts alone decide"
    # majority says one of five right labels, each there once: admits 1 hit of 4 right, 3 said
    assert report.baselines["majority"]["micro_f1"] == pytest.approx(2 * 1 / (4 + 3))
    assert report.data.notes == (
        "published figures are on the whole official test set of 5,427 rows, these are 3: "
        "compare them only roughly",
        "tfidf is left out: there is no other train file beside this one",
    )


def test_sentences_are_measured_by_the_shipped_encoder(tmp_path: Path) -> None:
    report = evaluate("emobank", write(tmp_path / "emobank" / "test.jsonl", SENTENCES).parent)
    assert report.metrics["r_valence"] > 0.9
    assert list(report.metrics) == ["r_valence", "r_arousal", "r_dominance", "r_mean"]
    assert set(report.baselines["mean"].values()) == {0.0}
    assert (report.data.file, report.data.split) == ("emobank/test.jsonl", "test")


def test_utterances_by_hand(tmp_path: Path) -> None:
    rules = Rules()
    report = measured("meld", utterances(), tmp_path, rules)
    # said neutral joy neutral joy; right neutral joy sadness anger: F1 2/3, 2/3, 0, 0
    assert report.metrics == pytest.approx({"weighted_f1": (2 / 3 + 2 / 3) / 4})
    # all neutral: one hit, one right, four said
    assert report.baselines == {"majority": pytest.approx({"weighted_f1": 0.4 / 4})}
    lengths = sorted(len(turn.messages) for turn in rules.seen)
    assert lengths == [1, 1, 2, 3], "nothing of the future, in whatever order the cores take them"


def test_utterances_of_dailydialog_by_hand(tmp_path: Path) -> None:
    rows = utterances({"joy": "happiness", "neutral": "no emotion"})
    report = measured("dailydialog", rows, tmp_path, Rules("happiness", "no emotion"))
    # of the six emotions: one hit, three right, two said
    assert report.metrics["micro_f1"] == pytest.approx(2 * 1 / (3 + 2))
    assert report.metrics["macro_f1"] == pytest.approx((2 / 3 + 2 / 3) / 7)


def test_utterances_of_emorynlp_by_hand(tmp_path: Path) -> None:
    rows = utterances({"joy": "joyful", "sadness": "sad", "anger": "mad"})
    report = measured("emorynlp", rows, tmp_path, Rules("joyful", "neutral"))
    assert report.metrics == pytest.approx({"weighted_f1": 1 / 3})


def test_situations_by_hand(tmp_path: Path) -> None:
    report = measured("empatheticdialogues", TALKS, tmp_path)
    # ranked proud, afraid, others; right are proud, proud, afraid
    assert report.metrics == pytest.approx({"top1": 2 / 3, "top3": 1, "top5": 1})
    assert report.baselines["majority"]["top1"] == pytest.approx(2 / 3)


def test_essays_by_hand(tmp_path: Path) -> None:
    report = measured("wassa", ESSAYS, tmp_path)
    # empathy 1 2 3 for 1.5 3 6: deviations -1 0 1 and -2 -0.5 2.5: 4.5 / sqrt(2 * 10.5)
    empathy = 4.5 / (2 * 10.5) ** 0.5
    expected = {"r_empathy": empathy, "r_distress": 0.0, "r_mean": empathy / 2}
    assert report.metrics == pytest.approx(expected)


def test_causes_by_hand(tmp_path: Path) -> None:
    report = measured("reccon-entailment", PAIRS, tmp_path)
    # said 1 1 1, 0 1 1; right 1 1 0, 1 0 0: the positive listed twice counts twice
    assert report.metrics == pytest.approx({"pos_f1": 4 / 8, "neg_f1": 0, "macro_f1": 0.25})
    assert report.baselines["self_and_previous"] == report.metrics, "the rules say the same"
    # of equal counts 0 is taken: three hits, three right, six said
    assert report.baselines["majority"] == pytest.approx(
        {"pos_f1": 0, "neg_f1": 2 / 3, "macro_f1": 1 / 3}
    )


def test_causing_words_by_hand(tmp_path: Path) -> None:
    report = measured("reccon-span", PAIRS, tmp_path)
    # "cat is gone." for "cat is gone": F1 1; for "The cat": 0; nothing for "cat is gone": 0
    expected = {"em_pos": 0, "f1_pos": 1 / 3, "f1_neg": 0, "f1": 1 / 6}
    assert report.metrics == pytest.approx(expected)
    # "The cat is gone." holds both: F1 1 and 2 * 1 / (1 + 3); nothing for the third
    rule = report.baselines["self_and_previous"]
    assert rule["f1_pos"] == pytest.approx((1 + 0.5 + 0) / 3)
    # three negatives, all empty, of six rows answered empty
    assert report.baselines["majority"]["f1_neg"] == pytest.approx(2 * 3 / (3 + 6))


def test_a_limit_takes_the_first_rows(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", utterances())
    report = evaluate("meld", path, plugins=[Rules()], limit=2)
    assert (report.n, dict(report.metrics)) == (2, {"weighted_f1": 1.0})
    with pytest.raises(SettingsError, match="limit = 0 leaves no row"):
        evaluate("meld", path, limit=0)


@pytest.mark.parametrize(
    ("name", "rows"),
    [("reccon-span", PAIRS), ("wassa", ESSAYS), ("empatheticdialogues", TALKS)],
)
def test_without_a_dialogue_reader_it_says_what_is_missing(
    tmp_path: Path, name: str, rows: Any
) -> None:
    write(tmp_path / "test.jsonl", DIALOGUES)
    path = write(tmp_path / "pairs_test.jsonl", rows)
    with pytest.raises(EmoplugError, match=r"no dialogue reader answered; .* permissive_only"):
        evaluate(name, path, options={"onnx": {"permissive_only": True}})


def test_an_emotion_of_another_label_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EmoplugError, match="'glee', which is none of neutral, surprise"):
        measured("meld", utterances(), tmp_path, Rules(loud="glee"))


def test_a_plugin_that_fails_ends_it_rather_than_change_the_numbers(tmp_path: Path) -> None:
    class Broken:
        @hookimpl
        def comprehend(self, turn: Turn) -> None:
            raise RuntimeError("half built")

    with pytest.raises(PluginFailedError, match="half built"):
        evaluate("wassa", write(tmp_path / "a.jsonl", ESSAYS), plugins=[Broken()])


def test_variants_are_measured_where_a_part_can_be_switched_off(tmp_path: Path) -> None:
    path, options = write(tmp_path / "a.jsonl", ESSAYS), {"onnx": {"permissive_only": True}}
    report = evaluate("wassa", path, plugins=[Rules(), "onnx"], options=options)
    assert report.baselines["permissive_only"] == report.metrics, "the rules know no such setting"
    assert "encoder.onnx" in report.weights
    without = evaluate("wassa", path, plugins=[Rules(), "onnx"], options=options, variants=False)
    assert list(without.baselines) == ["mean"]
    assert list(evaluate("wassa", path, plugins=[Rules()]).baselines) == ["mean"]


def test_the_variants_of_an_utterance_are_ourselves_with_one_thing_changed() -> None:
    benchmark = BENCHMARKS["meld"]
    product = Product(benchmark.plugins, benchmark.options).set("onnx", "device", "cpu")
    found = dict(_variants(benchmark, product))
    assert list(found) == ["without_dynamics", "permissive_only"]
    assert found["without_dynamics"].options == {
        "onnx": {"device": "cpu"},
        "emotion": {"labels": "meld", "dynamics": False},
    }
    assert not found["without_dynamics"].permissive_only
    assert found["permissive_only"] == Product(benchmark.plugins, product.options, True)


def test_notes_say_when_it_is_not_the_test_split(tmp_path: Path) -> None:
    essays = write(tmp_path / "wassa2022" / "dev.jsonl.gz", ESSAYS)
    notes = evaluate("wassa", tmp_path, plugins=[Rules()]).data.notes
    assert notes[0].startswith("measured on the dev split, not on test: the test essays'")
    train = write(essays.parent / "train.jsonl.gz", ESSAYS)
    notes = evaluate("wassa", train, plugins=[Rules()]).data.notes
    assert notes[0] == "measured on the train split, which models have seen"
    assert notes[1].startswith("tfidf is left out")


def test_a_report_is_frozen_and_plain_json(tmp_path: Path) -> None:
    report = measured("wassa", ESSAYS, tmp_path)
    with pytest.raises(ValidationError, match="frozen"):
        report.n = 5  # type: ignore[misc]  # that it is an error is the point
    with pytest.raises(TypeError):
        report.metrics["r_mean"] = 1.0  # type: ignore[index]  # that it is an error is the point
    plain = json.loads(json.dumps(report.as_json(), allow_nan=False))
    assert plain["metrics"] == dict(report.metrics)
    assert plain["intervals"]["r_mean"] == list(report.intervals["r_mean"])
    assert plain["published"][0]["metrics"]["r_mean"] == 0.424


def test_it_tells_how_far_it_is(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    path = write(tmp_path / "a.jsonl", ESSAYS)
    evaluate("wassa", path, plugins=[Rules()], progress=lambda *step: told.append(step))
    assert told == [("emoplug", 1, 3), ("emoplug", 2, 3), ("emoplug", 3, 3)]


def test_published_figures_name_scores_that_are_measured_and_where_they_are_from() -> None:
    for benchmark in BENCHMARKS.values():
        assert benchmark.published
        for one in benchmark.published:
            assert one.system
            assert one.source
            assert set(one.metrics) <= set(benchmark.metric.names)
            greatest = {"bias": 7**0.5}  # of eight strategies
            assert all(0 < value < greatest.get(name, 1) for name, value in one.metrics.items())


def test_what_cannot_be_read_is_said_before_anything_is_loaded(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file or folder"):
        evaluate("goemotions", tmp_path / "nowhere", weights="no/such/weights")
