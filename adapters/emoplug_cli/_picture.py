"""Draws the README's picture: ``python -m emoplug_cli._picture OUT.svg FILE``."""

from __future__ import annotations

import io
import sys
from pathlib import Path

from rich.console import Console

from emoplug import Emoplug
from emoplug_cli._input import parse, read_text
from emoplug_cli._table import show

_PATIENCE = 120.0
_WIDTH = 104


def draw(source: str) -> str:
    """Answer what ``emoplug analyze`` prints of a file, as SVG."""
    console = Console(record=True, width=_WIDTH, file=io.StringIO(), force_terminal=True)
    emo = Emoplug(deadline=_PATIENCE, on_error="raise")
    for messages in parse(read_text(source)).conversations:
        show(emo.prepare(messages), console)
    return console.export_svg(title=f"emoplug analyze {source}", unique_id="emoplug")


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(draw(sys.argv[2]), encoding="utf-8")
