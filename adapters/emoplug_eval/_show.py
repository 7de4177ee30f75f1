"""A report, and the list of benchmarks, for people at a terminal."""

from __future__ import annotations

from collections.abc import Mapping

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from emoplug_eval._benchmarks import BENCHMARKS
from emoplug_eval._report import Report


def show(report: Report, console: Console) -> None:
    """Print the scores with their intervals, and beside them what others have."""
    data, names = report.data, list(report.metrics)
    head = f"{report.benchmark}: {report.n:,} rows of {data.file}"
    _line(console, head, "bold")
    _line(console, f"a row is {data.example}", "dim")
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("", overflow="fold")
    for name in names:
        table.add_column(name, justify="right")
    table.add_row(*_row(BENCHMARKS[report.benchmark].measured, names, report.metrics), style="bold")
    bounds = {name: f"{low:.3f}-{high:.3f}" for name, (low, high) in report.intervals.items()}
    table.add_row("  95 % interval", *(bounds.get(name, "") for name in names))
    table.add_section()
    for baseline, scores in report.baselines.items():
        table.add_row(*_row(baseline, names, scores))
    table.add_section()
    marks = _marks(report)
    for other in report.published:
        system = f"{other.system} [{marks[other.source, other.on, other.note]}]"
        table.add_row(*_row(system, names, other.metrics), style="dim")
    console.print(table)
    for (source, on, note), mark in marks.items():
        _line(console, f"[{mark}] {source}; {on}{'; ' if note else ''}{note}", "dim")
    for note in data.notes:
        _line(console, f"note: {note}", "yellow")
    _line(console, f"intervals: 1,000 bootstrap resamples by {data.resampled_by}", "dim")
    _line(console, f"data: {data.source}; licence: {data.licence}", "dim")
    for file, digest in report.weights.items():
        _line(console, f"weights: {file} sha256 {digest}", "dim")


def show_list(console: Console) -> None:
    """Print where each data set comes from, its licence, and the files that are looked for."""
    for name, benchmark in BENCHMARKS.items():
        dataset = benchmark.dataset
        _line(console, name, "bold")
        for what, fact in (
            ("scores", ", ".join(benchmark.metric.names)),
            ("a row is", benchmark.example),
            ("from", dataset.source),
            ("licence", dataset.licence),
            ("files", dataset.files),
            ("fields", dataset.fields),
        ):
            _line(console, f"  {what:<8}  {fact}")
    _line(console, "No data set is bundled with emoplug; mind the licence of what you fetch.")


def _row(system: str, names: list[str], scores: Mapping[str, float]) -> list[Text]:
    cells = (f"{scores[name]:.3f}" if name in scores else "" for name in names)
    return [Text(system), *(Text(cell) for cell in cells)]


def _marks(report: Report) -> dict[tuple[str, str, str], int]:
    """Number what is said below the table: source, rows and note, each once."""
    said = dict.fromkeys((one.source, one.on, one.note) for one in report.published)
    return {key: number for number, key in enumerate(said, start=1)}


def _line(console: Console, text: str, style: str = "") -> None:
    console.print(Text(text, style=style), soft_wrap=True)
