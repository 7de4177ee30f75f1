from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from emoplug import STRATEGIES, EmoplugError, InputError, hookimpl
from emoplug_eval import evaluate
from emoplug_eval._answers import UnansweredError
from emoplug_eval._benchmarks import BENCHMARKS, find
from emoplug_eval._evaluate import _variants
from emoplug_eval._product import Product
from tests.adapters.eval_documents import Letters
from tests.adapters.eval_rows import SENTENCES, Rules, write
from tests.adapters.eval_support import OTHERS, QUESTION, SUGGESTION, SUPPORT, Strategies

NAME = "esconv-strategy"


def test_each_supporter_turn_is_told_from_the_turns_before_it(tmp_path: Path) -> None:
    found = find(NAME).read(write(tmp_path / "a.jsonl", SUPPORT))
    assert [STRATEGIES[gold] for gold in found.gold] == [OTHERS, QUESTION, SUGGESTION, QUESTION]
    assert [row.group for row in found.rows] == ["s", "s", "s", "t"]
    assert [len(scene.texts) for scene in found.scenes] == [0, 3, 4, 1]
    assert [row.message for row in found.rows] == [0, 3, 4, 1], "one behind the last"
    assert [message["role"] for message in found.scenes[2].messages()] == [
        "assistant",
        "user",
        "user",
        "assistant",
    ]


@pytest.mark.parametrize(
    ("turns", "said"),
    [
        ([{"speaker": "A", "text": "Hm."}], 'unknown speaker "A"; known: seeker, supporter'),
        ([{"speaker": "supporter", "text": "Hm.", "strategy": "question"}], "unknown strategy"),
        ([{"speaker": "supporter"}], "has no field 'text'"),
        ([{"speaker": "seeker", "text": "Hm."}], "has no supporter turn with a 'strategy'"),
    ],
)
def test_a_talk_that_cannot_be_read_is_said_with_its_file(
    tmp_path: Path, turns: Any, said: str
) -> None:
    path = write(tmp_path / "a.jsonl", [{"dialogue_id": "d", "turns": turns}])
    with pytest.raises(InputError) as caught:
        find(NAME).read(path)
    assert str(path) in str(caught.value)
    assert said in str(caught.value)


def test_strategies_by_hand(tmp_path: Path) -> None:
    plugin = Strategies()
    report = evaluate(NAME, write(tmp_path / "a.jsonl", SUPPORT), plugins=[plugin])
    # said question, then thrice suggestion; right are others, question, suggestion, question
    assert report.metrics["macro_f1"] == pytest.approx((0 + 2 / 4) / 8)
    assert report.metrics["weighted_f1"] == pytest.approx((2 / 4) / 4)
    assert report.metrics["action_f1"] == pytest.approx((2 / 4) / 2)
    assert report.intervals["macro_f1"][1] <= 1
    # always question: two hits, two right, four said
    assert report.baselines["majority"]["macro_f1"] == pytest.approx((4 / 6) / 8)
    assert report.baselines["majority"]["bias"] == pytest.approx(report.metrics["bias"])
    assert (report.n, report.data.resampled_by) == (4, "dialogue")
    lengths = sorted(len(turn.messages) for turn in plugin.seen[:4])
    assert lengths == [0, 1, 3, 4], "nothing of the future, and the empty talk is asked about"


def test_nothing_that_is_right_reaches_the_plugins(tmp_path: Path) -> None:
    plugin = Strategies()
    rows = [{**row, "situation": "secret", "emotion_type": "fear"} for row in SUPPORT]
    evaluate(NAME, write(tmp_path / "a.jsonl", rows), plugins=[plugin])
    shown = "".join(turn.model_dump_json() for turn in plugin.seen)
    assert not any(word in shown for word in ("secret", OTHERS, "Bye"))


def test_who_scores_no_strategies_has_no_answer(tmp_path: Path) -> None:
    with pytest.raises(UnansweredError, match="put the plugin 'strategy' on"):
        evaluate(NAME, write(tmp_path / "a.jsonl", SUPPORT), plugins=[Letters()])


class Reader(Rules):
    """Reads the strategies that are told it."""

    def __init__(self, strategies: dict[str, float]) -> None:
        super().__init__()
        self.strategies = strategies

    @hookimpl
    def comprehend(self, turn: Any) -> Any:
        found = super().comprehend(turn) if turn.messages else None
        return found and found.model_copy(update={"strategies": self.strategies})


