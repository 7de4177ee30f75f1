from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from emoplug_cli._table import spark
from tests.adapters.cli_runs import (
    CONVERSATION,
    PATIENCE,
    PROGRAM,
    ROOT,
    TRANSCRIPT,
    analyze,
    environment,
    on_terminal,
)

ESCAPE = "\x1b"
COLOUR = re.compile(r"\x1b\[(?:[0-9;]*;)?3[0-8](?:;[0-9;]*)?m")
HOSTILE = "I am so sad \x1b[31;5m\x07\x9b2J[red]not red[/red] [link=http://x]x[/link] \u202eevil"


@pytest.fixture
def long(tmp_path: Path) -> Path:
    """Write a conversation long enough for a progress bar."""
    moods, roles = ("sad", "glad", "angry", "tired"), ("user", "assistant")
    path = tmp_path / "long.jsonl"
    texts = [f"I am so {moods[i % 4]}, for reason number {i}." for i in range(150)]
    said = [{"role": roles[i % 2], "content": text} for i, text in enumerate(texts)]
    path.write_text("".join(json.dumps(message) + "\n" for message in said), encoding="utf-8")
    return path


def hostile(folder: Path) -> Path:
    """Write a conversation whose text tries to speak to the terminal."""
    messages = [{"role": "user", "name": "\x1b]0;x\x07Eve", "content": HOSTILE}]
    (folder / "hostile.json").write_text(json.dumps(messages), encoding="utf-8")
    return folder / "hostile.json"


def test_the_table_has_each_message_with_its_emotion_and_affect(tmp_path: Path) -> None:
    done = analyze(tmp_path, CONVERSATION, COLUMNS="100")
    assert (done.returncode, done.stderr) == (0, "")
    rows = {line.split()[0]: line for line in done.stdout.splitlines() if line.strip()}
    assert rows["#"].split() == "# who message emotion valence arousal intensity".split()
    assert re.search(r"^ +6 +user +I was terrified.*… +fear 9\d% +-0\.\d\d ", rows["6"])
    assert re.search(r"gratitude \d\d% +\+0\.\d\d +[+-]0\.\d\d +█+░+", rows["16"])
    assert "%" not in rows["1"], "nobody feels the system prompt"
    assert all(len(line) <= 100 for line in done.stdout.splitlines())


def test_the_spark_line_has_a_bar_for_each_message_that_was_read(tmp_path: Path) -> None:
    done = analyze(tmp_path, CONVERSATION)
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("valence ")]
    bars = line.split()[1]
    assert len(bars) == 15
    assert bars[4] < bars[13], "fear is drawn lower than joy"


def test_the_spark_line_of_a_long_conversation_fits_the_screen(tmp_path: Path, long: Path) -> None:
    done = analyze(tmp_path, long, COLUMNS="60")
    sparks = [line for line in done.stdout.splitlines() if re.match("valence |arousal ", line)]
    assert [len(line) for line in sparks] == [60, 60]


def test_a_spark_line_draws_means_when_there_is_too_little_room() -> None:
    assert spark([-1, 0, 1], -1, 1) == "▁▅█"
    assert spark([-1, -1, 1, 1], -1, 1, width=2) == "▁█"
    assert spark([-9, 9], -1, 1) == "▁█"
    assert spark([], -1, 1, width=5) == ""


def test_the_strongest_moments_are_named_in_order_each_on_one_line(tmp_path: Path) -> None:
    lines = analyze(tmp_path, CONVERSATION).stdout.splitlines()
    start = lines.index("strongest moments")
    shown = [line.strip() for line in lines[start + 1 : start + 4]]
    assert [line.split()[1].strip(",") for line in shown[:2]] == ["fear", "anger"]
    numbers = [int(line.split()[0].strip("#")) for line in shown]
    assert numbers == sorted(numbers)
    assert re.match(r"#10 anger(, \w+)*  user: And my brother", shown[1])
    assert all(len(line) <= 80 for line in lines)
    assert lines[start + 4] == "the last feeling was set off by"
    assert any(line.startswith("told to the model  [Note by emoplug") for line in lines)


