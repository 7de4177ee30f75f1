"""What a run of the benches found, as it is committed: one JSON file a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

FOLDER = Path(__file__).parent / "results"


class Figure(BaseModel):
    """One bench.

    Attributes:
        name: File and test, such as ``prepare: plugins one by one [onnx]``.
        ms: Median.
        least: Smallest.
        p99: What 99 of 100 rounds stay below.
        rounds: How many there were.
        reference: What it was held against by turns, in words.
        reference_ms: Median of that.
        ratio: Our median by the reference's.
        at_most: Most that the ratio may be, where something promises it.
        more: Whatever else it found out.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    ms: float
    least: float
    p99: float
    rounds: int
    reference: str | None = None
    reference_ms: float | None = None
    ratio: float | None = None
    at_most: float | None = None
    more: dict[str, Any] = {}


class Results(BaseModel):
    """One run.

    Attributes:
        machine: Processor, cores, system, versions and device.
        command: What was run.
        figures: What was found.
    """

    model_config = ConfigDict(frozen=True)

    machine: dict[str, str]
    command: str
    figures: tuple[Figure, ...]

    def by_name(self) -> dict[str, Figure]:
        """Answer the figures by name."""
        return {figure.name: figure for figure in self.figures}


def read(path: Path) -> Results:
    """Read the results of a run."""
    return Results.model_validate_json(path.read_text(encoding="utf-8"))


def condensed(report: dict[str, Any], device: str, command: str) -> Results:
    """Answer what is worth keeping of pytest-benchmark's report."""
    return Results(
        machine=_machine(report["machine_info"], device),
        command=command,
        figures=tuple(_figure(bench) for bench in report["benchmarks"]),
    )


def written(results: Results) -> str:
    """Answer ``results`` as they are committed."""
    return json.dumps(results.model_dump(exclude_none=True), indent=1, ensure_ascii=False) + "\n"


def _figure(bench: dict[str, Any]) -> Figure:
    stats, more = bench["stats"], dict(bench["extra_info"])
    rounds = sorted(stats["data"])
    reference, beside = more.pop("reference", None), more.pop("reference ms", None)
    ms = stats["median"] * 1000
    return Figure(
        name=_name(bench["fullname"]),
        ms=round(ms, 4),
        least=round(stats["min"] * 1000, 4),
        p99=round(rounds[int(0.99 * (len(rounds) - 1))] * 1000, 4),
        rounds=len(rounds),
        reference=reference,
        reference_ms=beside,
        ratio=more.pop("ratio", round(ms / beside, 3) if beside else None),
        at_most=more.pop("ratio at most", None),
        more=more,
    )


def _name(full: str) -> str:
    path, _, test = full.partition("::")
    about = Path(path).stem.removeprefix("bench_")
    words, _, case = test.removeprefix("test_").partition("[")
    told = f" [{case[:-1].replace('_', ' ')}]" if case else ""
    return f"{about}: {words.replace('_', ' ')}{told}"


def _machine(info: dict[str, Any], device: str) -> dict[str, str]:
    from importlib.metadata import version

    packages = ("onnxruntime", "tokenizers", "faiss-cpu", "numpy", "pydantic")
    return {
        "processor": str(info["cpu"].get("brand_raw", info["processor"])),
        "cores": str(info["cpu"]["count"]),
        "system": f"{info['system']} {info['release']}",
        "python": info["python_version"],
        "device": device,
        **{name: version(name) for name in packages},
    }
