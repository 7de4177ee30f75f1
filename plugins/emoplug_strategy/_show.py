"""A bias report on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from emoplug_strategy._report import RESAMPLES, BiasReport, Interval

_SHORTEST, _LONGEST, _BESIDE = 8, 24, 43
"""Columns of the longest bar, at least and at most, and what stands beside it."""
_SIGNS, _PLAIN_SIGNS = ("█", "│"), ("#", "|")
_LEAST_SCALE = 2.0
"""The longest bar is worth at least this, so that no preference looks like one."""
_ROOM_FOR_COUNTS = 76


def show(report: BiasReport, console: Console) -> None:
    """Print the bars, Q and B, and what they say."""
    console.print(Text(report.verdict, style="bold"))
    console.print(_table(report, console))
    for line in _lines(report):
        console.print(line)


def scale(report: BiasReport) -> float:
    """Answer the preference that the longest bar stands for."""
    return max(_LEAST_SCALE, *(one.preference for one in report.strategies))


def figures(report: BiasReport) -> Iterator[tuple[str, str]]:
    """Name what was found, a figure each."""
    talks = f"{report.dialogues:,} conversation{'' if report.dialogues == 1 else 's'}"
    told = f" in {talks}" if report.dialogues else ""
    yield "replies", f"{report.replies:,}{told}"
    yield "Q", f"{report.q:.3f} {_between(report.q_interval, 3)} {report.meaning}"
    yield "B", f"{report.b:.2f} {_between(report.b_interval, 2)} 0 is no preference bias"
    drawn = "conversations" if report.resampled == "dialogues" else "replies"
    yield "in brackets", f"95 % intervals, by resampling {drawn} {RESAMPLES} times"
    stages = ", ".join(f"{stage} {f1:.2f}" for stage, f1 in report.stages.items())
    yield "F1 by stage", stages
    if report.corrected:
        halves = "each half of the log by what was learned on the other"
        found = f"Q {report.corrected.q:.3f}, B {report.corrected.b:.2f}"
        yield "corrected", f"{found}, {halves}"
    if report.judge:
        yield "judged by", f"emoplug's planner and reply classifier, {report.judge}"


@dataclass(frozen=True)
class _Bars:
    """Draws preferences, as wide as there is room, in characters that the terminal can spell."""

    most: float
    width: int
    full: str
    mark: str

    @classmethod
    def of(cls, report: BiasReport, console: Console) -> _Bars:
        width = max(_SHORTEST, min(_LONGEST, console.width - _BESIDE))
        full, mark = _SIGNS if _spells(console.encoding) else _PLAIN_SIGNS
        return cls(scale(report), width, full, mark)

    @property
    def none(self) -> int:
        """Answer where a bar without preference ends."""
        return min(self.width - 1, round(self.width / self.most))

    def draw(self, preference: float) -> Text:
        end = round(preference / self.most * self.width)
        bar = (self.full * end).ljust(self.width)
        if end <= self.none:
            bar = f"{bar[: self.none]}{self.mark}{bar[self.none + 1 :]}"
        return Text(bar, style="yellow" if preference > 1 else "cyan")


def _table(report: BiasReport, console: Console) -> Table:
    bars, roomy = _Bars.of(report, console), console.width >= _ROOM_FOR_COUNTS
    table = Table(box=None, pad_edge=False, padding=(0, 1))
    table.add_column("strategy")
    table.add_column("preference", justify="right", no_wrap=True, min_width=10)
    table.add_column(f"{'':{bars.none}}1 = none", no_wrap=True, min_width=bars.width)
    for name in ("used", "right") if roomy else ():
        table.add_column(name, justify="right")
    for one in report.strategies:
        counts = [str(one.used), str(one.right)] if roomy else []
        bar = bars.draw(one.preference)
        table.add_row(one.strategy, f"{one.preference:.2f}", bar, *counts)
    return table


def _spells(encoding: str) -> bool:
    try:
        "".join(_SIGNS).encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _lines(report: BiasReport) -> Iterator[Text]:
    for name, said in figures(report):
        yield Text.assemble((f"{name:12}", "bold"), said)


def _between(interval: Interval, digits: int) -> str:
    return f"[{interval[0]:.{digits}f}, {interval[1]:.{digits}f}]"
