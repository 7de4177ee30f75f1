"""Trains heads for a SentenceTransformer on GoEmotions and EmoBank, and prints their dev scores."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from emoplug import EmoplugError
from emoplug_sbert._model import SentenceModel, require_package


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, write the file, print its scores as JSON."""
    parser = argparse.ArgumentParser(prog="python -m emoplug_sbert.train", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--model", required=True, help="folder or hub id of a SentenceTransformer")
    parser.add_argument("--out", type=Path, required=True, help="file for the heads")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    parser.add_argument("--batch", type=int, default=64, help="texts in one pass")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--vectors", type=Path, help="folder that keeps vectors for further runs")
    chosen = parser.parse_args(arguments)
    try:
        scores = _train(chosen)
    except (EmoplugError, OSError) as error:
        parser.exit(1, f"{parser.prog}: {error}\n")
    rounded = {name: round(score, 4) for name, score in scores.items()}
    sys.stdout.write(json.dumps({"split": "dev", **rounded}, indent=2) + "\n")


def _train(chosen: argparse.Namespace) -> dict[str, float]:
    require_package()
    from emoplug_sbert.train.run import train

    model = SentenceModel(chosen.model, chosen.device, chosen.batch)
    return train(model, chosen.data, chosen.out, chosen.vectors, chosen.seed)


if __name__ == "__main__":
    main()
