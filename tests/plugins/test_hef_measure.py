from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from emoplug_hef import measure


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Write both data sets in small, in our own words."""
    talk = [
        ("a", "A", "The shop opens at nine.", "no emotion"),
        ("a", "B", "I am so happy, thank you so much!", "happiness"),
        ("b", "A", "The keys are on the table.", "no emotion"),
    ]
    keys = ("dialogue_id", "speaker", "text", "emotion")
    write(tmp_path / "dailydialog", [dict(zip(keys, row, strict=True)) for row in talk])
    turns = [
        {"speaker": "supporter", "text": "Hello, how are you?"},
        {"speaker": "seeker", "text": "Not well."},
        {"speaker": "seeker", "text": "I am so sad and afraid, I cannot sleep."},
        {"speaker": "supporter", "text": "Tell me more."},
        {"speaker": "seeker", "text": "Nobody answers this."},
    ]
    write(tmp_path / "esconv", [{"turns": turns}])
    return tmp_path


def write(folder: Path, rows: Sequence[dict[str, Any]]) -> None:
    folder.mkdir()
    with gzip.open(folder / "dev.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: object
) -> str:
    plugins = ("--plugins", "onnx,emotion,cause")
    monkeypatch.setattr(sys, "argv", ["measure", *map(str, arguments), *plugins])
    measure.main()
    return capsys.readouterr().out


def test_counts_notes_on_messages_with_and_without_an_emotion(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = json.loads(run(monkeypatch, capsys, "--data", data, "--json"))
    without, with_ = rows["silence"]
    assert (without["count"], with_["count"]) == (2, 1)
    assert without["note"] == without["tokens"] == 0
    assert with_["note"] == 1
    assert with_["tokens"] > 20


def test_tells_what_a_note_costs_in_both_styles(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = json.loads(run(monkeypatch, capsys, "--data", data, "--json"))
    assert [row["messages"] for row in rows["cost"]] == [1] * 4
    prose, first, compact, compact_first = (row["tokens"] for row in rows["cost"])
    assert compact_first < first < prose
    assert compact_first < compact < prose
    assert all([*row["whole"].values()] == sorted(row["whole"].values()) for row in rows["cost"])


def test_prints_two_tables_and_draws_the_same_sample_again(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = [run(monkeypatch, capsys, "--data", data, "--sample", 2) for _ in range(2)]
    assert shown[0] == shown[1]
    assert shown[0].count("\n| --- |") == 2


def test_a_message_is_read_with_all_that_was_said_before_it(data: Path) -> None:
    cases = list(measure.dailydialog(data / "dailydialog" / "dev.jsonl.gz"))
    assert [len(case.messages) for case in cases] == [1, 2, 1]
    assert [message["role"] for message in cases[1].messages] == ["assistant", "user"]
    (case,) = measure.esconv(data / "esconv" / "dev.jsonl.gz")
    assert [message["role"] for message in case.messages] == ["assistant", "user", "user"]
