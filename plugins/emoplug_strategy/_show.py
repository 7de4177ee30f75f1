"""A bias report on a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from emoplug_strategy._report import BiasReport, Interval

_BAR = 24
_LEAST_SCALE = 2.0
"""The longest bar is worth at least this, so that no preference looks like one."""
_ROOM_FOR_COUNTS = 76


def show(report: BiasReport, console: Console) -> None:
    """Print the bars, Q and B, and what they say."""
    console.print(Text(report.verdict, style="bold"))
    console.print(_bars(report, console.width))
    for line in _lines(report):
        console.print(line)


def scale(report: BiasReport) -> float:
    """Answer the preference that the longest bar stands for."""
    return max(_LEAST_SCALE, *(one.preference for one in report.strategies))


def figures(report: BiasReport) -> Iterator[tuple[str, str]]:
    """Name what was found, a figure each."""
    talks = f"{report.dialogues:,} conversation{'' if report.dialogues == 1 else 's'}"
    yield "replies", f"{report.replies:,} in {talks}"
    yield "Q", f"{report.q:.3f} {_between(report.q_interval)} {report.meaning}"
    yield "B", f"{report.b:.2f} {_between(report.b_interval)} 0 is no preference bias"
    stages = ", ".join(f"{stage} {f1:.2f}" for stage, f1 in report.stages.items())
    yield "F1 by stage", stages
    if report.corrected:
        yield "corrected", f"Q {report.corrected.q:.3f}, B {report.corrected.b:.2f}"
    if report.judge:
        yield "judged by", report.judge


def _bars(report: BiasReport, width: int) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1))
    table.add_column("strategy", no_wrap=True)
    table.add_column("preference", justify="right", no_wrap=True, min_width=10)
    table.add_column(f"{'':{_mark(report)}}1 = none", no_wrap=True)
    if width >= _ROOM_FOR_COUNTS:
        table.add_column("used", justify="right")
        table.add_column("right", justify="right")
    for one in report.strategies:
        counts = [str(one.used), str(one.right)] if width >= _ROOM_FOR_COUNTS else []
        bar = Text(_bar(one.preference, report), style="yellow" if one.preference > 1 else "cyan")
        table.add_row(one.strategy, f"{one.preference:.2f}", bar, *counts)
    return table


def _bar(preference: float, report: BiasReport) -> str:
    full, mark = round(preference / scale(report) * _BAR), _mark(report)
    return "".join(
        "│" if place == mark and place >= full else "█" if place < full else " "
        for place in range(_BAR)
    )


def _mark(report: BiasReport) -> int:
    return min(_BAR - 1, round(_BAR / scale(report)))


def _lines(report: BiasReport) -> Iterator[Text]:
    for name, said in figures(report):
        yield Text.assemble((f"{name:12}", "bold"), said)


def _between(interval: Interval) -> str:
    return f"[{interval[0]:.2f}, {interval[1]:.2f}]"
