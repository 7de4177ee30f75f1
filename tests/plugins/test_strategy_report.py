from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from emoplug import STRATEGIES
from emoplug_cli._app import app
from emoplug_strategy._html import page
from emoplug_strategy._log import Choice
from emoplug_strategy._report import report_of
from tests.adapters.cli_runs import PATIENCE, PROGRAM, environment, on_terminal
from tests.plugins.strategy_logs import TALK, biased, written

CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def run(*arguments: str | Path) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["bias", "report", *map(str, arguments)])
    return done.exit_code, done.output if done.exception is None else f"{done.exception}"


def as_json(*arguments: str | Path) -> Mapping[str, Any]:
    code, output = run(*arguments, "--json")
    assert code == 0, output
    found: Mapping[str, Any] = json.loads(output)
    return found


def test_a_biased_log_shows_what_it_prefers_and_what_correction_would_do(tmp_path: Path) -> None:
    log = written(tmp_path / "log.jsonl", biased())
    found = as_json(log)
    assert found["b"] > 0.8
    assert found["corrected"]["b"] < found["b"] / 2
    assert found["corrected"]["q"] > found["q"]
    assert found["b_interval"][0] < found["b"] < found["b_interval"][1]
    assert found["verdict"].startswith("It reaches for Providing Suggestions")
    assert (found["replies"], found["dialogues"], found["judge"]) == (400, 40, "")
    assert "true strategies" in found["meaning"]
    assert sum(one["used"] for one in found["strategies"]) == 400
    assert np.mean([one["preference"] for one in found["strategies"]]) == pytest.approx(1)


def test_the_terminal_shows_a_bar_for_each_strategy(tmp_path: Path) -> None:
    code, output = run(written(tmp_path / "log.jsonl", biased()))
    assert code == 0
    lines = {name: line for name in STRATEGIES for line in output.splitlines() if name in line}
    bars = {name: line.count("█") for name, line in lines.items()}
    assert set(bars) == set(STRATEGIES)
    assert max(bars, key=bars.__getitem__) == "Providing Suggestions"
    assert any("│" in line for line in lines.values())


@pytest.mark.parametrize(
    "rows",
    [
        [{"messages": TALK}],
        TALK,
        [{"turns": [{"speaker": m["role"], "text": m["content"]} for m in TALK]}],
    ],
    ids=["conversations", "messages", "turns"],
)
def test_replies_of_a_chat_are_held_against_the_planner(tmp_path: Path, rows: list[Any]) -> None:
    found = as_json(written(tmp_path / "chat.jsonl", rows))
    used = {one["strategy"]: one["used"] for one in found["strategies"]}
    assert (used["Question"], used["Providing Suggestions"], found["replies"]) == (1, 1, 2)
    assert "no truth" in found["meaning"]
    assert found["judge"] == "learned"
    assert "prove little" in found["verdict"]


def test_a_list_of_messages_and_lines_of_words_say_the_same(tmp_path: Path) -> None:
    whole = tmp_path / "chat.json"
    whole.write_text(json.dumps(TALK), encoding="utf-8")
    words = tmp_path / "chat.txt"
    names = {"user": "Ann", "assistant": "Sam", "system": ""}
    said = [f"{names[m['role']]}: {m['content']}" for m in TALK if names[m["role"]]]
    words.write_text("\n".join(said), encoding="utf-8")
    one, other = as_json(whole), as_json(words, "--supporter", "sam")
    assert one["strategies"] == other["strategies"]


def test_a_strategy_that_the_log_names_counts_more_than_the_classifier(tmp_path: Path) -> None:
    labelled = [{**m, "strategy": "Information"} if m["role"] == "assistant" else m for m in TALK]
    found = as_json(written(tmp_path / "chat.jsonl", [{"messages": labelled}]))
    assert {one["strategy"]: one["used"] for one in found["strategies"]}["Information"] == 2


