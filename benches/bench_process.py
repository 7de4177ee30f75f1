"""What a fresh process costs: import time and memory after a turn; and the package's size."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benches.conftest import Beside

ROOT = Path(__file__).parent.parent
IMPORTS = {
    "emoplug": "import emoplug",
    "Emoplug": "from emoplug import Emoplug",
    "pydantic": "import pydantic",
}
MEMORY_LIMIT = 300 * 2**20
MEASURE = (
    "import psutil; from emoplug import Emoplug; emo = Emoplug(deadline=30)\n"
    "turn = emo.prepare([{'role': 'user', 'content': 'I am so happy today!'}] * 21)\n"
    "assert turn.reading and not turn.degraded\n"
    "print(psutil.Process().memory_info().rss)"
)


def python(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout


@pytest.mark.parametrize("what", IMPORTS)
def test_start_python_and_import(beside: Beside, what: str) -> None:
    beside(
        lambda: python(IMPORTS[what]), lambda: python("pass"), "starting Python alone", rounds=15
    )


def test_memory_after_prepare(benchmark: BenchmarkFixture) -> None:
    resident = int(benchmark.pedantic(python, (MEASURE,), rounds=1))
    benchmark.extra_info["MiB"] = round(resident / 2**20)
    assert resident <= MEMORY_LIMIT


def test_package(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]

    def build() -> None:
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)

    benchmark.pedantic(build, rounds=1)
    (wheel,) = tmp_path.glob("*.whl")
    benchmark.extra_info["MiB"] = round(wheel.stat().st_size / 2**20, 1)
