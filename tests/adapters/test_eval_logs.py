from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from emoplug import STRATEGIES, InputError
from emoplug_eval import Report, evaluate
from emoplug_eval._answers import UnansweredError
from emoplug_eval._benchmarks import find
from emoplug_eval._logs import of_log, write_log
from emoplug_eval._show import show
from tests.adapters.eval_documents import Letters
from tests.adapters.eval_rows import write
from tests.adapters.eval_support import LOG, QUESTION, SUGGESTION, SUPPORT, Strategies, logged

NAME = "preference-bias"


def measured(rows: Any, folder: Path, plugin: object | None = None) -> Report:
    path = write(folder / "log.jsonl", rows)
    return evaluate(NAME, path, plugins=[plugin or Strategies()])


def test_a_log_by_hand(tmp_path: Path) -> None:
    report = measured(LOG, tmp_path)
    # always question: two hits, two right, four said
    assert report.metrics["macro_f1"] == pytest.approx((4 / 6) / 8)
    # question takes the whole of the two that are confused
    assert report.metrics["bias"] == pytest.approx((2 / 8) ** 0.5)
    # half of 0.6 is less than 0.4; half of 0.7 is more than 0.3: one of two suggestions is found
    assert report.metrics["corrected_macro_f1"] == pytest.approx((4 / 5 + 2 / 3) / 8)
    assert list(report.intervals) == list(report.metrics)
    assert (report.n, report.data.resampled_by, report.data.notes) == (4, "dialogue", ())


def test_the_table_says_that_it_is_the_log_that_is_measured(tmp_path: Path) -> None:
    console = Console(width=100, record=True, file=StringIO())
    show(measured(LOG, tmp_path), console)
    rows = [line.split() for line in console.export_text().splitlines()]
    assert ["the", "log", "0.083", "0.500", "0.183", "0.500"] in rows


def test_no_dialogue_is_corrected_by_what_is_right_of_it(tmp_path: Path) -> None:
    plugin = Strategies()
    stages = ("exploration", "action", None, "comforting")
    rows = [{**row, "stage": stage} for row, stage in zip(LOG, stages, strict=True)]
    measured(rows, tmp_path, plugin)
    dialogue_of = {0.9: "a", 0.6: "a", 0.7: "b", 0.8: "c"}
    truths = {(row["dialogue_id"], STRATEGIES.index(row["true"])) for row in LOG}
    fitted, applied = [], []
    for one in plugin.correctors:
        learned = {dialogue_of[scores[0]] for scores in one.scores}
        corrected = {dialogue_of[scores[0]] for scores, _ in one.applied}
        assert learned.isdisjoint(corrected)
        assert learned | corrected == {"a", "b", "c"}
        named = zip(one.scores, one.truths, strict=True)
        assert {(dialogue_of[scores[0]], truth) for scores, truth in named} <= truths
        fitted += one.stages
        applied += [stage for _, stage in one.applied]
    assert sorted(map(str, fitted)) == sorted(map(str, stages))
    assert sorted(map(str, applied)) == sorted(map(str, stages))


def test_the_halves_are_the_same_whatever_the_order(tmp_path: Path) -> None:
    learned = []
    for rows in (LOG, LOG[::-1]):
        plugin = Strategies()
        measured(rows, tmp_path, plugin)
        learned.append([sorted(one.scores) for one in plugin.correctors])
    assert learned[0] == learned[1]


def test_without_scores_it_is_measured_as_it_was_predicted_and_said(tmp_path: Path) -> None:
    rows = [{name: value for name, value in row.items() if name != "scores"} for row in LOG]
    plugin = Strategies()
    report = measured(rows, tmp_path, plugin)
    assert dict(report.metrics) == {
        name: measured(LOG, tmp_path).metrics[name] for name in ("macro_f1", "bias")
    }
    assert report.data.notes == (
        "no row has scores, which the corrector needs: measured as it was predicted",
    )
    assert plugin.correctors == []


def test_scores_may_be_a_list_in_the_order_of_strategies(tmp_path: Path) -> None:
    found = find(NAME).read(write(tmp_path / "a.jsonl", LOG))
    assert found.rows[3].said.scores == (0.8, 0, 0, 0, 0, 0.2, 0, 0)
    assert found.rows[0].said.scores == (0.9, 0, 0, 0, 0, 0.1, 0, 0), "0 where not named"


