"""Draws the README's picture: ``python -m emoplug_cli._picture OUT.svg FILE``."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

from rich.console import Console

from emoplug import Emoplug
from emoplug_cli._input import parse, read_text
from emoplug_cli._table import show

_PATIENCE = 120.0
_WIDTH = 104
_WEB_FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def draw(source: str) -> str:
    """Answer what ``emoplug analyze`` prints of a file, as SVG that loads nothing from the web."""
    console = Console(record=True, width=_WIDTH, file=io.StringIO(), force_terminal=True)
    emo = Emoplug(deadline=_PATIENCE, on_error="raise")
    for messages in parse(read_text(source)).conversations:
        show(emo.prepare(messages), console)
    svg = console.export_svg(title=f"emoplug analyze {source}", unique_id="emoplug")
    return _WEB_FONT.sub("", svg)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(draw(sys.argv[2]), encoding="utf-8")
