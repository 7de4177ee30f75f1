from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TURN = (
    "import emoplug, emoplug_onnx\n"
    "turn = emoplug.Emoplug(deadline=30).prepare([{'role': 'user', 'content': 'Thank you!'}])\n"
    "print(emoplug.__file__, emoplug_onnx.__file__, turn.reading.emotion, sep='\\n')"
)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the project from a wheel, as a user does: an editable install hides what it lacks."""
    folder = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--target", str(folder), str(ROOT)], check=True)
    return folder


def test_the_wheel_brings_plugins_and_weights(installed: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", TURN],
        env={**os.environ, "PYTHONPATH": str(installed)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    core, plugin, emotion = done.stdout.split()
    assert Path(core).is_relative_to(installed)
    assert Path(plugin).is_relative_to(installed)
    assert emotion == "gratitude"


def test_the_wheel_says_it_is_typed(installed: Path) -> None:
    assert (installed / "emoplug" / "py.typed").exists()
