from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from emoplug import STRATEGIES, InputError
from emoplug_cli._app import app
from emoplug_strategy._html import page
from emoplug_strategy._log import Choice, read_log
from emoplug_strategy._report import report_of

TALK = [
    {"role": "system", "content": "Be kind."},
    {"role": "user", "content": "My manager shouted at me again."},
    {"role": "assistant", "content": "What happened then?"},
    {"role": "user", "content": "I cried in the bathroom."},
    {"role": "assistant", "content": "Have you tried talking to HR? You should write it down."},
]


def written(path: Path, rows: Sequence[Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def biased(rows: int = 400) -> list[dict[str, Any]]:
    """Choices by somebody who likes advice, with scores that know something of the truth."""
    generator = np.random.default_rng(1)
    advice = STRATEGIES.index("Providing Suggestions")
    found = []
    for row in range(rows):
        true = int(generator.integers(0, 8))
        logits = generator.normal(0, 1, 8)
        logits[true] += 1.5
        logits[advice] += 1.5
        scores = np.exp(logits) / np.exp(logits).sum()
        found.append(
            {
                "dialogue_id": str(row // 10),
                "predicted": STRATEGIES[int(scores.argmax())],
                "true": STRATEGIES[true],
                "scores": dict(zip(STRATEGIES, scores.tolist(), strict=True)),
            }
        )
    return found


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


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "no reply of a helper"),
        ("Ann: hello\nBob: hi", "--supporter"),
        ("just words", "line 1: is not 'Name: words'"),
        ('{"predicted": "Question"}', "line 1: has no 'true'"),
        ('{"predicted": "Question", "true": "Advise"}', "'Advise'"),
        ('{"predicted": "Questoin", "true": "Others"}', "did you mean 'Question'"),
        ('{"predicted": "Others", "true": "Others", "scores": [1]}', "eight of 0 to 1"),
        ('{"predicted": "Others", "true": "Others", "stage": "late"}', "stages: exploration"),
        ('{"a": 1}', "has a; give predicted and true"),
        ('{"messages": 3}', "no list"),
        ('{"messages": [{"content": "hi"}]}', "without 'role'"),
        ('{"messages": []}\n{"a"', "line 2: is no JSON"),
        ("{}\n[]", "has nothing"),
    ],
)
def test_a_log_that_cannot_be_read_says_where_and_what_to_do(
    tmp_path: Path, content: str, problem: str
) -> None:
    path = tmp_path / "log"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match="log") as refused:
        read_log(path)
    assert problem in str(refused.value)


def test_a_binary_or_missing_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00\x01")
    for name in ("binary", "missing"):
        with pytest.raises(InputError, match=name):
            read_log(tmp_path / name)


def test_choices_and_conversations_do_not_mix(tmp_path: Path) -> None:
    path = written(tmp_path / "log", [biased(1)[0], {"messages": TALK}])
    with pytest.raises(InputError, match="one sort a file"):
        read_log(path)


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
