"""Fits the numbers of this plugin on RECCON dev and measures them on dev and test.

    python -m emoplug_cause.calibrate --data DATA

``DATA`` holds a folder ``reccon`` with ``dev.jsonl.gz`` and ``test.jsonl.gz``, one dialogue a line.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emoplug import Emoplug
from emoplug_cause._calibration import calibrated, none_of

Floats = NDArray[np.float64]
BINS = 10
STEPS = 25
PENALTY = 0.1
"""Keeps slope and shift near (1, 0), which changes nothing, where there is little to fit on."""
FURTHEST = 3
"""Distances from which on causes are measured together."""


@dataclass(frozen=True)
class Emotion:
    """One emotion of a dialogue: what the reader says of each message up to it, and what is right.

    Attributes:
        said: (n,) the reader's probabilities, 0 where it has not read.
        right: (n,) 1 for a cause, else 0.
    """

    said: Floats
    right: Floats

    @property
    def away(self) -> NDArray[np.int64]:
        """How many messages each lies before the emotion, (n,)."""
        return np.arange(len(self.said))[::-1]


def read_emotions(emo: Emoplug, path: Path) -> Iterator[Emotion]:
    """Ask about every emotion whose causes were annotated, its speaker as the user."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            turns = json.loads(line)["turns"]
            for count, turn in enumerate(turns, start=1):
                if "cause_turns" in turn:
                    yield _ask(emo, turns[:count], turn["cause_turns"])


def _ask(emo: Emoplug, turns: list[dict[str, Any]], causes: list[int | str]) -> Emotion:
    messages = [
        {
            "role": "user" if turn["speaker"] == turns[-1]["speaker"] else "assistant",
            "content": turn["text"],
        }
        for turn in turns
    ]
    understood = emo.prepare(messages).comprehension
    if understood is None:
        raise SystemExit("no dialogue reader answered; run without permissive_only")
    right = [float(turn["turn"] in causes) for turn in turns]
    return Emotion(understood.causes.astype(np.float64), np.array(right))


def fit(said: Floats, right: Floats) -> tuple[float, float]:
    """Answer slope and shift of the log odds with the least log loss (Newton's method)."""
    columns = np.stack([np.log(said / (1 - said)), np.ones(len(said))], axis=1)
    still = numbers = np.array([1.0, 0.0])
    for _ in range(STEPS):
        now = (1 + np.tanh(columns @ numbers / 2)) / 2
        curvature = columns.T @ (columns * (now * (1 - now))[:, None]) + PENALTY * np.eye(2)
        rise = columns.T @ (right - now) - PENALTY * (numbers - still)
        numbers = numbers + np.linalg.solve(curvature, rise)
    return float(numbers[0]), float(numbers[1])


def error(probabilities: Floats, right: Floats) -> float:
    """Answer the expected calibration error over ``BINS`` bins of equally many messages."""
    bins = np.array_split(np.argsort(probabilities), BINS)
    gaps = [
        len(rows) * abs(float(probabilities[rows].mean() - right[rows].mean()))
        for rows in bins
        if len(rows)
    ]
    return sum(gaps) / len(probabilities)


def report(name: str, emotions: list[Emotion]) -> Iterator[str]:
    """Tell the calibration error before and after, all together and by distance."""
    said, right, away = (
        np.concatenate([getattr(emotion, field) for emotion in emotions])
        for field in ("said", "right", "away")
    )
    pairs = zip(said, away, strict=True)
    now = np.array([calibrated(p, own=far == 0) if p > 0 else 0.0 for p, far in pairs])
    groups = {"all": away >= 0, "own message": away == 0}
    groups |= {f"{far} before": away == far for far in range(1, FURTHEST)}
    groups |= {f"{FURTHEST} and more before": away >= FURTHEST}
    for group, rows in groups.items():
        before, after = error(said[rows], right[rows]), error(now[rows], right[rows])
        yield f"{name}, {group}, n {rows.sum()}: {before:.3f} -> {after:.3f}"
    none = [none_of(now[start:end]) for start, end in _parts(emotions)]
    truth = np.mean([not emotion.right.any() for emotion in emotions])
    yield f"{name}, no cause: told {np.mean(none):.3f}, true {truth:.3f}"


def _parts(emotions: list[Emotion]) -> Iterator[tuple[int, int]]:
    ends = np.cumsum([len(emotion.said) for emotion in emotions]).tolist()
    return zip([0, *ends[:-1]], ends, strict=True)


def main() -> None:
    """Print the fit and the calibration errors."""
    parser = argparse.ArgumentParser(prog="python -m emoplug_cause.calibrate")
    parser.add_argument("--data", type=Path, required=True)
    home = parser.parse_args().data / "reccon"
    emo = Emoplug(plugins=["onnx"], deadline=60, on_error="raise")
    dev, test = (list(read_emotions(emo, home / f"{n}.jsonl.gz")) for n in ("dev", "test"))
    last = fit(np.array([e.said[-1] for e in dev]), np.array([e.right[-1] for e in dev]))
    said, right = (np.concatenate([getattr(e, f)[:-1] for e in dev]) for f in ("said", "right"))
    lines = [
        "OWN = ({:.2f}, {:.2f})".format(*last),
        "EARLIER = ({:.2f}, {:.2f})".format(*fit(said[said > 0], right[said > 0])),
        *report("dev", dev),
        *report("test", test),
    ]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
