from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from emoplug_cli._app import app
from emoplug_eval._benchmarks import BENCHMARKS
from tests.adapters.cli_runs import PATIENCE, PROGRAM, environment, on_terminal
from tests.adapters.eval_rows import COMMENTS, SENTENCES, write

KEYS = {"benchmark", "n", "metrics", "intervals", "baselines", "published", "weights"}


def run(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run ``emoplug eval`` as a program, its output piped."""
    return subprocess.run(
        [*PROGRAM, "eval", *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        text=True,
        env=environment(COLUMNS="100"),
        timeout=PATIENCE,
    )


def shown(*arguments: str) -> tuple[int, str]:
    """Run a command in this process; answer its exit code and all it said."""
    result = CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def ship(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, source: str) -> None:
    """Install a real third-party distribution with one command."""
    monkeypatch.syspath_prepend(folder)
    (folder / f"{name}_module.py").write_text(source, encoding="utf-8")
    info = folder / f"{name}_dist-2.5.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}-dist\nVersion: 2.5\n")
    (info / "entry_points.txt").write_text(f"[emoplug.commands]\n{name} = {name}_module:run\n")


def test_json_is_one_object_with_what_was_promised(tmp_path: Path) -> None:
    path = write(tmp_path / "unseen.jsonl.gz", SENTENCES)
    done = run(tmp_path, "emobank", "--data", path, "--json", "--device", "cpu")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1
    report = json.loads(done.stdout)
    assert set(report) == KEYS | {"data"}
    assert (report["benchmark"], report["n"]) == ("emobank", 3)
    assert set(report["metrics"]) == {"r_valence", "r_arousal", "r_dominance", "r_mean"}
    assert set(report["intervals"]) == set(report["metrics"])
    assert all(len(digest) == 64 for digest in report["weights"].values())


def test_the_table_has_scores_intervals_baselines_and_published_figures(tmp_path: Path) -> None:
    write(tmp_path / "goemotions" / "test.jsonl.gz", COMMENTS)
    done = run(tmp_path, "goemotions", "--data", tmp_path, "--limit", "2")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "goemotions: 2 rows of goemotions/test.jsonl.gz"
    rows = {line.strip()[:12].strip(): line for line in lines}
    assert len(rows["emoplug"].split()) == 4
    assert rows["95 % interva"].count("-") == 3
    assert "0.460" in rows["BERT-base ca"]
    assert any(line.startswith("[1] Demszky et al., ACL 2020; whole official") for line in lines)
    assert any(line.startswith("note: tfidf is left out") for line in lines)
    assert any(line.endswith("licence: CC BY 4.0") for line in lines)


def test_a_terminal_shows_a_bar_unless_it_is_switched_off(tmp_path: Path) -> None:
    path = write(tmp_path / "unseen.jsonl.gz", SENTENCES)
    program = (*PROGRAM, "eval")
    code, screen = on_terminal(tmp_path, "emobank", "--data", path, program=program)
    assert (code, "emoplug \x1b" in screen or "emoplug ━" in screen) == (0, True)
    _, quiet = on_terminal(tmp_path, "emobank", "--data", path, "--no-progress", program=program)
    assert "━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ " not in quiet
    assert "r_valence" in quiet


def test_the_list_names_each_source_licence_and_file() -> None:
    code, listed = shown("eval", "--list")
    assert code == 0
    for name, benchmark in BENCHMARKS.items():
        assert f"\n{name}\n" in f"\n{listed}"
        assert benchmark.dataset.source in listed
        assert f"licence   {benchmark.dataset.licence}" in listed
    assert "reccon/pairs_fold1_test.jsonl.gz, reccon/test.jsonl.gz" in listed
    assert "wassa2022/dev.jsonl.gz" in listed


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["emobnk", "--data", "."], 1, "no benchmark 'emobnk' (did you mean 'emobank'?)"),
        (["emobank", "--data", "nowhere"], 1, "there is no file or folder nowhere; check"),
        (["emobank", "--data", "."], 1, "has no test.jsonl.gz; it holds no *.jsonl.gz"),
        (["emobank"], 2, "tell with --data PATH where emobank is"),
        ([], 2, "name a benchmark"),
        (["emobank", "--data", ".", "--limit", "0"], 2, "--limit"),
        (["emobank", "--data", ".", "--device", "tpu"], 2, "--device"),
    ],
)
def test_wrong_use_has_its_exit_code_and_says_what_is_wrong(
    tmp_path: Path, arguments: list[str], code: int, said: str
) -> None:
    done = run(tmp_path, *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in " ".join(done.stderr.replace("│", " ").split())
    assert "Traceback" not in done.stderr


def test_a_log_of_predictions_can_be_asked_for(tmp_path: Path) -> None:
    write(tmp_path / "test.jsonl", SENTENCES)
    done = run(tmp_path, "emobank", "--data", "test.jsonl", "--log", "log.jsonl")
    assert (done.returncode, done.stdout) == (1, "")
    assert "emobank predicts no strategies to log; esconv-strategy does" in done.stderr


def test_without_scikit_learn_the_pip_line_is_shown_and_the_list_still_works(
    tmp_path: Path,
) -> None:
    code = "import sys; sys.modules['sklearn'] = None; from emoplug_cli import main; main()"

    def without(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", code, "eval", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    done = without("emobank", "--data", ".")
    assert done.returncode == 1
    assert done.stderr == (
        "emoplug: emoplug eval needs sklearn, which is not installed; "
        "try: pip install 'emoplug[eval]'\n"
    )
    assert without("--list").returncode == 0


def test_a_command_of_somebody_else_runs_and_stands_in_the_help(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = "def run(times: int = 1) -> None:\n    'Say hello.'\n    print('hello ' * times)\n"
    ship(tmp_path, monkeypatch, "greet", source)
    assert shown("greet", "--times", "2") == (0, "hello hello \n")
    assert "Say hello." in shown("--help")[1]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import package_that_is_not_there\n", "try: pip install 'torn-dist'"),
        ("raise RuntimeError('half built')\n", "RuntimeError: half built"),
        ("walk = 1\n", "could not be imported (AttributeError"),
    ],
    ids=["missing", "raises", "not there"],
)
def test_a_broken_command_says_so_and_never_hides_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, said: str
) -> None:
    monkeypatch.delitem(sys.modules, "torn_module", raising=False)
    ship(tmp_path, monkeypatch, "torn", source)
    code, help_text = shown("--help")
    assert (code, "analyze" in help_text, "torn" in help_text) == (0, True, True)
    environ = environment(PYTHONPATH=str(tmp_path))
    command = [*PROGRAM, "torn", "--whatever", "x"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environ)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith("emoplug: the command 'torn' of torn-dist ")
    assert said in done.stderr


def test_commands_of_others_are_imported_only_when_called() -> None:
    code = (
        "import sys; from typer.testing import CliRunner; from emoplug_cli._app import app\n"
        "CliRunner().invoke(app, ['plugins', '--help'])\n"
        "print([name for name in sys.modules if name.startswith('emoplug_eval')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "[]\n"
