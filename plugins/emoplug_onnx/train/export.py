"""Turns a trained network into the files that ship: int8 ONNX, tokenizer, facts."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray

from emoplug_onnx import Encoder, Options
from emoplug_onnx._weights import FACTS, MODEL, TOKENIZER
from emoplug_onnx.train.calibrate import fit_temperature, fit_thresholds
from emoplug_onnx.train.data import emotion_labels, read_goemotions
from emoplug_onnx.train.fit import load_state
from emoplug_onnx.train.model import EmotionEncoder, build
from emoplug_onnx.train.quantize import shrink

OUTPUTS = ("embedding", "emotion", "affect")
OPSET = 17
FULL = "float"
"""Folder of the float weights, inside a run's."""
KEPT_FLOAT = ("layer.0/output/dense", "layer.1/output/dense")
"""Products that stay float: rounding these two cost nearly all of what int8 cost on dev (0.005 of
r for valence), and keeping them costs 3.5 MB."""


def export(run: Path, base: Path, data: Path, out: Path, window: int = 128) -> None:
    """Write int8 weights to ``out`` and float ones to ``FULL`` in the run's folder.

    Temperature and thresholds are fitted on the dev split, each through its own file.
    """
    state, full = load_state(run), run / FULL
    for folder in (full, out):
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(base / "tokenizer.json", folder / TOKENIZER)
    model = build(base, len(state["labels"]))
    model.load_state_dict(state["model"])
    _to_onnx(model.eval(), full / MODEL)
    shrink(full / MODEL, out / MODEL, KEPT_FLOAT)
    for folder in (full, out):
        _fit(folder, data, window)


def _fit(folder: Path, data: Path, window: int) -> None:
    labels = emotion_labels(data)
    _describe(folder, labels, window, 1.0, np.full(len(labels), 0.5))
    dev = read_goemotions(data, "dev", labels)
    raw = Encoder(Options(weights=str(folder))).encode(dev.texts).emotions
    logits = np.log(raw / (1 - raw))
    temperature = fit_temperature(logits, dev.targets)
    calibrated = 1 / (1 + np.exp(-logits / temperature))
    _describe(folder, labels, window, temperature, fit_thresholds(calibrated))


def _to_onnx(model: EmotionEncoder, path: Path) -> None:
    ids = torch.ones(2, 8, dtype=torch.long)
    mask = torch.ones(2, 8, dtype=torch.long)
    axes = {0: "texts", 1: "tokens"}
    torch.onnx.export(
        model,
        (ids, mask),
        path,
        input_names=["input_ids", "attention_mask"],
        output_names=list(OUTPUTS),
        dynamic_axes={
            "input_ids": axes,
            "attention_mask": axes,
            **{o: {0: "texts"} for o in OUTPUTS},
        },
        opset_version=OPSET,
        dynamo=False,
    )
    onnx.checker.check_model(str(path))


def _describe(
    out: Path,
    labels: tuple[str, ...],
    window: int,
    temperature: float,
    thresholds: NDArray[np.float64],
) -> None:
    facts: dict[str, Any] = {
        "format": 1,
        "labels": list(labels),
        "window": window,
        "temperature": round(float(temperature), 4),
        "thresholds": [round(float(threshold), 4) for threshold in thresholds],
        "sha256": {
            name: hashlib.sha256((out / name).read_bytes()).hexdigest()
            for name in (MODEL, TOKENIZER)
        },
    }
    text = json.dumps(facts, indent=2) + "\n"
    (out / FACTS).write_text(text, encoding="utf-8")
