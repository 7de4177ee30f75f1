"""Tells what runs found: a table for the README, and what became slower."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benches.figures import Figure, Results

README = Path(__file__).parent / "README.md"
BEGIN, END = "<!-- table: python -m benches table -->", "<!-- end of table -->"
WORSE = 1.2
"""Ratio of ratios from which on a bench is slower: machines wander, ratios do less."""


def table(results: Results, file: str) -> str:
    """Answer a page's table of ``results``, which are in ``file``."""
    machine = ", ".join(f"{name} {value}" for name, value in results.machine.items())
    lines = [
        f"`{results.command}`, in `{file}`: {machine}.",
        "",
        "| bench | median | 99 of 100 | held against | its median | ratio | limit |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *(_row(figure) for figure in results.figures),
    ]
    return "\n".join(lines)


def with_table(page: str, text: str) -> str:
    """Answer ``page`` with its table replaced.

    Raises:
        ValueError: the page has no place for it.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{README.name} needs the lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{text}\n\n{END}{after}"


def slower(before: Results, after: Results) -> Iterator[str]:
    """Tell each bench whose ratio to its reference grew by a fifth, and each that is gone."""
    now = after.by_name()
    for name, old in before.by_name().items():
        if old.ratio is None:
            continue
        new = now.get(name)
        if new is None or new.ratio is None:
            yield f"{name}: gone"
        elif new.ratio > WORSE * old.ratio:
            yield f"{name}: {old.ratio} -> {new.ratio} times {old.reference}"


def _row(figure: Figure) -> str:
    more = "".join(f"; {name} {value}" for name, value in figure.more.items())
    few = figure.rounds < 50
    limit = "" if figure.at_most is None else f"{figure.at_most:g}"
    ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
    beside = "" if figure.reference_ms is None else _ms(figure.reference_ms)
    cells = (
        figure.name,
        _ms(figure.ms) + more,
        "" if few else _ms(figure.p99),
        figure.reference or "",
        beside,
        ratio,
        limit,
    )
    return f"| {' | '.join(cells)} |"


def _ms(value: float) -> str:
    if value >= 10_000:
        return f"{value / 1000:.1f} s"
    return f"{value:.3g} ms"
