"""A comparison, for people at a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from emoplug_emotionprompt._report import ArmReport, verdict_of

_FAILURES = 5
_COLUMNS = ("arm", "score", "gain", "95 % interval", "p", "won:lost", "prompt", "reply", "tokens")
_STYLES = {"better": "bold green", "worse": "red", "unsure": ""}


def show(
    head: str, reports: Sequence[ArmReport], failures: Sequence[str], console: Console
) -> None:
    """Print a row an arm, what went wrong, and the verdict."""
    line(console, head, "bold")
    failed = any(report.errors for report in reports)
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in (*_COLUMNS, *(["errors"] if failed else [])):
        table.add_column(name, justify="left" if name == "arm" else "right", overflow="fold")
    for report in reports:
        cells = [*_cells(report), *([str(report.errors)] if failed else [])]
        table.add_row(*map(Text, cells), style=_STYLES[report.verdict])
    console.print(table)
    for failure in failures[:_FAILURES]:
        line(console, f"failed: {failure}", "yellow")
    if len(failures) > _FAILURES:
        line(console, f"and {len(failures) - _FAILURES} more", "yellow")
    line(
        console,
        "gain: difference to none over the tasks that both have, with its bootstrap interval; "
        "p: sign-flip test, adjusted for all arms (Holm); prompt, reply: tokens added a call",
        "dim",
    )
    line(console, verdict_of(reports), "bold")


def line(console: Console, text: str, style: str = "") -> None:
    """Print one line, whatever it says."""
    visible = "".join(c if c.isprintable() else " " for c in text)
    console.print(Text(visible, style=style), soft_wrap=True)


def _cells(report: ArmReport) -> list[str]:
    score = "" if report.score is None else f"{report.score:.3f}"
    spent = f"{report.spent:,}" if report.spent else ""
    if not report.text or not report.tasks:
        return [report.name, score, "", "", "", "", "", "", spent]
    reply = "" if report.reply_tokens is None else f"{report.reply_tokens:+.1f}"
    return [
        report.name,
        score,
        f"{report.gain:+.3f}",
        f"{report.low:+.3f} to {report.high:+.3f}",
        f"{report.p:.3f}",
        f"{report.won}:{report.lost}",
        f"{'~' if report.estimated else ''}{report.prompt_tokens:+.1f}",
        reply,
        spent,
    ]
