from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.adapters.cli_runs import PATIENCE, PROGRAM, environment
from tests.plugins.backtrace_texts import ARTICLE, QUESTION


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ``emoplug backtrace`` as a program in a folder, its output piped."""
    return subprocess.run(
        [*PROGRAM, "backtrace", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        env=environment(COLUMNS="120"),
        timeout=PATIENCE,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Has an article, a talk as JSON lines, and lines that are no segments."""
    made = tmp_path_factory.mktemp("texts")
    (made / "article.txt").write_text("\n".join(ARTICLE))
    rows = [
        {"text": "You are [bold]hopeless\x1b[31m.", "speaker": "Ben"},
        {"text": "It rains 👩‍👧.", "speaker": "Ann"},
        {"text": "How can you say that?", "speaker": "Ann"},
    ]
    (made / "talk.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (made / "broken.jsonl").write_text('{"text": "fine"}\n{"words": 1}\n')
    return made


def test_the_segment_that_caused_a_question_is_shown_first(folder: Path) -> None:
    done = run(folder, "--corpus", "article.txt", "--query", QUESTION)
    assert (done.returncode, done.stderr) == (0, "")
    head, best, *_, last = done.stdout.splitlines()
    assert head.split() == ["segment", "probability", "text"]
    assert best.split(maxsplit=2)[0] == "1"
    assert best.split(maxsplit=2)[2].strip() == ARTICLE[1]
    assert last.strip() == "4 segments, read as news"


def test_json_is_one_object(folder: Path) -> None:
    done = run(folder, "--corpus", "article.txt", "--query", QUESTION, "--k", "2", "--json")
    assert (done.returncode, done.stderr, done.stdout.count("\n")) == (0, "", 1)
    told = json.loads(done.stdout)
    assert (told["profile"], told["segments"]) == ("news", 4)
    best, second = told["causes"]
    assert set(best) == {"segment", "score", "text", "speaker"}
    assert (best["segment"], best["text"], best["speaker"]) == (1, ARTICLE[1], None)
    assert 1 >= best["score"] > second["score"] > 0


def test_a_conversation_is_shown_with_its_speakers_and_without_control_codes(folder: Path) -> None:
    asked = ["--corpus", "talk.jsonl", "--query", "How can you say that?", "--asked-at", "2"]
    done = run(folder, *asked)
    assert done.returncode == 0
    assert "Ben: You are [bold]hopeless [31m." in done.stdout.splitlines()[1]
    assert "read as conversation" in done.stdout
    assert "\x1b" not in done.stdout


def test_where_nothing_came_before_that_is_said(folder: Path) -> None:
    done = run(folder, "--corpus", "talk.jsonl", "--query", "Why?", "--asked-at", "0")
    assert done.returncode == 0
    assert "nothing earlier that could have caused it" in done.stdout


@pytest.mark.parametrize(
    ("corpus", "more", "told"),
    [
        ("gone.txt", ("--query", "Why?"), "cannot read gone.txt"),
        ("broken.jsonl", ("--query", "Why?"), "broken.jsonl, line 2 is no segment"),
        ("article.txt", ("--query", " "), "the query is blank"),
        ("article.txt", ("--query", "Why?", "--asked-at", "9"), "give 0 to 3"),
    ],
)
def test_what_cannot_be_traced_ends_with_one_line_and_1(
    folder: Path, corpus: str, more: tuple[str, ...], told: str
) -> None:
    done = run(folder, "--corpus", corpus, *more)
    assert (done.returncode, done.stdout) == (1, "")
    assert told in done.stderr
    assert done.stderr.startswith("emoplug: ")
    assert done.stderr.count("\n") == 1


def test_a_wrong_use_ends_with_2(folder: Path) -> None:
    assert run(folder, "--corpus", "article.txt").returncode == 2
    wrong = ["--corpus", "article.txt", "--query", "Why?", "--profile", "poem"]
    assert run(folder, *wrong).returncode == 2