def test_the_reader_alone_stands_beside(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", SUPPORT)
    report = evaluate(NAME, path, plugins=[Reader({SUGGESTION: 0.6, QUESTION: 0.4}), Strategies()])
    assert report.baselines["reader_alone"] == report.metrics, "where nothing is said: the first"


@pytest.mark.parametrize(
    ("plugins", "said"),
    [
        ([Strategies()], "reader_alone is left out: no dialogue reader answered"),
        (
            [Reader({}), Strategies()],
            "reader_alone is left out: the dialogue reader scores no strategies",
        ),
    ],
)
def test_without_a_reader_of_strategies_it_is_left_out_and_said(
    tmp_path: Path, plugins: Any, said: str
) -> None:
    report = evaluate(NAME, write(tmp_path / "a.jsonl", SUPPORT), plugins=plugins)
    assert any(note.startswith(said) for note in report.data.notes)


def test_the_variants_are_ourselves_with_one_thing_changed() -> None:
    benchmark = BENCHMARKS[NAME]
    product = Product(benchmark.plugins, benchmark.options)
    found = dict(_variants(benchmark, product))
    assert list(found) == ["without_corrector", "permissive_only"]
    assert found["without_corrector"] == product.set("strategy", "strength", 0)
    assert found["permissive_only"] == Product(benchmark.plugins, {}, True)
    assert not dict(_variants(benchmark, Product((Strategies(),))))


def test_what_was_said_last_tells_tfidf_what_comes_next(tmp_path: Path) -> None:
    write(tmp_path / "train.jsonl", SUPPORT * 3)
    report = evaluate(NAME, write(tmp_path / "test.jsonl", SUPPORT), plugins=[Strategies()])
    assert report.baselines["tfidf"]["weighted_f1"] == 1.0
    assert report.baselines["tfidf"]["bias"] == 0.0


def test_a_log_has_what_was_predicted_and_can_be_measured(tmp_path: Path) -> None:
    data, log = write(tmp_path / "a.jsonl", SUPPORT), tmp_path / "log.jsonl"
    report = evaluate(NAME, data, plugins=[Strategies()], log=log)
    rows = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    assert [row["dialogue_id"] for row in rows] == ["s", "s", "s", "t"]
    assert [row["true"] for row in rows] == [OTHERS, QUESTION, SUGGESTION, QUESTION]
    assert [row["predicted"] for row in rows] == [QUESTION, *[SUGGESTION] * 3]
    assert rows[0]["scores"] == {**dict.fromkeys(STRATEGIES, 0.0), QUESTION: 0.75, SUGGESTION: 0.25}
    assert [row["stage"] for row in rows] == ["exploration", *["action"] * 3]
    again = evaluate("preference-bias", log, plugins=[Strategies()])
    assert again.metrics["macro_f1"] == report.metrics["macro_f1"]
    assert again.metrics["bias"] == report.metrics["bias"]


def test_a_log_whose_name_says_so_is_gzipped_and_replaces_an_older_one(tmp_path: Path) -> None:
    data, log = write(tmp_path / "a.jsonl", SUPPORT), tmp_path / "log.jsonl.gz"
    for limit in (3, 2):
        evaluate(NAME, data, plugins=[Strategies()], log=log, limit=limit)
    assert gzip.decompress(log.read_bytes()).count(b"\n") == 2


@pytest.mark.parametrize(
    ("log", "said"),
    [
        ("nowhere/log.jsonl", "its folder is not there; choose another path"),
        ("a.jsonl", "it holds what is measured"),
        ("folder", "it is a folder"),
    ],
)
def test_a_log_that_cannot_be_written_is_said_before_anything_is_measured(
    tmp_path: Path, log: str, said: str
) -> None:
    (tmp_path / "folder").mkdir()
    plugin, data = Strategies(), write(tmp_path / "a.jsonl", SUPPORT)
    with pytest.raises(InputError, match=f"cannot write the log .*{said}"):
        evaluate(NAME, data, plugins=[plugin], log=tmp_path / log)
    assert plugin.seen == []


def test_only_predictions_of_strategies_are_logged(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", SENTENCES)
    with pytest.raises(InputError, match="emobank predicts no strategies to log; esconv-strategy"):
        evaluate("emobank", path, log=tmp_path / "log.jsonl")


def test_a_plugin_that_advises_nothing_for_the_empty_talk_has_no_answer(tmp_path: Path) -> None:
    class Shy(Strategies):
        @hookimpl
        def advise(self, turn: Any) -> Any:
            return super().advise(turn) if turn.messages else None

    with pytest.raises(EmoplugError, match="nobody scored strategies"):
        evaluate(NAME, write(tmp_path / "a.jsonl", SUPPORT), plugins=[Shy()])


def test_strategies_are_told_by_the_shipped_plugins(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    report = evaluate(NAME, write(tmp_path / "a.jsonl", SUPPORT), log=log)
    assert report.n == 4
    others = ["majority", "reader_alone", "without_corrector", "permissive_only"]
    assert list(report.baselines) == others
    assert {"encoder.onnx", "reader.onnx"} <= set(report.weights)
    rows = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    for row in rows:
        assert sum(row["scores"].values()) == pytest.approx(1, abs=1e-6)
        assert row["scores"][row["predicted"]] == max(row["scores"].values())