def test_names_of_a_transcript_are_shown_and_the_user_can_be_chosen(tmp_path: Path) -> None:
    done = analyze(tmp_path, TRANSCRIPT, "--user", "jon", "--json")
    roles = {m["name"]: m["role"] for m in json.loads(done.stdout)["messages"]}
    assert roles == {"Mara": "assistant", "Jon": "user"}
    assert "Mara" in analyze(tmp_path, TRANSCRIPT).stdout


def test_json_is_one_object_a_conversation_with_the_documented_fields(tmp_path: Path) -> None:
    one = json.loads(CONVERSATION.read_text(encoding="utf-8").splitlines()[3])
    given = "\n".join(json.dumps({"messages": [one] * n}) for n in (1, 2)).encode()
    done = analyze(tmp_path, "-", "--json", given=given)
    assert (done.returncode, done.stderr) == (0, "")
    first, second = map(json.loads, done.stdout.splitlines())
    assert [len(first["messages"]), len(second["messages"])] == [1, 2]
    message = first["messages"][0]
    page = (ROOT / "adapters" / "emoplug_cli" / "README.md").read_text(encoding="utf-8")
    fields = {*first, *message, *message["affect"], *message["groups"]}
    assert {"emotion", "intensity", "valence", "ekman", "guidance", "degraded"} <= fields
    assert not [field for field in fields if f"`{field}`" not in page]
    assert message["text"] == one["content"]
    assert sum(value > 0 for value in message["distribution"].values()) == 28


def test_what_set_off_the_last_feeling_is_shown_with_its_words(tmp_path: Path) -> None:
    told = b"User: I lost my ring, I could cry.\nAnn: Oh no!\nUser: It makes me so sad, Ann."
    shown = analyze(tmp_path, "-", given=told).stdout
    assert "the last feeling was set off by" in shown
    found = json.loads(analyze(tmp_path, "-", "--json", given=told).stdout)
    first = found["causes"][0]
    assert set(first) == {"index", "span", "score", "origin", "source"}
    words = found["messages"][first["index"]]["text"][slice(*first["span"])]
    assert words in shown


def test_danger_and_what_fits_next_are_shown(tmp_path: Path) -> None:
    told = b"User: Hi.\nAnn: Hello!\nUser: My friend says she wants to kill herself."
    shown = analyze(tmp_path, "-", given=told).stdout
    assert re.search(r"#3 User: possible self-harm of somebody else \d\d%", shown)
    found = json.loads(analyze(tmp_path, "-", "--json", given=told).stdout)
    assert [(r["index"], r["kind"], r["about"]) for r in found["risks"]] == [
        (2, "self-harm", "other")
    ]
    assert f"fits next  {found['strategies'][0]['strategy']}" in shown
    assert found["stage"] in shown


def test_json_of_hostile_text_is_valid_and_harmless_in_every_encoding(tmp_path: Path) -> None:
    for encoding in ("utf-8", "ascii", "cp1252"):
        done = analyze(tmp_path, hostile(tmp_path), "--json", PYTHONIOENCODING=encoding)
        assert json.loads(done.stdout)["messages"][0]["text"] == HOSTILE
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", done.stdout)


def test_piped_output_has_no_escapes_and_no_progress(tmp_path: Path, long: Path) -> None:
    done = analyze(tmp_path, long)
    assert done.returncode == 0
    assert not done.stderr
    assert ESCAPE not in done.stdout


def test_a_terminal_gets_colours_and_a_progress_bar_only_on_long_input(
    tmp_path: Path, long: Path
) -> None:
    code, screen = on_terminal(tmp_path, long)
    assert code == 0
    assert COLOUR.search(screen)
    assert re.search("reading.*%", screen)
    code, screen = on_terminal(tmp_path, CONVERSATION)
    assert code == 0
    assert COLOUR.search(screen)
    assert "reading" not in screen


def test_no_color_is_respected_on_a_terminal_also_by_errors(tmp_path: Path) -> None:
    code, screen = on_terminal(tmp_path, CONVERSATION, NO_COLOR="1")
    assert code == 0
    assert "gratitude" in screen
    assert not COLOUR.search(screen)
    assert COLOUR.search(on_terminal(tmp_path, "missing")[1])
    assert on_terminal(tmp_path, "missing", NO_COLOR="1")[1].startswith("emoplug: there is no file")
    assert ESCAPE not in on_terminal(tmp_path, CONVERSATION, TERM="dumb")[1]


