from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import typer
from typer.testing import CliRunner

from emoplug import EmoplugError, Settings, WeightsError, available, hookimpl
from emoplug_cli._plugins import Row, hooks_of, plugins, problem_of, survey

Ship = Callable[[str, str], None]

WORKING = """
from emoplug import hookimpl
class Plugin:
    @hookimpl
    def guide(self, turn):
        return None
    @hookimpl
    def read(self, turn):
        return None
"""


@pytest.fixture
def ship(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ship:
    """Install a real third-party distribution with one plugin, for one test."""
    monkeypatch.syspath_prepend(tmp_path)

    def install(name: str, source: str) -> None:
        monkeypatch.delitem(sys.modules, f"{name}_module", raising=False)  # another test's
        (tmp_path / f"{name}_module.py").write_text(source, encoding="utf-8")
        info = tmp_path / f"{name}_dist-2.5.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}-dist\nVersion: 2.5\n", encoding="utf-8"
        )
        (info / "entry_points.txt").write_text(
            f"[emoplug]\n{name} = {name}_module:Plugin\n", encoding="utf-8"
        )

    return install


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, so that no settings file is found."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> tuple[int, str]:
    """Run the command as typer would; answer its exit code and all it said."""
    app = typer.Typer()
    app.command()(plugins)
    result = CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def named(rows: list[Row], name: str) -> Row:
    """Answer the row of one plugin."""
    return next(row for row in rows if row.name == name)


def test_those_on_come_first_in_the_order_of_the_settings(ship: Ship) -> None:
    ship("zebra", WORKING)
    ship("aardvark", WORKING)
    settings = Settings.build(plugins=("zebra", "emotion"))
    rows = survey(settings, {n: p for n, p in available().items() if n != "sbert"})
    assert [(row.name, row.order) for row in rows[:2]] == [("zebra", 1), ("emotion", 2)]
    rest = [row.name for row in rows[2:]]
    assert rest == sorted(rest)
    assert all(row.order is None for row in rows[2:])


def test_hooks_are_in_call_order_and_the_distribution_is_named(ship: Ship) -> None:
    ship("zebra", WORKING)
    row = named(survey(Settings.build(plugins=("zebra",)), available()), "zebra")
    assert row == Row("zebra", 1, ("read", "guide"), "zebra-dist 2.5")


def test_a_missing_package_of_another_distribution_names_that(ship: Ship) -> None:
    ship("broken", "import package_that_is_not_there\n")
    row = named(survey(Settings.build(plugins=("emotion",)), available()), "broken")
    assert row.problem == "needs package_that_is_not_there, which is not installed"
    assert row.fix == "try: pip install --upgrade 'broken-dist'"


def test_a_missing_extra_of_ours_names_the_pip_line(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [name for name in sys.modules if name.startswith("emoplug_onnx")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    rows = survey(Settings.build(), {"onnx": available()["onnx"]})
    assert named(rows, "onnx").fix == "try: pip install 'emoplug[cpu]'"
    assert not named(rows, "emotion").problem


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("raise RuntimeError('half built')", "half built"),
        ("class Other: pass", "Plugin"),
        ("class Plugin:\n    def __init__(self): 1 / 0", "ZeroDivisionError"),
        (WORKING.replace("def guide", "def gide"), "gide"),
    ],
    ids=["import fails", "not there", "building fails", "unknown hook"],
)
def test_a_plugin_broken_in_any_way_never_hides_the_others(
    ship: Ship, source: str, said: str
) -> None:
    ship("broken", source)
    ship("zebra", WORKING)
    rows = survey(Settings.build(plugins=("broken", "emotion")), available())
    assert said in named(rows, "broken").problem
    assert named(rows, "broken").fix
    assert not named(rows, "zebra").problem
    assert not named(rows, "emotion").problem


def test_a_name_in_the_settings_that_nothing_installed_has_is_listed() -> None:
    row = named(survey(Settings.build(plugins=("emotoin",)), available()), "emotoin")
    assert "did you mean 'emotion'?" in row.problem
    assert row.order == 1


def test_wrong_options_are_shown_at_their_plugin() -> None:
    settings = Settings.build(plugins=("hef", "emotion"), options={"hef": {"bugdet": 3}})
    rows = survey(settings, {n: p for n, p in available().items() if n != "sbert"})
    assert "bugdet" in named(rows, "hef").problem
    assert not named(rows, "emotion").problem


def test_a_plugin_that_only_lacks_settings_is_not_called_broken(alone: Path) -> None:
    rows = {row.name: row for row in survey(Settings(), available())}
    assert rows["sbert"].unset
    assert rows["sbert"].problem == "has no model and no heads"
    assert "options.sbert.model" in rows["sbert"].fix
    _, shown = run()
    assert "needs settings" in shown
    wrong = Settings(options={"sbert": {"model": "m", "heds": "h"}})
    assert not next(row for row in survey(wrong, available()) if row.name == "sbert").unset


def test_problems_of_every_kind_have_a_fix() -> None:
    for error in (EmoplugError("odd"), WeightsError("torn; fetch it again"), ValueError("no")):
        problem, fix = problem_of(error)
        assert problem
        assert fix
    assert problem_of(WeightsError("torn; fetch it again")) == ("torn", "fetch it again")


def test_a_module_and_an_object_without_hooks_are_told_apart() -> None:
    module = ModuleType("quiet")
    vars(module)["guide"] = hookimpl(lambda turn: None)
    assert hooks_of(module) == ("guide",)
    assert hooks_of(object()) == ()


def test_the_table_shows_state_hooks_and_the_fix(ship: Ship, alone: Path) -> None:
    ship("broken", "import package_that_is_not_there\n")
    (alone / "emoplug.toml").write_text('plugins = ["emotion", "hef"]\n', encoding="utf-8")
    code, output = run()
    assert code == 0
    lines = {line.split()[0]: line for line in output.splitlines() if line.strip()}
    assert lines["emotion"].split()[1:3] == ["1.", "read"]
    assert lines["hef"].split()[1:3] == ["2.", "guide"]
    assert lines["onnx"].split()[1] == "off"
    assert "pip install --upgrade 'broken-dist'" in lines["broken:"]


@pytest.mark.usefixtures("alone")
def test_json_has_one_object_for_each_plugin() -> None:
    code, output = run("--json")
    rows = {row["name"]: row for row in json.loads(output)}
    assert code == 0
    assert set(rows) == set(available())
    assert rows["emotion"]["order"] == 2
    assert rows["emotion"]["hooks"] == ["read"]
    assert set(rows["emotion"]) == set(Row.__dataclass_fields__)


def test_the_command_runs_as_a_program(alone: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "emoplug_cli", "plugins", "--json"],
        cwd=alone,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert {"onnx", "emotion", "hef"} <= {row["name"] for row in json.loads(done.stdout)}
