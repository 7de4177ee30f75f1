"""What a fresh process costs: import time, and memory after a turn."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

IMPORTS = {
    "nothing": "pass",
    "emoplug": "import emoplug",
    "pydantic": "import pydantic",
    "Emoplug": "from emoplug import Emoplug",
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
def test_start_python_and_import(benchmark: BenchmarkFixture, what: str) -> None:
    benchmark.pedantic(python, (IMPORTS[what],), rounds=15, warmup_rounds=2)


def test_memory_after_prepare(benchmark: BenchmarkFixture) -> None:
    resident = int(benchmark.pedantic(python, (MEASURE,), rounds=1))
    benchmark.extra_info["resident_mib"] = round(resident / 2**20)
    assert resident <= MEMORY_LIMIT
