from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from emoplug_eval import Report, evaluate
from tests.adapters.eval_rows import (
    COMMENTS,
    ESSAYS,
    TALKS,
    Rules,
    utterances,
    write,
)


def fitted(name: str, rows: list[Any], train: list[Any], folder: Path) -> Report:
    write(folder / "train.jsonl.gz", train)
    return evaluate(name, write(folder / "test.jsonl.gz", rows), plugins=[Rules()])


def test_words_seen_in_training_name_the_emotion(tmp_path: Path) -> None:
    report = fitted("meld", utterances(), utterances(), tmp_path)
    assert report.baselines["tfidf"] == {"weighted_f1": 1.0}
    assert not any("tfidf" in note for note in report.data.notes)


def test_numbers_of_like_words_are_alike(tmp_path: Path) -> None:
    tfidf = fitted("wassa", ESSAYS, ESSAYS, tmp_path).baselines["tfidf"]
    assert tfidf["r_empathy"] > 0.9


def test_all_of_the_conversation_counts_and_labels_that_were_never_seen_rank_last(
    tmp_path: Path,
) -> None:
    tfidf = fitted("empatheticdialogues", TALKS, TALKS, tmp_path).baselines["tfidf"]
    assert tfidf == {"top1": 1.0, "top3": 1.0, "top5": 1.0}
    third = [{**TALKS[1], "dialogue_id": "v", "emotion": "angry"}]
    more = fitted("empatheticdialogues", [*TALKS, *third], [*TALKS, *third], tmp_path)
    assert more.baselines["tfidf"]["top3"] == 1.0


def test_the_majority_is_that_of_the_training_file_when_there_is_one(tmp_path: Path) -> None:
    train = utterances({"sadness": "anger"})
    assert fitted("meld", utterances(), train, tmp_path).baselines["majority"] == pytest.approx(
        {"weighted_f1": 0.4 / 4}  # anger: one hit, one right, four said
    )


def test_label_sets_are_cut_where_held_out_rows_are_named_best(tmp_path: Path) -> None:
    folder = write(tmp_path / "train.jsonl.gz", COMMENTS * 14).parent
    write(folder / "test.jsonl.gz", COMMENTS)
    report = evaluate("goemotions", folder)
    tfidf = report.baselines["tfidf"]
    assert tfidf["micro_f1"] == 1.0
    assert tfidf["macro_f1"] == pytest.approx(4 / 28), "four labels are there, each found"


def test_one_that_cannot_be_fitted_is_left_out_and_said(tmp_path: Path) -> None:
    same = [{**row, "emotion": "joy"} for row in utterances()]
    report = fitted("meld", utterances(), same, tmp_path)
    assert "tfidf" not in report.baselines
    assert report.data.notes[1].startswith("tfidf is left out: it could not be fitted (")


def test_a_training_file_that_cannot_be_read_costs_only_this_baseline(tmp_path: Path) -> None:
    report = fitted("meld", utterances(), COMMENTS, tmp_path)
    assert list(report.baselines) == ["majority"]
    assert "train.jsonl.gz, line 1 has no field 'dialogue_id'" in report.data.notes[1]


def test_without_scikit_learn_the_pip_line_is_shown(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['sklearn'] = None\n"
        "from emoplug_eval import evaluate\n"
        "evaluate('meld', 'nowhere')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.stderr.splitlines()[-1].endswith(
        "EmoplugError: emoplug eval needs sklearn, which is not installed; "
        "try: pip install 'emoplug[eval]'"
    )
