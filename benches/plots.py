"""Draws how cost grows with history, sessions and concurrency."""

from __future__ import annotations

import re
from pathlib import Path

from benches.figures import Figure, Results

CURVES = {
    "history": ("prepare: histories of", "messages before the turn, all seen", "ms a turn"),
    "sessions": ("many: sessions by turns", "sessions that take turns", "ms a turn"),
    "concurrency": ("many: callers at once", "callers at once", "turns a second"),
}
CHATS = 64
"""Turns of one round of the bench of callers."""


def draw(results: Results, folder: Path) -> list[Path]:
    """Write one SVG for each curve; answer where."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "emoplug"  # the same picture, the same bytes
    return [_draw(results, folder / f"{name}.svg", *curve) for name, curve in CURVES.items()]


def _draw(results: Results, path: Path, bench: str, across: str, up: str) -> Path:
    from matplotlib import pyplot

    points = sorted(
        (int(found[1]), _height(figure, up))
        for figure in results.figures
        if (found := re.fullmatch(rf"{bench} \[(\d+)\]", figure.name))
    )
    figure, axes = pyplot.subplots(figsize=(5, 3))
    axes.plot(*zip(*points, strict=True), marker="o", color="#336699")
    axes.set(xlabel=across, ylabel=up, xscale="log", ylim=(0, None))
    axes.set_xticks([place for place, _ in points], [str(place) for place, _ in points])
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
    return path


def _height(figure: Figure, up: str) -> float:
    return CHATS / figure.ms * 1000 if up == "turns a second" else figure.ms
