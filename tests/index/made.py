"""Vectors that can be told from their ids, and a process that does what it is told."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emoplug.index import IndexOptions, VectorIndex

SIZE = 16
Floats = NDArray[np.float32]


def made(ids: range | list[int], size: int = SIZE) -> Floats:
    """One unit vector for each id: always the same for the same id."""
    rows = [np.random.default_rng(number).standard_normal(size) for number in ids]
    array = np.array(rows, np.float32).reshape(len(ids), size)
    unit: Floats = array / np.linalg.norm(array, axis=1, keepdims=True)
    return unit


def start(script: str, *arguments: object) -> subprocess.Popen[str]:
    """Run ``script`` in a Python of its own that finds this file and emoplug."""
    root = Path(__file__).parents[2]
    prelude = f"import sys; sys.path[:0] = [{str(root)!r}]\n"
    return subprocess.Popen(
        [sys.executable, "-c", prelude + script, *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
    )


def run(script: str, *arguments: object) -> list[str]:
    """Run ``script`` to its end and answer the lines it said."""
    process = start(script, *arguments)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return said.splitlines()


INVERTED = IndexOptions(flat_until=100, probes=1000)
ALL = made(range(400))


def saved(folder: Path, options: IndexOptions | None = None) -> None:
    """Save 400 rows in ``folder``."""
    with VectorIndex(SIZE, options) as index:
        index.add(range(400), ALL, session=["anna", "ben"] * 200, time=list(range(400)))
        index.wait(60)
        index.save(folder)