def test_a_best_score_of_another_strategy_is_said(tmp_path: Path) -> None:
    report = measured([{**LOG[0], "predicted": SUGGESTION}, *LOG[1:]], tmp_path)
    assert report.data.notes == ("in 1 of 4 rows the predicted strategy has not the best score",)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"predicted": "question"}, "unknown predicted \"question\" (did you mean 'Question'?)"),
        ({"true": None}, "unknown true null"),
        ({"dialogue_id": 3}, "has a 'dialogue_id' that is 3; give a string"),
        ({"stage": "denial"}, 'unknown stage "denial"; known: exploration, comforting, action'),
        ({"scores": [0.5] * 7}, "has 'scores' that cannot be read; give a score by strategy"),
        ({"scores": "high"}, "has 'scores' that cannot be read"),
        ({"scores": {}}, "has 'scores' that cannot be read"),
        ({"scores": {"Joke": 1}}, 'unknown strategy "Joke"'),
        ({"scores": {QUESTION: 1.5}}, "has 'Question' 1.5; give a number from 0 to 1"),
        ({"scores": {QUESTION: None}}, "has a 'Question' that is null"),
    ],
)
def test_a_wrong_value_is_said_with_line_and_fix(tmp_path: Path, change: Any, said: str) -> None:
    with pytest.raises(InputError) as caught:
        find(NAME).read(write(tmp_path / "a.jsonl", [{**LOG[0], **change}, *LOG[1:]]))
    assert "a.jsonl, line 1 " in str(caught.value)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        (({QUESTION: 1}, None), "line 2 has no scores, unlike the first; give 'scores' in all"),
        ((None, {QUESTION: 1}), "line 2 has scores, unlike the first"),
    ],
)
def test_scores_are_in_all_rows_or_in_none(tmp_path: Path, scores: Any, said: str) -> None:
    rows = [logged("a", QUESTION, QUESTION, one) for one in scores]
    with pytest.raises(InputError, match=said):
        find(NAME).read(write(tmp_path / "a.jsonl", rows))


def test_a_log_of_one_dialogue_leaves_nothing_to_fit_a_corrector_on(tmp_path: Path) -> None:
    with pytest.raises(UnansweredError, match="the log has one; give more dialogues, or leave"):
        measured(LOG[:2], tmp_path)
    assert measured([logged("a", QUESTION, QUESTION)], tmp_path).n == 1


def test_without_the_plugin_that_corrects_it_says_which(tmp_path: Path) -> None:
    with pytest.raises(UnansweredError, match="no plugin 'strategy' that is on has 'corrector'"):
        measured(LOG, tmp_path, Letters())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_a_full_disk_is_said(tmp_path: Path) -> None:
    found = find("esconv-strategy").read(write(tmp_path / "a.jsonl", SUPPORT))
    with pytest.raises(InputError, match="cannot write the log /dev/full: No space left"):
        write_log(Path("/dev/full"), found, [np.zeros(8)] * len(found))


def test_it_tells_how_far_it_is(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    path = write(tmp_path / "log.jsonl", LOG)
    evaluate(NAME, path, plugins=[Strategies()], progress=lambda *step: told.append(step))
    assert told == [("emoplug", done, 4) for done in (1, 2, 3, 4)]
    assert find(NAME).ask is of_log


def leaning(rows: int) -> list[Any]:
    """Answer a log of somebody who tells strategies apart, but leans towards questions."""
    random = np.random.default_rng(0)
    log = []
    for row, right in enumerate(random.integers(0, 8, rows).tolist()):
        scores = random.dirichlet(np.ones(8)) + 0.15 * (np.arange(8) == right)
        scores[0] += 0.15
        told = STRATEGIES[int(scores.argmax())]
        log.append(logged(f"d{row // 10}", STRATEGIES[right], told, (scores / 2).tolist()))
    return log


def test_the_shipped_corrector_takes_a_preference_out(tmp_path: Path) -> None:
    report = evaluate(NAME, write(tmp_path / "log.jsonl", leaning(400)))
    assert report.metrics["bias"] > 1
    assert report.metrics["corrected_bias"] < report.metrics["bias"] / 2
    assert report.metrics["corrected_macro_f1"] > report.metrics["macro_f1"]


def test_at_strength_zero_the_corrector_changes_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "log.jsonl", leaning(100))
    metrics = evaluate(NAME, path, options={"strategy": {"strength": 0}}).metrics
    assert metrics["corrected_bias"] == metrics["bias"]
    assert metrics["corrected_macro_f1"] == metrics["macro_f1"]


def test_decisions_in_place_of_scores_are_refused_by_the_corrector(tmp_path: Path) -> None:
    rows = [{**row, "scores": {row["predicted"]: 1}} for row in LOG]
    with pytest.raises(InputError, match="give the score of each strategy"):
        evaluate(NAME, write(tmp_path / "log.jsonl", rows))
