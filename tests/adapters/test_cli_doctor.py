from __future__ import annotations

import io
import json
import subprocess
import sys
import time
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from emoplug import Emoplug, Encoding, Reading, Settings, Turn, WeightsError, available, hookimpl
from emoplug_cli import _machine as machine
from emoplug_cli._doctor import doctor, show
from emoplug_cli._examine import Report, examine, examine_machine, examine_settings


class Small:
    """Encodes every text as the same; what it tells of itself can be set."""

    name = "small"

    def __init__(self, facts: Mapping[str, str] | None = None) -> None:
        self.facts = facts or {}
        self.texts: list[str] = []

    @hookimpl
    def encode(self, texts: Sequence[str]) -> Encoding:
        self.texts += texts
        n = len(texts)
        return Encoding(
            embeddings=np.ones((n, 1), dtype=np.float32),
            labels=(),
            emotions=np.zeros((n, 0), dtype=np.float32),
            thresholds=np.zeros(0, dtype=np.float32),
            affect=np.zeros((n, 0), dtype=np.float32),
            source="small",
        )

    def diagnose(self) -> Mapping[str, str]:
        return self.facts


class Reader:
    name = "reader"

    @hookimpl
    def read(self, turn: Turn) -> Sequence[Reading] | None:
        return None


class Torn(Small):
    """Its weights are broken."""

    name = "torn"

    def warm_up(self) -> None:
        raise WeightsError("weights.onnx is torn; fetch it again")

    @hookimpl
    def encode(self, texts: Sequence[str]) -> Encoding:
        raise WeightsError("weights.onnx is torn; fetch it again")


class Raising:
    name = "raising"

    @hookimpl
    def read(self, turn: Turn) -> Sequence[Reading]:
        raise RuntimeError("no idea")


class Sleeping:
    name = "sleeping"

    @hookimpl
    def read(self, turn: Turn) -> Sequence[Reading] | None:
        time.sleep(0.05)
        return None


class Falling(Small):
    name = "falling"

    def warm_up(self) -> None:
        warnings.warn("CUDA is not there; install it", RuntimeWarning, stacklevel=1)


def examined(*plugins: object, devices: Sequence[str] = (), deadline: float = 1.0) -> Report:
    """Examine an Emoplug of these plugins."""
    report = Report(devices=list(devices))
    examine(report, Emoplug(plugins=plugins, deadline=deadline))
    return report


def run(*arguments: str) -> tuple[int, str]:
    """Run the command as typer would; answer its exit code and all it said."""
    app = typer.Typer()
    app.command()(doctor)
    result = CliRunner().invoke(app, arguments)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def test_all_well_has_facts_and_timings_and_no_finding() -> None:
    report = examined(Small({"sha256 model": "ab12"}), Reader())
    assert report.ok
    assert report.findings == []
    assert report.plugins["small"] == {"hooks": "encode", "sha256 model": "ab12"}
    assert 0 < report.timing["encode"] <= report.timing["prepare"]


def test_each_timed_text_is_a_new_one_so_that_no_cache_answers() -> None:
    small = Small()
    examined(small)
    assert len(set(small.texts)) == len(small.texts) >= 5


def test_broken_weights_are_one_failure_with_the_fix() -> None:
    report = examined(Torn(), Reader())
    assert not report.ok
    (finding,) = report.findings
    assert (finding.part, finding.problem, finding.fix) == (
        "torn",
        "weights.onnx is torn",
        "fetch it again",
    )
    assert "encode" not in report.timing


def test_a_plugin_that_raises_in_a_turn_is_a_failure() -> None:
    report = examined(Raising(), Small())
    (finding,) = report.findings
    assert not report.ok
    assert finding.part == "raising"
    assert "skipped in read: RuntimeError: no idea" in finding.problem


def test_a_plugin_past_the_deadline_is_a_failure_whose_fix_is_the_deadline() -> None:
    report = examined(Sleeping(), Small(), deadline=0.01)
    assert not report.ok
    assert any("deadline" in finding.fix for finding in report.findings)


def test_cuda_asked_for_and_not_in_use_is_a_failure() -> None:
    facts = {"device asked for": "cuda", "provider in use": "CPUExecutionProvider"}
    report = examined(Small(facts))
    assert not report.ok
    assert "cuda was asked for, CPUExecutionProvider is in use" in report.findings[0].problem


