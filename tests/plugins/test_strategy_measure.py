from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from emoplug import STAGES
from emoplug_strategy.measure import _plan, _reply, cases, main, measure, table

TURNS = [
    {"speaker": "supporter", "text": "Hello! What is on your mind?", "strategy": "Question"},
    {"speaker": "seeker", "text": "My sister does not talk to me any more."},
    {"speaker": "supporter", "text": ""},
    {
        "speaker": "supporter",
        "text": "It sounds like you feel hurt.",
        "strategy": "Reflection of feelings",
    },
    {"speaker": "seeker", "text": "Yes. Thank you, I have to go now."},
    {"speaker": "supporter", "text": "You are welcome, bye!", "strategy": "Others"},
]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    (folder / "esconv").mkdir()
    with gzip.open(folder / "esconv" / "dev.jsonl.gz", "wt", encoding="utf-8") as lines:
        lines.write(json.dumps({"dialogue_id": "1", "turns": TURNS}) + "\n")
    return folder


def test_every_reply_with_a_strategy_is_asked_with_what_came_before(data: Path) -> None:
    first, second, third = cases(data, "dev")
    assert first.messages == []
    assert [message["role"] for message in second.messages] == ["assistant", "user", "assistant"]
    assert second.messages[-1]["content"] == " "
    assert (third.reply, third.strategy) == ("You are welcome, bye!", "Others")


def test_all_planners_and_classifiers_are_measured(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["measure", "--data", str(data), "--json"])
    main()
    rows = json.loads(capsys.readouterr().out)
    assert {row["planner"]: row["n"] for row in rows["plans"]} == {
        "as shipped": 3,
        "no corrector": 3,
        "permissive_only": 3,
        "reader alone": 2,
    }
    assert {row["classifier"]: row["accuracy"] for row in rows["replies"]}["rules"] == 1
    monkeypatch.setattr("sys.argv", ["measure", "--data", str(data)])
    main()
    assert capsys.readouterr().out.splitlines() == list(table(rows))


def test_equal_rows_are_measured_equally(data: Path) -> None:
    rows = list(cases(data, "dev"))
    assert measure(rows) == measure(rows)


def test_always_right_is_no_bias_and_full_marks() -> None:
    every = list(range(8)) * 2
    row = _plan("right", every, every)
    assert row["macro_f1"] == row["weighted_f1"] == 1
    assert row["stages"] == {stage: 1 for stage in STAGES}
    assert row["bias"] == 0


def test_weighted_f1_counts_strategies_by_how_often_they_are_right() -> None:
    row = _plan("asks always", [0, 0, 0, 0], [0, 0, 0, 7])
    assert row["macro_f1"] == pytest.approx(6 / 7 / 8)
    assert row["weighted_f1"] == pytest.approx(6 / 7 * 3 / 4)
    assert row["stages"]["exploration"] == pytest.approx(6 / 7 / 2)
    assert row["stages"]["action"] == 0
    assert row["bias"] == pytest.approx(0.5)  # of eight, one has 2 and one 0
    assert _reply("asks always", [0, 0, 0, 0], [0, 0, 0, 7])["accuracy"] == 0.75


def test_the_test_split_is_no_choice(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["measure", "--data", str(data), "--split", "test"])
    with pytest.raises(SystemExit):
        main()
    assert "choose from" in capsys.readouterr().err
