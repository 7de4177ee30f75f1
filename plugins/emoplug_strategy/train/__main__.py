"""Command line: ``python -m emoplug_strategy.train --data DATA`` writes the shipped weights."""

from __future__ import annotations

import argparse
from pathlib import Path

from emoplug_strategy._weights import FOLDER
from emoplug_strategy.train.corpus import read_dialogues
from emoplug_strategy.train.learn import learn, write


def main() -> None:
    """Learn from ESConv's training split: 10 minutes on 2 cores, always the same weights."""
    parser = argparse.ArgumentParser(prog="python -m emoplug_strategy.train", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--out", type=Path, default=FOLDER, help="default: %(default)s")
    chosen = parser.parse_args()
    write(learn(read_dialogues(chosen.data, "train")), chosen.out)


if __name__ == "__main__":
    main()