def test_markup_and_escapes_in_the_text_are_shown_literally_and_do_nothing(tmp_path: Path) -> None:
    done = analyze(tmp_path, hostile(tmp_path), COLUMNS="140")
    assert "[red]not red[/red] [link=http://x]x[/link]" in done.stdout
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", done.stdout)
    _, screen = on_terminal(tmp_path, hostile(tmp_path), columns=140)
    assert "[red]not red[/red]" in screen
    assert "\x1b[31;5m" not in screen
    assert not re.search("[\x07\x9b\u202e]|\x1b\\]", screen)


@pytest.mark.parametrize("columns", [120, 80, 60, 40, 24, 10])
def test_every_width_keeps_its_lines_and_what_matters_most(tmp_path: Path, columns: int) -> None:
    done = analyze(tmp_path, CONVERSATION, COLUMNS=str(columns))
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= columns
    if columns >= 24:
        assert any(re.search(r"user.*fear 9\d%", line) for line in lines)
    assert ("intensity" in done.stdout) == (columns >= 80)
    assert ("terrified" in "\n".join(lines[:20])) == (columns >= 60)


@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_a_reader_that_leaves_early_ends_it_quietly(
    tmp_path: Path, long: Path, arguments: list[str]
) -> None:
    process = subprocess.Popen(
        [*PROGRAM, "analyze", str(long), *arguments],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(COLUMNS="1000"),  # more than a pipe holds
    )
    assert process.stdout
    assert process.stderr
    process.stdout.read(10)
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(PATIENCE) in (0, 1)


def test_a_reader_that_never_reads_ends_it_quietly(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [*PROGRAM, "analyze", str(CONVERSATION), "--json"]
    with os.fdopen(writing, "wb") as gone:
        done = subprocess.run(
            command, cwd=tmp_path, stdout=gone, stderr=subprocess.PIPE, env=environment()
        )
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_a_full_disk_is_one_line_and_exit_code_one(tmp_path: Path, arguments: list[str]) -> None:
    command = [*PROGRAM, "analyze", str(CONVERSATION), *arguments]
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            command, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, env=environment()
        )
    assert done.returncode == 1
    assert done.stderr.startswith(b"emoplug: cannot write the output: No space left")
    assert done.stderr.count(b"\n") == 1


def test_ctrl_c_while_reading_ends_at_once_with_exit_code_130(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*PROGRAM, "analyze", "-"],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    )
    assert process.stdin
    # It takes more than a pipe holds only once it reads.
    process.stdin.write(b"Mara: hello\n" * 20_000)
    process.stdin.flush()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert b"Traceback" not in said


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 2, "Missing argument"),
        (["x", "--nope"], 2, "No such option"),
        (["x", "--html", "."], 2, "is a directory"),
        ([str(CONVERSATION), "--plugins", "onnx,emotoin"], 1, "did you mean 'emotion'?"),
        ([str(TRANSCRIPT), "--user", "Eve"], 1, "speakers: Mara, Jon"),
    ],
)
def test_wrong_use_has_its_exit_code_and_says_what_is_wrong(
    tmp_path: Path, arguments: list[str], code: int, said: str
) -> None:
    done = analyze(tmp_path, *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in " ".join(done.stderr.replace("│", " ").split())
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_without_a_package_of_the_extra_the_pip_line_is_shown(tmp_path: Path, missing: str) -> None:
    code = f"import sys; sys.modules[{missing!r}] = None; from emoplug_cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr == (
        f"emoplug: the command line needs {missing}; try: pip install 'emoplug[cpu]'\n"
    )


@pytest.mark.parametrize("arguments", [[], ["--json"], ["--html", "page.html"]])
def test_a_plugin_that_was_skipped_is_said_and_the_exit_code_is_one(
    tmp_path: Path, arguments: list[str]
) -> None:
    (tmp_path / "emoplug.toml").write_text("deadline = 0.000001\n", encoding="utf-8")
    done = analyze(tmp_path, CONVERSATION, *arguments, COLUMNS="200")
    assert done.returncode == 1
    assert "skipped in" in (done.stderr if arguments else done.stdout)
    if arguments == ["--json"]:
        assert json.loads(done.stdout)["degraded"][0]["plugin"]
