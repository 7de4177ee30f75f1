"""Nothing that we load tells its maker about the process, in separate processes with new homes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

EVERYTHING = """
from emoplug import Emoplug
from emoplug_backtrace import Backtracer
emo = Emoplug(on_error="raise", deadline=60)
emo.warm_up()
emo.review(emo.prepare([{"role": "user", "content": "My sister forgot my birthday."}]), "Oh no.")
Backtracer(["Rivers bring salt.", "The moon pulls."]).trace("Why is the sea salty?")
"""
DOCTOR = "import sys; sys.argv = ['emoplug', 'doctor']; import emoplug_cli; emoplug_cli.main()"
BARE = "import onnxruntime"
SUPPRESSED_BY = ("CI", "TF_BUILD", "GITHUB_ACTIONS", "GITLAB_CI", "ORT_", "XDG_")


def left_behind(code: str, home: Path, **variables: str) -> set[str]:
    """Run ``code``; answer the files that are then in the person's home."""
    kept = {n: v for n, v in os.environ.items() if not n.startswith(SUPPRESSED_BY)}
    subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        timeout=120,
        env={**kept, "HOME": str(home), **variables},
    )
    return {path.name for path in home.rglob("*") if path.is_file()}


def reports_by_itself(home: Path) -> bool:
    """Tell whether this ONNX Runtime reports to its maker when nobody forbids it."""
    return "deviceid" in left_behind(BARE, home)


@pytest.mark.parametrize("code", [EVERYTHING, DOCTOR], ids=["networks", "doctor"])
def test_no_device_id_and_no_event_is_kept_for_onnx_runtimes_maker(
    code: str, tmp_path: Path
) -> None:
    bare, ours = tmp_path / "bare", tmp_path / "ours"
    bare.mkdir()
    ours.mkdir()
    if not reports_by_itself(bare):
        pytest.skip("this build of ONNX Runtime reports nothing by itself")
    assert not left_behind(code, ours)


def test_who_sets_the_variable_decides(tmp_path: Path) -> None:
    bare, ours = tmp_path / "bare", tmp_path / "ours"
    bare.mkdir()
    ours.mkdir()
    if not reports_by_itself(bare):
        pytest.skip("this build of ONNX Runtime reports nothing by itself")
    assert "deviceid" in left_behind(EVERYTHING, ours, ORT_DISABLE_TELEMETRY="0")


def run(code: str) -> None:
    kept = {n: v for n, v in os.environ.items() if not n.startswith(SUPPRESSED_BY)}
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60, env=kept)


def test_an_app_that_imported_it_before_us_has_its_events_turned_off() -> None:
    run("""
import onnxruntime, os
asked = []
onnxruntime.disable_telemetry_events = lambda: asked.append(1)
from emoplug import no_telemetry
no_telemetry()
no_telemetry()
assert asked == [1], asked
assert os.environ["ORT_DISABLE_TELEMETRY"] == "1"
""")


def test_what_an_uninstalled_twin_left_behind_is_no_reason_to_fail() -> None:
    run("""
import sys, types
sys.modules["onnxruntime"] = types.ModuleType("onnxruntime")
from emoplug import no_telemetry
no_telemetry()
""")