@pytest.mark.parametrize(
    ("asked", "used", "offered", "expected"),
    [
        ("cuda", "CUDAExecutionProvider", "CUDAExecutionProvider", 0),
        ("auto", "CPUExecutionProvider", "CUDAExecutionProvider", 1),
        ("auto", "CPUExecutionProvider", "CPUExecutionProvider", 0),
        ("cpu", "CPUExecutionProvider", "CUDAExecutionProvider", 0),
    ],
)
def test_a_device_is_warned_of_only_where_a_better_one_was_wanted(
    asked: str, used: str, offered: str, expected: int
) -> None:
    facts = {"device asked for": asked, "provider in use": used}
    report = examined(Small(facts), devices=[offered])
    assert report.ok
    assert len(report.findings) == expected


def test_a_warning_while_loading_is_shown_and_fails_nothing() -> None:
    report = examined(Falling())
    (finding,) = report.findings
    assert (finding.level, finding.problem, finding.fix) == (
        "warning",
        "CUDA is not there",
        "install it",
    )
    assert report.ok


def test_readers_without_an_encoder_are_warned_of() -> None:
    report = examined(Reader())
    assert [finding.level for finding in report.findings] == ["warning"]
    assert "encode" not in report.timing


def test_one_plugin_that_does_not_load_leaves_the_others_examined() -> None:
    report = Report()
    examine_settings(report, Settings.build(plugins=("emotion", "nowhere", "hef")))
    assert not report.ok
    assert [f.part for f in report.findings if f.level == "failure"] == ["nowhere"]
    assert report.plugins["hef"] == {"hooks": "guide"}
    assert report.plugins["nowhere"] == {}


def test_options_for_an_unknown_plugin_are_a_failure_of_the_settings() -> None:
    report = Report()
    examine_settings(report, Settings.build(plugins=("emotion",), options={"hfe": {}}))
    assert [finding.part for finding in report.findings] == ["settings"]


def test_twins_that_overwrite_each_other_are_warned_of() -> None:
    report = Report(versions={name: "1" for pair in machine.TWINS for name in pair})
    examine_machine(report)
    said = " ".join(finding.problem for finding in report.findings)
    assert report.ok
    assert "onnxruntime and onnxruntime-gpu" in said
    assert "faiss-cpu and faiss-gpu" in said
    assert all("pip uninstall" in finding.fix for finding in report.findings)


@pytest.mark.parametrize("module", [None, ModuleType("onnxruntime")], ids=["missing", "empty"])
def test_an_onnxruntime_that_does_not_import_is_warned_of(
    monkeypatch: pytest.MonkeyPatch, module: ModuleType | None
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", module)
    report = Report(versions={"onnxruntime": "1"})
    examine_machine(report)
    assert report.devices == []
    assert [finding.part for finding in report.findings] == ["onnxruntime"]
    assert not machine.twins(report.versions)


def test_versions_are_told_without_importing_torch_or_openai() -> None:
    code = (
        "import sys; from emoplug_cli._machine import versions; v = versions();"
        "assert {'python', 'platform', 'emoplug', 'numpy'} <= set(v), v;"
        "assert not {'torch', 'openai', 'faiss', 'onnxruntime'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_what_is_shown_holds_no_markup_or_escape() -> None:
    out = io.StringIO()
    report = examined(Small({"weights": "[bold]w[/bold]\x1b[2J"}))
    report.warns("x", "[red]odd[/red]", "none")
    show(report, Console(file=out))
    assert "[bold]w[/bold][2J" in out.getvalue()
    assert "[red]odd[/red]" in out.getvalue()
    assert "\x1b" not in out.getvalue()


def test_a_long_hash_stays_on_one_line() -> None:
    out = io.StringIO()
    show(examined(Small({"sha256 a-file-with-a-name": "f" * 64})), Console(file=out, width=60))
    assert "f" * 64 in out.getvalue()


def test_exit_code_is_one_when_settings_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "emoplug.toml").write_text("pluggins = []\n", encoding="utf-8")
    code, output = run()
    assert code == 1
    assert "failure: settings:" in output
    assert "did you mean 'plugins'?" in output
    assert "does not work" in output


def test_the_shipped_plugins_are_well_and_tell_hash_device_and_speed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, output = run("--json")
    report = json.loads(output)
    assert (code, report["ok"]) == (0, True)
    onnx = report["plugins"]["onnx"]
    assert any(name.startswith("sha256") and len(fact) == 64 for name, fact in onnx.items())
    assert onnx["provider in use"].endswith("ExecutionProvider")
    assert report["devices"]
    assert report["timing"]["encode"] > 0
    assert set(report["plugins"]) == {*Settings().plugins} <= set(available())


def test_the_command_runs_as_a_program(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "emoplug_cli", "doctor"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all that is on works" in done.stdout
    assert "Traceback" not in done.stderr
