"""Learns the main emotion of essays: ``python -m emoplug_emotion.train.essays --data DATA``."""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from emoplug import Emoplug
from emoplug_emotion._dynamics import Floats
from emoplug_emotion._essays import SHIPPED, columns
from emoplug_emotion._odd import felt

PENALTY = 0.003
"""Inverse strength, chosen on items put together from WASSA 2022 dev and 2023."""
DIGITS = 4


def main() -> None:
    """Learn on the train essays, print the accuracy on dev, write one file."""
    parser = argparse.ArgumentParser(prog="python -m emoplug_emotion.train.essays")
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--out", type=Path, default=SHIPPED, help="default: %(default)s")
    arguments = parser.parse_args()
    emo = Emoplug(plugins=["onnx"], permissive_only=True)
    known, gold = _read(emo, arguments.data, "train")
    model = LogisticRegression(C=PENALTY, max_iter=3000).fit(known, gold)
    dev, right = _read(emo, arguments.data, "dev")
    sys.stdout.write(f"accuracy on {len(right)} dev essays: {model.score(dev, right):.3f}\n")
    facts: dict[str, Any] = {
        "emotions": list(model.classes_),
        "encoder": list(emo.encode(["words"]).labels),
        "bias": model.intercept_.round(DIGITS).tolist(),
        "weights": model.coef_.T.round(DIGITS).tolist(),
    }
    arguments.out.write_text(json.dumps(facts) + "\n", encoding="utf-8")


def _read(emo: Emoplug, data: Path, split: str) -> tuple[Floats, list[str]]:
    with gzip.open(data / "wassa2022" / f"{split}.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    encoding = emo.encode([row["text"] for row in rows])
    return np.asarray(columns(encoding, felt(encoding))), [row["emotion"] for row in rows]


if __name__ == "__main__":
    main()