def test_even_choices_show_no_clear_preference() -> None:
    choices = [Choice(n % 8, (n + 1 + n // 8 % 7) % 8, str(n // 8)) for n in range(8 * 7 * 3)]
    report = report_of(choices, "even", "", "")
    assert report.b == pytest.approx(0, abs=1e-3)
    assert report.verdict == "No strategy is clearly preferred."
    assert report.corrected is None


def test_the_page_holds_every_figure_and_no_markup_of_others(tmp_path: Path) -> None:
    html = tmp_path / "report.html"
    log = written(tmp_path / "log.jsonl", biased())
    code, output = run(log, "--html", html)
    assert code == 0, output
    said = html.read_text(encoding="utf-8")
    assert all(name in said for name in STRATEGIES)
    report = report_of([Choice(0, 1, "d")], "<script>alert(1)</script>\x1b", "", "")
    assert "<script>" not in page(report)
    assert "\x1b" not in page(report)


def test_a_page_that_cannot_be_written_names_the_path(tmp_path: Path) -> None:
    code, output = run(written(tmp_path / "log.jsonl", biased(20)), "--html", tmp_path)
    assert code != 0
    assert "choose another path" in output


def test_a_page_never_overwrites_its_log(tmp_path: Path) -> None:
    log = written(tmp_path / "log.jsonl", biased(20))
    before = log.read_bytes()
    code, output = run(log, "--html", tmp_path / "." / "log.jsonl")
    assert code != 0
    assert "would overwrite the log" in output
    assert log.read_bytes() == before


def test_scores_that_are_decisions_are_reported_without_correction(tmp_path: Path) -> None:
    rows = biased(80)
    for row in rows:
        row["scores"] = {row["predicted"]: 1.0}
    found = as_json(written(tmp_path / "log.jsonl", rows))
    assert found["corrected"] is None
    assert found["b"] > 0


def test_replies_of_no_known_conversation_are_resampled_one_by_one(tmp_path: Path) -> None:
    rows = [{**row, "dialogue_id": None} for row in biased(80)]
    found = as_json(written(tmp_path / "log.jsonl", rows))
    assert (found["replies"], found["dialogues"]) == (80, 0)
    assert found["q_interval"][0] < found["q"] < found["q_interval"][1]
    _, output = run(tmp_path / "log.jsonl")
    assert "conversation" not in output.split("replies ")[1].splitlines()[0]


def test_intervals_say_what_was_resampled() -> None:
    few = [Choice(n % 8, n % 5, str(n % 4)) for n in range(80)]
    many = [Choice(n % 8, n % 5, str(n % 7)) for n in range(80)]
    assert report_of(few, "", "", "").resampled == "replies"
    assert report_of(many, "", "", "").resampled == "dialogues"
    assert report_of(many, "", "", "") == report_of(many, "", "", "")


def test_without_weights_for_research_rules_judge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = written(tmp_path / "chat.jsonl", TALK)
    monkeypatch.setenv("EMOPLUG_PERMISSIVE_ONLY", "1")
    assert as_json(log)["judge"].startswith("rules")


@pytest.mark.parametrize("columns", [40, 60, 100])
def test_the_mark_of_no_preference_stands_in_one_column(tmp_path: Path, columns: int) -> None:
    log = written(tmp_path / "log.jsonl", biased())
    program = (*PROGRAM, "bias", "report")
    code, seen = on_terminal(tmp_path, log, program=program, columns=columns, NO_COLOR="1")
    assert code == 0
    lines = CODES.sub("", seen).splitlines()
    places = {line.index("│") for line in lines if "│" in line}
    (head,) = (line.index("1 = none") for line in lines if "1 = none" in line)
    assert places == {head}
    assert max(map(len, lines)) <= columns


def program(folder: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[bytes]:
    """Run ``emoplug bias report`` as a program in a folder, its output piped."""
    return subprocess.run(
        [*PROGRAM, "bias", "report", *arguments],
        cwd=folder,
        capture_output=True,
        env=environment(**env),
        timeout=PATIENCE,
    )


def test_a_terminal_without_blocks_gets_plain_bars(tmp_path: Path) -> None:
    written(tmp_path / "log.jsonl", biased())
    done = program(tmp_path, "log.jsonl", PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.count(b"#") > 8
    assert b"|" in done.stdout


def test_control_characters_of_a_log_stay_off_the_terminal(tmp_path: Path) -> None:
    evil = "ev\x1b[31mil\x9b31m"
    written(tmp_path / evil, [{**biased(1)[0], "dialogue_id": evil}])
    (tmp_path / "bad.jsonl").write_text(json.dumps({"role": evil, "content": "hi"}))
    (tmp_path / "odd.jsonl").write_text(json.dumps({"predicted": evil, "true": evil}))
    for arguments in ([evil], [evil, "--json"], ["bad.jsonl"], ["odd.jsonl"]):
        done = program(tmp_path, *arguments)
        said = (done.stdout + done.stderr).decode()
        assert all(c.isprintable() or c == "\n" for c in said), arguments


def test_a_failure_is_one_line_and_1_and_a_wrong_use_is_2(tmp_path: Path) -> None:
    failed = program(tmp_path, "gone.jsonl")
    assert (failed.returncode, failed.stdout) == (1, b"")
    assert failed.stderr.startswith(b"emoplug: cannot read gone.jsonl")
    assert failed.stderr.count(b"\n") == 1
    assert program(tmp_path).returncode == 2
