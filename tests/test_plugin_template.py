from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TEMPLATE = Path(__file__).parent.parent / "examples" / "plugin_template"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Install the template into a folder of its own; answer the environment that sees it."""
    folder = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--target", str(folder), str(TEMPLATE)], check=True)
    return {**os.environ, "PYTHONPATH": str(folder)}


def run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        env=environment,
        cwd=TEMPLATE,
        capture_output=True,
        text=True,
        check=False,
    )


def test_its_own_tests_pass(installed: dict[str, str]) -> None:
    done = run(installed, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests")
    assert done.returncode == 0, done.stdout


def test_emoplug_finds_it_by_name_with_its_options(installed: dict[str, str]) -> None:
    code = (
        "from emoplug import Emoplug, available; assert 'asks' in available()\n"
        "emo = Emoplug(plugins=['asks'], options={'asks': {'closed': 0.25}})\n"
        "print(emo.review(emo.prepare([]), 'Are you well?').findings[0].score)"
    )
    done = run(installed, "-c", code)
    assert done.stdout.strip() == "0.25", done.stderr


def test_a_wrong_option_names_the_nearest(installed: dict[str, str]) -> None:
    code = "from emoplug import Emoplug; Emoplug(plugins=['asks'], options={'asks': {'close': 1}})"
    done = run(installed, "-c", code)
    assert "did you mean 'closed'" in done.stderr
