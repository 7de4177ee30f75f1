"""How a bench measures: what we cost, and in the same run what it is held against."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from emoplug import no_telemetry

no_telemetry()  # also where a bench imports ONNX Runtime by itself
Given = Callable[[], tuple[Any, ...]]
DEVICE = os.environ.get("EMOPLUG_BENCH_DEVICE", "cpu")
"""Where networks run: ``cpu`` or ``cuda``; ``python -m benches run --device`` sets it."""


class Beside:
    """Measures us beside a reference, by turns, so that both see the same machine."""

    def __init__(self, benchmark: BenchmarkFixture) -> None:
        self._benchmark = benchmark

    def __call__(
        self,
        ours: Callable[..., Any],
        reference: Callable[..., object],
        named: str,
        *,
        rounds: int = 100,
        given: Given = tuple,
        given_reference: Given = tuple,
        limit: float | None = None,
    ) -> Any:
        """Answer what ``ours`` answered last.

        Args:
            ours: What is measured.
            reference: What it is held against; run before each round.
            named: What that is, in words.
            rounds: How often each is run.
            given: Makes the arguments of ``ours``, off the clock.
            given_reference: Makes those of ``reference``.
            limit: Most that the ratio of medians may be, where something promises it.
        """
        spent: list[float] = []

        def setup() -> tuple[tuple[Any, ...], dict[str, Any]]:
            theirs = given_reference()
            started = time.perf_counter()
            reference(*theirs)
            spent.append(time.perf_counter() - started)
            return given(), {}

        warm_up = max(1, rounds // 20)
        answer = self._benchmark.pedantic(ours, setup=setup, rounds=rounds, warmup_rounds=warm_up)
        told = self._benchmark.extra_info
        told["reference"] = named
        told["reference ms"] = round(statistics.median(spent[-rounds:]) * 1000, 4)
        if limit is not None:
            told["ratio at most"] = limit
        return answer


@pytest.fixture
def beside(benchmark: BenchmarkFixture) -> Beside:
    """Measure beside a reference."""
    return Beside(benchmark)
